"""Results of connection tests."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli.actions import list as listing
from integrations_cli.actions.test import Tested
from integrations_cli.cli.view.layout import Cell, Column, plainly
from integrations_cli.cli.view.out import Out
from integrations_cli.provider import Outcome, Provider

if TYPE_CHECKING:
    from integrations_cli.web import Line

SYMBOLS: Mapping[str, Cell] = {
    "ok": ("✓ ", "blue"),
    "limited": ("! ", "yellow"),
    "rejected": ("✗ ", "red"),
    "misconfigured": ("✗ ", "red"),
    "rate_limited": ("… ", "yellow"),
    "unreachable": ("… ", "yellow"),
    "untestable": ("○ ", None),
}
WORDS = (*SYMBOLS, "unreadable", "disabled")


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """The worst wins: 20 rejected or misconfigured, 21 could not be checked, 0."""
    if any(one.blames for one in outcomes):
        return 20
    return 21 if any(not one.proves for one in outcomes) else 0


def line(definition: Provider, outcome: Outcome) -> str:
    """One line: what the provider said."""
    status = f" ({outcome.http_status})" if outcome.http_status else ""
    parts = [f"{outcome.word}{status}", outcome.message, f'account "{outcome.account}"' if outcome.account else "", *outcome.notes]
    return f"  {definition.title}: {', '.join(part for part in parts if part)}"


def reason(result: Tested) -> str:
    """The account, or why not; then the notes."""
    outcome = result.outcome
    said = f'account "{outcome.account}"' if outcome.account and not outcome.message else outcome.message
    status = f"{outcome.http_status}: " if outcome.http_status and outcome.word != "ok" else ""
    again = f"again in {outcome.retry_after} s" if outcome.retry_after is not None else ""
    return "; ".join(part for part in (status + said if said else "", again, *outcome.notes) if part)


def hint(result: Tested) -> str | None:
    """What to type next, if anything."""
    name, website = result.definition.name, result.website
    match result.outcome.word:
        case "rejected":
            return f"integrations rotate {name} -w {website}"
        case "misconfigured":
            return f"integrations edit {name} -w {website}"
        case "limited":
            return f"integrations providers show {name}"
        case "rate_limited" | "unreachable":
            return f"integrations test {name} -w {website}"
        case _:
            return None


def results(out: Out, found: Sequence[Tested], database: Path) -> int:
    """Table, data or JSON; returns the exit code."""
    code = exit_code([one.outcome for one in found])
    out.rows(
        _columns(),
        [_row(one) for one in found],
        name="test",
        part="results",
        items=lambda: [_item(one, database) for one in found],
        more={"exit": code, "summary": summary(found)},
    )
    if out.tabular:
        out.next(*[told for one in found if (told := hint(one))][:2])
    return code


def summary(found: Sequence[Tested]) -> dict[str, int]:
    """Counts by outcome; all words are present."""
    counts = Counter(one.outcome.word for one in found)
    return {"tested": sum(one.duration_ms is not None for one in found), **{word: counts[word] for word in WORDS}}  # type: ignore[index]


def _columns() -> list[Column]:
    return [
        Column("website", "WEBSITE", lambda row: row["website"], 4),
        plainly("category", None),
        Column("provider", "PROVIDER", lambda row: row["provider"], 10),
        Column("outcome", "STATUS", lambda row: (SYMBOLS[row["outcome"]][0] + row["outcome"], SYMBOLS[row["outcome"]][1]), 10),
        Column("cause", None),
        Column("http_status", None),
        Column("duration_ms", "TIME", lambda row: f"{row['duration_ms']} ms" if row["duration_ms"] is not None else "–", 6),
        Column("message", "ACCOUNT OR REASON", lambda row: row["message"] or "–", 9),
    ]


def _row(one: Tested) -> dict[str, Any]:
    return {
        "website": one.website,
        "category": one.definition.category,
        "provider": one.definition.name,
        "outcome": one.outcome.word,
        "cause": one.outcome.cause,
        "http_status": one.outcome.http_status,
        "duration_ms": one.duration_ms,
        "message": reason(one),
    }


def _item(one: Tested, database: Path) -> dict[str, Any]:
    cards = listing.cards(database, [one.website], one.definition.name)
    return _row(one) | {
        "account": one.outcome.account,
        "message": one.outcome.message or None,
        "notes": list(one.outcome.notes),
        "hint": hint(one),
        "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cached": False,
        "status_after": cards[0].status if cards else None,
        "retry_after": one.outcome.retry_after,
    }


def explained(out: Out, website: str, definition: Provider, lines: "Sequence[Line]") -> int:
    """What a test would send. Nothing was sent."""
    rows = [{"method": one.method, "host": one.host, "path": one.path, "sends": list(one.sends), "cost": definition.cost} for one in lines]
    columns = [
        Column("method", "METHOD", lambda row: row["method"], 9),
        Column("host", "HOST", lambda row: row["host"], 9),
        Column("path", "PATH", lambda row: row["path"], 9),
        Column("sends", "SENDS", lambda row: ", ".join(row["sends"]) or "–", 9),
        Column("cost", "COST", lambda row: row["cost"], 5),
    ]
    out.rows(columns, rows, name="explain")
    out.note(
        f"nothing was sent; {definition.name} of {website}"
        if lines
        else f"nothing would be sent: {definition.name} of {website} is incomplete"
    )
    return 0
