"""Versions of credentials: pending → active → previous → destroyed; numbers only grow (SECURITY.md §2.7).

A `previous` without a date has no end yet: the version that replaced it was not proven as stored. rotation.py has the steps.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, select, update

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.store import carrying, vault
from integrations_cli.store.audit import actor
from integrations_cli.store.checking import Fetched
from integrations_cli.store.grace import Grace
from integrations_cli.store.keys import Keyring
from integrations_cli.store.tables import Carried, CredentialVersion, Integration
from integrations_cli.store.traces import marked, marks, since


class Versions(Grace):
    """Sealed versions, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, clock: Callable[[], datetime]) -> None:
        super().__init__(session, keys, clock)

    def in_state(self, integration: Integration, state: str) -> CredentialVersion | None:
        """The newest version in a state, or None."""
        found = self._in_state(integration, state)
        if state == "active":
            self._found(integration, found)
        return found

    def _in_state(self, integration: Integration, state: str) -> CredentialVersion | None:
        known: list[CredentialVersion] | None = self._session.info.get("versions", {}).get(integration.id)
        if known is not None:
            return next((row for row in known if row.state == state), None)
        query = select(CredentialVersion).where(CredentialVersion.integration_id == integration.id, CredentialVersion.state == state)
        found: CredentialVersion | None = self._session.exec(query.order_by(col(CredentialVersion.version).desc())).first()
        return found

    def preload(self, ids: Sequence[bytes]) -> list[bytes]:
        """Fetch the versions of many integrations at once; from then on `in_state` asks the database only for others.

        Returns the ids of the data keys that they are sealed with.
        """
        known: dict[bytes, list[CredentialVersion]] = {ident: [] for ident in ids}
        query = select(CredentialVersion).where(col(CredentialVersion.integration_id).in_(ids), CredentialVersion.state != "destroyed")
        for row in self._session.exec(query.order_by(col(CredentialVersion.version).desc())):
            known[row.integration_id].append(row)
        self._session.info["versions"] = known
        return [row.data_key_id for rows in known.values() for row in rows]

    def seal(
        self,
        integration: Integration,
        definition: Provider,
        values: Mapping[str, Secret],
        *,
        state: str = "active",
        settings: Mapping[str, Any] | None = None,
    ) -> CredentialVersion:
        """A new version with the next number, sealed for the settings of the row, or for `settings` that will be."""
        key_id, key = self._keys.data_key(self._session, "website", integration.website_id)
        used = select(CredentialVersion.version).where(CredentialVersion.integration_id == integration.id)
        number = max(self._session.exec(used), default=0) + 1
        meant = integration.settings if settings is None else settings
        bound = {name: meant.get(name) for name in definition.destinations}
        where = self._aad(integration, number, bound)
        self._session.info.pop("versions", None)
        row = CredentialVersion(
            integration_id=integration.id,
            version=number,
            state=state,
            data_key_id=key_id,
            bound=bound,
            created_at=self._now(),
            actor=actor(),
            blob=vault.seal(key, key_id, vault.pack_credentials(values), where),
            card=self._dated(integration, values, self.card(integration, values, definition)),
        )
        self._session.add(row)
        self._session.flush()
        return row

    def card(self, integration: Integration, values: Mapping[str, Secret], definition: Provider | None) -> dict[str, Any]:
        """Hint and fingerprint per field. Without a definition no hint is given."""
        shown = {one.name for one in definition.credentials if one.hint} if definition else set()
        place = (integration.website_id, integration.provider)
        return marked(values, shown, lambda name, value: self.fingerprint(*place, name, value))

    def _dated(self, integration: Integration, values: Mapping[str, Secret], card: dict[str, Any]) -> dict[str, Any]:
        """A value that was there before keeps its age, whatever else is replaced or sealed anew: its mark says `since`."""
        for row in filter(None, (self.in_state(integration, "active"), self.in_state(integration, "previous"))):
            for name, mark in card.items():
                if self.is_of(integration, row, name, values[name]):
                    came = since(row)[name]
                    mark["since"] = min(came, mark.get("since", came))
        return card

    def retire(
        self, integration: Integration, carried: Mapping[str, Any], *, ended_by: str = "rotated", keep: timedelta | None
    ) -> list[int]:
        """The active version becomes `previous`, for `keep` (None: without an end yet); an older previous ends: its numbers.

        `carried` is what goes back with it: `settings` (name → value, None unsets) and `expires_at`.
        """
        self._session.info.pop("versions", None)
        before = self.active(integration)
        ended = self.end(integration, "previous", "rotated")
        mine = update(CredentialVersion).where(col(CredentialVersion.integration_id) == integration.id)
        # by state, not row by row: a row whose number was damaged must not keep a new value from repairing it
        until = None if keep is None else self.after(keep)
        retired = mine.where(col(CredentialVersion.state) == "active").values(state="previous", ended_by=ended_by, destroy_after=until)
        self._session.exec(retired)
        if before is not None and before.version > 0:
            row = Carried(integration_id=integration.id, version=before.version, **carried)
            self._session.merge(carrying.sign(self._session, self._keys, row, "previous"))
        self._session.flush()
        return ended

    def end(self, integration: Integration, state: str, ended_by: str) -> list[int]:
        """Empty every version in a state: the rows stay, what they held is gone. Their numbers."""
        self._session.info.pop("versions", None)
        mine = (col(CredentialVersion.integration_id) == integration.id, col(CredentialVersion.state) == state)
        numbers = list(self._session.exec(select(CredentialVersion.version).where(*mine)))
        if numbers:
            gone = (col(Carried.integration_id) == integration.id, col(Carried.version).in_(numbers))
            self._session.exec(delete(Carried).where(*gone))
            self._session.exec(update(CredentialVersion).where(*mine).values(**_emptied(ended_by)))
        return numbers

    def changed(self, integration: Integration, one: CredentialVersion | None, other: CredentialVersion) -> list[str]:
        """The fields whose value in `other` is not that in `one`, sorted, those that are gone too; all of `other` where nobody can say.

        In the middle of a re-encryption too: marks that are made with two keys say nothing, so both are opened.
        """
        before, after = marks(one), marks(other)
        if one is not None and before != after and one.data_key_id != other.data_key_id:
            try:
                before, after = self.opened(integration, one), self.opened(integration, other)
            except Unreadable:
                before = {}
        return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))

    def same(self, integration: Integration, one: CredentialVersion | None, other: CredentialVersion) -> bool:
        """True if both hold the same values."""
        return one is not None and set(marks(one)) == set(marks(other)) and not self.changed(integration, one, other)

    def carried(self, integration: Integration, row: CredentialVersion) -> Carried:
        """What goes with a version that is not the active one. Raises Unreadable (7) for what this tool has not written, Locked (6)."""
        found: Carried | None = self._session.get(Carried, (integration.id, row.version))
        if found is None or not carrying.is_signed(self._session, self._keys, found, row.state):
            raise vault.unreadable("altered_or_moved", "the settings that go with it are not what this version of the tool has written")
        return found

    def keep(self, row: CredentialVersion) -> None:
        """Write the columns of a version that was changed."""
        self._session.add(row)

    def overdue(self) -> list[tuple[CredentialVersion, Integration]]:
        """Destroy every previous version whose grace period is over; those that were, each with its integration."""
        over = (
            CredentialVersion.state == "previous",  # one in use has no end, whatever stands there
            col(CredentialVersion.destroy_after).is_not(None),
            col(CredentialVersion.destroy_after) <= self._now(),
        )
        query = select(CredentialVersion, Integration).join(Integration, col(Integration.id) == col(CredentialVersion.integration_id))
        found = list(self._session.exec(query.where(*over)))
        if found:
            mine = (
                col(CredentialVersion.integration_id) == col(Carried.integration_id),
                col(CredentialVersion.version) == col(Carried.version),
            )
            self._session.exec(delete(Carried).where(select(CredentialVersion.version).where(*mine, *over).exists()))
        for row, _ in found:
            destroy(row, row.ended_by or "rotated")
            self._session.add(row)
        self._session.flush()
        return found


class FetchedVersions(Fetched, Versions):
    """Those of a round of checks (checking.py)."""


def destroy(row: CredentialVersion, ended_by: str) -> None:
    """Empty it: the row stays, what it held is gone."""
    for name, value in _emptied(ended_by).items():
        setattr(row, name, value)


def _emptied(ended_by: str) -> dict[str, Any]:
    return {"state": "destroyed", "ended_by": ended_by, "destroy_after": None, "blob": b"", "bound": {}, "card": {}}


def missing(why: str) -> Unreadable:
    """The refusal for a version that should be there."""
    return vault.unreadable("format", why)
