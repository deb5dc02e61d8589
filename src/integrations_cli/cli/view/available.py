"""What could be added to a website."""

from __future__ import annotations

from integrations_cli.cli.view.layout import Column, plainly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from integrations_cli.cli.view.out import Out


def listing(out: Out, found: Sequence[Mapping[str, Any]], websites: Sequence[str], everywhere: bool) -> None:
    """One line per website and provider."""
    columns = [
        plainly("website", "WEBSITE" if everywhere else None, 9),
        plainly("category", keep=7),
        plainly("provider", keep=10),
        plainly("title", keep=6),
        Column("needs", "NEEDS", lambda row: ", ".join(row["needs"]) or "one of several", 5, least=16),
    ]
    out.rows(columns, found, name="available")
    if out.json_mode:
        return
    where = "all websites" if everywhere else websites[0]
    out.note(f"{len(found)} more could be added to {where}")
    if found:
        out.next(f"integrations add {found[0]['provider']} -w {found[0]['website']}", f"integrations providers show {found[0]['provider']}")
