"""A checkpoint: one line about the whole log, to be kept where nobody who can reach the store can reach it.

    integrations.checkpoint/1 STORE AT EPOCH CHAINS ENTRIES HEADS MAC

HEADS is a digest over the head of every chain, so the line stays short however many websites there are; MAC is made with the audit key.
Entries are never deleted and are stored in the order of writing: the first ENTRIES of them give the same heads again, or the log was cut
or restored since.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from integrations_cli.errors import Unreadable, UsageError
from integrations_cli.store.chain import Connection, Signer
from integrations_cli.store.vault import lp, u64
from integrations_cli.store.verifying import Keys

FORMAT = "integrations.checkpoint/1"
_LINE = re.compile(
    rf"{FORMAT} ([0-9a-f]{{32}}) ([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9:]{{8}}Z) "
    r"([0-9]{1,9}) ([0-9]{1,12}) ([0-9]{1,15}) ([0-9a-f]{64}) ([0-9a-f]{64})"
)
_NOW = "SELECT chain, seq, mac FROM audit_head ORDER BY chain"
_THEN = """SELECT chain, max(seq), mac FROM audit_row
    WHERE rowid <= (SELECT rowid FROM audit_row ORDER BY rowid LIMIT 1 OFFSET ?) GROUP BY chain ORDER BY chain"""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the log stood."""

    store_id: bytes
    at: str
    epoch: int
    chains: int
    entries: int
    heads: str
    mac: str = ""

    def line(self) -> str:
        """As it is printed."""
        return f"{FORMAT} {self.store_id.hex()} {self.at} {self.epoch} {self.chains} {self.entries} {self.heads} {self.mac}"

    def signature(self, key: bytes) -> str:
        """What `mac` has to be."""
        numbers = (u64(self.epoch), u64(self.chains), u64(self.entries))
        parts = lp(b"integrations/checkpoint/v1", self.store_id, self.at.encode(), *numbers, bytes.fromhex(self.heads))
        return hmac.digest(key, parts, "sha256").hex()


def make(connection: Connection, signer: Signer, at: str) -> Checkpoint:
    """Of the log as it is, in one look."""
    found = connection.execute(_NOW).fetchall()
    plain = Checkpoint(signer.store_id, at, signer.epoch, len(found), sum(row[1] for row in found), _digest(found))
    return Checkpoint(plain.store_id, at, plain.epoch, plain.chains, plain.entries, plain.heads, plain.signature(signer.key))


def read(text: str, store_id: bytes) -> Checkpoint:
    """The last checkpoint of this store in a text. Raises UsageError (2)."""
    found = [match for match in _LINE.finditer(text) if match[1] == store_id.hex()]
    if not found:
        other = "there is one, of another store" if _LINE.search(text) else "it is what audit checkpoint prints"
        raise UsageError("--since: there is no checkpoint of this store", other, "integrations audit checkpoint")
    _, at, epoch, chains, entries, heads, mac = found[-1].groups()
    return Checkpoint(store_id, at, int(epoch), int(chains), int(entries), heads, mac)


def problem(connection: Connection, wanted: Checkpoint, keys: Keys) -> str | None:
    """Why the log is not what it was, with more behind it; None when it is. Raises Unreadable (7) for a line that nobody here signed."""
    key = keys(wanted.epoch)
    if key is None:
        return f"its epoch {wanted.epoch} cannot be verified: the key is lost"
    if not hmac.compare_digest(wanted.mac, wanted.signature(key)):
        raise Unreadable("the checkpoint was changed", "its MAC is not one of this store", "integrations audit checkpoint", "checkpoint")
    (there,) = connection.execute("SELECT count(*) FROM audit_row").fetchone()
    if there < wanted.entries:
        return f"the log was cut or restored: it has {there} entries, and had {wanted.entries}"
    heads = connection.execute(_THEN, (wanted.entries - 1,)).fetchall()
    if len(heads) != wanted.chains or _digest(heads) != wanted.heads:
        return f"the log was cut or restored, and written on: its first {wanted.entries} entries are not the ones of then"
    return None


def _digest(heads: Iterable[tuple[Any, Any, Any]]) -> str:
    total = hashlib.sha256()
    for chain, seq, mac in heads:
        whole = isinstance(chain, bytes) and isinstance(mac, bytes) and isinstance(seq, int) and seq >= 0
        total.update(lp(chain, u64(seq), mac) if whole else b"not ours")
    return total.hexdigest()
