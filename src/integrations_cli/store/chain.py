"""The chains of the audit log on a plain DB-API connection: an entry is built and appended in this one place (SECURITY.md §3).

Both ways in use it: the SQLModel session lends its connection, a quick command brings its own. Whoever calls holds the turn and the
transaction, so the change and its entry are kept or forgotten together. Never values, hints, lengths, provider texts, arguments.
"""

from __future__ import annotations

import hmac
import os
from contextlib import contextmanager

from integrations_cli import __version__
from integrations_cli.access import me
from integrations_cli.errors import Unreadable
from integrations_cli.record import Record
from integrations_cli.store.ciphers import signing
from integrations_cli.store.sqlite import sqlite3
from integrations_cli.store.subject import Subject, row_mac
from integrations_cli.store.vault import LENGTHS, canonical, lp, u64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any, Protocol

    from integrations_cli.access import Principal
    from integrations_cli.store.moves import Moves
    from integrations_cli.store.sink import Row, Sink

PURPOSE = b"integrations/audit/v1"
STEADY = frozenset(  # what did not change the row it spoke of, as long as a row was told in 16 digits
    {
        *("check.started", "check.finished", "rotation.started", "rotation.checked", "rotation.confirmed", "rotation.aborted"),
        *("credential.revealed", "credentials.exported", "credential.unreadable", "credential.destroyed"),
    }
)
_HEAD = "SELECT seq, mac FROM audit_head WHERE chain = ?"
_PUT_HEAD = (
    "INSERT INTO audit_head (chain, seq, mac) VALUES (?, ?, ?) ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, mac = excluded.mac"
)
_ROW = "chain, seq, at, epoch, body, mac"
_PUT_ROW = f"INSERT INTO audit_row ({_ROW}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  ours
MANY = 20  # entries for which it pays to prepare the key
Head = tuple[int, bytes]
"""Number and MAC of the last entry of a chain."""


if TYPE_CHECKING:

    class Connection(Protocol):
        """What is asked of a connection: `sqlite3.Connection` has it."""

        text_factory: Any

        @property
        def in_transaction(self) -> bool:
            """True between BEGIN and COMMIT."""

        def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
            """Run one statement."""

        def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
            """Run one statement for many rows."""

else:
    Connection = object


class Signer(Record, hidden=("key",)):
    """The audit key in use, the number of its epoch, and the sink that has to have every entry first, if one is required."""

    store_id: bytes
    epoch: int
    key: bytes
    sink: Sink | None = None


def genesis(key: bytes, store_id: bytes, chain: bytes) -> bytes:
    """The MAC before the first entry."""
    return hmac.digest(key, lp(PURPOSE, b"genesis", store_id, chain), "sha256")


def link(key: bytes, epoch: int, chain: bytes, seq: int, before: bytes, body: bytes) -> bytes:
    """The MAC of one entry: over its body and the MAC before it."""
    return hmac.digest(key, linked(epoch, chain, seq, before, body), "sha256")


def linked(epoch: int, chain: bytes, seq: int, before: bytes, body: bytes) -> bytes:
    """What the MAC of an entry is taken of."""
    return linked_from(epoch) + lp(chain, u64(seq), before, body)


def linked_from(epoch: int) -> bytes:
    """How that begins in all entries of an epoch."""
    return lp(PURPOSE, u64(epoch))


def body(signer: Signer, moment: datetime, action: str, outcome: str, facts: Mapping[str, Any], subject: Subject | None = None) -> bytes:
    """An entry as it is stored and signed. Facts that are None are left out."""
    data: dict[str, Any] = {
        **_here.facts(),
        "at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "action": action,
        "outcome": outcome,
    }
    data |= {name: value for name, value in facts.items() if value is not None}
    if subject is not None:
        data |= {"integration": subject.id.hex(), "provider": subject.provider, "row": row_mac(signer.key, subject)}
    return canonical(data)


