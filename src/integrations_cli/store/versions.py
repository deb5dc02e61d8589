"""Versions of credentials: pending → active → previous → destroyed; numbers only grow (SECURITY.md §2.7)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select, update

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret, hint
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store import vault
from integrations_cli.store.audit import actor
from integrations_cli.store.keys import Keyring
from integrations_cli.store.opening import Opening
from integrations_cli.store.tables import CredentialVersion, Integration

KEEP = timedelta(hours=24)  # how long a replaced version can be brought back


class Versions(Opening):
    """Sealed versions, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, clock: Callable[[], datetime]) -> None:
        super().__init__(session, keys, clock)
        self.destroyed = False  # True once this conversation has emptied a version

    def in_state(self, integration: Integration, state: str) -> CredentialVersion | None:
        """The newest version in a state, or None."""
        known: list[CredentialVersion] | None = self._session.info.get("versions", {}).get(integration.id)
        if known is not None:
            return next((row for row in known if row.state == state), None)
        query = select(CredentialVersion).where(CredentialVersion.integration_id == integration.id, CredentialVersion.state == state)
        found: CredentialVersion | None = self._session.exec(query.order_by(col(CredentialVersion.version).desc())).first()
        return found

    def preload(self, ids: Sequence[bytes]) -> None:
        """Fetch the versions of many integrations at once; from then on `in_state` asks the database only for others."""
        known: dict[bytes, list[CredentialVersion]] = {ident: [] for ident in ids}
        query = select(CredentialVersion).where(col(CredentialVersion.integration_id).in_(ids), CredentialVersion.state != "destroyed")
        for row in self._session.exec(query.order_by(col(CredentialVersion.version).desc())):
            known[row.integration_id].append(row)
        self._session.info["versions"] = known

    def seal(
        self, integration: Integration, definition: Provider, values: Mapping[str, Secret], outcome: Outcome | None
    ) -> CredentialVersion:
        """A new active version with the next number; the one it replaces is `previous` for 24 hours, an older previous ends."""
        key_id, key = self._keys.data_key(self._session, "website", integration.website_id)
        used = select(CredentialVersion.version).where(CredentialVersion.integration_id == integration.id)
        number = max(self._session.exec(used), default=0) + 1
        bound = {name: integration.settings.get(name) for name in definition.destinations}
        where = self._aad(integration, number, bound)
        self._retire(integration)
        row = CredentialVersion(
            integration_id=integration.id,
            version=number,
            state="active",
            data_key_id=key_id,
            bound=bound,
            created_at=self._now(),
            actor=actor(),
            blob=vault.seal(key, key_id, vault.pack_credentials(values), where),
            card=self.card(integration, values, definition),
        )
        if outcome is not None:
            note(row, outcome, self._now())
        self._session.add(row)
        self._session.flush()
        return row

    def card(self, integration: Integration, values: Mapping[str, Secret], definition: Provider | None) -> dict[str, Any]:
        """Hint and fingerprint per field. Without a definition no hint is given."""
        shown = {one.name for one in definition.credentials if one.hint} if definition else set()
        return {
            name: {
                "hint": hint(value.reveal(), name in shown),
                "fp": self.fingerprint(integration.website_id, integration.provider, name, value),
            }
            for name, value in sorted(values.items())
        }

    def _retire(self, integration: Integration) -> None:
        self._session.info.pop("versions", None)
        until = (self._clock() + KEEP).strftime("%Y-%m-%dT%H:%M:%SZ")
        mine = update(CredentialVersion).where(col(CredentialVersion.integration_id) == integration.id)
        # by state, not row by row: a row whose number was damaged must not keep a new value from repairing it
        emptied = self._session.exec(mine.where(col(CredentialVersion.state) == "previous").values(**_emptied("rotated")))
        self.destroyed = self.destroyed or emptied.rowcount > 0
        self._session.exec(
            mine.where(col(CredentialVersion.state) == "active").values(state="previous", ended_by="rotated", destroy_after=until)
        )

    def overdue(self) -> list[CredentialVersion]:
        """Destroy every previous version whose grace period is over; those that were."""
        query = select(CredentialVersion).where(
            col(CredentialVersion.destroy_after).is_not(None), col(CredentialVersion.destroy_after) <= self._now()
        )
        found = list(self._session.exec(query))
        for row in found:
            destroy(row, row.ended_by or "rotated")
            self._session.add(row)
        return found


def destroy(row: CredentialVersion, ended_by: str) -> None:
    """Empty it: the row stays, what it held is gone."""
    for name, value in _emptied(ended_by).items():
        setattr(row, name, value)


def _emptied(ended_by: str) -> dict[str, Any]:
    return {"state": "destroyed", "ended_by": ended_by, "destroy_after": None, "blob": b"", "bound": {}, "card": {}}


def note(row: CredentialVersion, outcome: Outcome, at: str) -> None:
    """Remember an attempt; only an answer that speaks about the credentials is a verdict."""
    row.outcome, row.outcome_cause, row.outcome_http, row.outcome_at = outcome.word, outcome.cause, outcome.http_status, at
    if outcome.proves or outcome.blames:
        row.verdict = outcome.word


def missing(why: str) -> Unreadable:
    """The refusal for a version that should be there."""
    return vault.unreadable("format", why)
