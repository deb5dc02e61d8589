"""One integration, masked."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import cards
from integrations_cli.errors import NotFound
from integrations_cli.store import glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from integrations_cli.card import Card, Rotation
    from integrations_cli.provider import Provider


def show(database: Path | str, website: str, name: str) -> tuple[Card, Provider]:
    """The card and its definition; raises NotFound (3) with the next command. Needs no key."""
    definition = registry.get(name)
    found = cards(database, [website], definition.name)
    if not found:
        raise not_set_up(website, definition.name)
    return found[0], definition


def rotation(database: Path | str, website: str, definition: Provider) -> Rotation:
    """Where its rotation stands. Needs no key."""
    return glance.rotation(database, website, definition.name)


def unconfirmed(database: Path | str, website: str, definition: Provider) -> tuple[str, ...]:
    """The settings that decide where its credential is sent, and that nobody has confirmed (`rebind`), by name. Needs no key."""
    found = glance.bound(database, website, definition.name) if definition.destinations else []
    return tuple(name for _, _, bound in found for name in definition.destinations if name not in bound)


def not_set_up(website: str, provider: str) -> NotFound:
    """The refusal for an integration that is not there."""
    return NotFound(
        f"{provider} is not set up for {website}",
        "it was never added, or was removed",
        [f"integrations add {provider} -w {website}", f"integrations list -w {website}"],
    )
