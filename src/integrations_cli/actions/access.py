"""Grant and revoke roles; what somebody could read is told when they lose the right to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integrations_cli.access import OWNER, ROLES, Principal, uid_of
from integrations_cli.actions.list import cards
from integrations_cli.card import Card
from integrations_cli.errors import BadValue, NotFound
from integrations_cli.masking import safe

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.roles import Role

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?")
_NUMBER = re.compile(r"(?:uid:)?(0|[1-9][0-9]{0,9})")
_LARGEST = 2**32 - 2  # the one above means nobody


@dataclass
class Change:
    """What was changed: the roles of before, and the integrations whose credentials can no longer be read by right."""

    taken: list["Role"] = field(default_factory=list)
    readable: list[Card] = field(default_factory=list)
    was: str | None = None
    first: bool = False


def person(who: str) -> Principal:
    """A user of this machine by name, or anybody by number. Raises BadValue (2), NotFound (3)."""
    number = _NUMBER.fullmatch(who)
    if number and int(number[1]) <= _LARGEST:
        return Principal(int(number[1]))
    if number or not _NAME.fullmatch(who):
        raise BadValue("WHO", "a user name of this machine, or a number such as 1000", "id -u NAME    says the number")
    uid = uid_of(who)
    if uid is None:
        raise NotFound(
            "there is no user of that name on this machine", "a number is taken as well, such as 1000", "integrations access list -A"
        )
    return Principal(uid, who)


def grant(store: "Store", who: Principal, role: str, website: str | None) -> Change:
    """Give a role on a website, or make an owner (`website` None). Raises NotFound (3), Refused (8), Locked (6)."""
    with store.writing() as here:
        site = here.websites.get(website) if website is not None else None
        first = not here.roles.switched_on()
        before = {one.principal for one in here.roles.owners()}
        was = here.roles.grant(who, role, site)
    lost = website is not None and _reads(was) and not _reads(role) and who.ident not in before
    return Change(was=was, first=first, readable=_stored(store, [website]) if lost and website is not None else [])


def revoke(store: "Store", who: Principal, website: str | None, *, dry: bool = False) -> Change:
    """Take a role away, or (None) everything; `dry` only says what that would be.

    Raises NotFound (3), Refused (8) for the last owner, Locked (6).
    """
    with store.reading() if dry else store.writing() as here:
        act = here.roles.taken if dry else here.roles.revoke
        taken = act(who.ident, here.websites.get(website) if website is not None else None)
    everything = any(one.role == OWNER for one in taken)
    places = None if everything else [one.website for one in taken if one.website and _reads(one.role)]
    return Change(taken=taken, readable=_stored(store, places))


def _reads(role: str | None) -> bool:
    return "disclose" in ROLES.get(role or "", ())


def _stored(store: "Store", websites: Iterable[str] | None) -> list[Card]:
    return [card for card in cards(store.path, websites) if card.credentials]


def told(who: Principal) -> str:
    """How a person is called on a screen."""
    return safe(who.name, 40)
