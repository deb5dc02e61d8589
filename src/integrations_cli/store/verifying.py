"""Whether the chains are what was written: order, gaps, MACs, heads, epochs. One pass over the rows, whatever their number.

What a person without the audit key edits, inserts, deletes or reorders is found. A tail that was cut together with its head, or a
database that was restored, is found only against an anchor or a checkpoint (`inspection`). Rows come in pieces, and no read stays open
in between: others may write meanwhile.
"""

import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from integrations_cli.store.chain import PURPOSE, Connection, genesis
from integrations_cli.store.ciphers import signing
from integrations_cli.store.slugs import STORE
from integrations_cli.store.vault import LENGTHS, lp, u64

AT_ONCE = 2000  # rows fetched in one look
_ROW = "SELECT chain, seq, CAST(at AS BLOB), epoch, CAST(body AS BLOB), mac FROM audit_row"
_FIRST = f"{_ROW} ORDER BY chain, seq LIMIT ?"
_AFTER = f"{_ROW} WHERE (chain, seq) > (?, ?) ORDER BY chain, seq LIMIT ?"
_LATER = f"{_ROW} WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?"
_EMPTY = "SELECT chain FROM audit_head h WHERE NOT EXISTS (SELECT 1 FROM audit_row r WHERE r.chain = h.chain)"
_STARTED = b'"action":"chain.started"'
Row = tuple[Any, Any, bytes, Any, bytes, Any]
Sign = Callable[[bytes], bytes]
Keys = Callable[[int], bytes | None]
"""The audit key of an epoch, None when it is lost."""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `audit verify` found in one chain: `problem` is None when it is unbroken. `name` is a slug, or `store`.

    Not `broken`, but with a problem: an epoch whose key is lost, so that nobody can say whether its entries are what was written.
    `anchor` says how it stands to what this host wrote last: `matches`, `behind` (others wrote since), or None: it has none.
    `website` is the slug again, None for a chain that is of no website (any more).
    """

    name: str
    entries: int
    problem: str | None
    broken: bool = False
    anchor: str | None = None
    website: str | None = None


class Broken(Exception):
    """The first bad entry of a chain, and how many there were up to it."""

    entries = 0


class Look(Protocol):
    """Looks at the entries of one chain while they are verified."""

    def take(self, seq: int, epoch: int, body: bytes) -> None:
        """An entry that is what was written."""

    def end(self, seq: int, mac: bytes) -> str | None:
        """After the last one: how the chain stands to the anchor. Raises Broken."""


@dataclass
class Verifier:
    """Reads a connection. `epoch` is the one in use; `look` makes what else looks at the entries of a chain."""

    connection: Connection
    store_id: bytes
    epoch: int
    keys: Keys
    looks: Callable[[bytes], Look] | None = None
    _known: dict[int, tuple[bytes, Sign] | None] = field(default_factory=dict, repr=False)

    def reports(self) -> Iterator[ChainReport]:
        """Every chain that has an entry or a head."""
        for chain, rows in self._chains():
            yield self._report(chain, rows)

    def broken(self) -> ChainReport | None:
        """The first chain that is broken. Of those before it nothing is told: that would be a question for the name of each."""
        for chain, rows in self._chains():
            try:
                self._verified(chain, rows)
            except Broken as broken:
                return self._broken(chain, broken)
        return None

    def _chains(self) -> Iterator[tuple[Any, Iterable[Row]]]:
        yield from groupby(self._rows(), key=itemgetter(0))
        yield from ((chain, ()) for (chain,) in self.connection.execute(_EMPTY).fetchall())

    def _rows(self) -> Iterator[Row]:
        found = self.connection.execute(_FIRST, (AT_ONCE,)).fetchall()
        while found:
            yield from found
            found = self.connection.execute(_AFTER, (found[-1][0], found[-1][1], AT_ONCE)).fetchall()

    def _report(self, chain: Any, rows: Iterable[Row]) -> ChainReport:
        try:
            one, anchor = self._verified(chain, rows)
        except Broken as broken:
            return self._broken(chain, broken)
        lost = ", ".join(str(number) for number in one.lost)
        problem = f"epoch {lost} cannot be verified: its key is lost" if lost else None
        slug = self.website(chain)
        return ChainReport(self._called(chain, slug), one.seq, problem, anchor=anchor, website=slug)

    def _broken(self, chain: Any, why: "Broken") -> ChainReport:
        if not isinstance(chain, bytes):
            return ChainReport("nowhere", 0, str(why), broken=True)
        return ChainReport(self.name(chain), why.entries, str(why), broken=True, website=self.website(chain))

    def _verified(self, chain: Any, rows: Iterable[Row]) -> tuple["_Chain", str | None]:
        """Entry by entry to its end, and how it stands to the anchor. Raises Broken."""
        if not isinstance(chain, bytes):
            raise Broken("entries that belong to no chain")
        one = _Chain(self, chain, self.looks(chain) if self.looks else None)
        try:
            for row in rows:
                one.take(row)
            return one, self._end(one)
        except Broken as broken:
            broken.entries = one.seq
            raise

    def _end(self, one: "_Chain") -> str | None:
        if self.looks is None or self.connection.in_transaction:
            return self._ended(one)
        self.connection.execute("BEGIN")  # the head, the entries up to it and what else is looked at are of one moment
        try:
            return self._ended(one)
        finally:
            self.connection.execute("COMMIT")

    def _ended(self, one: "_Chain") -> str | None:
        """The head is read after the entries; what was written in between is verified as well."""
        head = self._head(one.chain)
        while isinstance(head[0], int) and head[0] > one.seq:
            later = self.connection.execute(_LATER, (one.chain, one.seq, AT_ONCE)).fetchall()
            if not later:
                break
            for row in later:
                one.take(row)
            head = self._head(one.chain)
        return one.end(head)

    def name(self, chain: bytes) -> str:
        """How people call a chain."""
        return self._called(chain, self.website(chain))

    def _called(self, chain: bytes, slug: str | None) -> str:
        if chain == self.store_id:
            return STORE
        return f"website {slug}" if slug == STORE else slug or f"removed {chain.hex()[:8]}"

    def website(self, chain: bytes) -> str | None:
        """The slug of the website whose chain it is."""
        found = self.connection.execute("SELECT slug FROM website WHERE id = ?", (chain,)).fetchone()
        return str(found[0]) if found and chain != self.store_id else None

    def _head(self, chain: bytes) -> tuple[Any, Any]:
        found = self.connection.execute("SELECT seq, mac FROM audit_head WHERE chain = ?", (chain,)).fetchone()
        return (found[0], found[1]) if found else (None, None)

    def exists(self, chain: bytes) -> bool:
        """True if the chain has an entry."""
        return self.connection.execute("SELECT 1 FROM audit_row WHERE chain = ? LIMIT 1", (chain,)).fetchone() is not None

    def key(self, epoch: int) -> tuple[bytes, Sign] | None:
        """The key of an epoch, and what signs with it; asked for once."""
        if epoch not in self._known:
            key = self.keys(epoch)
            self._known[epoch] = (key, signing(key)) if key is not None else None
        return self._known[epoch]


class _Chain:
    """One chain, entry by entry. Raises Broken at the first bad one."""

    def __init__(self, verifier: Verifier, chain: bytes, look: Look | None) -> None:
        self.verifier, self.chain, self.look = verifier, chain, look
        self.seq, self.mac, self.epoch = 0, b"", 0
        self.lost: list[int] = []
        self._key: bytes | None = None
        self._sign: Sign | None = None
        self._start = b""
        self._is_store = chain == verifier.store_id

    def take(self, row: Row) -> None:
        """The next entry."""
        _, seq, at, epoch, body, mac = row
        self.seq += 1
        if seq != self.seq:
            raise Broken(f"entry {self.seq} is missing")
        if not isinstance(mac, bytes) or len(mac) != 32 or body is None:
            raise Broken(f"entry {seq} has no MAC")
        if epoch != self.epoch:
            self._enter(epoch, body)
        if self._sign is not None:
            signed = b"".join((self._start, seq.to_bytes(8, "big"), b"\0\0\0\x20", self.mac, LENGTHS[len(body)], body))
            if not hmac.compare_digest(self._sign(signed), mac):
                raise Broken(f"entry {seq} was changed")
        if at is None or len(at) != 20 or b'"at":"%b.' % at[:19] not in body or at[19:] != b"Z":
            raise Broken(f"the time of entry {seq} was changed")
        self.mac = mac
        if self._is_store and _STARTED in body:
            self._must_exist(body)
        if self.look is not None:
            self.look.take(seq, epoch, body)

    def _enter(self, epoch: Any, body: bytes) -> None:
        """The first entry of an epoch names the head before it, and proves that whoever wrote it had the key before."""
        if not isinstance(epoch, int) or not self.epoch < epoch <= self.verifier.epoch:
            raise Broken(f"entry {self.seq} is of an epoch that it cannot be of")
        before, (key, sign) = self._key, self.verifier.key(epoch) or (None, None)
        if self.seq > 1:
            self._must_follow(epoch, before, body)
        elif key is not None:
            self.mac = genesis(key, self.verifier.store_id, self.chain)
        if key is None:
            self.lost.append(epoch)
        self.epoch, self._key, self._sign = epoch, key, sign
        self._start = lp(PURPOSE, u64(epoch), self.chain) + b"\0\0\0\x08"

    def _must_follow(self, epoch: int, before: bytes | None, body: bytes) -> None:
        found = _object(body).get("before")
        told = found if isinstance(found, dict) else {}
        if (told.get("epoch"), told.get("seq"), told.get("mac")) != (self.epoch, self.seq - 1, self.mac.hex()):
            raise Broken(f"epoch {epoch} starts at entry {self.seq} without the head before it")
        given = str(told.get("proof"))
        if before is not None and not hmac.compare_digest(given, proof(before, epoch, self.chain, self.seq - 1, self.mac)):
            raise Broken(f"epoch {epoch} starts at entry {self.seq} without a proof of the key before it")

    def _must_exist(self, body: bytes) -> None:
        started = bytes.fromhex(_object(body).get("chain", ""))
        if not self.verifier.exists(started):
            raise Broken(f"the chain that entry {self.seq} says was started is gone: {started.hex()[:8]}")

    def end(self, head: tuple[Any, Any]) -> str | None:
        """The head must be the last entry, and the last entry of the epoch in use: every chain has one."""
        if head != (self.seq, self.mac) or self.seq == 0:
            raise Broken("the end was cut, or the head was changed")
        if self.epoch != self.verifier.epoch:
            raise Broken(f"the end was cut: its last entry is of epoch {self.epoch}, the log is at {self.verifier.epoch}")
        return self.look.end(self.seq, self.mac) if self.look is not None else None


def proof(key: bytes, epoch: int, chain: bytes, seq: int, mac: bytes) -> str:
    """By the key of the old epoch: this head was the last one before `epoch`."""
    return hmac.digest(key, proven(epoch, chain, seq, mac), "sha256").hex()


def proven(epoch: int, chain: bytes, seq: int, mac: bytes) -> bytes:
    """What a proof is taken of."""
    return lp(PURPOSE, b"epoch", u64(epoch), chain, u64(seq), mac)


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
