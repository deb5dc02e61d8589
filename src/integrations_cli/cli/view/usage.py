"""Usage: a line of blocks per integration on a terminal, numbers in data."""

from __future__ import annotations

from integrations_cli.actions.usage import Figures
from integrations_cli.cli.view.layout import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from integrations_cli.actions.usage import Summary
    from integrations_cli.cli.view.out import Out

BLOCKS, DIGITS = "▁▂▃▄▅▆▇█", "0123456789"
WIDEST = 60  # cells of a line


def sparkline(values: Sequence[int], signs: str = BLOCKS) -> str:
    """One sign per value, scaled to the largest; the lowest stands for nothing, and only for nothing."""
    top = max(values, default=0)
    steps = len(signs) - 1
    return "".join(signs[0] if value <= 0 else signs[max(1, -(-value * steps // top))] for value in values)


def listing(out: Out, found: Sequence[Summary], spans: Sequence[str], by: str, *, everywhere: bool) -> None:
    """One row per integration that was used."""
    signs = DIGITS if out.ascii else BLOCKS
    shown = spans[-WIDEST:]
    rows = [_row(one) | {"line": sparkline([one.spans.get(span, Figures()).calls for span in shown], signs)} for one in found]
    unit = " calls" if out.tabular and out.width < 60 and not everywhere else ""  # there it stands beside the name, below no title
    columns = [
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"], 10),
        Column("provider", "PROVIDER", lambda row: row["provider"], 10),
        Column("calls", "CALLS", lambda row: f"{row['calls']:,}{unit}", 10),
        Column("errors", "ERRORS", lambda row: f"{row['errors']:,}", 9),
        Column("success", "SUCCESS", lambda row: f"{row['success']:.1%}", 5),
        Column("mean_ms", "MEAN", lambda row: f"{row['mean_ms']:,} ms" if row["duration_ms"] else "–", 4),
        Column("duration_ms", None),
        Column("tokens_in", "TOKENS IN", lambda row: f"{row['tokens_in']:,}" if row["tokens_in"] else "–", 3),
        Column("tokens_out", "OUT", lambda row: f"{row['tokens_out']:,}" if row["tokens_out"] else "–", 3),
        Column("cost_usd", "COST", _cost, 6),
        Column("unpriced", None),
        Column("line", f"LAST {len(shown)} {by.upper()}S", lambda row: row["line"], 8, data=False),
    ]
    told: dict[str, Any] = {}
    if out.json_mode:
        from integrations_cli import prices  # noqa: PLC0415  a pipe does without

        told = {"estimate": {"prices_as_of": prices.AS_OF, "sources": list(prices.SOURCES.values())}, "by": by, "spans": list(spans)}
    out.rows(columns, rows, name="usage", items=lambda: [_item(one, spans) for one in found], more=told)
    if out.tabular and any(one.total.cost or one.total.unpriced for one in found):
        from integrations_cli import prices  # noqa: PLC0415

        out.note(f"costs are estimated from list prices of {prices.AS_OF}; * some calls had no known price")
    if not found:
        out.note("nothing was used in this time")


def _row(one: Summary) -> dict[str, Any]:
    return {"website": one.website, "provider": one.provider, **_numbers(one.total)}


def _numbers(figures: Figures) -> dict[str, Any]:
    success = figures.success
    return {
        "calls": figures.calls,
        "errors": figures.errors,
        "success": round(success, 4) if success is not None else None,
        "duration_ms": figures.duration_ms,
        "mean_ms": figures.mean_ms,
        "tokens_in": figures.tokens_in,
        "tokens_out": figures.tokens_out,
        "cost_usd": round(figures.cost / 1_000_000, 6),
        "unpriced": figures.unpriced,
    }


def _item(one: Summary, spans: Iterable[str]) -> dict[str, Any]:
    order = [*(span for span in one.spans if span not in set(spans)), *spans]  # what is kept by the month comes first
    return {
        **_row(one),
        "by": [{"span": span, **_numbers(one.spans.get(span, Figures()))} for span in order],
        "actions": [{"action": action, **_numbers(figures)} for action, figures in sorted(one.actions.items())],
        "errors_by_class": dict(sorted(one.errors.items())),
    }


def _cost(row: Any) -> str:
    if not row["cost_usd"] and not row["unpriced"]:
        return "–"
    return f"${row['cost_usd']:,.2f}{'*' if row['unpriced'] else ''}"
