"""New data, fingerprint and audit keys while everybody goes on working (SECURITY.md §2.8, invariants I1–I4).

Begin: new keys in use, the old ones retired. Then 4,000 versions per transaction, in the order of the file: opened, held against their
marks, sealed anew, opened again, read back and compared before the commit. At the end the old keys are dropped. A row of `key_operation`
holds how far it has come, so a second start goes on. Whoever writes meanwhile uses the new keys.

I2 asks that old keys go only after everything under the new ones was opened and compared. Each version was, in the transaction that keeps
it, so that none is committed without; whatever was written meanwhile has never been under an old key. So nothing is opened a second time:
the transaction that drops the keys looks at the header of every version. Where a row names a new key and the seal is not one of it, it
stops, and nothing is dropped. It keeps each old key that some version names, in its row or in its seal, and those of a website where a
seal is not in the form of the old key its row names. An old key opens nothing else than what names it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integrations_cli.errors import Conflict
from integrations_cli.store import operations
from integrations_cli.store.resealing import FIRST, Resealer
from integrations_cli.store.tables import KeyOperation

if TYPE_CHECKING:
    from integrations_cli.store.store import Conversation, Store

Told = Callable[[str, int, int], None]
"""The step, how many versions are done, and of how many."""
WORKING = 0.5  # seconds after which others get a turn …
ASIDE = 0.055  # … for so long: whoever waits for the turn looks at least that often (turn.py)


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
        told("verifying", report.versions, report.versions)
        report.left = _drop(store, resealer, report.versions)
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
    """Every version that an old key has sealed, batch by batch.

    Once more from the start if some are left that were not come to: SQLite may number rows anew in a `VACUUM` of another writer.
    """
    total, done = _waiting(store, resealer), 0
    while True:
        sealed, closed = _pass(store, resealer, lambda so_far: told("re-encrypting", so_far, total), done)
        done += sealed
        if sealed == 0 or _waiting(store, resealer) <= closed:
            return done
        with store.writing() as here:
            _at(here, FIRST)


def _waiting(store: "Store", resealer: Resealer) -> int:
    with store.reading() as here:
        return resealer.waiting(here.audit.connection())


def _pass(store: "Store", resealer: Resealer, told: Callable[[int], None], before: int) -> tuple[int, int]:
    """From the cursor to the last row: how many versions were sealed anew, and how many do not open."""
    seen, sealed, more, since = 0, 0, True, time.monotonic()
    while more:
        with store.writing() as here:
            batch = resealer.batch(here.session, here.audit.connection(), _read(_mine(here).cursor))
            _at(here, batch.last)
        seen, sealed, more = seen + batch.seen, sealed + batch.sealed, batch.more
        told(before + sealed)
        since = _aside(since)
    return sealed, seen - sealed


def _at(here: "Conversation", place: int) -> None:
    """Remember how far it has come."""
    operation = _mine(here)
    operation.cursor = str(place)
    here.session.add(operation)


def _aside(since: float) -> float:
    """Let others have the turn now and then; the time of the last pause."""
    if time.monotonic() - since < WORKING:
        return since
    time.sleep(ASIDE)
    return time.monotonic()


def _drop(store: "Store", resealer: Resealer, versions: int) -> list[tuple[str, str]]:
    """The old keys go, except those that something is still sealed with; then `VACUUM`. Raises Unreadable (7), and none goes."""
    with store.writing() as here:
        operation = _mine(here)
        connection = here.audit.connection()
        resealer.must_fit(connection)
        left = resealer.left(connection)
        gone = resealer.drop(connection)
        store.keys.forget_missing(connection)
        here.session.delete(operation)
        here.audit.record("key.reencrypted", versions=versions, keys=gone, left=len(left) or None)
        here.vacuum()
    return left


def _mine(here: "Conversation") -> KeyOperation:
    found = operations.unfinished(here.session)
    if found is None:
        raise Conflict("the re-encryption was finished or taken away meanwhile", "somebody else was at the keys", "integrations key status")
    return found


def _read(cursor: str | None) -> int:
    """A cursor that was damaged means from the start: what is done already is passed over."""
    try:
        place = int(cursor or "")
    except ValueError:
        return FIRST
    return place if FIRST <= place < 2**63 else FIRST
