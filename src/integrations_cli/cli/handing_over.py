"""Where an export goes, under what it is sealed, and who must agree to a plain one."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from integrations_cli.actions import export as exporting
from integrations_cli.card import Card
from integrations_cli.cli import watched
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Conflict, IntegrationsError, MissingInput, Refused, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import bundle, files

WAYS = ("passphrase", "key")


def target(tools: Tools, out: str | None) -> Path | None:
    """The new file; None: standard output. Raises MissingInput (2), Conflict (4), and UsageError (2) for a terminal."""
    if out is None:
        raise MissingInput("missing: --out FILE", "an export is not printed", tools.retyped() + " --out FILE")
    if out == "-":
        if sys.stdout.isatty():
            raise UsageError("an export is not written to a terminal", None, tools.retyped({"-": "FILE"}))
        return None
    path = Path(out).expanduser().absolute()
    if path.exists():
        raise Conflict(f"{path} exists already", "it is never overwritten", tools.retyped({out: "FILE"}))
    return path


def write(tools: Tools, path: Path | None, data: bytes) -> None:
    """All of it, private, or nothing."""
    if path is not None:
        files.write_new(path, data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def sealed(tools: Tools, cards: Sequence[Card], path: Path | None) -> int:
    """Seal under what was given, or a new passphrase that is typed twice."""
    name, secret = _given(tools) or _asked(tools)
    with tools.store() as store:
        found, lost = exporting.revealed(store, cards, "bundle")
        data = bundle.seal(exporting.as_lines(found), **{name: secret})
        write(tools, path, data)
    return _said(tools, len(found), lost, f"sealed under a {name}", path)


def plain(tools: Tools, cards: Sequence[Card], path: Path | None, form: str) -> int:
    """In the clear."""
    with tools.store() as store:
        found, lost = exporting.revealed(store, cards, form)
    data = exporting.as_dotenv(found) if form == "dotenv" else exporting.as_lines(found)
    write(tools, path, data)
    tools.out.warn("the file holds the keys in the clear: delete it as soon as it was used")
    return _said(tools, len(found), lost, "in the clear", path)


def for_rails(tools: Tools, cards: Sequence[Card], path: Path | None) -> int:
    """Rows for a Rails application, encrypted under its own keys."""
    from integrations_cli.actions import rails_rows  # noqa: PLC0415  only for this form

    key = rails_rows.key_of(tools.secrets())
    with tools.store() as store:
        found, lost = exporting.revealed(store, cards, "rails")
    write(tools, path, rails_rows.as_sql(found, key))
    return _said(tools, len(found), lost, "as rows that the application can read", path)


def must_consent(tools: Tools, cards: Sequence[Card], accepted: bool) -> None:
    """The slug typed, or `--accept-plaintext`. Raises Refused (8) in CI, under assistants, or where the configuration forbids it."""
    section = tools.config.choices.get("export", {})
    if isinstance(section, dict) and section.get("plaintext") is False:
        raise Refused(
            "plain exports are forbidden here", f"[export] plaintext = false in {tools.config.file}", "integrations export --out FILE"
        )
    if accepted:
        return
    cause = watched.by(tools.doors.environ)
    if cause is not None:
        with suppress(IntegrationsError), tools.store() as store:  # a denial that cannot be recorded stays one
            exporting.refused(store, cards, cause)
        raise Refused(
            "a plain export is not written here", "its output may be kept by somebody else", tools.retyped() + " --accept-plaintext"
        )
    names = sorted({card.website for card in cards})
    tools.confirm_name(names[0] if len(names) == 1 else "all", f"the credentials of {', '.join(names[:5])} would lie in the clear")


def opened(tools: Tools, data: bytes) -> bytes:
    """What is inside of a sealed export. Raises MissingInput (2), Unreadable (7), Locked (6)."""
    if tools.unsealed is None or tools.unsealed[0] != data:  # the source is read twice, a person is asked once
        tools.unsealed = data, _open(tools, data)
    return tools.unsealed[1]


def _open(tools: Tools, data: bytes) -> bytes:
    wants = bundle.wants(data)
    given = tools.secrets().get(wants)
    if given is None and not tools.ask.may_ask():
        tries = [f"{tools.retyped()} --secret-file {wants}=PATH"]
        raise MissingInput(f"missing: {wants}", "the file is sealed, and there is no terminal to ask on", tries)
    title = "Passphrase of the export" if wants == "passphrase" else "Key of the export (14 groups)"
    return bundle.open_(data, Secret(given) if given is not None else tools.ask.hidden(title))


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


def _said(tools: Tools, count: int, lost: Sequence[str], how: str, path: Path | None) -> int:
    tools.out.done(f"{count} {'integration' if count == 1 else 'integrations'}, {how}" + (f": {tools.short(path)}" if path else ""))
    for name in lost:
        tools.out.warn(f"left out, it cannot be opened: {name}")
    return 7 if lost else 0
