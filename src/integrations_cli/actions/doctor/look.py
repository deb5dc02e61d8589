"""Everything that can be looked at without a key, in the order in which it is shown."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from integrations_cli.actions import list as listing
from integrations_cli.actions.doctor import contents, keys, place
from integrations_cli.actions.doctor.note import PROBLEM, Note, carefully, skipped
from integrations_cli.card import Card
from integrations_cli.errors import UsageError
from integrations_cli.store import status
from integrations_cli.store.status import SlotLine

if TYPE_CHECKING:
    from integrations_cli.config import Config

_NOT_READ = frozenset({"no_store", "newer", "older", "not_readable", "unexpected", "unreadable", "not_found", "not_written"})


@dataclass
class Looked:
    """What was found, and the integrations there are. `readable`: the database can be read by this program."""

    notes: list[Note] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    readable: bool = True
    usable: bool = True  # some slot may open it
    slots: list[SlotLine] = field(default_factory=list)


def look(config: "Config", broken: UsageError | None, now: datetime) -> Looked:
    """`broken` is what was wrong with the configuration file, if anything. Raises nothing."""
    found = Looked(carefully("store", lambda: place.store(config)))
    found.readable = not any(one.code in _NOT_READ for one in found.notes)
    if found.readable:
        _inside(config, found, now)
    else:
        found.usable = False
        found.notes.append(skipped("credentials", "not looked at: the store cannot be read by this program"))
    found.notes += carefully("files", lambda: place.beside(config))
    found.notes += carefully("settings", lambda: place.choices(config, broken))
    return found


def _inside(config: "Config", found: Looked, now: datetime) -> None:
    database = config.database
    found.notes += carefully("store", lambda: contents.foreign(database))
    opening = carefully("key", lambda: _slots(config, found))
    found.usable = not any(one.state == PROBLEM for one in opening)
    found.notes += opening
    found.notes += carefully("key", lambda: keys.left_over(config))
    found.notes += carefully("recovery", lambda: keys.way_back(database))
    found.notes += carefully("backup", lambda: keys.copies(database))
    found.notes += carefully("backup", lambda: keys.former(database))
    found.notes += carefully("audit", lambda: keys.age(database, config.anchor))
    found.notes += carefully("access", lambda: keys.roles(database))
    found.notes += carefully("operations", lambda: keys.unfinished(database))
    found.notes += carefully("credentials", lambda: _cards(config, found))
    found.notes += carefully("settings", lambda: contents.settings(found.cards))
    found.notes += carefully("credentials", lambda: contents.unconfirmed(database))
    found.notes += carefully("rotations", lambda: contents.rotations(database))
    found.notes += carefully("rotations", lambda: contents.half_done(database))
    found.notes += carefully("rotations", lambda: contents.overdue(database, now))
    found.notes += carefully("checks", lambda: contents.checks(database, now))


def _slots(config: "Config", found: Looked) -> list[Note]:
    found.slots = status.key_status(config)
    return list(keys.slots(found.slots))


def _cards(config: "Config", found: Looked) -> list[Note]:
    found.cards = listing.cards(config.database)
    return list(contents.credentials(found.cards))