class _Here:
    """Who, where and with what: what every entry begins with, the same as long as process and principal are."""

    def __init__(self) -> None:
        self._who: tuple[Principal | None, int] = (None, 0)
        self._facts: dict[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """The facts of now."""
        who, pid = me(), os.getpid()
        if self._who != (who, pid):
            self._facts = {"actor": {"uid": who.uid, "name": who.name}, "host": os.uname().nodename, "pid": pid, "tool": __version__}
            self._who = (who, pid)
        return self._facts


_here = _Here()


class Log:
    """Appends to the chains, inside the caller's transaction. `moved` has the new head of every chain that grew, `found` the old one.

    `settled` are moves from before those.
    """

    def __init__(self, connection: Connection, signer: Signer, settled: Moves | None = None) -> None:
        self.connection, self.signer, self.settled = connection, signer, settled
        self.moved: dict[bytes, Head] = {}
        self.found: dict[bytes, Head] = {}
        self._held: list[Row] | None = None

    def append(self, chain: bytes, moment: datetime, entry: bytes) -> None:
        """Add one entry, built by `body`, to the end of a chain. Raises Unreadable (7) when the chain was changed by hand."""
        self.append_many([(chain, moment, entry)])

    def append_many(self, entries: Iterable[tuple[bytes, datetime, bytes]], heads: Mapping[bytes, Head] | None = None) -> None:
        """Add (chain, moment, body) in this order, with two statements for all of them; `heads` are known to whoever calls."""
        entries = list(entries)
        texts = {moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in {moment for _, moment, _ in entries}}
        add = self._next(signing(self.signer.key) if len(entries) >= MANY else self._sign, heads or {})
        rows = [add(chain, texts[moment], entry) for chain, moment, entry in entries]
        if self._held is not None:
            self._held += rows
        else:
            self._put(rows)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is appended inside is written at its end, with two statements; nothing of it if it raises."""
        held: list[Row] = []
        self._held = held
        try:
            yield
        finally:
            self._held = None
        self._put(held)

    def _put(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        if self.signer.sink is not None:
            self.signer.sink.deliver(rows)
        try:
            if len(rows) < MANY:
                self.connection.executemany(_PUT_ROW, rows)
            else:
                from integrations_cli.store.inserting import insert  # noqa: PLC0415  only where there are many

                insert(self.connection, "audit_row", _ROW, rows)
        except sqlite3.IntegrityError:
            raise Unreadable(
                "the audit log was changed outside of this tool",
                "the end of a chain is not where its head says; nothing was written",
                "integrations audit verify",
                "audit",
            ) from None
        self.connection.executemany(_PUT_HEAD, [(chain, *self.moved[chain]) for chain in {row[0] for row in rows}])

    def head(self, chain: bytes) -> Head:
        """Where a chain ends now; (0, genesis) for one that has no entry yet."""
        if chain in self.moved:
            return self.moved[chain]
        found = self.connection.execute(_HEAD, (chain,)).fetchone()
        if found is None or not isinstance(found[0], int) or not isinstance(found[1], bytes):
            return 0, genesis(self.signer.key, self.signer.store_id, chain)
        return found[0], found[1]

    def settle(self) -> Moves:
        """What moved until now, in a small form. What is behind it is asked of the database again."""
        if self.settled is None:
            from integrations_cli.store.moves import Moves  # noqa: PLC0415  only where there are many

            self.settled = Moves()
        for chain, head in self.moved.items():
            self.settled.put(chain, head, self.found[chain])
        self.moved.clear()
        self.found.clear()
        return self.settled

    def _sign(self, message: bytes) -> bytes:
        return hmac.digest(self.signer.key, message, "sha256")

    def _next(self, sign: Callable[[bytes], bytes], heads: Mapping[bytes, Head]) -> Callable[[bytes, str, bytes], Row]:
        """What adds an entry (chain, time, body) to the end of its chain, and gives its row."""
        moved, found, epoch = self.moved, self.found, self.signer.epoch
        begin, size = linked_from(epoch), LENGTHS  # what `linked` builds; the tests verify each entry

        def add(chain: bytes, at: str, entry: bytes) -> Row:
            head = moved.get(chain) or heads.get(chain) or self.head(chain)
            if chain not in found:
                found[chain] = head
            seq = head[0] + 1
            before = head[1]
            parts = (begin, size[len(chain)], chain, size[8], seq.to_bytes(8, "big"), size[len(before)], before, size[len(entry)], entry)
            mac = sign(b"".join(parts))
            moved[chain] = seq, mac
            return chain, seq, at, epoch, entry.decode(), mac

        return add


def actor() -> str:
    """The operating system's name of whoever runs this."""
    return me().name
