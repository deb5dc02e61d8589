"""Where an export goes, under what it is sealed, and who must agree to a plain one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from integrations_cli.actions import export as exporting
from integrations_cli.actions.export import Chosen, Poured
from integrations_cli.cli import watched
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Conflict, IntegrationsError, MissingInput, Refused, UsageError
from integrations_cli.masking import Secret, counted
from integrations_cli.store import bundle, files

WAYS = ("passphrase", "key")


def target(tools: Tools, out: str | None) -> Path | None:
    """The new file; None: standard output. Raises MissingInput (2), Conflict (4), and UsageError (2) for a terminal."""
    if out is None:
        raise MissingInput("missing: --out FILE", "an export is not printed", tools.retyped() + " --out FILE")
    if out == "-":
        if sys.stdout.isatty():
            raise UsageError("an export is not written to a terminal", "it is a file for another store", tools.retyped({"-": "FILE"}))
        return None
    path = Path(out).expanduser().absolute()
    files.must_be_a_name(path)
    if path.exists():
        raise Conflict(f"{tools.short(path)} exists already", "it is never overwritten", tools.retyped({out: "FILE"}))
    return path


@contextmanager
def outlet(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Where it is written to, piece by piece: a private file that appears whole or not at all, or standard output."""
    if path is not None:
        with files.new(path) as file:
            yield file.write
    else:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()


def without_credentials(tools: Tools, chosen: Chosen, path: Path | None) -> int:
    """Settings and states; needs no key."""
    count = 0
    with outlet(path) as out:
        for page in exporting.cards(tools.config.database, chosen):
            out(b"".join(exporting.as_line(exporting.record(card)) for card in page))
            count += len(page)
    return _said(tools, Poured(count), "without credentials", path)


def sealed(tools: Tools, chosen: Chosen, path: Path | None) -> int:
    """Seal under what was given, or a new passphrase that is typed twice."""
    name, secret = _given(tools) or _asked(tools)
    with tools.store() as store, outlet(path) as out:
        inside = bundle.sealing(out, **{name: secret})
        poured = exporting.pour(store, chosen, "bundle", exporting.as_line, inside.write)
        inside.close()
    return _said(tools, poured, f"sealed under a {name}", path)


def plain(tools: Tools, chosen: Chosen, path: Path | None, form: str) -> int:
    """In the clear."""
    if form == "dotenv" and len(exporting.websites(tools.config.database, chosen, 2)) > 1:
        raise UsageError("--as dotenv takes one website", "its lines do not say whose they are", "--as jsonl")
    line = exporting.as_dotenv if form == "dotenv" else exporting.as_line
    with tools.store() as store, outlet(path) as out:
        poured = exporting.pour(store, chosen, form, line, out)
    tools.out.warn("the file holds the keys in the clear: delete it as soon as it was used")
    return _said(tools, poured, "in the clear", path)


def for_rails(tools: Tools, chosen: Chosen, path: Path | None, digest: str) -> int:
    """Rows for a Rails application, encrypted under its own keys, derived as it derives them."""
    from integrations_cli.actions import rails_rows  # noqa: PLC0415  only for this form

    key = rails_rows.key_of(tools.secrets(), digest)
    with tools.store() as store, outlet(path) as out:
        rows = rails_rows.Rows(key, out)
        poured = exporting.pour(store, chosen, "rails", rows.line, rows.page)
    code = _said(tools, poured, "as rows that the application can read", path)
    if rows.count:
        more = f" and {rows.count - len(rows.names):,} more" if rows.count > len(rows.names) else ""
        found = f"for {counted(rows.count, 'website')} of the application, found by subdomain: {', '.join(rows.names)}{more}"
        tools.out.note(f"{found}; one without that subdomain gets no row, and running the file prints its name")
    return code


def must_consent(tools: Tools, chosen: Chosen, accepted: bool) -> None:
    """The slug typed, or `--accept-plaintext`. Raises Refused (8) in CI, under assistants, or where the configuration forbids it."""
    if not tools.config.plaintext_allowed:
        raise Refused(
            "plain exports are forbidden here", f"[export] plaintext = false in {tools.config.file}", "integrations export --out FILE"
        )
    if accepted:
        return
    cause = watched.by(tools.doors.environ)
    if cause is not None:
        with suppress(IntegrationsError), tools.store() as store:  # a denial that cannot be recorded stays one
            exporting.refused(store, chosen, cause)
        raise Refused(
            "a plain export is not written here", "its output may be kept by somebody else", tools.retyped() + " --accept-plaintext"
        )
    names = exporting.websites(tools.config.database, chosen, 5)
    tools.confirm_name(names[0] if len(names) == 1 else "all", f"the credentials of {', '.join(names)} would lie in the clear")


def opened(tools: Tools, data: bytes) -> bytes:
    """What is inside of a sealed export. Raises MissingInput (2), Unreadable (7), Locked (6)."""
    if tools.unsealed is None or tools.unsealed[0] != data:  # the source is read twice, a person is asked once
        tools.unsealed = data, b"".join(unlocked(tools, BytesIO(data)).chunks())
    return tools.unsealed[1]


def unlocked(tools: Tools, file: BinaryIO) -> bundle.Box:
    """A sealed export, with what opens it. Raises MissingInput (2), Unreadable (7), Locked (6)."""
    box = bundle.Box(file)
    given = tools.secrets().get(box.wants)
    if given is None and not tools.ask.may_ask():
        tries = [f"{tools.retyped()} --secret-file {box.wants}=PATH"]
        raise MissingInput(f"missing: {box.wants}", "the file is sealed, and there is no terminal to ask on", tries)
    title = "Passphrase of the export" if box.wants == "passphrase" else "Key of the export (14 groups)"
    box.unlock(Secret(given) if given is not None else tools.ask.hidden(title))
    return box


def _given(tools: Tools) -> tuple[str, Secret] | None:
    found = tools.secrets()
    strange = set(found) - set(WAYS)
    if strange or len(found) > 1:
        raise UsageError(
            "an export is sealed under one passphrase or one key", "--secret-file passphrase=PATH, or --secret-file key=PATH", ()
        )
    return next(((name, Secret(text)) for name, text in found.items()), None)


def _asked(tools: Tools) -> tuple[str, Secret]:
    if tools.new_passphrase is None:
        tries = [f"{tools.retyped()} --secret-file passphrase=PATH"]
        raise MissingInput("missing: passphrase", "the file is sealed under it, and there is no terminal to ask on", tries)
    return "passphrase", tools.new_passphrase("New passphrase of the export")


def _said(tools: Tools, poured: Poured, how: str, path: Path | None) -> int:
    count = poured.count
    tools.out.done(f"{count} {'integration' if count == 1 else 'integrations'}, {how}" + (f": {tools.short(path)}" if path else ""))
    for name in poured.lost:
        tools.out.warn(f"left out, it cannot be opened: {name}")
    return 7 if poured.lost else 0
