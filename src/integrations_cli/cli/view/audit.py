"""The audit log: entries, and whether they are what was written."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.view.out import Out

BROKEN = 7


def listing(out: Out, entries: Sequence[Mapping[str, Any]]) -> None:
    """Newest first."""
    rows = [dict(entry) | {"who": f"{entry['actor']['name']}@{entry['host']}", "detail": _detail(entry)} for entry in entries]
    columns = [
        Column("seq", "SEQ", lambda row: str(row["seq"]), 8),
        Column("at", "WHEN", lambda row: ago(row["at"], out.now(), iso=out.options.iso), 9),
        Column("website", "WEBSITE", lambda row: row["website"] or "–", 6),
        Column("who", "WHO", lambda row: row["who"], 4),
        Column("action", "WHAT", lambda row: row["action"], 10),
        Column("provider", "PROVIDER", lambda row: row.get("provider") or "–", 9),
        Column("outcome", "RESULT", lambda row: row["outcome"], 7),
        Column("detail", "DETAIL", lambda row: row["detail"] or "–", 5),
    ]
    out.rows(columns, rows, name="audit", items=lambda: entries)


def _detail(entry: Mapping[str, Any]) -> str:
    old, new = entry.get("fp_old") or {}, entry.get("fp") or {}
    marks = [f"{name} fp {old[name]} → {mark}" if name in old else f"{name} fp {mark}" for name, mark in new.items()]
    return "; ".join(marks or entry.get("fields") or ())


def verified(out: Out, reports: Sequence[Any]) -> int:
    """One line per chain; 7 when one is broken."""
    for one in reports:
        if one.problem:
            out.text(f"✗ {one.name}: {one.problem}")
        else:
            out.text(f"✓ {one.name}: {one.entries} entries, unbroken")
    out.note(
        "tamper-evident against people without the audit key; against people with it, only up to the last checkpoint that left their reach"
    )
    return BROKEN if any(one.problem for one in reports) else 0
