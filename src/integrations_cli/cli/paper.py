"""The recovery key, told to a person: shown once and typed back, or written to a new file; kept nowhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Aborted, Conflict, Locked, Refused
from integrations_cli.masking import Secret


@contextmanager
def kept(tools: Tools, text: Secret, file: str | None, used: Callable[[], bool]) -> Iterator[str]:
    """Told, and what came of it as a line. Raises Aborted (5), Conflict (4).

    The file is removed again if the block raises, unless the key is `used` by then: what comes after the commit may raise as well.
    """
    if file is None:
        typed_back(tools, text)
        yield "typed back; keep it where the store is not"
        return
    path = Path(file).expanduser()
    _must_be_a_name(path)
    away_from_the_database(tools, path)
    _write(path, text)
    try:
        yield f"written to {file} (0600); keep it away from this machine"
    except BaseException:
        if not used():
            path.unlink(missing_ok=True)  # made by us just now, and the key of nothing
        raise


def typed_back(tools: Tools, text: Secret) -> None:
    """Shown once; the last two groups are asked for, three times at most. Raises Aborted (5)."""
    groups = text.reveal().split("-")
    tools.ask.show_once(" ".join(groups))
    for _ in range(3):
        typed = tools.ask.hidden("Type the last two groups").reveal()
        if "".join(typed.upper().split()).replace("-", "") == "".join(groups[-2:]):
            return
        tools.out.warn("these are not the last two groups")
    raise Aborted("nothing changed", "the recovery key was not typed back", tools.retyped())


def asked_for(tools: Tools) -> bytes:
    """The key that a person has on paper; a mistyped one is asked for again. Raises Aborted (5)."""
    from integrations_cli.store import vault  # noqa: PLC0415  the store is entered late

    for _ in range(3):
        try:
            return vault.read_key_text(tools.ask.hidden("Recovery key").reveal())
        except Locked as error:
            tools.out.warn(error.why or error.what)
    raise Aborted("nothing was tested", "no recovery key was typed", tools.retyped())


def away_from_the_database(tools: Tools, path: Path) -> None:
    """Whoever copies the database must not get the key with it. Raises Refused (8)."""
    from integrations_cli.store.slots import SlotFailed, file  # noqa: PLC0415

    try:
        file.apart(path.absolute().parent, tools.config.data_dir, given=True)
    except SlotFailed as error:
        raise Refused("the key cannot be written there", error.why, "the same command with another PATH") from None


def _must_be_a_name(path: Path) -> None:
    from integrations_cli.store import files  # noqa: PLC0415  the store is entered late

    files.must_be_a_name(path)


def _write(path: Path, text: Secret) -> None:
    from integrations_cli.store import files  # noqa: PLC0415  the store is entered late

    try:
        files.write_new(path, f"{text.reveal()}\n".encode())
    except Conflict as error:
        raise Conflict("the recovery file exists already", error.why, "the same command with another PATH") from None
