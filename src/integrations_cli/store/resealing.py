"""Sealing versions anew under the keys in use, in batches, on a plain connection: what `reencrypt` does at each step."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlmodel import Session

from integrations_cli.errors import Unreadable
from integrations_cli.store import ciphers, vault
from integrations_cli.store.chain import Connection
from integrations_cli.store.key_rows import data_key_aad, mark_key_rows
from integrations_cli.store.keys import AT_ONCE as KEYS_AT_ONCE
from integrations_cli.store.keys import Keyring
from integrations_cli.store.moulds import place
from integrations_cli.store.sealing import salts

AT_ONCE = 2000
KEPT = 4096  # data keys that are held open
FIRST = -(2**63)  # before every row
_SCOPES = "scope IN ('website', 'fingerprint')"
_LIVE = "length(v.blob) > 0"
_ROW = "v.rowid, v.integration_id, v.version, v.blob, v.bound, v.card, v.data_key_id, i.website_id, i.provider, a.id"
# CROSS JOIN: SQLite keeps this order, and walks the versions as they lie in the file: each page is read and written once
_FROM = """FROM credential_version v CROSS JOIN integration i ON i.id = v.integration_id
    CROSS JOIN data_key a ON a.scope = 'website' AND a.scope_id = i.website_id AND a.state = 'active'"""
_BATCH = f"SELECT {_ROW} {_FROM} WHERE v.rowid > ? AND {_LIVE} AND v.data_key_id != a.id ORDER BY v.rowid LIMIT ?"
_BETWEEN = "SELECT rowid, blob, card, data_key_id FROM credential_version WHERE rowid > ? AND rowid <= ?"
_PUT = "UPDATE credential_version SET blob = ?, card = ?, data_key_id = ? WHERE rowid = ? AND data_key_id = ?"
_HEADER = f"x'{vault.MAGIC.hex()}'"
_UNFIT = f"""{_LIVE}
    AND (length(v.blob) < {vault.OVERHEAD} OR substr(v.blob, 1, 3) != {_HEADER} OR substr(v.blob, 4, 16) != v.data_key_id)"""
_FOREIGN = f"SELECT DISTINCT i.website_id FROM credential_version v CROSS JOIN integration i ON i.id = v.integration_id WHERE {_UNFIT}"  # noqa: S608
_BROKEN = f"""SELECT w.slug, i.provider, v.version FROM credential_version v JOIN integration i ON i.id = v.integration_id
    JOIN website w ON w.id = i.website_id JOIN data_key k ON k.id = v.data_key_id AND k.state = 'active'
    WHERE {_UNFIT} ORDER BY w.slug, i.provider, v.version LIMIT 1"""  # noqa: S608
_USED = f"SELECT v.data_key_id FROM credential_version v WHERE {_LIVE}"  # noqa: S608
_OLD = "state = 'retired' AND scope = 'website'"
_DROP = f"DELETE FROM data_key WHERE {_OLD} AND id NOT IN ({_USED}) AND scope_id NOT IN ({_FOREIGN})"  # noqa: S608
_DECODE = json.JSONDecoder().raw_decode
_DAMAGE = (Unreadable, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
"""What a row that was written by hand can do."""


Sign = Callable[[bytes], bytes]
"""HMAC-SHA256 under one key."""


class Row(NamedTuple):
    """A version, where it belongs, and the data key that is in use there."""

    place: int
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
    """`seen` rows were looked at, up to the row number `last`; `sealed` of them anew. `more`: there may be others behind them."""

    seen: int
    sealed: int
    last: int
    more: bool


class _DataKey(NamedTuple):
    id: bytes
    scope: str
    scope_id: bytes
    wrapped: bytes


class Resealer:
    """Knows the data keys of one store, each unwrapped when first needed; some thousands of them at a time."""

    def __init__(self, keys: Keyring, store_id: bytes) -> None:
        self._keys, self._store_id = keys, store_id
        self._open: dict[bytes, bytes] = {}
        self._root: tuple[bytes, bytes] | None = None
        self._marks: dict[str, list[Sign]] = {}

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

    def drop(self, connection: Connection) -> int:
        """Delete the retired keys that nothing is sealed with, but of websites with a version in no form at all. How many went."""
        gone: int = connection.execute(_DROP).rowcount
        if connection.execute(f"SELECT 1 FROM data_key WHERE {_OLD} LIMIT 1").fetchone() is None:  # noqa: S608
            # else marks are left that an old fingerprint key has made
            gone += connection.execute("DELETE FROM data_key WHERE state = 'retired' AND scope = 'fingerprint'").rowcount
        return gone

    def _fetch(self, session: Session, connection: Connection, rows: Sequence[Row]) -> None:
        """Unwrap the keys of a batch that are not held yet, those that open."""
        named = {ident for row in rows for ident in (row.data_key_id, row.new_key_id) if isinstance(ident, bytes)}
        if len(self._open) + len(named) > KEPT:
            self._open.clear()
        wanted = [*named - self._open.keys()]
        self._root = self._root or self._keys.root(session)  # nobody replaces it while a re-encryption is not finished
        for at in range(0, len(wanted), KEYS_AT_ONCE):
            for row in self._keys.rows(connection, wanted[at : at + KEYS_AT_ONCE]):
                with suppress(Unreadable):
                    self._open[row.id] = vault.open_(self._root[1], self._root[0], row.wrapped, data_key_aad(self._store_id, row))

    def _key(self, ident: bytes) -> bytes:
        try:
            return self._open[ident]
        except KeyError:
            raise vault.unreadable("unknown_key", "sealed with a key this store does not have") from None

    def _mark_keys(self, session: Session, connection: Connection, state: str) -> list[Sign]:
        """Asked for once: they stay the same until the re-encryption is finished."""
        if state not in self._marks:
            self._marks[state] = [ciphers.signing(self._keys.by_id(session, row.id)) for row in mark_key_rows(session, state)]
        return self._marks[state]

    # ── versions ──

    def waiting(self, connection: Connection) -> int:
        """How many versions an old key has sealed."""
        return int(connection.execute(f"SELECT count(*) {_FROM} WHERE {_LIVE} AND v.data_key_id != a.id").fetchone()[0])

    def living(self, connection: Connection) -> int:
        """How many versions there are."""
        return int(connection.execute(f"SELECT count(*) FROM credential_version v WHERE {_LIVE}").fetchone()[0])  # noqa: S608

    def batch(self, session: Session, connection: Connection, after: int) -> Batch:
        """Seal the next versions anew, marks too; open each again, read all back and compare. What does not open is left as it is.

        Raises Unreadable (7), and the batch is undone.
        """
        rows = [Row(*one) for one in connection.execute(_BATCH, (after, AT_ONCE)).fetchall()]
        if not rows:
            return Batch(0, 0, after, more=False)
        old_marks, (mark_key,) = self._mark_keys(session, connection, "retired"), self._mark_keys(session, connection, "active")
        self._fetch(session, connection, rows)
        fresh: dict[int, _Sealed] = {}
        for row, salt in zip(rows, salts(len(rows)), strict=True):
            try:
                where = place(self._store_id, row.website_id, row.integration_id, row.version, row.provider, row.bound)
                key = self._key(row.new_key_id)
                plaintext = vault.open_(self._key(row.data_key_id), row.data_key_id, row.blob, where)
                card = _marked_anew(row.card, _checked(row, plaintext, old_marks), mark_key)
            except _DAMAGE:
                continue
            try:
                blob = vault.seal_and_open(key, row.new_key_id, plaintext, where, salt)
            except Unreadable:
                raise _stopped(connection, row) from None
            fresh[row.place] = _Sealed(row, blob, card)
        connection.executemany(_PUT, [(one.blob, one.card, one.row.new_key_id, at, one.row.data_key_id) for at, one in fresh.items()])
        wrong = _first_wrong(connection.execute(_BETWEEN, (after, rows[-1].place)), fresh)
        if wrong is not None:
            raise _stopped(connection, wrong)
        return Batch(len(rows), len(fresh), rows[-1].place, len(rows) == AT_ONCE)

    def must_fit(self, connection: Connection) -> None:
        """Raises Unreadable (7), naming the first version that is not in the form of the key in use that its row names."""
        found = connection.execute(_BROKEN).fetchone()
        if found is not None:
            raise _broken(*found)

    def left(self, connection: Connection) -> list[tuple[str, str]]:
        """Website and provider of what keeps its old key."""
        query = f"""SELECT DISTINCT w.slug, i.provider, w.id, v.data_key_id IN (SELECT id FROM data_key WHERE state = 'active')
            FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id
            WHERE {_LIVE} ORDER BY w.slug, i.provider"""  # noqa: S608
        rows: Iterable[Sequence[Any]] = connection.execute(query) if self._stay(connection) else ()
        return [(slug, provider) for slug, provider, _, current in rows if not current]

    def _stay(self, connection: Connection) -> bool:
        query = f"SELECT 1 FROM ({_USED}) WHERE data_key_id NOT IN (SELECT id FROM data_key WHERE state = 'active') LIMIT 1"  # noqa: S608
        return connection.execute(query).fetchone() is not None


class _Sealed(NamedTuple):
    """A version sealed anew, and opened again."""

    row: Row
    blob: bytes
    card: str


def _first_wrong(stored: Iterable[Sequence[Any]], fresh: dict[int, _Sealed]) -> Row | None:
    """None: what stands in the database now is, byte for byte, what was sealed anew and opened again."""
    left = dict(fresh)
    for at, blob, card, key_id in stored:
        one = left.pop(at, None)
        if one is not None and (key_id, blob, card) != (one.row.new_key_id, one.blob, one.card):
            return one.row
    return next((one.row for one in left.values()), None)


Marked = list[tuple[str, dict[str, Any], bytes]]
"""Field, mark, and what its fingerprint is taken of."""


def _checked(row: Row, plaintext: bytes, known: Sequence[Sign]) -> Marked:
    """The marks, if they are of what is inside. Raises Unreadable (7) otherwise: nothing is mended that somebody has changed."""
    card, values = _json(row.card), _json(plaintext.decode())
    found = [(name, mark, vault.fingerprinted(row.website_id, row.provider, name, values[name])) for name, mark in card.items()]
    if len(card) == len(values):
        for key in known:
            if all(mark["fp"] == _fp(key, text) for _, mark, text in found):
                return found
    raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")


def _json(text: str) -> Any:
    """As `json.loads`, in half the time for the short texts that these are."""
    bare = text.strip()
    found, end = _DECODE(bare)
    if end != len(bare):
        raise ValueError("more than one value")
    return found


def _marked_anew(card: str, found: Marked, key: Sign) -> str:
    """The card with new fingerprints, and not another letter changed."""
    for _, mark, text in found:
        if card.count(mark["fp"]) != 1:
            return json.dumps({name: {**mark, "fp": _fp(key, text)} for name, mark, text in found})
        card = card.replace(mark["fp"], _fp(key, text))
    return card


def _fp(key: Sign, text: bytes) -> str:
    return key(text)[:16].hex()


def _stopped(connection: Connection, row: Row) -> Unreadable:
    (website,) = connection.execute("SELECT slug FROM website WHERE id = ?", (row.website_id,)).fetchone()
    return _broken(website, row.provider, row.version)


def _broken(website: str, provider: str, version: int) -> Unreadable:
    return Unreadable(
        f"{provider} of {website} does not open under its new key",
        f"version {version}; no old key was destroyed",
        (f"integrations rotate {provider} -w {website}", "integrations key rotate --resume"),
        "wrong_key",
    )
