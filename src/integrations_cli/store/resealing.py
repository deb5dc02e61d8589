"""Sealing versions anew under the keys in use, in batches, on a plain connection: what `reencrypt` does at each step."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlmodel import Session

from integrations_cli.errors import Unreadable
from integrations_cli.store import ciphers, vault
from integrations_cli.store.chain import Connection
from integrations_cli.store.key_rows import data_key_aad, mark_key_rows
from integrations_cli.store.keys import Keyring
from integrations_cli.store.moulds import place
from integrations_cli.store.prepared import Prepared
from integrations_cli.store.remarking import Marks
from integrations_cli.store.sealing import salts
from integrations_cli.store.unwrapped import Unwrapped

AT_ONCE = 4000  # a transaction costs as much as a hundred versions; for so many others wait a third of a second
FIRST = -(2**63)  # before every row
_SCOPES = "scope IN ('website', 'fingerprint')"
_SOME = f"state = 'active' AND {_SCOPES} AND rowid > ? AND rowid <= ?"  # new ones come behind those that are there
_IN_USE = f"SELECT rowid, scope, scope_id FROM data_key WHERE {_SOME} ORDER BY rowid LIMIT ?"  # noqa: S608
_RETIRE = f"UPDATE data_key SET state = 'retired' WHERE {_SOME}"  # noqa: S608
_PUT_KEY = "INSERT INTO data_key (id, scope, scope_id, state, root_key_id, wrapped) VALUES (?, ?, ?, 'active', ?, ?)"
_LIVE = "length(v.blob) > 0"
_ROW = "v.rowid, v.integration_id, v.version, v.blob, v.bound, v.card, v.data_key_id, i.website_id, i.provider"
# CROSS JOIN: SQLite keeps this order, and walks the versions as they lie in the file: each page is read and written once
_BATCH = f"""SELECT {_ROW} FROM credential_version v CROSS JOIN integration i ON i.id = v.integration_id
    WHERE v.rowid > ? AND {_LIVE} ORDER BY v.rowid LIMIT ?"""  # noqa: S608  ours
_WAITING = f"""SELECT count(*) FROM credential_version v WHERE {_LIVE}
    AND v.data_key_id NOT IN (SELECT id FROM data_key WHERE scope = 'website' AND state = 'active')"""  # noqa: S608
_BETWEEN = "SELECT rowid, data_key_id, blob, card FROM credential_version WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
_PUT = "UPDATE credential_version SET data_key_id = ?2, blob = ?3, card = ?4 WHERE rowid = ?1"
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
DAMAGE = (Unreadable, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
"""What a row that was written by hand can do."""
Row = tuple[int, bytes, int, bytes, str, str, bytes, bytes, str]
"""A version and where it belongs: row number, integration, version, blob, bound, card, data key, website, provider."""
Fresh = tuple[int, bytes, bytes, str]
"""A version sealed anew, and opened again: row number, data key, blob, card."""


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


class Resealer:
    """Knows the keys of one store: they stay the same until the re-encryption is finished."""

    def __init__(self, keys: Keyring, store_id: bytes) -> None:
        self._keys, self._store_id = keys, store_id
        self._unwrapped: Unwrapped | None = None
        self._marks: Marks | None = None

    # ── keys ──

    def replace_keys(self, session: Session, connection: Connection) -> int:
        """A new key for every scope but the audit log's, which has its own way; those in use until now are retired."""
        root_id, root = self._keys.root(session)
        count, after, (last,) = 0, FIRST, connection.execute("SELECT max(rowid) FROM data_key").fetchone()
        while old := connection.execute(_IN_USE, (after, last, AT_ONCE)).fetchall():
            connection.execute(_RETIRE, (after, old[-1][0]))
            connection.executemany(_PUT_KEY, self._new_keys(Prepared(root, root_id), [row[1:] for row in old]))
            count, after = count + len(old), old[-1][0]
        for name in ("data_keys", "keys_by_id", "mark_keys"):
            session.info.pop(name, None)
        session.expire_all()
        return count

    def _new_keys(self, root: Prepared, scopes: Sequence[tuple[str, bytes]]) -> Iterator[tuple[Any, ...]]:
        for (scope, scope_id), salt in zip(scopes, salts(len(scopes)), strict=True):
            one = _DataKey(os.urandom(16), scope, scope_id)
            yield (*one, root.id, root.seal(os.urandom(32), data_key_aad(self._store_id, one), salt))

    def drop(self, connection: Connection) -> int:
        """Delete the retired keys that nothing is sealed with, but of websites with a version in no form at all. How many went."""
        gone: int = connection.execute(_DROP).rowcount
        if connection.execute(f"SELECT 1 FROM data_key WHERE {_OLD} LIMIT 1").fetchone() is None:  # noqa: S608
            # else marks are left that an old fingerprint key has made
            gone += connection.execute("DELETE FROM data_key WHERE state = 'retired' AND scope = 'fingerprint'").rowcount
        return gone

    def _keys_of(self, session: Session, connection: Connection, rows: Sequence[Row]) -> Unwrapped:
        """With the old and the new data keys of these versions, those that open."""
        if self._unwrapped is None:
            self._unwrapped = Unwrapped(self._store_id, *self._keys.root(session))
        self._unwrapped.fetch(connection, {row[6] for row in rows}, {row[7] for row in rows})
        return self._unwrapped

    def _marks_of(self, session: Session) -> Marks:
        if self._marks is None:
            old, (new,) = ([self._keys.by_id(session, row.id) for row in mark_key_rows(session, one)] for one in ("retired", "active"))
            self._marks = Marks([ciphers.signing(key) for key in old], ciphers.signing(new))
        return self._marks

    # ── versions ──

    def waiting(self, connection: Connection) -> int:
        """How many versions an old key has sealed."""
        return int(connection.execute(_WAITING).fetchone()[0])

    def living(self, connection: Connection) -> int:
        """How many versions there are."""
        return int(connection.execute(f"SELECT count(*) FROM credential_version v WHERE {_LIVE}").fetchone()[0])  # noqa: S608

    def batch(self, session: Session, connection: Connection, after: int) -> Batch:
        """Seal the next versions anew, marks too; open each again, read all back and compare. What does not open is left as it is.

        Raises Unreadable (7), and the batch is undone.
        """
        rows: list[Row] = connection.execute(_BATCH, (after, AT_ONCE)).fetchall()
        if not rows:
            return Batch(0, 0, after, more=False)
        keys, marks, last = self._keys_of(session, connection, rows), self._marks_of(session), rows[-1][0]
        waiting = [row for row in rows if row[7] in keys.new and keys.new[row[7]].id != row[6]]
        fresh = [*self._sealed(connection, waiting, keys, marks)]
        connection.executemany(_PUT, fresh)
        stored = connection.execute(_BETWEEN, (after, last)).fetchall()
        if stored != fresh and (wrong := _first_wrong(stored, fresh)) is not None:
            raise _stopped(connection, next(row for row in rows if row[0] == wrong))
        return Batch(len(waiting), len(fresh), last, len(rows) == AT_ONCE)

    def _sealed(self, connection: Connection, rows: Sequence[Row], keys: Unwrapped, marks: Marks) -> Iterator[Fresh]:
        """Those that open, and show what they hold."""
        for row, salt in zip(rows, salts(len(rows)), strict=True):
            at, ident, version, blob, bound, card, key_id, website, provider = row
            new = keys.new[website]
            try:
                where = place(self._store_id, website, ident, version, provider, bound)
                plaintext = keys.old[key_id].open(blob, where)
                text = marks.anew(card, website, provider, plaintext)
            except DAMAGE:
                continue
            try:
                yield at, new.id, new.seal(plaintext, where, salt), text
            except Unreadable:
                raise _stopped(connection, row) from None

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


def _first_wrong(stored: Iterable[Fresh], fresh: Sequence[Fresh]) -> int | None:
    """Where the database has not, byte for byte, what was sealed anew and opened again. None: it has, beside what was left as it was."""
    found = {one[0]: one for one in stored}
    return next((one[0] for one in fresh if found.get(one[0]) != one), None)


def _stopped(connection: Connection, row: Row) -> Unreadable:
    *_, website_id, provider = row
    (website,) = connection.execute("SELECT slug FROM website WHERE id = ?", (website_id,)).fetchone()
    return _broken(website, provider, row[2])


def _broken(website: str, provider: str, version: int) -> Unreadable:
    return Unreadable(
        f"{provider} of {website} does not open under its new key",
        f"version {version}; no old key was destroyed",
        (f"integrations rotate {provider} -w {website}", "integrations key rotate --resume"),
        "wrong_key",
    )
