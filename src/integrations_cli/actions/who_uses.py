"""A key has leaked: who uses it? Over all websites, by keyed fingerprint; what was asked for is never shown or kept."""

import re
from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.errors import NotFound, UsageError
from integrations_cli.masking import Secret, is_masked

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.fingerprints import Found, Holding

MOST = 200  # values at once
_NAMED = re.compile(r"(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*[=:]\s*(.+)")
_FINGERPRINT = re.compile(r"[0-9a-f]{8,32}")


def values(text: str) -> list[tuple[int | None, Secret]]:
    """What to look for, each with its line: the text as one value (None), and when there are several lines, each of them.

    Of a line like `NAME=value` the value is looked for as well, without quotes: a leaked .env file can be given as it is.
    Raises UsageError (2) for nothing, a mask, or too much.
    """
    lines = [one for one in enumerate(text.splitlines(), 1) if one[1].strip()]
    if len(lines) == 1 and is_masked(text):
        raise UsageError(
            "this is a mask, not a value", "what is shown of a stored key cannot be looked for", "integrations who-uses < FILE"
        )
    found: dict[str, int | None] = {text: None} if text.strip() else {}
    for number, line in lines:
        for form in _forms(line):
            found.setdefault(form, number if len(lines) > 1 else None)
    if not found:
        raise UsageError("what leaked?", "nothing was given", ("integrations who-uses < FILE", "integrations who-uses --file FILE"))
    if len(found) > MOST:
        raise UsageError(f"more than {MOST} values", "each is looked for in every place there is", "split it into several files")
    return [(number, Secret(form)) for form, number in found.items()]


def _forms(line: str) -> list[str]:
    bare = line.strip()
    named = _NAMED.fullmatch(bare)
    return [line, *(form for one in (bare, named[1].strip() if named else bare) for form in (one, _unquoted(one)))]


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"`" else text


def by_value(store: "Store", asked: list[tuple[int | None, Secret]]) -> "Found":
    """Every field that holds one of them, in use, replaced, or waiting for its check. That somebody asked is recorded first.

    Raises Locked (6), Unreadable (7), NotWritten (74).
    """
    with store.reading() as here:
        found = here.fingerprints.of_values([value for _, value in asked])
    with store.writing() as here:
        here.audit.record("leak.searched", values=len(asked), looked=found.looked, found=len(found.holdings))
    return found


def by_fingerprint(store: "Store", digits: str) -> "Found":
    """The place with this fingerprint (8 to 32 hex digits); needs no key. Raises UsageError (2)."""
    if not _FINGERPRINT.fullmatch(digits.lower()):
        raise UsageError(
            "this is no fingerprint", "a fingerprint has 8 to 32 hex digits", ("integrations list -A", "integrations who-uses < FILE")
        )
    with store.reading() as here:
        return here.fingerprints.beginning(digits.lower())


def page(provider: str) -> str | None:
    """The vendor's page where its keys are made and revoked."""
    try:
        return registry.get(provider).keys_url or None
    except NotFound:
        return None


def next_step(one: "Holding") -> str:
    """What to type for it: replace what is in use, end what was replaced, drop what waits."""
    more = {"previous": " --finish", "pending": " --abort"}.get(one.state, "")
    return f"integrations rotate {one.provider} -w {one.website}{more}"
