"""Which integrations there are, masked: no key, no network, and one unreadable row never breaks the rest."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.store import glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from pathlib import Path

    from integrations_cli.card import Card


def cards(database: Path | str, websites: Iterable[str] | None = None, provider: str | None = None) -> list[Card]:
    """The cards of these websites (None: of all), sorted by website, category, provider, with `missing` filled in."""
    if websites is None:
        found = glance.cards(database, None, provider)
    else:
        found = [card for website in websites for card in glance.cards(database, website, provider)]
    return [complete(card) for card in found]


def complete(card: Card) -> Card:
    """The card with the required fields it lacks, by today's catalogue; a provider we no longer know lacks none."""
    outline = registry.outline(card.provider)
    missing = outline.missing({*card.credentials, *card.settings}) if outline else ()
    return card.but(missing=missing) if missing else card


def main_credential(card: Card) -> str | None:
    """The name of the credential that stands for all: the definition's first one with a hint, rather a secret than an id."""
    outline = registry.outline(card.provider)
    order = [name for name, _ in outline.credentials if name in card.credentials] if outline else []
    order = order or sorted(card.credentials)
    return min(order, key=lambda name: (card.credentials[name].hint is None, name.endswith("id")), default=None)


def is_a_key(name: str) -> bool:
    """False for a credential that only says who one is (an id, a host's prefix): such a one stays when keys are replaced."""
    return not name.endswith(("id", "prefix", "name", "region"))


def matching(
    found: Iterable[Card],
    *,
    category: str | None = None,
    status: str | None = None,
    expiring: timedelta | None = None,
    unused_for: timedelta | None = None,
    now: datetime,
) -> list[Card]:
    """Only those of a category, in a state, that expire within a time, or that were not used for a time."""
    soon = _text(now + expiring) if expiring is not None else None
    old = _text(now - unused_for) if unused_for is not None else None
    return [
        card
        for card in found
        if (category is None or card.category == category)
        and (status is None or card.status == status)
        and (soon is None or any(mark.expires_at and mark.expires_at <= soon for mark in card.credentials.values()))
        and (old is None or (card.used_at or card.created_at) <= old)
    ]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
