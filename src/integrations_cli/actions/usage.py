"""How integrations were used: rows of days, gathered into what a person or a program asks for."""

from __future__ import annotations

from integrations_cli.quicktime import UTC, date, timedelta
from integrations_cli.store import used

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from integrations_cli.store.glance import Place
    from integrations_cli.store.used import Row


class Equal:
    """Equal to another of its class with equal attributes."""

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({vars(self)})"


class Figures(Equal):
    """Sums over a time. `cost` is estimated, in millionths of a dollar; `unpriced` calls had no known price."""

    def __init__(
        self,
        calls: int = 0,
        duration_ms: int = 0,
        tokens_in: int = 0,
        tokens_out: int = 0,
        cost: int = 0,
        unpriced: int = 0,
        errors: int = 0,
    ) -> None:
        self.calls, self.errors, self.duration_ms = calls, errors, duration_ms
        self.tokens_in, self.tokens_out, self.cost, self.unpriced = tokens_in, tokens_out, cost, unpriced

    def add(self, row: Row) -> None:
        """Take a row in."""
        self.calls += row.calls
        self.errors += row.calls if row.status != "ok" else 0
        self.duration_ms += row.duration_ms
        self.tokens_in += row.tokens_in
        self.tokens_out += row.tokens_out
        self.cost += row.cost
        self.unpriced += row.unpriced

    @property
    def success(self) -> float | None:
        """From 0 to 1; None without a call."""
        return (self.calls - self.errors) / self.calls if self.calls else None

    @property
    def mean_ms(self) -> int | None:
        """The mean duration of a call."""
        return round(self.duration_ms / self.calls) if self.calls else None


class Summary(Equal):
    """One integration: all its figures, by span, by action, and its errors by class."""

    def __init__(self, website: str, provider: str, total: Figures | None = None) -> None:
        self.website, self.provider = website, provider
        self.total = total or Figures()
        self.spans: dict[str, Figures] = {}
        self.actions: dict[str, Figures] = {}
        self.errors: dict[str, int] = {}

    def add(self, row: Row, span: str) -> None:
        """Take a row in."""
        for figures in (self.total, self.spans.setdefault(span, Figures()), self.actions.setdefault(row.action, Figures())):
            figures.add(row)
        if row.status != "ok":
            self.errors[row.status] = self.errors.get(row.status, 0) + row.calls


def summaries(rows: Iterable[Row], by: str) -> list[Summary]:
    """One per integration, in the order of the rows."""
    found: dict[tuple[str, str], Summary] = {}
    for row in rows:
        one = found.setdefault((row.website, row.provider), Summary(row.website, row.provider))
        one.add(row, span_of(row.day, by))
    return list(found.values())


def span_of(day: str, by: str) -> str:
    """`2026-11-24` → itself, its week (`2026-W48`), or its month. What is kept by the month stays a month."""
    if by == "month" or len(day) == 7:
        return day[:7]
    if by == "week":
        try:
            year, week, _ = date.fromisoformat(day).isocalendar()
        except ValueError:
            return day
        return f"{year:04}-W{week:02}"
    return day


def spans_since(first: date, last: date, by: str) -> list[str]:
    """Every span of the time, also those without a use, oldest first."""
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return list(dict.fromkeys(span_of(day.isoformat(), by) for day in days))


def read(database: Place, websites: Iterable[str] | None, provider: str | None, first: date, by: str) -> list[Summary]:
    """What was used since a day. Needs no key; raises NotFound (3), NotWritten (74), Unreadable (7)."""
    return summaries(used.rows(database, websites, provider, first.isoformat(), by), by)


def totals(database: Place, websites: Sequence[str] | None, provider: str | None, first: date, line: Sequence[str]) -> list[Summary]:
    """The same without actions and classes of errors, a fifth of the work; the spans of `line` have their calls, and nothing else."""
    since = first.isoformat()
    found = [Summary(website, name, Figures(*sums)) for website, name, sums in used.totals(database, websites, provider, since)]
    known = {(one.website, one.provider): one for one in found}
    for website, name, at, calls in used.calls(database, websites, provider, since, [_days(span) for span in line]):
        one = known.get((website, name)) or Summary(website, name)  # used since, for the first time
        one.spans[line[at]] = Figures(calls)
    return found


def _days(span: str) -> tuple[str, str]:
    """Its first day, and the first one behind it, as texts; of a month also what is kept by the month."""
    if "W" in span:
        first = date.fromisocalendar(int(span[:4]), int(span[6:]), 1)
        return first.isoformat(), (first + timedelta(days=7)).isoformat()
    return span, span + "~"  # behind every day of a month


def record(
    database: Path,
    website: str,
    provider: str,
    at: datetime,
    *,
    count: int = 1,
    action: str = "use",
    error: str | None = None,
    numbers: Mapping[str, int] | None = None,
) -> None:
    """Count uses at once: no key, no audit entry. Raises NotFound (3), NotWritten (74)."""
    from integrations_cli.actions.show import show  # noqa: PLC0415  reading does without
    from integrations_cli.store import usage  # noqa: PLC0415

    card, _ = show(database, website, provider)
    given = numbers or {}
    tally = usage.Tally()
    tokens = given.get("tokens_in", 0), given.get("tokens_out", 0)
    tally.add(card.id, at.astimezone(UTC), action, error or "ok", count, given.get("duration_ms", 0), tokens, given.get("cost"))
    tally.write(database)
