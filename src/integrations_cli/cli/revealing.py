"""Credentials on the screen, in the clipboard, in GitHub's file: only where nobody else reads along, and recorded before."""

from __future__ import annotations

import os
import sys

from integrations_cli.actions import hand_out
from integrations_cli.cli import watched
from integrations_cli.errors import NotWritten, UsageError, system_says
from integrations_cli.masking import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from integrations_cli.actions.hand_out import Variable
    from integrations_cli.card import Card
    from integrations_cli.cli.tools import Tools


def must_be_allowed(tools: Tools, website: str, fields: Sequence[tuple[str, str]], allowed: bool) -> None:
    """Raises Refused (8) in CI and under coding assistants, unless it was allowed; the refusal is recorded per integration."""
    cause = watched.by(tools.doors.environ)
    if cause is None or allowed or not fields:
        return
    with tools.store() as store:
        for name in dict.fromkeys(provider for provider, _ in fields):
            hand_out.refused(store, website, name, [field for provider, field in fields if provider == name], cause)
    raise watched.refusal(cause, fields[0][0], website, tools.retyped())


def one(tools: Tools, card: Card, field: str, *, copied: str | None, shown: bool, end: str) -> None:
    """One credential, `copied` into the clipboard for so long (`45s`), or `shown` with what comes behind it; recorded before."""
    from integrations_cli.cli import handing  # noqa: PLC0415  only for this
    from integrations_cli.cli.params import duration  # noqa: PLC0415
    from integrations_cli.cli.quickly import quickly  # noqa: PLC0415

    until, again = duration(copied or "0s"), f"integrations get {card.provider} {field} --reveal -w {card.website}"
    if copied is not None:
        from integrations_cli.cli import clipboard  # noqa: PLC0415  rare

        clipboard.must_be_there(tools.doors.environ, again)
    via = "get --reveal" if copied is None else "get --copy"
    given = quickly(tools, lambda store: hand_out.hand_out(store, card.website, [card.provider], via, [(card.provider, field)]))
    handing.announce(tools, given)
    if copied is not None:
        clipboard.copy(given[0].text, until.total_seconds(), tools.doors.environ, again)
        tools.out.done(f"{field} is in the clipboard for {copied}")
    if shown:
        show(tools, given[0].text + end)


def show(tools: Tools, text: str) -> None:
    """On a terminal on the alternate screen until a key is pressed, so that nothing stays in the scrollback; else as it is."""
    if not (sys.stdout.isatty() and tools.ask.may_ask()):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from integrations_cli.cli.ask import any_key  # noqa: PLC0415  only on a terminal

    sys.stdout.write("\x1b[?1049h\x1b[H" + text.replace("\n", "\r\n") + "\r\n(any key)")
    sys.stdout.flush()
    try:
        any_key()
    finally:
        sys.stdout.write("\x1b[2J\x1b[H\x1b[?1049l")
        sys.stdout.flush()


def github_file(tools: Tools) -> Path:
    """Where GitHub reads variables for the later steps; raises UsageError (2) outside of a job."""
    from pathlib import Path  # noqa: PLC0415

    named = tools.doors.environ.get("GITHUB_ENV")
    if not named or not tools.doors.environ.get("GITHUB_ACTIONS"):
        raise UsageError("--github-env works inside a GitHub job only", "GITHUB_ACTIONS and GITHUB_ENV are not set")
    return Path(named)


def to_github(tools: Tools, target: Path, given: Sequence[Variable]) -> None:
    """Append them with a delimiter that nobody can guess. Raises NotWritten (74)."""
    lines = []
    for one in given:
        end = f"end_{os.urandom(16).hex()}"
        lines.append(f"{one.name}<<{end}\n{one.text}\n{end}\n")
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "w") as file:
            file.write("".join(lines))
    except OSError as error:
        raise NotWritten("the file of GITHUB_ENV could not be written", system_says(error)) from None
    tools.out.done(f"{counted(len(given), 'variable')} for the later steps: {' '.join(one.name for one in given)}")
