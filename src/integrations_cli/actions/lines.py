"""Integrations as lines for a pipe: what `list` prints of each, without a card made of it (a property test holds them together).

Every script pays for each row, so SQLite says in one number what many columns together mean, and what rows have in common is thought
through once a page.
"""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import main_of
from integrations_cli.store import glance, pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from integrations_cli.actions.list import Wanted

Line = tuple[str, str, str, str, str, str, str, str, str, str, str]
"""website, category, provider, status, enabled, hint, fingerprint (8), tested, used, expires, last error's outcome; empty for nothing."""

_OFF, _SHUT, _LIMITED, _PROVEN, _OPEN = range(5)  # switched off; cannot be opened; what the last check said
_BARE = 8  # added where a row without marks was not set up; any other such row cannot be opened
_EMPTY = "('', x'')"
_STATE = f"""CASE WHEN enabled IN (0, {_EMPTY[1:]} THEN {_OFF} WHEN unreadable_since NOT IN {_EMPTY} THEN {_SHUT}
    ELSE CASE verdict WHEN 'limited' THEN {_LIMITED} WHEN 'ok' THEN {_PROVEN} ELSE {_OPEN} END
        + iif(version IS NULL OR updated_at = '', {_BARE}, 0) END"""
_COLUMNS = (  # a text that is not needed is not fetched: each costs as much as a line of ours
    *(*pages.KEY, _STATE, "nullif(settings, '{}')", "card", f"iif(outcome NOT IN {_EMPTY}, coalesce(outcome_at, ''), '')"),
    *(f"coalesce({column}, '')" for column in ("last_used_at", "expires_at", "error_outcome")),
)


def lines(database: glance.Place, websites: Sequence[str] | None, provider: str | None, wanted: Wanted) -> Iterator[tuple[list[Line], int]]:
    """Page after page, sorted as `list.cards`, only what is wanted; and how many of the page are limited. Raises as `pages` does."""
    columns = (*_COLUMNS, "NULL" if wanted.old is None else "created_at")
    for website in [None] if websites is None else websites:
        for page in pages.pages(database, columns, website, provider):
            yield _lines(page, wanted)


def _lines(page: Sequence[tuple[Any, ...]], wanted: Wanted) -> tuple[list[Line], int]:
    found: list[Line] = []
    known: dict[tuple[Any, ...], str] = {}
    everything, fits, marks_of, limited = wanted.everything, wanted.fits, glance.marks_of, 0
    for website, category, name, state, settings, card, tested, used, expires, error, made in page:
        marks = marks_of(card)
        key = name, state, settings, error, *marks
        status = known.get(key)
        if status is None:
            status = known[key] = _status(name, state, settings, error, marks)
        if everything or fits(category, status, expires if marks else None, used or made):
            limited += status == "connected" and state & 7 == _LIMITED
            on = "false" if state == _OFF else "true"
            (mark,) = marks.values() if len(marks) == 1 else (_main(name, marks),)
            found.append((website, category, name, status, on, mark["hint"] or "", mark["fp"][:8], tested, used, expires, error))
    return found, limited


def _status(provider: str, state: int, settings: Any, error: str, marks: Mapping[str, Any]) -> str:
    """As `Card.status`, and as it is shown."""
    if state == _OFF:
        return "disabled"
    if state == _SHUT or not (marks or state & _BARE):  # whose marks cannot be read, cannot be opened either
        return "unreadable"
    if error:
        return "error"
    if not marks:
        return "not_configured"
    outline = registry.outline(provider)
    if outline and outline.missing(marks) and outline.missing({*marks, *glance.object_of(settings)}):
        return "incomplete"
    return "untested" if state & 7 == _OPEN else "connected"


_NONE = {"hint": "", "fp": ""}


def _main(provider: str, marks: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hint and fingerprint of the credential that stands for all."""
    return marks[main_of(provider, {name: one["hint"] for name, one in marks.items()}) or ""] if marks else _NONE
