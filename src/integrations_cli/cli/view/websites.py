"""Websites: the list and one page."""

from __future__ import annotations

from collections import Counter

from integrations_cli.card import STATUSES
from integrations_cli.cli.view.cards import summary
from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.moments import ago

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from integrations_cli.card import Card
    from integrations_cli.cli.view.out import Out
    from integrations_cli.errors import IntegrationsError


def listing(out: Out, lines: Sequence[Any], current: str | None, outsider: IntegrationsError | None) -> None:
    """One line per website. `outsider`: nothing is seen for want of a role."""
    rows = [
        {
            "website": one.slug,
            "name": one.name,
            "integrations": one.integrations,
            "current": one.slug == current,
            "created_at": one.created_at,
        }
        for one in lines
    ]
    columns = [
        Column("website", "WEBSITE", lambda row: (row["website"], "blue" if row["current"] else None), 10),
        Column("name", "NAME", lambda row: row["name"], 9, least=16),
        Column("integrations", "INTEGRATIONS", lambda row: str(row["integrations"]), 8),
        Column("current", "", lambda row: "current" if row["current"] else "", 7),
        Column("created_at", "ADDED", lambda row: ago(row["created_at"], out.now(), iso=out.options.iso), 3),
    ]
    out.rows(columns, rows, name="websites")
    if outsider is not None:
        out.note(f"{outsider.what}: {outsider.why}")
        out.next(*outsider.tries)
    elif not rows:
        out.next('integrations website add acme --name "Acme Realty"')


def page(out: Out, line: Any, found: Sequence[Card]) -> None:
    """One website with its counts."""
    counts = Counter(card.status for card in found)
    data = {
        "website": line.slug,
        "name": line.name,
        "integrations": len(found),
        "created_at": line.created_at,
        "by_status": {word: counts[word] for word in STATUSES},
    }
    if out.json_mode:
        out.item("website", data)
    elif out.tabular:
        out.sentence(line.slug if line.name == line.slug else f"{line.slug}: {line.name}")
        out.sentence(f"  {summary(found, line.slug)}")
        out.next(f"integrations list -w {line.slug}")
    else:
        out.pairs([*((name, value) for name, value in data.items() if name != "by_status"), *((word, counts[word]) for word in STATUSES)])
