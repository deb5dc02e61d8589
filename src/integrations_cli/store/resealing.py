"""Sealing versions anew under the keys in use, in batches, on a plain connection: what `reencrypt` does at each step."""

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, NamedTuple

from sqlmodel import Session

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import vault
from integrations_cli.store.chain import Connection
from integrations_cli.store.keys import Keyring, data_key_aad

AT_ONCE = 1000
Place = tuple[bytes, int]
"""Integration id and version: where a batch ended."""
_SCOPES = "scope IN ('website', 'fingerprint')"
_LIVE = "length(v.blob) > 0"
_ROW = "v.integration_id, v.version, v.blob, v.bound, v.card, v.data_key_id, i.website_id, i.provider, a.id"
_FROM = """FROM credential_version v JOIN integration i ON i.id = v.integration_id
    JOIN data_key a ON a.scope = 'website' AND a.scope_id = i.website_id AND a.state = 'active'"""
_AFTER = "(v.integration_id, v.version) > (?, ?)"
_ORDER = f"ORDER BY v.integration_id, v.version LIMIT {AT_ONCE}"
_BATCH = f"SELECT {_ROW} {_FROM} WHERE {_AFTER} AND {_LIVE} AND v.data_key_id != a.id {_ORDER}"
_ALL = f"SELECT {_ROW} {_FROM} WHERE {_AFTER} AND {_LIVE} {_ORDER}"
_AGAIN = "SELECT blob, card, data_key_id FROM credential_version WHERE integration_id = ? AND version = ?"
_PUT = "UPDATE credential_version SET blob = ?, card = ?, data_key_id = ? WHERE integration_id = ? AND version = ? AND data_key_id = ?"
_USED = f"SELECT v.data_key_id FROM credential_version v WHERE {_LIVE}"  # noqa: S608
_DAMAGE = (Unreadable, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What a row that was written by hand can do."""


class Row(NamedTuple):
    """A version, where it belongs, and the data key that is in use there."""

    integration_id: bytes
    version: int
    blob: bytes
    bound: str
    card: str
    data_key_id: bytes
    website_id: bytes
    provider: str
    new_key_id: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """`seen` rows were looked at, up to `last`; `sealed` of them anew."""

    seen: int
    sealed: int
    last: Place


class _DataKey(NamedTuple):
    id: bytes
    scope: str
    scope_id: bytes
    wrapped: bytes


class Resealer:
    """Knows the data keys of one store, each unwrapped once."""

    def __init__(self, keys: Keyring, store_id: bytes) -> None:
        self._keys, self._store_id = keys, store_id
        self._open: dict[bytes, bytes] = {}
        self._root: tuple[bytes, bytes] | None = None

    # ── keys ──

    def replace_keys(self, session: Session, connection: Connection) -> int:
        """A new key for every scope but the audit log's, which has its own way; those in use until now are retired."""
        root_id, root = self._keys.root(session)
        old = connection.execute(f"SELECT scope, scope_id FROM data_key WHERE state = 'active' AND {_SCOPES}").fetchall()  # noqa: S608
        connection.execute(f"UPDATE data_key SET state = 'retired' WHERE state = 'active' AND {_SCOPES}")  # noqa: S608
        made = (_DataKey(os.urandom(16), scope, scope_id, b"") for scope, scope_id in old)
        rows = ((one.id, *one[1:3], root_id, vault.seal(root, root_id, os.urandom(32), data_key_aad(self._store_id, one))) for one in made)
        connection.executemany(
            "INSERT INTO data_key (id, scope, scope_id, state, root_key_id, wrapped) VALUES (?, ?, ?, 'active', ?, ?)", rows
        )
        for name in ("data_keys", "keys_by_id", "mark_keys"):
            session.info.pop(name, None)
        session.expire_all()
        return len(old)

    def drop(self, connection: Connection, keep: Collection[bytes]) -> list[bytes]:
        """Delete the retired keys that nothing is sealed with; those of the websites in `keep` stay. The ids of those that went."""
        retired = connection.execute("SELECT id, scope_id FROM data_key WHERE state = 'retired' AND scope = 'website'").fetchall()
        used = {ident for (ident,) in connection.execute(f"SELECT DISTINCT data_key_id FROM ({_USED})").fetchall()}  # noqa: S608
        gone = [ident for ident, website in retired if ident not in used and website not in keep]
        if len(gone) == len(retired):  # else marks are left that an old fingerprint key has made
            marks = connection.execute("SELECT id FROM data_key WHERE state = 'retired' AND scope = 'fingerprint'").fetchall()
            gone += [ident for (ident,) in marks]
        connection.executemany("DELETE FROM data_key WHERE id = ?", [(ident,) for ident in gone])
        return gone

    def _key(self, session: Session, connection: Connection, ident: bytes) -> bytes:
        if ident not in self._open:
            found = connection.execute("SELECT id, scope, scope_id, wrapped FROM data_key WHERE id = ?", (ident,)).fetchone()
            if found is None:
                raise vault.unreadable("unknown_key", "sealed with a key this store does not have")
            row = _DataKey(*found)
            self._root = self._root or self._keys.root(session)  # nobody replaces it while a re-encryption is not finished
            self._open[ident] = vault.open_(self._root[1], self._root[0], row.wrapped, data_key_aad(self._store_id, row))
        return self._open[ident]

    def _mark_keys(self, session: Session, connection: Connection, state: str) -> list[bytes]:
        rows = connection.execute("SELECT id FROM data_key WHERE scope = 'fingerprint' AND state = ?", (state,)).fetchall()
        return [self._key(session, connection, ident) for (ident,) in rows]

    # ── versions ──

    def waiting(self, connection: Connection) -> int:
        """How many versions an old key has sealed."""
        return int(connection.execute(f"SELECT count(*) {_FROM} WHERE {_LIVE} AND v.data_key_id != a.id").fetchone()[0])

    def living(self, connection: Connection) -> int:
        """How many versions there are."""
        return int(connection.execute(f"SELECT count(*) FROM credential_version v WHERE {_LIVE}").fetchone()[0])  # noqa: S608

    def batch(self, session: Session, connection: Connection, after: Place) -> Batch:
        """Seal the next versions anew, marks too; read them back, open each, compare. What does not open is left as it is."""
        rows = [Row(*one) for one in connection.execute(_BATCH, after).fetchall()]
        old_marks, (mark_key,) = self._mark_keys(session, connection, "retired"), self._mark_keys(session, connection, "active")
        fresh: list[tuple[Row, bytes, str, bytes]] = []
        for row in rows:
            try:
                plaintext = self._opened(session, connection, row)
                card = self._marked(row, plaintext, old_marks, mark_key)
                key = self._key(session, connection, row.new_key_id)
                fresh.append((row, vault.seal(key, row.new_key_id, plaintext, self._aad(row)), card, plaintext))
            except _DAMAGE:
                continue
        connection.executemany(
            _PUT, [(blob, card, row.new_key_id, row.integration_id, row.version, row.data_key_id) for row, blob, card, _ in fresh]
        )
        for row, _, card, plaintext in fresh:
            stored = row._replace(**self._stored(connection, row))
            if stored.card != card or not compare_digest(self._opened(session, connection, stored), plaintext):
                raise vault.unreadable("wrong_key", "what was sealed anew is not what was stored; nothing was written")
        return Batch(len(rows), len(fresh), rows[-1][:2] if rows else after)

    def _stored(self, connection: Connection, row: Row) -> dict[str, Any]:
        blob, card, key_id = connection.execute(_AGAIN, (row.integration_id, row.version)).fetchone()
        return {"blob": blob, "card": card, "data_key_id": key_id}

    def verified(self, session: Session, connection: Connection, after: Place) -> tuple[int, Place, set[bytes]]:
        """Open the next versions, and hold their marks against what is inside; how many, up to where, and websites that failed."""
        rows = [Row(*one) for one in connection.execute(_ALL, after).fetchall()]
        marks, failed = self._mark_keys(session, connection, "active"), set[bytes]()
        for row in rows:
            try:
                self._marked(row, self._opened(session, connection, row), marks, marks[0])
            except _DAMAGE:
                failed.add(row.website_id)
        return len(rows), (rows[-1][:2] if rows else after), failed

    def left(self, connection: Connection, failed: Collection[bytes]) -> list[tuple[str, str]]:
        """Website and provider of what keeps its old key."""
        query = f"""SELECT DISTINCT w.slug, i.provider, w.id, v.data_key_id IN (SELECT id FROM data_key WHERE state = 'active')
            FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id
            WHERE {_LIVE} ORDER BY w.slug, i.provider"""  # noqa: S608
        rows: Iterable[Sequence[Any]] = connection.execute(query) if failed or self._stay(connection) else ()
        return [(slug, provider) for slug, provider, _, current in rows if not current]

    def _stay(self, connection: Connection) -> bool:
        query = f"SELECT 1 FROM ({_USED}) WHERE data_key_id NOT IN (SELECT id FROM data_key WHERE state = 'active') LIMIT 1"  # noqa: S608
        return connection.execute(query).fetchone() is not None

    def _opened(self, session: Session, connection: Connection, row: Row) -> bytes:
        return vault.open_(self._key(session, connection, row.data_key_id), row.data_key_id, row.blob, self._aad(row))

    def _aad(self, row: Row) -> bytes:
        destination = vault.destination_hash(json.loads(row.bound))
        return vault.credential_aad(self._store_id, row.website_id, row.integration_id, row.version, row.provider, destination)

    def _marked(self, row: Row, plaintext: bytes, known: Sequence[bytes], mark_key: bytes) -> str:
        """The card with new fingerprints. Raises Unreadable (7) when the old ones are not those of what is inside: nothing is mended
        that somebody has changed."""
        card, values = json.loads(row.card), vault.unpack_credentials(plaintext)
        if set(card) != set(values) or not any(_fits(row, card, values, key) for key in known):
            raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")
        fresh = {name: {**card[name], "fp": _fp(row, name, value, mark_key)} for name, value in values.items()}
        return json.dumps({name: fresh[name] for name in card})


def _fits(row: Row, card: Mapping[str, Any], values: Mapping[str, Secret], key: bytes) -> bool:
    return all(card[name]["fp"] == _fp(row, name, value, key) for name, value in values.items())


def _fp(row: Row, name: str, value: Secret, key: bytes) -> str:
    return vault.fingerprint(key, row.website_id, row.provider, name, value).hex()
