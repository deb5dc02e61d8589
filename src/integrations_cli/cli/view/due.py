"""What is due: a line for each reason, with the command that deals with it and the page where the old key is revoked."""

from __future__ import annotations

from integrations_cli.cli.view.annotations import Annotation, markdown
from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.moments import ago

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from typing import Any

    from integrations_cli.actions.due import Due, Limits
    from integrations_cli.cli.view.layout import Cell
    from integrations_cli.cli.view.out import Out

DUE = 22


def listing(out: Out, found: Sequence[Due], limits: Limits, everywhere: bool) -> int:
    """The most urgent first; 22 when there is something, else 0."""
    code = DUE if found else 0
    rows = [_row(one, limits, out) for one in found]
    out.rows(_columns(out, everywhere), rows, name="due", more={"exit": code})
    out.note(sentence(rows, limits))
    if out.tabular and out.width < 100:  # there the table may have no room for it
        out.next(*[one.next for one in found[:2]])
    return code


def _columns(out: Out, everywhere: bool) -> list[Column]:
    return [
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"], 13),
        Column("category", None),
        Column("provider", "PROVIDER", lambda row: row["provider"], 12),
        Column("credential", "WHAT", lambda row: row["credential"], 8),
        Column("at", "WHEN", lambda row: _when(row, out), 11),
        Column("reason", "WHY", lambda row: row["why"], 10),
        Column("next", "NEXT", lambda row: row["next"], 7),
        Column("keys_url", "REVOKE THE OLD KEY AT", lambda row: row["keys_url"] or "–", 3),
        Column("overdue", None),
        Column("changed_at", None),
        Column("used_at", None),
        Column("fingerprint", None),
    ]


def _when(row: Mapping[str, Any], out: Out) -> Cell:
    return ago(row["at"], out.now(), iso=out.options.iso), "red" if row["overdue"] else "yellow"


def _row(one: Due, limits: Limits, out: Out) -> dict[str, Any]:
    mark = one.card.credentials.get(one.credential)
    return {
        "website": one.card.website,
        "category": one.card.category,
        "provider": one.card.provider,
        "credential": one.credential or None,
        "reason": one.reason,
        "at": one.at,
        "overdue": one.at <= out.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "why": why(one, limits),
        "next": one.next,
        "keys_url": one.keys_url,
        "expires_at": one.card.expires_at,
        "changed_at": mark.changed_at if mark else None,
        "used_at": one.card.used_at,
        "hint": mark.hint if mark else None,
        "fingerprint": mark.fingerprint[:8] if mark else None,
    }


def why(one: Due, limits: Limits) -> str:
    """`expiry date 2026-11-25`, `older than 180 d`, `not used for 90 d`, `never used`."""
    if one.reason == "expires":
        return f"expiry date {one.at[:10]}"
    if one.reason == "age":
        return f"older than {_days(limits.older_than)}"
    return f"not used for {_days(limits.unused_for)}" if one.card.used_at else "never used"


def _days(span: timedelta | None) -> str:
    seconds = int(span.total_seconds()) if span else 0
    unit, word = next(pair for pair in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")) if seconds % pair[0] == 0)
    return f"{seconds // unit} {word}"


def sentence(rows: Sequence[Mapping[str, Any]], limits: Limits) -> str:
    """`3 due within 30 d`; `3 due now` when each of them was due before."""
    if rows and all(row["overdue"] for row in rows):
        return f"{len(rows)} due now"
    return f"{len(rows) or 'nothing'} {'is ' if not rows else ''}due within {_days(limits.within)}"


def annotated(out: Out, found: Sequence[Due], limits: Limits) -> list[Annotation]:
    """An error for what is past its moment, a warning for what is near."""
    rows = [_row(one, limits, out) for one in found]
    return [
        Annotation(
            "error" if row["overdue"] else "warning",
            f"{row['website']} {row['provider']} due",
            f"{row['credential']}: {row['why']}, {row['at']}. Fix: {row['next']}",
        )
        for row in rows
    ]


def summary(out: Out, found: Sequence[Due], limits: Limits) -> str:
    """The table for the page of a run."""
    rows = [_row(one, limits, out) for one in found]
    titles = ("website", "provider", "what", "when", "why", "next")
    cells = [(row["website"], row["provider"], row["credential"] or "", row["at"], row["why"], row["next"]) for row in rows]
    return markdown(titles, cells, sentence(rows, limits))
