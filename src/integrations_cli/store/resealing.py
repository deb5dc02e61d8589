"""Sealing versions anew under the keys in use, in batches, on a plain connection: what `reencrypt` does at each step."""

import hmac
import json
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlmodel import Session

from integrations_cli.errors import Unreadable
from integrations_cli.store import vault
from integrations_cli.store.chain import Connection
from integrations_cli.store.keys import Keyring, data_key_aad

AT_ONCE = 1000
Place = tuple[bytes, int]
"""Integration id and version: where a batch ended."""
_SCOPES = "scope IN ('website', 'fingerprint')"
_LIVE = "length(v.blob) > 0"
_ROW = "v.integration_id, v.version, v.blob, v.bound, v.card, v.data_key_id, i.website_id, i.provider, a.id"
# CROSS JOIN: SQLite keeps this order, and walks the index of the versions instead of sorting all of them for each batch
_FROM = """FROM credential_version v CROSS JOIN integration i ON i.id = v.integration_id
    CROSS JOIN data_key a ON a.scope = 'website' AND a.scope_id = i.website_id AND a.state = 'active'"""
_AFTER = "(v.integration_id, v.version) > (?, ?)"
_ORDER = f"ORDER BY v.integration_id, v.version LIMIT {AT_ONCE}"
_BATCH = f"SELECT {_ROW} {_FROM} WHERE {_AFTER} AND {_LIVE} AND v.data_key_id != a.id {_ORDER}"
_ALL = f"SELECT {_ROW} {_FROM} WHERE {_AFTER} AND {_LIVE} {_ORDER}"
_BETWEEN = """SELECT integration_id, version, blob, card, data_key_id FROM credential_version
    WHERE (integration_id, version) > (?, ?) AND (integration_id, version) <= (?, ?)"""
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
        if not rows:
            return Batch(0, 0, after)
        old_marks, (mark_key,) = self._mark_keys(session, connection, "retired"), self._mark_keys(session, connection, "active")
        fresh: dict[Place, _Sealed] = {}
        for row in rows:
            try:
                where, key = self._aad(row), self._key(session, connection, row.new_key_id)
                plaintext = vault.open_(self._key(session, connection, row.data_key_id), row.data_key_id, row.blob, where)
                card = _marked_anew(_checked(row, plaintext, old_marks), mark_key)
            except _DAMAGE:
                continue
            fresh[row[:2]] = _Sealed(row, vault.seal(key, row.new_key_id, plaintext, where), card, plaintext, where)
        connection.executemany(
            _PUT, [(one.blob, one.card, one.row.new_key_id, *one.row[:2], one.row.data_key_id) for one in fresh.values()]
        )
        self._compare(connection.execute(_BETWEEN, (*after, *rows[-1][:2])).fetchall(), fresh)
        return Batch(len(rows), len(fresh), rows[-1][:2])

    def _compare(self, stored: Iterable[Sequence[Any]], fresh: "dict[Place, _Sealed]") -> None:
        """What stands in the database now opens under the new key, and is what stood there before."""
        compared = 0
        for ident, version, blob, card, key_id in stored:
            one = fresh.get((ident, version))
            if one is None:
                continue
            key = self._open[one.row.new_key_id]
            if (
                key_id != one.row.new_key_id
                or card != one.card
                or not hmac.compare_digest(vault.open_(key, key_id, blob, one.where), one.plaintext)
            ):
                raise _differs()
            compared += 1
        if compared != len(fresh):
            raise _differs()

    def verified(self, session: Session, connection: Connection, after: Place) -> tuple[int, Place, set[bytes]]:
        """Open the next versions, and hold their marks against what is inside; how many, up to where, and websites that failed."""
        rows = [Row(*one) for one in connection.execute(_ALL, after).fetchall()]
        marks, failed = self._mark_keys(session, connection, "active"), set[bytes]()
        for row in rows:
            try:
                key = self._key(session, connection, row.data_key_id)
                _checked(row, vault.open_(key, row.data_key_id, row.blob, self._aad(row)), marks)
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

    def _aad(self, row: Row) -> bytes:
        return vault.credential_aad(self._store_id, row.website_id, row.integration_id, row.version, row.provider, _destination(row.bound))


class _Sealed(NamedTuple):
    """A version sealed anew, and what is inside."""

    row: Row
    blob: bytes
    card: str
    plaintext: bytes
    where: bytes


@lru_cache(1024)  # nearly all versions are bound to nothing, or to the same
def _destination(bound: str) -> bytes:
    return vault.destination_hash(json.loads(bound))


Marked = list[tuple[str, dict[str, Any], bytes]]
"""Field, mark, and what its fingerprint is taken of."""


def _checked(row: Row, plaintext: bytes, known: Sequence[bytes]) -> Marked:
    """The marks, if they are of what is inside. Raises Unreadable (7) otherwise: nothing is mended that somebody has changed."""
    card, values = json.loads(row.card), json.loads(plaintext)
    found = [(name, mark, vault.fingerprinted(row.website_id, row.provider, name, values[name])) for name, mark in card.items()]
    if len(card) == len(values):
        for key in known:
            if all(mark["fp"] == _fp(key, text) for _, mark, text in found):
                return found
    raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")


def _marked_anew(found: Marked, key: bytes) -> str:
    return json.dumps({name: {**mark, "fp": _fp(key, text)} for name, mark, text in found})


def _fp(key: bytes, text: bytes) -> str:
    return hmac.digest(key, text, "sha256")[:16].hex()


def _differs() -> Unreadable:
    return vault.unreadable("wrong_key", "what was sealed anew is not what was stored; nothing was written")
