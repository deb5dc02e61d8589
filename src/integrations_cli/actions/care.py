"""What needs care, each with the command for it: a cheap look, without a key and without the network. `doctor` looks at everything."""

from __future__ import annotations

from integrations_cli.actions import due as dues
from integrations_cli.actions import list as listing
from integrations_cli.record import Record
from integrations_cli.store import checkup, glance, provenance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

MOST = 5  # integrations that are named; the rest is counted


class Need(Record):
    """One thing, and what to type for it."""

    what: str
    command: str


def needs(database: glance.Place, anchor: glance.Place, current: str | None, now: datetime) -> Iterator[Need]:
    """The most urgent first. `current` is the website in use. Raises NotFound (3), NotWritten (74), Unreadable (7)."""
    made, older = provenance.age(database, anchor)
    if made is not None:
        yield Need(f"the store is a copy of {made[:10]}, and nobody has accepted it", "integrations store accept-restore")
    elif older:
        yield Need("the store is older than what this host has written", "integrations audit verify")
    if any(one.kind not in {"restore", "vacuum"} and not one.alive for one in checkup.operations(database)):
        yield Need("work on the store's keys is unfinished", "integrations doctor")
    yield from _troubled(database, current)
    for one in checkup.unproven(database)[:MOST]:
        yield Need(
            f"a rotation of {one.provider} of {one.website} was stopped", f"integrations rotate {one.provider} -w {one.website} --resume"
        )
    for one in checkup.pending(database)[:MOST]:
        yield Need(
            f"a new credential of {one.provider} of {one.website} waits", f"integrations rotate {one.provider} -w {one.website} --resume"
        )
    yield from _due(database, now)


def _troubled(database: glance.Place, current: str | None) -> Iterator[Need]:
    found, count = glance.troubled(database, MOST)
    for card in found:
        yield Need(f"{card.provider} of {card.website}: {card.status}", f"integrations rotate {card.provider} -w {card.website}")
    if count > len(found):
        yield Need(f"and {count - len(found)} more", "integrations list -A --status error")
    for card in listing.cards(database, [current]) if current else ():
        if card.status == "incomplete":
            yield Need(
                f"{card.provider} of {card.website}: {', '.join(card.missing)} missing",
                f"integrations edit {card.provider} -w {card.website}",
            )


def _due(database: glance.Place, now: datetime) -> Iterator[Need]:
    found = dues.due(database, None, dues.Limits(), now)
    if len(found) == 1:
        one = found[0]
        yield Need(f"{one.card.provider} of {one.card.website} is due: {one.at[:10]}", one.next)
    elif found:
        yield Need(f"{len(found)} credentials are due", "integrations due -A")
