"""What could be added: the providers of the catalogue that a website does not have. No key, no network."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import cards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any


def available(
    database: Path | str, websites: Sequence[str], category: str | None = None, provider: str | None = None
) -> list[dict[str, Any]]:
    """website, category, provider, title and what it `needs`, for each; sorted as a list is."""
    there = {(card.website, card.provider) for card in cards(database, websites)}
    known = {name: found for name in registry.names() if (found := registry.outline(name)) and provider in (None, name)}
    wanted = [(one.category, name, one) for name, one in known.items() if category in (None, one.category)]
    return [
        {"website": website, "category": where, "provider": name, "title": one.title, "needs": list(one.needs)}
        for website in websites
        for where, name, one in sorted(wanted, key=lambda one: one[:2])
        if (website, name) not in there
    ]
