"""Many integrations in few statements: what `Integrations.add` does one by one, for rows that are known to be new."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from integrations_cli import quickjson
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.store import vault
from integrations_cli.store.audit import Audit, actor
from integrations_cli.store.forgiving import mapping, number, octets, words
from integrations_cli.store.keys import Keyring
from integrations_cli.store.settings import known
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
            query = select(Integration).where(_among(pairs[at : at + AT_ONCE])).execution_options(populate_existing=True)
            found |= {(row.website_id, row.provider): row for row in self._session.exec(query)}
        sealed_with = self._versions.preload([row.id for row in found.values()])
        self._keys.preload(self._session, self._audit.connection(), sealed_with)
        return found

    def opened(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[dict[str, Any], dict[str, Secret]]]:
        """Settings and credentials as the database has them now, without making objects of the rows. Raises Unreadable (7)."""
        found = {}
        self._session.flush()
        connection = self._audit.connection()
        for at in range(0, len(pairs), AT_ONCE):
            some = pairs[at : at + AT_ONCE]
            query = _STORED + "(VALUES " + ", ".join(["(?, ?)"] * len(some)) + ")"
            rows = [_Stored(*values) for values in connection.execute(query, [part for pair in some for part in pair])]
            self._keys.preload(self._session, connection, [row.data_key_id for row in rows if row.there])
            for row in rows:
                credentials = self._versions.opened(cast(Integration, row), cast(CredentialVersion, row)) if row.there else {}
                found[row.website_id, row.provider] = (row.settings, credentials)
        return found

    def add(self, rows: Iterable[New], action: str) -> None:
        """Store them, each with its sealed version, its marks and its entry in the log. They must be new."""
        now = self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        made = [(one, _Row(one, now)) for one in rows]
        if not made:
            return
        seals = [self._sealed(row, one, now) if one.credentials else None for one, row in made]
        self._session.flush()
        connection = self._audit.connection()
        connection.executemany(_PUT_ROW, [row.stored() for _, row in made])
        connection.executemany(_PUT_VERSION, [seal.stored for seal in seals if seal is not None])
        known = self._session.info.setdefault("versions", {})
        known |= {row.id: [_Active()] if seal else [] for (_, row), seal in zip(made, seals, strict=True)}
        self._audit.record_many((action, cast(Integration, row), _facts(one, seal)) for (one, row), seal in zip(made, seals, strict=True))

    def _sealed(self, row: "_Row", one: New, now: str) -> "_Seal":
        key_id, key = self._keys.data_key(self._session, "website", one.website_id)
        bound = {name: row.settings.get(name) for name in one.definition.destinations}
        where = vault.credential_aad(self._keys.store_id, row.website_id, row.id, 1, row.provider, vault.destination_hash(bound))
        blob = vault.seal(key, key_id, vault.pack_credentials(one.credentials), where)
        card = self._versions.card(cast(Integration, row), one.credentials, one.definition)
        return _Seal((row.id, 1, "active", key_id, _json(bound), now, self._actor, blob, _json(card)), card)


@dataclass(frozen=True, slots=True)
class _Seal:
    """A version that was made: what is stored of it, and its marks."""

    stored: tuple[Any, ...]
    card: dict[str, Any]


class _Stored:
    """A row with its active version, under the names that both have."""

    __slots__ = ("blob", "bound", "card", "data_key_id", "id", "provider", "settings", "there", "version", "website_id")

    def __init__(self, ident: Any, website: Any, provider: Any, settings: Any, *sealed: Any) -> None:
        self.id, self.website_id, self.provider, self.settings = octets(ident), octets(website), words(provider), mapping(settings)
        version, blob, bound, card, key = sealed
        self.there = version is not None
        self.version, self.data_key_id = number(version), octets(key)
        self.blob, self.bound, self.card = octets(blob), mapping(bound), mapping(card)


class _Row:
    """A row of the table `integration` before it is one: its attributes are the columns."""

    def __init__(self, one: New, now: str) -> None:
        self.id = os.urandom(16)
        self.website_id, self.category, self.provider = one.website_id, one.definition.category, one.definition.name
        self.settings = known(one.definition, one.settings)
        self.enabled, self.expires_at = one.enabled, one.expires_at
        self.created_at = self.updated_at = now

    def stored(self) -> tuple[Any, ...]:
        """As `_PUT_ROW` wants it."""
        place = (self.id, self.website_id, self.category, self.provider)
        return (*place, _json(self.settings), self.enabled, self.expires_at, self.created_at, self.updated_at)


@dataclass(frozen=True)
class _Active:
    """What the log wants to know of a version that was just made."""

    state: str = "active"
    version: int = 1


def _facts(one: New, seal: _Seal | None) -> dict[str, Any]:
    marks = {name: mark["fp"][:8] for name, mark in seal.card.items()} if seal else None
    return {"fields": sorted([*one.credentials, *one.settings]) or None, "version": 1 if seal else None, "fp": marks or None}


def _among(pairs: Sequence[Pair]) -> Any:
    return tuple_(col(Integration.website_id), col(Integration.provider)).in_(pairs)


def _json(data: dict[str, Any]) -> str:
    """As the models write it."""
    return quickjson.dumps(data, ascii_only=True) if data else "{}"


_STORED = """SELECT i.id, i.website_id, i.provider, i.settings, v.version, v.blob, v.bound, v.card, v.data_key_id
    FROM integration i LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active'
    WHERE (i.website_id, i.provider) IN """
_PUT_ROW = """INSERT INTO integration (id, website_id, category, provider, settings, enabled, expires_at, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_PUT_VERSION = """INSERT INTO credential_version (integration_id, version, state, data_key_id, bound, created_at, actor, blob, card)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
