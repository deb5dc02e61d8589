"""Destroy the old credentials whose time is over, and slot keys that belong to no slot; for a timer, where nobody writes for long."""

from typing import TYPE_CHECKING

from integrations_cli.errors import NotWritten

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.store import Swept


def sweep(store: "Store") -> "list[Swept]":
    """What was destroyed; every write does it as well. Raises Locked (6), and NotWritten (74) while free pages still hold remains."""
    from integrations_cli.store import key_slots  # noqa: PLC0415  after the store, which is handed in

    with store.writing() as here:
        found = list(here.swept)
    key_slots.swept(store)
    if store.remains():
        why = f"{len(found)} destroyed, but the file could not be written anew: is the disk full"
        raise NotWritten("free pages still hold what was destroyed", why, "integrations store sweep")
    return found
