"""The keys of a store: what opens it here, the way back, and work on it that was begun and not ended."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli import denial
from integrations_cli.actions.doctor.note import Note, ok, problem, warning
from integrations_cli.errors import Unreadable
from integrations_cli.store import checkup, provenance
from integrations_cli.store.status import SlotLine

if TYPE_CHECKING:
    from integrations_cli.config import Config


def slots(lines: Sequence[SlotLine]) -> Iterator[Note]:
    """Whether something opens the store here, and how long that takes."""
    usable = [line for line in lines if line.usable]
    if not usable:
        why = "; ".join(f"slot {line.position}, {line.title}: {line.reason}" for line in lines) or "it has none"
        yield problem("key", "locked", f"no slot opens the store here: {why}", "integrations key status")
        return
    for line in lines:
        if line.usable:
            took = f"answers in {line.took_ms} ms" if line.took_ms is not None and line.opened else "asks each time"
            yield ok("key", f"slot {line.position}, {line.title}, {took}")
        elif line.kind not in {"recovery", "env"}:  # those two are not here until somebody brings them
            text = f"slot {line.position}, {line.title}: {line.reason}"
            yield warning("key", "slot_does_not_open", text, "integrations key status")


def left_over(config: "Config") -> Iterator[Note]:
    """Key files that no slot of this store uses: an `init` was interrupted, or they are another store's."""
    known = checkup.slots(config.database)
    for path in sorted(config.keys_dir.glob("*.key")):
        if path.stem not in known:
            text = f"no slot uses {path}: it is left over, or another store's"
            yield warning("key", "unused_key_file", text, "remove it, once you know that no other store and no backup needs it")


def way_back(database: Path) -> Iterator[Note]:
    """A recovery key, and whether anybody has ever proved to have it."""
    found = checkup.recovery(database)
    if found is None:
        text = "there is no recovery key: when the slot is lost, every credential is lost"
        yield warning("recovery", "no_recovery_key", text, "integrations key recovery")
    elif not found.whole:
        text = "what the recovery key opens was damaged, or changed outside of this tool: it opens nothing any more"
        yield problem("recovery", "recovery_damaged", text, "integrations key recovery")
    elif found.verified_at is None:
        yield warning("recovery", "never_tried", "never tried", "integrations key recovery --test")
    else:
        yield ok("recovery", f"proved on {found.verified_at[:10]}; keep it where the store is not")


def age(database: Path, anchor: Path) -> Iterator[Note]:
    """Whether the store is older than what this host wrote last: it was restored, or the end of its log was cut.

    And whether the anchor itself has the form of one; whether each line is true needs the key (`--deep`).
    """
    try:
        provenance.must_be_an_anchor(database, anchor)
    except Unreadable as error:
        yield problem("audit", "anchor", f"{error.what}: {error.why}", error.tries[0] if error.tries else None)
    if provenance.waits(database) is None and provenance.older(database, anchor):
        text = "the store is older than what this host has written: it was restored, or its end was cut; nothing can be written"
        yield problem("audit", "older_than_the_anchor", text, "integrations audit verify; integrations store accept-restore")


def former(database: Path) -> Iterator[Note]:
    """Stores that a restore has put aside: what they hold is sealed, and still there."""
    found = sorted(database.parent.glob(f"{database.name}.before-*"))
    if found:
        names = ", ".join(one.name for one in found[:3]) + (", …" if len(found) > 3 else "")
        text = f"{'a former store is' if len(found) == 1 else f'{len(found)} former stores are'} kept beside it: {names}"
        yield warning("backup", "former_store", text, "remove it, once the restored one has everything")


def copies(database: Path) -> Iterator[Note]:
    """Whether a backup was ever tried."""
    found = provenance.tried(database)
    if found is None:
        yield warning("backup", "never_tried", "no backup was ever tried", "integrations store restore --drill FILE")
    else:
        yield ok("backup", f"a backup was last tried on {found[:10]}")


def roles(database: Path) -> Iterator[Note]:
    """Whether roles are checked: a store without any is open."""
    owners, strange = checkup.owners(database)
    if strange:
        text = f"{strange} roles are not what the log says: they were changed outside of this tool"
        yield problem("access", "roles_changed", text, "integrations access list -A; integrations audit verify")
    elif owners:
        yield ok("access", f"roles are checked, which prevents mistakes, not attacks; owners: {denial.names(owners)}")
    else:
        yield ok("access", "no roles were granted: open to whoever can unlock it")


def unfinished(database: Path) -> Iterator[Note]:
    """Operations on keys or on the whole store that somebody has to go on with."""
    for one in checkup.operations(database):
        since = f"begun on {one.started_at[:10]}"
        if one.alive:
            yield ok("operations", f"{one.kind}: at work now, {since}", "at_work")
        elif one.kind == "vacuum":
            text = f"what was destroyed has not left the file yet, {since}"
            yield warning("operations", "vacuum_due", text, "integrations doctor --fix")
        elif one.kind == "restore":
            text = f"the store was restored from a copy of {one.started_at[:10]}, and nobody has accepted it: nothing can be written"
            yield problem("operations", "restored", text, "integrations store accept-restore")
        elif one.kind == "slot_key":
            text = f"an old key of a slot is not destroyed yet, {since}"
            yield warning("operations", "loose_slot_key", text, "integrations store sweep")
        else:
            text = f"{one.kind} is unfinished at the step {one.step}, {since}"
            yield problem("operations", "key_operation", text, "integrations key rotate --resume")
