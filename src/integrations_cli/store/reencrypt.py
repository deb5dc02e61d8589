"""New data, fingerprint and audit keys while everybody goes on working (SECURITY.md §2.8, invariants I1–I4).

Begin: new keys in use, the old ones retired. Then 1,000 versions per transaction, in the order of their ids: opened, sealed anew,
read back, opened and compared before the commit. At the end everything is opened once more, and the old keys are dropped. A row of
`key_operation` holds how far it has come, so a second start goes on. Whoever writes meanwhile uses the new keys.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integrations_cli.errors import Conflict
from integrations_cli.store import operations
from integrations_cli.store.resealing import AT_ONCE, Place, Resealer
from integrations_cli.store.tables import KeyOperation

if TYPE_CHECKING:
    from integrations_cli.store.store import Conversation, Store

Told = Callable[[str, int, int], None]
"""The step, how many versions are done, and of how many."""
WORKING = 0.5  # seconds after which others get a turn …
ASIDE = 0.055  # … for so long: whoever waits for the turn looks at least that often (turn.py)
FIRST: Place = (b"", -1)


@dataclass
class Report:
    """`left` are the integrations (website, provider) with a version that could not be opened: it keeps its old key."""

    versions: int = 0
    resumed: bool = False
    left: list[tuple[str, str]] = field(default_factory=list)


def status(store: "Store") -> Report:
    """How many versions there are to be sealed anew, and whether that was begun already. Needs no key."""
    with store.reading() as here:
        begun = operations.unfinished(here.session) is not None
        resealer, connection = Resealer(store.keys, store.id), here.audit.connection()
        return Report(resealer.waiting(connection) if begun else resealer.living(connection), begun)


def reencrypt(store: "Store", told: Told, *, resume: bool = False) -> Report:
    """Do all of it, or go on where it stopped; `resume` refuses to begin. Raises Conflict (4), Locked (6), Unreadable (7)."""
    with operations.alone(store.path):
        report = Report(resumed=_begin(store, resume))
        resealer = Resealer(store.keys, store.id)
        report.versions = _walk(store, resealer, told)
        failed = _verify(store, resealer, told)
        report.left = _drop(store, resealer, failed, report.versions)
    return report


def _begin(store: "Store", resume: bool) -> bool:
    """New keys in use and the old ones retired, in one transaction; True if that was done by an earlier start."""
    with store.writing() as here:
        found = operations.unfinished(here.session)
        if found is not None:
            operations.taken_over(found)
            here.session.add(found)
            return True
        if resume:
            raise Conflict("there is nothing to resume", "no re-encryption was begun", "integrations key rotate --reencrypt")
        here.session.add(operations.begun(operations.REENCRYPT, "encrypt", None, store.clock()))
        epoch = here.audit.new_epoch()
        count = Resealer(store.keys, store.id).replace_keys(here.session, here.audit.connection())
        here.audit.record("key.reencryption_started", epoch=epoch, keys=count)
    return False


def _walk(store: "Store", resealer: Resealer, told: Told) -> int:
    """Every version that an old key has sealed, batch by batch."""
    with store.reading() as here:
        total = resealer.waiting(here.audit.connection())
    done, more, since = 0, True, time.monotonic()
    while more:
        with store.writing() as here:
            operation = _mine(here)
            batch = resealer.batch(here.session, here.audit.connection(), _read(operation.cursor))
            operation.cursor = _text(batch.last)
            here.session.add(operation)
        done, more = done + batch.sealed, batch.seen == AT_ONCE
        told("re-encrypting", done, total)
        since = _aside(since)
    return done


def _aside(since: float) -> float:
    """Let others have the turn now and then; the time of the last pause."""
    if time.monotonic() - since < WORKING:
        return since
    time.sleep(ASIDE)
    return time.monotonic()


def _verify(store: "Store", resealer: Resealer, told: Told) -> set[bytes]:
    """Open every version there is; the ids of the websites where one does not open: their old keys stay."""
    with store.reading() as here:
        total = resealer.living(here.audit.connection())
    done, after, failed = 0, FIRST, set[bytes]()
    while True:
        with store.reading() as here:
            seen, last, broken = resealer.verified(here.session, here.audit.connection(), after)
        failed |= broken
        done, after = done + seen, last
        told("verifying", done, total)
        if seen < AT_ONCE:
            return failed


def _drop(store: "Store", resealer: Resealer, failed: set[bytes], versions: int) -> list[tuple[str, str]]:
    """The old keys go, except those that something is still sealed with; then `VACUUM`."""
    with store.writing() as here:
        operation = _mine(here)
        connection = here.audit.connection()
        left = resealer.left(connection, failed)
        gone = resealer.drop(connection, failed)
        here.session.delete(operation)
        here.audit.record("key.reencrypted", versions=versions, keys=len(gone), left=len(left) or None)
        here.vacuum()
    store.keys.forget(gone)
    return left


def _mine(here: "Conversation") -> KeyOperation:
    found = operations.unfinished(here.session)
    if found is None:
        raise Conflict("the re-encryption was finished or taken away meanwhile", None, "integrations key status")
    return found


def _read(cursor: str | None) -> Place:
    """A cursor that was damaged means from the start: what is done already is passed over."""
    try:
        ident, _, version = (cursor or "").partition(":")
        return bytes.fromhex(ident), int(version)
    except ValueError:
        return FIRST


def _text(place: Place) -> str:
    return f"{place[0].hex()}:{place[1]}"
