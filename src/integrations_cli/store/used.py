"""What was used: the sums that usage.py has written. No key, standard library only; the database adds up, grouped as its rows are kept."""

from __future__ import annotations

from integrations_cli.record import Record
from integrations_cli.store import glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from integrations_cli.store.glance import Place

SUMS = ("calls", "duration_ms", "tokens_in", "tokens_out", "cost", "unpriced")
_SPANS = {  # the first day of a span stands for it; what is kept by the month stays a month
    "week": "CASE length(day) WHEN 10 THEN coalesce(date(day, 'weekday 0', '-6 days'), day) ELSE day END",
    "month": "substr(day, 1, 7)",
}
_FIGURES = ", ".join(f"CAST(total({one}) AS INTEGER)" for one in SUMS)
_FAILED = "CAST(total(CASE WHEN status <> 'ok' THEN calls END) AS INTEGER)"


class Row(Record):
    """Uses of one integration on one day, or in one month when that is long ago."""

    website: str
    provider: str
    day: str
    action: str
    status: str
    calls: int
    duration_ms: int
    tokens_in: int
    tokens_out: int
    cost: int
    unpriced: int


def rows(
    database: Place, websites: Iterable[str] | None = None, provider: str | None = None, since: str = "", by: str = "day"
) -> list[Row]:
    """What was used since a day, by website, provider and day (or week, by its Monday, or month); websites None: of all.

    Needs no key. Raises as `glance` does.
    """
    span = _SPANS.get(by)
    columns = f"{span or 'day'}, action, status, {_FIGURES if span else ', '.join(SUMS)}"
    found = _asked(database, columns, 3, bool(span), websites, provider, since)
    return [_row(one) for one in found]


def _row(found: Sequence[Any]) -> Row:
    website, provider, day, action, status = map(str, found[:5])
    return Row(website, provider, day, action, status, *map(_number, found[5:]))


def totals(database: Place, websites: Iterable[str] | None, provider: str | None, since: str) -> list[tuple[str, str, list[int]]]:
    """The same as one sum for each integration: website, provider, the figures of SUMS and the calls that failed."""
    found = _asked(database, f"{_FIGURES}, {_FAILED}", 0, True, websites, provider, since)
    return [(str(one[0]), str(one[1]), [_number(figure) for figure in one[2:]]) for one in found]


def calls(
    database: Place, websites: Iterable[str] | None, provider: str | None, since: str, spans: Sequence[tuple[str, str]]
) -> list[tuple[str, str, int, int]]:
    """How many calls there were in each span (its first day, and the first one behind it): website, provider, which span, calls."""
    wanted, values = _wanted(websites, provider)
    query = (
        f"WITH span(at, low, high) AS (VALUES {', '.join(['(?, ?, ?)'] * len(spans))}) "  # noqa: S608  question marks, names of ours
        "SELECT w.slug, i.provider, s.at, (SELECT CAST(total(calls) AS INTEGER) FROM usage u WHERE u.integration_id = i.id "
        "AND u.day >= s.low AND u.day < s.high AND (u.day >= ? OR length(u.day) = 7)) AS calls "
        f"FROM website w JOIN integration i ON i.website_id = w.id CROSS JOIN span s WHERE {' AND '.join([*wanted, 'calls > 0'])}"
    )
    places = [value for at, (low, high) in enumerate(spans) for value in (at, low, high)]
    return [(str(one[0]), str(one[1]), one[2], one[3]) for one in _seen(database, query, [*places, since, *values])] if spans else []


def _wanted(websites: Iterable[str] | None, provider: str | None) -> tuple[list[str], list[str]]:
    """Conditions and their values."""
    slugs = list(websites) if websites is not None else []
    conditions = [f"w.slug IN ({', '.join('?' * len(slugs))})"] if websites is not None else []
    return [*conditions, *(["i.provider = ?"] if provider is not None else [])], [*slugs, *([provider] if provider is not None else [])]


def _seen(database: Place, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Rows that begin with a website on which whoever runs this may see something."""
    with glance.reading(database) as connection:
        unseen = glance.hidden(connection)
        asking = connection.cursor()
        asking.row_factory = None
        return [row for row in asking.execute(query, values) if str(row[0]) not in unseen]


def _asked(
    database: Place, columns: str, keys: int, adds: bool, websites: Iterable[str] | None, provider: str | None, since: str
) -> Sequence[Sequence[Any]]:
    """Website, provider and the columns, of which the first are `keys`; with `adds` one for each of them; sorted.

    Names come last: rows are kept by integration and day, so most groups need no sorting.
    """
    wanted, values = _wanted(websites, provider)
    among = "SELECT i.id FROM website w JOIN integration i ON i.website_id = w.id WHERE "
    mine = f"integration_id IN ({among}{' AND '.join(wanted)}) AND " if wanted else ""
    group = "GROUP BY " + ", ".join(map(str, range(1, keys + 2))) if adds else ""
    order = "".join(f", {at}" for at in range(4, keys + 4))
    query = (
        f"SELECT w.slug, i.provider, t.* FROM (SELECT integration_id AS ident, {columns} FROM usage "  # noqa: S608  names of ours
        f"WHERE {mine}(day >= ? OR (length(day) = 7 AND day >= ?)) {group}) t "
        f"JOIN integration i ON i.id = t.ident JOIN website w ON w.id = i.website_id ORDER BY 1, 2{order}"
    )
    return [(*row[:2], *row[3:]) for row in _seen(database, query, [*values, since, since[:7]])]


def _number(value: object) -> int:
    """What was written by hand still reads as its type."""
    return max(0, value) if isinstance(value, int) else 0
