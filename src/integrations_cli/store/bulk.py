"""Many integrations in few statements: what `Integrations.add` does one by one, for rows that are known to be new."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.store import vault
from integrations_cli.store.audit import Audit, actor
from integrations_cli.store.integrations import known
from integrations_cli.store.keys import Keyring
from integrations_cli.store.tables import CredentialVersion, Integration
from integrations_cli.store.versions import Versions

Pair = tuple[bytes, str]
"""Website id and provider."""
AT_ONCE = 300  # pairs in one question: SQLite bounds the variables of a statement


@dataclass(frozen=True, slots=True)
class New:
    """What is to be stored."""

    website_id: bytes
    definition: Provider
    credentials: Mapping[str, Secret]
    settings: Mapping[str, Any]
    enabled: bool = True
    expires_at: str | None = None


class Bulk:
    """Many rows, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._session, self._keys, self._audit, self._clock = session, keys, audit, clock
        self._versions = Versions(session, keys, clock)
        self._actor = actor()

    def find(self, pairs: Sequence[Pair]) -> dict[Pair, Integration]:
        """The rows there are, read from the database (never from memory), with their versions."""
        found: dict[Pair, Integration] = {}
        for at in range(0, len(pairs), AT_ONCE):
            wanted = tuple_(col(Integration.website_id), col(Integration.provider)).in_(pairs[at : at + AT_ONCE])
            query = select(Integration).where(wanted).execution_options(populate_existing=True)
            found |= {(row.website_id, row.provider): row for row in self._session.exec(query)}
        self._versions.preload([row.id for row in found.values()])
        return found

    def active(self, row: Integration) -> CredentialVersion | None:
        """The version in use of a row that `find` gave."""
        return self._versions.active(row)

    def reveal(self, row: Integration) -> dict[str, Secret]:
        """The credentials of a row that `find` gave; {} when there are none. Raises Unreadable (7)."""
        active = self._versions.active(row)
        return self._versions.reveal(row, active) if active else {}

    def add(self, rows: Iterable[New], action: str) -> None:
        """Store them, each with its sealed version, its marks and its entry in the log. They must be new."""
        now = self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        seals: list[CredentialVersion] = []
        for one in rows:
            row = Integration(
                id=os.urandom(16),
                website_id=one.website_id,
                category=one.definition.category,
                provider=one.definition.name,
                settings=known(one.definition, one.settings),
                enabled=one.enabled,
                expires_at=one.expires_at,
                created_at=now,
                updated_at=now,
            )
            sealed = self._sealed(row, one, now) if one.credentials else None
            self._session.add(row)
            seals += [sealed] if sealed is not None else []
            self._session.info.setdefault("versions", {})[row.id] = [sealed] if sealed is not None else []
            names = sorted([*one.credentials, *one.settings])
            marks = {name: mark["fp"][:8] for name, mark in sealed.card.items()} if sealed is not None else None
            self._audit.record(action, integration=row, fields=names, version=1 if sealed is not None else None, fp=marks or None)
        self._session.flush()
        self._session.add_all(seals)  # in a flush of their own: they refer to the rows
        self._session.flush()

    def _sealed(self, row: Integration, one: New, now: str) -> CredentialVersion:
        key_id, key = self._keys.data_key(self._session, "website", one.website_id)
        bound = {name: row.settings.get(name) for name in one.definition.destinations}
        where = vault.credential_aad(self._keys.store_id, row.website_id, row.id, 1, row.provider, vault.destination_hash(bound))
        return CredentialVersion(
            integration_id=row.id,
            version=1,
            state="active",
            data_key_id=key_id,
            bound=bound,
            created_at=now,
            actor=self._actor,
            blob=vault.seal(key, key_id, vault.pack_credentials(one.credentials), where),
            card=self._versions.card(row, one.credentials, one.definition),
        )
