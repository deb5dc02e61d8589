"""Who holds a value: by keyed fingerprint, over all websites, without opening anything.

A fingerprint holds the website, the provider and the field, so equal values look different in the database: to find one, its
fingerprint is made for every place there is, and compared with the stored one.
"""

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from integrations_cli.masking import Secret
from integrations_cli.store import operations, vault
from integrations_cli.store.glance import fitting
from integrations_cli.store.guard import Guard
from integrations_cli.store.keys import Keyring
from integrations_cli.store.tables import CredentialVersion, DataKey, Integration, Website

_WHOLE = re.compile("[0-9a-f]{32}")
Fits = Callable[[bytes, str, str, str], int | None]
"""Website id, provider, field and stored fingerprint → the number of the value that is there, or None."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One field of one version that holds the value. `number` counts the values that were asked for, from 0.

    `state` is active, previous (replaced, kept for a while: until `destroy_after`) or pending (waits for its check).
    """

    number: int
    website: str
    category: str
    provider: str
    field: str
    state: str
    version: int
    enabled: bool
    fingerprint: str
    changed_at: str
    destroy_after: str | None


@dataclass
class Found:
    """What a search has seen: `looked` fields of versions, and the places that could not be compared (website, provider)."""

    holdings: list[Holding] = field(default_factory=list)
    looked: int = 0
    unknown: list[tuple[str, str]] = field(default_factory=list)


class Fingerprints:
    """The stored fingerprints, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, guard: Guard) -> None:
        self._session, self._keys, self._guard = session, keys, guard

    def of_values(self, values: Sequence[Secret]) -> Found:
        """Where one of the values is stored. Needs the key: raises Locked (6), Unreadable (7)."""
        keys = self._made_with()

        def fits(website: bytes, provider: str, name: str, stored: str) -> int | None:
            for number, value in enumerate(values):
                if any(hmac.compare_digest(vault.fingerprint(key, website, provider, name, value).hex(), stored) for key in keys):
                    return number
            return None

        return self._search(fits)

    def beginning(self, digits: str) -> Found:
        """Where a fingerprint that begins like this is stored; needs no key, and finds one place: every place has its own."""
        return self._search(lambda website, provider, name, stored: 0 if stored.startswith(digits) else None)

    def must_be_comparable(self) -> None:
        """Raises Conflict (4) while they are made anew: a value would look different from the one that is stored, and is not."""
        operations.must_be_free(self._session)

    def _made_with(self) -> list[bytes]:
        """The keys that stored fingerprints were made with: while keys are replaced there are two."""
        active = self._keys.data_key(self._session, "fingerprint", self._keys.store_id)[0]
        mine = select(DataKey.id).where(
            DataKey.scope == "fingerprint", col(DataKey.state).in_(("active", "retired")), DataKey.wrapped != b""
        )
        return [
            self._keys.by_id(self._session, ident) for ident in sorted({*self._session.exec(mine), active}, key=lambda one: one != active)
        ]

    def _search(self, fits: Fits) -> Found:
        found, unknown = Found(), set()
        matches: list[tuple[bytes, int, str, int]] = []  # integration, version, field, number
        for ident, website, provider, version, card in self._session.execute(_MARKS).yield_per(1000):
            if not self._guard.sees(website):
                continue
            whole: dict[str, Any] = fitting(card) if isinstance(card, dict) else {}
            marks = {name: mark for name, mark in whole.items() if _WHOLE.fullmatch(mark["fp"])}
            if not marks or len(marks) < len(whole):
                unknown.add(ident)
            for name, mark in marks.items():
                number = fits(website, provider, name, mark["fp"])
                if number is not None:
                    matches.append((ident, version, name, number))
            found.looked += len(marks)
        self._tell(found, matches, unknown)
        return found

    def _tell(self, found: Found, matches: list[tuple[bytes, int, str, int]], unknown: set[bytes]) -> None:
        """Whose they are, sorted by website, category, provider; the newest version first."""
        slugs = {website.id: website.slug for website in self._session.exec(select(Website))} if matches or unknown else {}
        for ident, version, name, number in matches:
            row, sealed = self._session.get(Integration, ident), self._session.get(CredentialVersion, (ident, version))
            if row is not None and sealed is not None:
                place = (number, slugs.get(row.website_id, ""), row.category, row.provider, name, sealed.state, version, row.enabled)
                found.holdings.append(Holding(*place, sealed.card[name]["fp"], sealed.created_at, sealed.destroy_after))
        found.holdings.sort(key=lambda one: (one.website, one.category, one.provider, -one.version, one.field))
        for ident in unknown:
            row = self._session.get(Integration, ident)
            if row is not None:
                found.unknown.append((slugs.get(row.website_id, ""), row.provider))
        found.unknown.sort()


_MARKS = (  # as little as can be compared: there may be many
    select(  # type: ignore[call-overload]  # five columns: its signatures know four
        Integration.id, Integration.website_id, Integration.provider, CredentialVersion.version, CredentialVersion.card
    )
    .join(CredentialVersion, col(CredentialVersion.integration_id) == col(Integration.id))
    .where(col(CredentialVersion.state) != "destroyed")
)
