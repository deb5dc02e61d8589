"""Integrations as lines for a pipe: what `list` prints of each, without a card made of it (a property test holds them together)."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import main_of
from integrations_cli.store import glance, pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from integrations_cli.actions.list import Wanted

Line = tuple[str, str, str, str, bool, str | None, str | None, str | None, str | None, str | None, str | None, bool]
"""website, category, provider, status, enabled, hint, fingerprint (8), tested, used, expires, last error's outcome; and whether limited."""

_COLUMNS = (  # a text that is not needed is not fetched: each costs as much as a line of ours
    *(*pages.KEY, "enabled", "nullif(settings, '{}')", "unreadable_since", "updated_at <> ''", "last_used_at", "expires_at"),
    *("error_outcome", "version", "card", "outcome", "outcome_at", "verdict"),
)


def lines(database: glance.Place, websites: Sequence[str] | None, provider: str | None, wanted: Wanted) -> Iterator[list[Line]]:
    """Page after page, sorted as `list.cards`: only what is wanted. Raises as `pages` does."""
    columns = (*_COLUMNS, "NULL" if wanted.old is None else "created_at")
    for website in [None] if websites is None else websites:
        for page in pages.pages(database, columns, website, provider):
            yield _lines(page, wanted)


def _lines(page: Sequence[tuple[Any, ...]], wanted: Wanted) -> list[Line]:
    found: list[Line] = []
    everything, fits, marks_of = wanted.everything, wanted.fits, glance.marks_of
    for row in page:
        website, category, name, on, settings, unreadable, changed, used, expires, error, version, card, outcome, at, verdict, made = row
        marks = marks_of(card)
        if not on:
            status = "disabled"
        elif unreadable or (changed and version is not None and not marks):  # whose marks cannot be read, cannot be opened either
            status = "unreadable"
        elif error:
            status = "error"
        else:
            status = _status(name, marks if version is not None else {}, settings, verdict)
        if everything or fits(category, status, expires if marks else None, used or made):
            limited = status == "connected" and verdict == "limited"
            hint, mark = _main(name, marks) if marks else (None, None)
            found.append(
                (website, category, name, status, bool(on), hint, mark, at if outcome else None, used, expires, error or None, limited)
            )
    return found


def _status(provider: str, marks: Mapping[str, Any], settings: Any, verdict: Any) -> str:
    """Of an integration that is switched on, can be opened and has no error; as `Card.status`."""
    if not marks:
        return "not_configured"
    outline = registry.outline(provider)
    if outline and outline.missing(marks) and outline.missing({*marks, *glance.object_of(settings)}):
        return "incomplete"
    return "connected" if verdict in {"ok", "limited"} else "untested"


def _main(provider: str, marks: Mapping[str, Any]) -> tuple[str | None, str]:
    """Hint and fingerprint of the credential that stands for all."""
    if len(marks) == 1:
        (mark,) = marks.values()
    else:
        mark = marks[main_of(provider, {name: one["hint"] for name, one in marks.items()}) or ""]
    return mark["hint"], mark["fp"][:8]
