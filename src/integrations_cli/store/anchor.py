"""The anchor: where each audit chain ended when this host last wrote. A store older than that was restored or cut.

A write looks at what this host wrote last (the end of the journal: all chains of a small store, some hundred of a large one), whatever
the number of websites; `audit verify` looks at all of it.
"""

from __future__ import annotations

import hmac
from itertools import islice

from integrations_cli import quickjson
from integrations_cli.errors import NotWritten, Unreadable
from integrations_cli.record import Record
from integrations_cli.store.journal import AT_ONCE, Journal, Line, broken, has_all
from integrations_cli.store.vault import lp, u64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from integrations_cli.store.chain import Connection, Log, Signer
    from integrations_cli.store.heads import Heads
    from integrations_cli.store.journal import Head, Move
    from integrations_cli.store.verifying import Keys


_EPOCH = "SELECT epoch FROM data_key WHERE scope = 'audit' AND scope_id = ? AND state = 'active'"


class Anchor(Record):
    """The anchor of one store on this host. Every line is signed with the audit key of its epoch."""

    path: Path | str
    store_id: bytes

    @property
    def journal(self) -> Journal:
        """The file."""
        return Journal(self.path, self.store_id)

    def must_not_be_older(self, connection: Connection, keys: Keys) -> None:
        """Raises Unreadable (7) when the store lacks what this host has written: it was restored, or its end was cut."""
        # by the index of the active keys: there is a data key for each website, and every write asks this
        found = connection.execute(_EPOCH, (self.store_id,)).fetchone()
        newest = found[0] if found is not None and isinstance(found[0], int) else 1
        recent: dict[str, Head] = {}
        self._fold(self.journal.recent(), keys, newest, recent)
        if not has_all(connection, recent):
            raise _older()

    def extend(self, log: Log, keys: Keys, connection: Callable[[], Connection]) -> None:
        """Remember the heads that a commit has moved on; the connection is asked for only when there is no anchor yet.

        A failure is not one of the change, which is committed: an older anchor is still a true one.
        """
        moves = ((chain, head, log.found[chain]) for chain, head in log.moved.items())
        pieces = (some for moved in (log.settled or (), moves) for some in _pieces((one.hex(), _moved(*two)) for one, *two in moved))
        try:
            if not self.journal.append(self._line(log.signer, some) for some in pieces):
                self.renew(connection(), log.signer)
            elif self.journal.overgrown():
                heads = self.heads(keys, log.signer.epoch)
                self._put(log.signer, iter(heads.items()), len(heads))
        except (NotWritten, Unreadable):
            return

    def renew(self, connection: Connection, signer: Signer) -> None:
        """Remember every head as it is now, whatever stood here. Raises NotWritten (74)."""
        (count,) = connection.execute("SELECT count(*) FROM audit_head").fetchone()
        rows = connection.execute("SELECT chain, seq, mac FROM audit_head")
        self._put(signer, ((chain.hex(), (seq, mac.hex())) for chain, seq, mac in rows), count)

    def heads(self, keys: Keys, newest: int) -> Heads | dict[str, Head]:
        """The newest head of every chain (hex) that this host has written; `newest` is the epoch the store is at.

        Raises Unreadable (7) for lines that we did not write, or that are of an epoch this store has not come to.
        """
        from integrations_cli.store.heads import Heads  # noqa: PLC0415  a quick command looks at some of them only

        found: Heads | dict[str, Head] = Heads() if self.journal.is_large() else {}  # which takes six times as much, in a third of the time
        try:
            self._fold(self.journal.lines(), keys, newest, found)
        except ValueError:  # signed, and no head
            raise broken(self.path) from None
        return found

    def _put(self, signer: Signer, heads: Iterator[tuple[str, Move]], count: int) -> None:
        self.journal.replace((self._line(signer, some) for some in _pieces(heads)), count)

    def _fold(self, lines: Iterable[Line], keys: Keys, epoch: int, newest: Heads | dict[str, Head]) -> None:
        went_back: set[str] = set()
        for line in lines:
            if line.epoch > epoch:
                raise _older()  # it was re-encrypted since; the key to this line is not in a copy from before
            key = keys(line.epoch or 1)
            if key is None:
                continue  # nobody can say any more
            if not hmac.compare_digest(line.mac, self._mac(key, line.epoch, line.heads)):
                raise broken(self.path)
            for chain, move in line.heads.items():
                known = newest.get(chain)
                if known is not None and _went_back(known, move):
                    went_back.add(chain)  # written on after a cut: the head from before is the witness
                if chain not in went_back:
                    newest[chain] = move[:2]

    def _line(self, signer: Signer, heads: dict[str, Move]) -> Line:
        return Line(signer.epoch, heads, self._mac(signer.key, signer.epoch, heads))

    def _mac(self, key: bytes, epoch: int, heads: dict[str, Move]) -> str:
        text = quickjson.dumps(heads, ascii_only=True, sort=True).encode()
        signed = (
            lp(b"integrations/anchor/v2", self.store_id, u64(epoch), text) if epoch else lp(b"integrations/anchor/v1", self.store_id, text)
        )
        return hmac.digest(key, signed, "sha256").hex()


def _pieces(moves: Iterator[tuple[str, Move]]) -> Iterator[dict[str, Move]]:
    """A commit may move very many chains: so many to a line."""
    while some := dict(islice(moves, AT_ONCE)):
        yield some


def _moved(head: tuple[int, bytes], found: tuple[int, bytes]) -> Move:
    return head[0], head[1].hex(), found[0], found[1].hex()


def _went_back(known: Head, move: Move) -> bool:
    """True if a commit has found the chain shorter than it was, or with another entry at its end."""
    seq, mac = move[-2:]
    return seq < known[0] or (seq == known[0] and mac != known[1])


def _older() -> Unreadable:
    return Unreadable(
        "the store is older than what this host has written",
        "its audit log ends before the anchor: it was restored, or its end was cut; nothing was written",
        ("integrations audit verify", "integrations store accept-restore"),
        "restored",
    )
