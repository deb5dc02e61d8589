"""Many integrations in few statements: what `Integrations.add` does one by one, for rows that are known to be new."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import ciphers, vault
from integrations_cli.store.audit import Audit, actor
from integrations_cli.store.chain import Subject
from integrations_cli.store.forgiving import mapping, number, octets, words
from integrations_cli.store.keys import Keyring
from integrations_cli.store.sealing import New, Row, Sealing
from integrations_cli.store.tables import CredentialVersion, Integration
from integrations_cli.store.versions import Versions

Pair = tuple[bytes, str]
"""Website id and provider."""
Copies = dict[bytes, tuple[Any, ...]]
"""Integration id → its row and its version as they are stored: plain columns, ciphertext and marks."""
MANY = 100  # rows for which a larger cache pays
CACHE = 8 * 1024  # KiB: with the usual two MiB a batch is written to the disk in pieces before it is committed
AT_ONCE = 300  # pairs, or rows, in one question: SQLite bounds the variables of a statement


class Bulk:
    """Many rows, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._session, self._keys, self._audit, self._clock = session, keys, audit, clock
        self._versions = Versions(session, keys, clock)

    def find(self, pairs: Sequence[Pair]) -> dict[Pair, Integration]:
        """The rows there are, read from the database (never from memory), with their versions."""
        found: dict[Pair, Integration] = {}
        for at in range(0, len(pairs), AT_ONCE):
            query = select(Integration).where(_among(pairs[at : at + AT_ONCE])).execution_options(populate_existing=True)
            found |= {(row.website_id, row.provider): row for row in self._session.exec(query)}
        sealed_with = self._versions.preload([row.id for row in found.values()]) if found else []
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

    def fingerprint(self) -> Callable[[bytes, str, str, Secret], str]:
        """`Integrations.fingerprint` for many values: 32 hex digits of (website id, provider, field, value)."""
        sign = ciphers.signing(self._keys.data_key(self._session, "fingerprint", self._keys.store_id)[1])

        def fingerprint(website_id: bytes, provider: str, field: str, value: Secret) -> str:
            return sign(vault.fingerprinted(website_id, provider, field, value.reveal()))[:16].hex()

        return fingerprint

    def add(self, rows: Iterable[New], action: str) -> Copies:
        """Store them, each with its sealed version, its marks and its entry in the log, read them back and open each. They must be new.

        Raises Unreadable (7) when the database has not what it was given.
        """
        sealing = Sealing(self._session, self._keys, self.fingerprint(), self._clock().strftime("%Y-%m-%dT%H:%M:%SZ"), actor())
        made = [sealing.row(one) for one in rows]
        if not made:
            return {}
        self._session.flush()
        connection = self._audit.connection()
        if len(made) >= MANY:
            connection.execute(f"PRAGMA cache_size=-{CACHE}")
        connection.executemany(_PUT_ROW, sorted(row.stored() for row in made))  # by id: neighbours in the tree
        connection.executemany(_PUT_VERSION, sorted(row.sealed() for row in made if row.version))
        self._audit.record_alike(action, ((cast(Subject, row), row.fields, row.short()) for row in made))
        return self._opened_as_stored(made)

    def _opened_as_stored(self, made: Sequence[Row]) -> Copies:
        copies = {row.id: row.copy() for row in made}
        if not self._are_there(copies):
            raise differs("the batch was undone")
        for row in made:  # its ciphertext is, by now, the one in the database
            if row.version and vault.open_(row.key, row.key_id, row.blob, row.where) != row.plaintext:
                raise differs("the batch was undone")
        return copies

    def must_be_there(self, copies: Copies) -> None:
        """On a fresh connection: each row and its only version are these, byte for byte, and the keys they are sealed with open.

        Raises Unreadable (7).
        """
        connection, keys = self._audit.connection(), [*dict.fromkeys(columns[8] for columns in copies.values() if columns[8])]
        opened = 0
        for at in range(0, len(keys), AT_ONCE):
            opened += sum(self._keys.is_as_stored(self._session, row) for row in self._keys.rows(connection, keys[at : at + AT_ONCE]))
        if opened != len(keys) or not self._are_there(copies):
            raise differs("nothing was removed")

    def _are_there(self, copies: Copies) -> bool:
        ids, equal, connection = [*copies], 0, self._audit.connection()
        forgiving, connection.text_factory = connection.text_factory, bytes  # a text is compared as it is stored
        try:
            for at in range(0, len(ids), AT_ONCE):
                some = ids[at : at + AT_ONCE]
                rows = connection.execute(f"{_COPY} ({', '.join('?' * len(some))})", some)
                equal += sum(copies[ident] == tuple(columns) for ident, *columns in rows)
        finally:
            connection.text_factory = forgiving
        return equal == len(copies)


def differs(what: str) -> Unreadable:
    """What was put in is not what came out."""
    return Unreadable("what was written does not read back", what, (), "read_back")


class _Stored:
    """A row with its active version, under the names that both have."""

    __slots__ = ("blob", "bound", "card", "data_key_id", "id", "provider", "settings", "there", "version", "website_id")

    def __init__(self, ident: Any, website: Any, provider: Any, settings: Any, *sealed: Any) -> None:
        self.id, self.website_id, self.provider, self.settings = octets(ident), octets(website), words(provider), mapping(settings)
        version, blob, bound, card, key = sealed
        self.there = version is not None
        self.version, self.data_key_id = number(version), octets(key)
        self.blob, self.bound, self.card = octets(blob), mapping(bound), mapping(card)


def _among(pairs: Sequence[Pair]) -> Any:
    return tuple_(col(Integration.website_id), col(Integration.provider)).in_(pairs)


_STORED = """SELECT i.id, i.website_id, i.provider, i.settings, v.version, v.blob, v.bound, v.card, v.data_key_id
    FROM integration i LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active'
    WHERE (i.website_id, i.provider) IN """
_PUT_ROW = """INSERT INTO integration (id, website_id, category, provider, settings, enabled, expires_at, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_PUT_VERSION = """INSERT INTO credential_version (integration_id, version, state, data_key_id, bound, created_at, actor, blob, card)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_COPY = """SELECT i.id, i.website_id, i.category, i.provider, i.settings, i.enabled, i.expires_at,
    v.version, v.state, v.data_key_id, v.bound, v.blob, v.card
    FROM integration i LEFT JOIN credential_version v ON v.integration_id = i.id WHERE i.id IN"""
