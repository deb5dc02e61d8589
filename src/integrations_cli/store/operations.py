"""Work on the store's keys: one at a time, what it leaves behind is known, and what was begun is finished (SECURITY.md §2.8)."""

import fcntl
import hmac
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, select

from integrations_cli.errors import Conflict, IntegrationsError, NotWritten, system_says
from integrations_cli.store import slots
from integrations_cli.store.chain import Signer
from integrations_cli.store.forgiving import number, words
from integrations_cli.store.slots import Place
from integrations_cli.store.tables import KeyOperation, KeySlot
from integrations_cli.store.vault import lp
from integrations_cli.store.verifying import Keys

REENCRYPT, SLOT_KEY = "reencrypt", "slot_key"


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """No other key operation runs meanwhile; readers and writers do. Free at once after kill -9. Raises Conflict (4)."""
    path = database.with_name(database.name + ".keys.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotWritten("the store cannot be written", system_says(error)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict("somebody else is changing the keys", "one such operation runs at a time", "integrations key status") from None
    finally:
        os.close(descriptor)


def unfinished(session: Session) -> KeyOperation | None:
    """The re-encryption that was begun and not finished, or None."""
    return session.exec(select(KeyOperation).where(KeyOperation.kind == REENCRYPT)).first()


def taken_over(row: KeyOperation) -> None:
    """This process goes on with it: `doctor` asks whether that runs."""
    row.host, row.pid = socket.gethostname()[:64], os.getpid()


def must_be_free(session: Session) -> None:
    """Raises Conflict (4) while a re-encryption is not finished."""
    found = unfinished(session)
    if found is not None:
        raise Conflict("the store is being re-encrypted", f"begun at {found.started_at}, not finished", "integrations key rotate --resume")


def begun(kind: str, step: str, cursor: str | None, now: datetime) -> KeyOperation:
    """A row of work that takes several steps."""
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return KeyOperation(
        id=os.urandom(16), kind=kind, step=step, cursor=cursor, started_at=at, host=socket.gethostname()[:64], pid=os.getpid()
    )


@dataclass(frozen=True, slots=True)
class Loose:
    """A slot key that lies somewhere and belongs to no slot: not yet, or no longer.

    The note is signed: a key lies outside of the database, and whoever writes there must not be able to have it destroyed.
    """

    id: bytes
    kind: str
    locator: str
    epoch: int = 0
    mac: str = ""

    def row(self, step: str, now: datetime, signer: Signer) -> KeyOperation:
        """As it is remembered until it is a slot's, or destroyed."""
        told = {"id": self.id.hex(), "kind": self.kind, "locator": self.locator, "epoch": signer.epoch, "mac": self._mac(signer.key)}
        return begun(SLOT_KEY, step, json.dumps(told), now)

    def is_ours(self, keys: Keys) -> bool:
        """True if this tool has written the note, for this store."""
        key = keys(self.epoch)
        return key is not None and hmac.compare_digest(self._mac(key).encode(), self.mac.encode("utf-8", "surrogatepass"))

    def _mac(self, key: bytes) -> str:
        signed = lp(b"integrations/loose/v1", self.id, *(one.encode("utf-8", "surrogatepass") for one in (self.kind, self.locator)))
        return hmac.digest(key, signed, "sha256").hex()


def loose(session: Session) -> dict[bytes, tuple[KeyOperation, Loose]]:
    """The slot keys to be destroyed, by the id of their slot."""
    found = {}
    for row in session.exec(select(KeyOperation).where(KeyOperation.kind == SLOT_KEY)):
        with suppress(ValueError, KeyError, TypeError, RecursionError):  # written by hand: nothing of ours
            data = json.loads(row.cursor or "")
            ident, kind, locator = bytes.fromhex(data["id"]), str(data["kind"]), str(data["locator"])
            one = Loose(ident, kind, locator, number(data.get("epoch")), words(data.get("mac", "")))
            found[one.id] = (row, one)
    return found


def belongs(session: Session, slot_id: bytes) -> None:
    """The key is a slot's now: it is loose no longer."""
    if slot_id in (known := loose(session)):
        session.delete(known[slot_id][0])


def destroyed(session: Session, place: Place, keys: Keys) -> tuple[list[bytes], list[str]]:
    """Destroy the loose keys, outside of any transaction; the ids of those that are gone, and why others are not.

    A note that this tool did not write counts as gone: nothing is destroyed for it, and that is said.
    """
    gone, left = [], []
    for ident, (_, one) in loose(session).items():
        if session.get(KeySlot, ident) is None:
            title = slots.kind(one.kind).title if one.kind in slots.KINDS else "slot"
            if not one.is_ours(keys):
                left.append(f"a note about an old key of a {title} was not written by this tool: nothing was destroyed for it")
            else:
                try:
                    slots.kind(one.kind).destroy(place, ident, one.locator)
                except (IntegrationsError, OSError) as error:
                    left.append(f"an old key of a {title} could not be destroyed: {getattr(error, 'why', None) or 'it cannot be reached'}")
                    continue
        gone.append(ident)
    return gone, left
