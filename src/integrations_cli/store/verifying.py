"""Whether the chains are what was written: order, gaps, MACs, heads, epochs. One pass over the rows, whatever their number.

What a person without the audit key edits, inserts, deletes or reorders is found. A tail that was cut together with its head, or a
database that was restored, is found only against an anchor or a checkpoint (`anchor`, `checkpoint`).
"""

import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from integrations_cli.store.chain import PURPOSE, Connection, genesis
from integrations_cli.store.vault import lp, u64

_ROWS = "SELECT chain, seq, CAST(at AS BLOB), epoch, CAST(body AS BLOB), mac FROM audit_row ORDER BY chain, seq"
_EMPTY = "SELECT chain FROM audit_head h WHERE NOT EXISTS (SELECT 1 FROM audit_row r WHERE r.chain = h.chain)"
_STARTED = b'"action":"chain.started"'
Row = tuple[Any, Any, bytes, Any, bytes, Any]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `audit verify` found in one chain: `problem` is None when it is unbroken. `name` is a slug, or `store`.

    Not `broken`, but with a problem: an epoch whose key is lost, so that nobody can say whether its entries are what was written.
    """

    name: str
    entries: int
    problem: str | None
    broken: bool = False


class Broken(Exception):
    """The first bad entry of a chain."""


@dataclass
class Verifier:
    """Reads a connection. `keys` gives the audit key of an epoch, None when it is lost; `epoch` is the one in use."""

    connection: Connection
    store_id: bytes
    epoch: int
    keys: Callable[[int], bytes | None]
    _known: dict[int, bytes | None] = field(default_factory=dict, repr=False)

    def reports(self) -> Iterator[ChainReport]:
        """Every chain that has an entry, a head, or a start in the store's chain."""
        for chain, rows in groupby(self.connection.execute(_ROWS), key=itemgetter(0)):
            yield self._report(chain, rows)
        for (chain,) in self.connection.execute(_EMPTY).fetchall():
            yield self._report(chain, ())

    def _report(self, chain: Any, rows: Iterable[Row]) -> ChainReport:
        if not isinstance(chain, bytes):
            return ChainReport("nowhere", 0, "entries that belong to no chain", broken=True)
        one = _Chain(self, chain)
        name = self._name(chain)
        try:
            for row in rows:
                one.take(row)
            one.end(self._head(chain))
        except Broken as broken:
            return ChainReport(name, one.seq, str(broken), broken=True)
        lost = ", ".join(str(number) for number in one.lost)
        return ChainReport(name, one.seq, f"epoch {lost} cannot be verified: its key is lost" if lost else None)

    def _name(self, chain: bytes) -> str:
        found = self.connection.execute("SELECT slug FROM website WHERE id = ?", (chain,)).fetchone()
        return str(found[0]) if found else "store" if chain == self.store_id else f"removed {chain.hex()[:8]}"

    def _head(self, chain: bytes) -> tuple[Any, Any]:
        found = self.connection.execute("SELECT seq, mac FROM audit_head WHERE chain = ?", (chain,)).fetchone()
        return (found[0], found[1]) if found else (None, None)

    def exists(self, chain: bytes) -> bool:
        """True if the chain has an entry."""
        return self.connection.execute("SELECT 1 FROM audit_row WHERE chain = ? LIMIT 1", (chain,)).fetchone() is not None

    def key(self, epoch: int) -> bytes | None:
        """The key of an epoch, asked for once."""
        if epoch not in self._known:
            self._known[epoch] = self.keys(epoch)
        return self._known[epoch]


class _Chain:
    """One chain, entry by entry. Raises Broken at the first bad one."""

    def __init__(self, verifier: Verifier, chain: bytes) -> None:
        self.verifier, self.chain = verifier, chain
        self.seq, self.mac, self.epoch = 0, b"", 0
        self.lost: list[int] = []
        self._key: bytes | None = None
        self._start = b""

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
        if self._key is not None:
            signed = self._start + u64(seq) + b"\0\0\0\x20" + self.mac + len(body).to_bytes(4, "big") + body
            if not hmac.compare_digest(hmac.digest(self._key, signed, "sha256"), mac):
                raise Broken(f"entry {seq} was changed")
        if at is None or len(at) != 20 or b'"at":"' + at[:19] + b"." not in body or at[19:] != b"Z":
            raise Broken(f"the time of entry {seq} was changed")
        self.mac = mac
        if self.chain == self.verifier.store_id and _STARTED in body:
            self._must_exist(body)

    def _enter(self, epoch: Any, body: bytes) -> None:
        """The first entry of an epoch names the head before it, and proves that whoever wrote it had the key before."""
        if not isinstance(epoch, int) or not self.epoch < epoch <= self.verifier.epoch:
            raise Broken(f"entry {self.seq} is of an epoch that it cannot be of")
        before, key = self._key, self.verifier.key(epoch)
        if self.seq > 1:
            self._must_follow(epoch, before, body)
        elif key is not None:
            self.mac = genesis(key, self.verifier.store_id, self.chain)
        if key is None:
            self.lost.append(epoch)
        self.epoch, self._key = epoch, key
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

    def end(self, head: tuple[Any, Any]) -> None:
        """The head must be the last entry, and the last entry of the epoch in use: every chain has one."""
        if head != (self.seq, self.mac) or self.seq == 0:
            raise Broken("the end was cut, or the head was changed")
        if self.epoch != self.verifier.epoch:
            raise Broken(f"the end was cut: its last entry is of epoch {self.epoch}, the log is at {self.verifier.epoch}")


def proof(key: bytes, epoch: int, chain: bytes, seq: int, mac: bytes) -> str:
    """By the key of the old epoch: this head was the last one before `epoch`."""
    return hmac.digest(key, lp(PURPOSE, b"epoch", u64(epoch), chain, u64(seq), mac), "sha256").hex()


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
