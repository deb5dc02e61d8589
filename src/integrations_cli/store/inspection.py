"""The whole log of a store, looked at from every side: chains, this host's anchor, a checkpoint, and the rows it speaks of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integrations_cli.errors import Unreadable
from integrations_cli.store import checkpoint, glance, state
from integrations_cli.store.chain import Connection, Signer
from integrations_cli.store.checkpoint import Checkpoint
from integrations_cli.store.in_order import Asked
from integrations_cli.store.journal import Head, has
from integrations_cli.store.slugs import STORE
from integrations_cli.store.stored import Stored
from integrations_cli.store.verifying import Broken, ChainReport, Keys, Verifier

if TYPE_CHECKING:
    from integrations_cli.store.quick import QuickStore
    from integrations_cli.store.store import Store

UNREADABLE = 7
ANCHOR = "the anchor"


@dataclass(frozen=True, slots=True)
class Inspection:
    """Chains by name, `store` last. `problems` are those of the whole: anchor, checkpoint, strangers. `since` is what was compared with."""

    reports: tuple[ChainReport, ...]
    problems: tuple[str, ...]
    since: Checkpoint | None = None

    @property
    def exit(self) -> int:
        """0, or 7 when anything is not what was written, or cannot be verified."""
        return UNREADABLE if self.problems or any(one.problem for one in self.reports) else 0


@dataclass
class _Sides:
    """What else is looked at while the chains are verified."""

    connection: Connection
    stored: Stored | None  # asked when the rows are looked at as well
    anchored: Mapping[str, Head]
    seen: set[str]

    def of(self, chain: bytes) -> "_Look":
        """For one chain."""
        self.seen.add(chain.hex())
        return _Look(self, chain)


class _Look:
    def __init__(self, sides: _Sides, chain: bytes) -> None:
        self._sides, self._chain = sides, chain
        self._state = state.State(Asked(sides.connection), sides.stored, chain) if sides.stored else None

    def take(self, seq: int, epoch: int, body: bytes) -> None:
        if self._state is not None:
            self._state.take(seq, epoch, body)

    def end(self, seq: int, mac: bytes) -> str | None:
        if self._state is not None:
            self._state.end()
        head = self._sides.anchored.get(self._chain.hex())
        if head is None:
            return None
        if head == (seq, mac.hex()):
            return "matches"
        if not has(self._sides.connection, self._chain, *head):
            raise Broken(f"the end was cut, or an older store was restored: this host has written entry {head[0]}")
        return "behind"


def inspect(store: "Store | QuickStore", *, state: bool = False, since: str | None = None) -> Inspection:
    """Verify everything. `state`: the rows as well; `since`: a text that holds a checkpoint of this store.

    Raises Locked (6), UsageError (2) for a text without a checkpoint, Unreadable (7) for a checkpoint that was changed.
    """
    signer, keys = store.epochs()
    wanted = checkpoint.read(since, store.id) if since is not None else None
    with glance.reading(store.path) as connection:
        connection.row_factory = None
        return _Inspector(store, connection, signer, keys, state).done(wanted)


class _Inspector:
    def __init__(self, store: "Store | QuickStore", connection: Connection, signer: Signer, keys: Keys, rows: bool) -> None:
        self._store, self._connection, self._signer, self._keys, self._rows = store, connection, signer, keys, rows
        self._problems: list[str] = []

    def done(self, wanted: Checkpoint | None) -> Inspection:
        sides = _Sides(self._connection, Stored(self._keys) if self._rows else None, self._anchored(), set())
        verifier = Verifier(self._connection, self._store.id, self._signer.epoch, self._keys, sides.of)
        reports = [*verifier.reports(), *self._gone(sides, verifier)]
        if self._rows:
            self._problems += self._strangers()
        if wanted is not None and (why := checkpoint.problem(self._connection, wanted, self._keys)):
            self._problems.append(f"since the checkpoint of {wanted.at}: {why}")
        return Inspection(tuple(sorted(reports, key=lambda one: (one.name == STORE, one.name))), tuple(self._problems), wanted)

    def _strangers(self) -> list[str]:
        self._connection.execute("BEGIN")  # tables and log are of one moment
        try:
            return state.strangers(self._connection)
        finally:
            self._connection.execute("COMMIT")

    def _anchored(self) -> Mapping[str, Head]:
        try:
            return self._store.anchor.heads(self._keys, self._signer.epoch)
        except Unreadable as error:
            self._problems.append(f"{ANCHOR}: {error.what}")
            return {}

    def _gone(self, sides: _Sides, verifier: Verifier) -> Iterator[ChainReport]:
        """Chains that this host has written and of which nothing is left."""
        for chain in sorted(set(sides.anchored) - sides.seen):
            ident, problem = bytes.fromhex(chain), f"all of it is gone: this host has written entry {sides.anchored[chain][0]}"
            yield ChainReport(verifier.name(ident), 0, problem, broken=True, website=verifier.website(ident))


def mark(store: "Store | QuickStore") -> Checkpoint:
    """A checkpoint of the log as it is now. Raises Locked (6), Unreadable (7)."""
    signer, _ = store.epochs()
    with glance.reading(store.path) as connection:
        connection.row_factory = None
        return checkpoint.make(connection, signer, store.clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
