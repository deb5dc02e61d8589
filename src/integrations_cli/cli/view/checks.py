"""Results of connection tests."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli.actions import list as listing
from integrations_cli.actions import rebind
from integrations_cli.actions.test import Tested
from integrations_cli.card import Card
from integrations_cli.cli.view.layout import Cell, Column, plainly
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.view.out import Out
from integrations_cli.errors import UsageError
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
    "unreadable": ("? ", "magenta"),
    "disabled": ("– ", "dim"),
}
WORDS = tuple(SYMBOLS)


FAILING = ("rejected", "misconfigured", "rate_limited", "unreachable")
"""What makes `test --all` fail unless `--fail-on` says otherwise."""


def exit_code(words: Iterable[str]) -> int:
    """Of these outcomes the worst wins: 20 rejected or misconfigured, 21 could not be checked, 0."""
    return _worst(words, (*FAILING, "untestable"))


def code_of(results: Sequence[Tested], fail_on: Collection[str]) -> int:
    """The worst wins: 7 unreadable, 20 and 21 for the outcomes that were asked to count, 0."""
    return 7 if any(one.word == "unreadable" for one in results) else _worst([one.word for one in results], fail_on)


def _worst(words: Iterable[str], fail_on: Collection[str]) -> int:
    counting = {word for word in words if word in fail_on}
    if counting & {"rejected", "misconfigured", "limited"}:
        return 20
    return 21 if counting else 0


def line(definition: Provider, outcome: Outcome) -> str:
    """One line: what the provider said."""
    status = f" ({outcome.http_status})" if outcome.http_status and f"({outcome.http_status})" not in outcome.message else ""
    parts = [f"{outcome.word}{status}", outcome.message, f'account "{outcome.account}"' if outcome.account else "", *outcome.notes]
    return f"  {definition.title}: {', '.join(part for part in parts if part)}"


def reason(result: Tested) -> str:
    """The account, or why not; then the notes."""
    outcome = result.outcome
    said = f'account "{outcome.account}"' if outcome.account and not outcome.message else outcome.message
    told = outcome.http_status is None or outcome.word == "ok" or f"({outcome.http_status})" in said
    status = "" if told else f"{outcome.http_status}: "
    again = f"again in {outcome.retry_after} s" if outcome.retry_after is not None else ""
    return "; ".join(part for part in (status + said if said else "", again, *outcome.notes) if part)


def hint(result: Tested) -> str | None:
    """What to type next, if anything."""
    name, website = result.card.provider, result.website
    match result.word:
        case "unreadable" if result.error is not None and result.error.reason == "audit":
            return "integrations audit verify"
        case "rejected" | "unreadable":
            return f"integrations rotate {name} -w {website}"
        case "misconfigured":
            return f"integrations edit {name} -w {website}"
        case "limited":
            return f"integrations providers show {name}"
        case "rate_limited" | "unreachable":
            return f"integrations test {name} -w {website}"
        case "untestable" if result.outcome.cause == rebind.CAUSE:
            return f"integrations rebind {name} -w {website}"
        case "disabled":
            return f"integrations enable {name} -w {website}"
        case _:
            return None


def results(out: Out, found: Sequence[Tested], database: Path, code: int, everywhere: bool = False) -> None:
    """Table, data or JSON."""
    out.rows(
        _columns(out, everywhere, hints=any(map(hint, found))),
        [row(one) for one in found],
        name="test",
        part="results",
        items=lambda: items(found, database),
        more={"exit": code, "summary": summary(found)},
    )
    if out.json_mode:
        return
    if len(found) > 1:
        out.note(sentence(found))
    if out.tabular:
        out.next(*[told for one in found if one.word not in {"disabled", "limited"} and (told := hint(one))][:2])


def must_be_possible(result: Tested) -> None:
    """The one result that was asked for: raises Unreadable (7), Refused (8) before `rebind`, or UsageError (2) when an extra is missing."""
    if result.error is not None:
        raise result.error
    if result.outcome.cause == rebind.CAUSE:
        raise rebind.refused(result.website, result.card.provider, result.outcome.message)
    if result.outcome.cause == "missing_extra":
        command = result.outcome.message.partition(": ")[2]
        raise UsageError(f"a test of {result.card.provider} cannot be made here", "it needs a library that is not installed", command)


def summary(found: Sequence[Tested]) -> dict[str, int]:
    """Counts by outcome; all words are present."""
    counts = Counter(one.word for one in found)
    return {"tested": sum(one.duration_ms is not None for one in found), **{word: counts[word] for word in WORDS}}


def sentence(found: Sequence[Tested]) -> str:
    """`5 tested: 4 ok, 1 rejected; skipped: 1 disabled`."""
    counts = Counter(one.word for one in found)
    tested = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word] and word not in _SKIPPED)
    skipped = ", ".join(f"{counts[word]} {word}" for word in _SKIPPED if counts[word])
    total = sum(counts[word] for word in WORDS if word not in _SKIPPED)
    return f"{total} tested" + (f": {tested}" if tested else "") + (f"; skipped: {skipped}" if skipped else "")


_SKIPPED = ("untestable", "disabled")


def _columns(out: Out, everywhere: bool, *, hints: bool) -> list[Column]:
    now = out.now()

    def time(row: Mapping[str, Any]) -> str:
        if row["cached"]:
            return f"from {ago(row['at'], now, iso=out.options.iso)}"
        return f"{row['duration_ms']} ms" if row["duration_ms"] is not None else ""

    return [
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"], 11),
        plainly("category", None),
        Column("provider", "PROVIDER", lambda row: row["provider"], 11),
        Column("outcome", "STATUS", lambda row: (SYMBOLS[row["outcome"]][0] + row["outcome"], SYMBOLS[row["outcome"]][1]), 11),
        Column("cause", None),
        Column("http_status", None),
        Column("duration_ms", "TIME", time, 6),
        Column("message", "ACCOUNT OR REASON", lambda row: row["message"], 10, least=24),
        Column("hint", "NEXT" if hints else None, lambda row: row["hint"] or "", 5),
        Column("at", None),
        Column("cached", None),
    ]


def row(one: Tested) -> dict[str, Any]:
    """The plain values of one result."""
    return {
        "website": one.website,
        "category": one.card.category,
        "provider": one.card.provider,
        "outcome": one.word,
        "cause": one.outcome.cause,
        "http_status": one.outcome.http_status,
        "duration_ms": one.duration_ms,
        "message": reason(one),
        "hint": hint(one),
        "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cached": one.cached,
    }


def items(found: Sequence[Tested], database: Path) -> list[dict[str, Any]]:
    """The results as JSON shows them, with the status that each integration has now."""
    websites = {one.website for one in found}
    now = {(card.website, card.provider): card.status for card in listing.cards(database, sorted(websites))}
    return [
        row(one)
        | {
            "account": one.outcome.account,
            "message": one.outcome.message or None,
            "notes": list(one.outcome.notes),
            "status_after": now.get((one.website, one.card.provider)),
            "retry_after": one.outcome.retry_after,
        }
        for one in found
    ]


def explained(out: Out, asked: "Sequence[tuple[Card, Provider | None, Sequence[Line]]]", everywhere: bool = False) -> None:
    """What a test would send, where, and what it costs. Nothing was sent."""
    rows = [
        {
            "website": card.website,
            "provider": card.provider,
            "method": one.method,
            "host": one.host,
            "path": one.path,
            "sends": list(one.sends),
            "cost": definition.cost,
            "always": one.always,
        }
        for card, definition, lines in asked
        if definition is not None
        for one in lines
    ]
    columns = [
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"], 9),
        Column("provider", "PROVIDER" if len(asked) > 1 else None, lambda row: row["provider"], 9),
        Column("method", "METHOD", lambda row: row["method"], 9),
        Column("host", "HOST", lambda row: row["host"], 9),
        Column("path", "PATH", lambda row: row["path"], 9),
        Column("sends", "SENDS", lambda row: ", ".join(row["sends"]) or "–", 9),
        Column("cost", "COST" if len(asked) > 1 else None, lambda row: row["cost"], 5),
        Column("always", "WHEN", lambda row: "always" if row["always"] else "maybe", 9),
    ]
    out.rows(columns, rows, name="explain")
    for card, _, lines in asked:
        if not lines:
            out.note(f"nothing would be sent: {card.provider} of {card.website} is incomplete")
    if len(asked) == 1 and rows:
        out.note(f"cost of a test: {rows[0]['cost']}")
    maybe = not all(one["always"] for one in rows)
    out.note("nothing was sent" + ("; maybe: only after some answers" if maybe else ""))
