"""Which credentials to change after a leak of the store: every one in use, with the page where the provider takes it back."""

from collections.abc import Iterable
from dataclasses import dataclass

from integrations_cli import registry
from integrations_cli.card import Card
from integrations_cli.errors import NotFound


@dataclass(frozen=True, slots=True)
class Affected:
    """One credential in use, masked. `revoke_at` is None for a provider that we do not know (any more)."""

    website: str
    category: str
    provider: str
    field: str
    hint: str | None
    fingerprint: str
    changed_at: str | None
    enabled: bool
    revoke_at: str | None


def affected(cards: Iterable[Card]) -> list[Affected]:
    """By website, provider and field; switched-off integrations too: their credentials work at the provider all the same."""
    return [
        Affected(card.website, card.category, card.provider, name, mark.hint, mark.fingerprint, mark.changed_at, card.enabled, page)
        for card in cards
        for page in (_page(card.provider),)
        for name, mark in sorted(card.credentials.items())
    ]


def _page(provider: str) -> str | None:
    try:
        return registry.get(provider).keys_url or None
    except NotFound:
        return None
