"""Which credentials to change after a leak of the store: every one that is in it, with the page where the provider takes it back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from integrations_cli import registry
from integrations_cli.actions.list import cards
from integrations_cli.card import Card, Mark, Rotation
from integrations_cli.errors import NotFound
from integrations_cli.store import glance

ACTIVE, PREVIOUS, PENDING = "active", "previous", "pending"


@dataclass(frozen=True, slots=True)
class Affected:
    """One stored credential, masked. `state`: in use (active), replaced and still kept (previous), or waiting for its test (pending).

    `revoke_at` is None for a provider that we do not know (any more).
    """

    website: str
    category: str
    provider: str
    field: str
    state: str
    hint: str | None
    fingerprint: str
    changed_at: str | None
    enabled: bool
    revoke_at: str | None


def affected(database: Path) -> list[Affected]:
    """By website, provider, field and state; switched-off integrations too: their credentials work at the provider all the same."""
    rotations = glance.rotations(database)
    return [
        Affected(card.website, card.category, card.provider, name, state, mark.hint, mark.fingerprint, mark.changed_at, card.enabled, page)
        for card in cards(database)
        for page in (_page(card.provider),)
        for name, state, mark in _stored(card, rotations.get((card.website, card.provider), Rotation()))
    ]


def _stored(card: Card, rotation: Rotation) -> Iterator[tuple[str, str, Mark]]:
    """Field, state, mark; a value that is in several versions once."""
    versions: Iterable[tuple[str, Mapping[str, Mark]]] = (
        (ACTIVE, card.credentials),
        (PREVIOUS, rotation.previous),
        (PENDING, rotation.pending),
    )
    seen: set[tuple[str, str]] = set()
    for name in sorted({name for _, marks in versions for name in marks}):
        for state, marks in versions:
            mark = marks.get(name)
            if mark is not None and (name, mark.fingerprint) not in seen:
                seen.add((name, mark.fingerprint))
                yield name, state, mark


def _page(provider: str) -> str | None:
    try:
        return registry.get(provider).keys_url or None
    except NotFound:
        return None
