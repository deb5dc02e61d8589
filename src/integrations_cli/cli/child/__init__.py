"""The program that `exec` starts: found first, then started with exactly its environment; its output masked where logs are."""

from __future__ import annotations

import os

from integrations_cli.cli import front
from integrations_cli.errors import system_says
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CANNOT, UNKNOWN = 126, 127  # as shells say: found but not to be run, not found
KEEPS = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PWD")


class Plan(Record, hidden=("values", "stdin", "files")):
    """What is to be run. `masked` are the streams (1, 2) whose text is masked; `pty` gives the child a terminal of its own.

    `stdin` is what it reads; `files` are variables that hold the path of a file with the value.
    """

    words: Sequence[str]
    environ: Mapping[str, str]
    values: Sequence[str] = ()
    masked: frozenset[int] = frozenset()
    pty: bool = False
    stdin: str | None = None
    files: Mapping[str, str] = {}


def found(word: str, environ: Mapping[str, str]) -> int:
    """0 if the program can be started, else 126 or 127."""
    path = environ.get("PATH", os.defpath)
    places = [word] if os.path.dirname(word) else [os.path.join(folder, word) for folder in path.split(os.pathsep)]
    there = [one for one in places if os.path.exists(one)]
    if any(os.access(one, os.X_OK) and not os.path.isdir(one) for one in there):
        return 0
    return CANNOT if any(not os.path.isdir(one) for one in there) or os.path.exists(word) else UNKNOWN


def cleaned(environ: Mapping[str, str], pristine: bool) -> dict[str, str]:
    """What the child keeps of our environment: never our own key; with `pristine` only what any program needs."""
    kept = {name: value for name, value in environ.items() if not name.startswith("INTEGRATIONS_KEY")}
    return {name: value for name, value in kept.items() if name in KEEPS or name.startswith("LC_")} if pristine else kept


def keep_to_ourselves(descriptor: int | None) -> None:
    """The descriptor that our key came by is not the child's."""
    if descriptor is not None and descriptor > 2:
        try:
            os.set_inheritable(descriptor, False)
        except OSError:
            return


def run(plan: Plan) -> int:
    """Start it and return its exit code (128 + signal); with nothing to mask or to clear away it takes our place and never returns."""
    front.put_back()
    if not (plan.pty or plan.masked or plan.files):
        return _become(plan, plan.environ)
    from integrations_cli.cli.child import files  # noqa: PLC0415  a plain child needs none

    with files.laid_out(plan.files) as (paths, kept):
        environ = {**plan.environ, **paths}
        if plan.pty:
            from integrations_cli.cli.child import terminal  # noqa: PLC0415  rare

            return terminal.run(plan, environ, kept)
        from integrations_cli.cli.child import piped  # noqa: PLC0415  rare

        return piped.run(plan, environ, kept)


def _become(plan: Plan, environ: Mapping[str, str]) -> int:
    if plan.stdin is not None:
        from integrations_cli.cli.child import files  # noqa: PLC0415

        os.dup2(files.pipe_of(plan.stdin), 0)
    as_before()
    try:
        os.execvpe(plan.words[0], list(plan.words), dict(environ))  # noqa: S606  that is what exec is for
    except OSError as error:
        return not_started(error)


def not_started(error: OSError) -> int:
    """126 or 127 for what was found, and would not start (no interpreter, no program): said on stderr, as shells do."""
    lines = "error: the command could not be started", f"  why: {system_says(error)}", "  try: integrations help exit-codes"
    os.write(2, "".join(f"{line}\n" for line in lines).encode())
    return UNKNOWN if isinstance(error, FileNotFoundError) else CANNOT


def as_before() -> None:
    """What Python and we have changed for ourselves is put back for the child."""
    import _signal as signal  # type: ignore[import-not-found]  # noqa: PLC0415  only where a child is started; `signal` itself brings `enum`

    os.umask(_UMASK)
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before


_UMASK = _umask()  # at import: before the vault is opened
