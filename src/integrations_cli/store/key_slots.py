"""Slots of an open store: add, remove, replace. A new slot key is kept and read back before anything is sealed with it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli.errors import Conflict, IntegrationsError, NotFound, Refused, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import operations, slots
from integrations_cli.store.key_rows import active_slots, title_of
from integrations_cli.store.operations import Loose
from integrations_cli.store.slots import Created, Place
from integrations_cli.store.tables import KeySlot

if TYPE_CHECKING:
    from integrations_cli.store.store import Conversation, Store

Ask = Callable[[str], Secret] | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A slot, and whether its key is here: `key` is None when it is not, and `reason` says why."""

    row: KeySlot
    title: str
    key: bytes | None = field(repr=False)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """A slot key that is kept already, and opens nothing yet."""

    id: bytes
    kind: str
    made: Created

    @property
    def title(self) -> str:
        """`GNOME Keyring`, `key file`, …"""
        return self.made.locator if self.kind == "keyring" else slots.kind(self.kind).title

    def row(self, position: int, wrapped: tuple[bytes, bytes], now: str, verified: bool = True) -> KeySlot:
        """The slot, with the root key sealed for it."""
        return KeySlot(
            id=self.id,
            kind=self.kind,
            locator=self.made.locator,
            params=dict(self.made.params),
            position=position,
            state="active",
            root_key_id=wrapped[0],
            wrapped_root=wrapped[1],
            created_at=now,
            verified_at=now if verified else None,
        )


def listed(store: "Store") -> list[KeySlot]:
    """The slots in the order in which they are tried; needs no key."""
    with store.reading() as here:
        return active_slots(here.session)


def tried(store: "Store") -> list[Tried]:
    """Each slot, opened just now by its own key where that is here. Raises Locked (6) when none opens the store."""
    store.verify()
    return [_try(store, row) for row in listed(store)]


def _try(store: "Store", row: KeySlot) -> Tried:
    title = row.locator if row.kind == "keyring" else title_of(row)
    try:
        return Tried(row, title, store.keys.present(row))
    except IntegrationsError as error:
        return Tried(row, title, None, error.why or error.what)


def named(rows: Sequence[KeySlot], name: str) -> KeySlot:
    """The slot with this number, or the only one of this kind. Raises NotFound (3), UsageError (2)."""
    if name.isascii() and name.isdigit():
        found = [row for row in rows if row.position == int(name)]
    else:
        found = [row for row in rows if row.kind == name]
    if len(found) > 1:
        raise UsageError(f"there are {len(found)} slots of the kind {name}", "say which, by its number", "integrations key slot list")
    if not found:
        raise NotFound("there is no such slot", "a slot is named by its number, or its kind", "integrations key slot list")
    return found[0]


@contextmanager
def fresh(store: "Store", kind: str, ask: Ask = None, key_file: Path | None = None) -> Iterator[Fresh]:
    """A new slot key. Unless it has become a slot's when the block ends, it is destroyed again; so are others that belong to no slot.

    Raises Locked (6) when this kind cannot be used here, Conflict (4) while another key operation is under way.
    """
    if kind == "keyring":
        from integrations_cli.store.slots import keyring  # noqa: PLC0415  one kind at a time

        keyring.must_be_there()  # or the note below would stay for ever: nobody can look into a keyring that is not there
    ident = os.urandom(16)
    with operations.alone(store.path):
        note = Loose(ident, kind, f"{ident.hex()}.key")
        with store.writing() as here:
            operations.must_be_free(here.session)
            here.session.add(note.row("made", store.clock(), here.audit.log.signer))  # a kill leaves no key that nobody knows of
        try:
            with made(store, Place(store.config, store.id, ask), ident, kind, key_file) as key:
                yield Fresh(ident, kind, key)
        except BaseException:
            with suppress(IntegrationsError):  # the next key operation does it
                tidy(store)
            raise
        tidy(store)


@contextmanager
def made(store: "Store", place: Place, ident: bytes, kind: str, key_file: Path | None) -> Iterator[Created]:
    """A new key, kept by its slot kind, or in a file that somebody names; that is removed if the block raises before it is a slot's."""
    if key_file is None:
        yield slots.kind(kind).create(place, ident)
        return
    from integrations_cli.store.slots import env  # noqa: PLC0415  one kind at a time

    key = env.create_file(place, key_file)
    try:
        yield key
    except BaseException:
        if not opens(store, key.key):
            key_file.unlink(missing_ok=True)  # made by us just now, and the key of nothing
        raise


def opens(store: "Store", key: bytes) -> bool:
    """True if a slot of the store has this key, or nobody can say: then it must not be destroyed. Raises nothing."""
    try:
        return any(_has(store, row, key) for row in listed(store))
    except IntegrationsError:
        return True


def tidy(store: "Store") -> None:
    """Destroy slot keys that belong to no slot: left by a kill, or replaced. What cannot be reached is tried again, and said."""
    with store.reading() as here:
        if not operations.loose(here.session):
            return
        gone, left = operations.destroyed(here.session, store.keys.place, here.audit.epoch_key)
    if gone:
        with store.writing() as here:
            for ident in gone:
                operations.belongs(here.session, ident)
    for text in left:
        store.keys.notice(text)


def swept(store: "Store") -> None:
    """`tidy`, unless somebody is at work on the keys: they do it themselves when they are done."""
    with suppress(Conflict), operations.alone(store.path):
        tidy(store)


def add(store: "Store", new: Fresh) -> KeySlot:
    """The new slot is tried after the others, and before the recovery key."""
    with store.writing() as here:
        rows = active_slots(here.session)
        if any(_has(store, row, new.made.key) for row in rows):
            raise Conflict("this key opens the store already", "another slot has it", "integrations key slot list")
        paper = [row for row in rows if row.kind == "recovery"]
        row = _put(store, here, new, 0)
        _numbered(here, [*(one for one in rows if one not in paper), row, *paper])
        here.audit.record("key.slot_added", kind=new.kind, slot=new.id.hex())
        return row


def _has(store: "Store", row: KeySlot, key: bytes) -> bool:
    try:
        slots.unwrap(key, row.id, row.wrapped_root, store.id, row.kind, row.root_key_id)
    except IntegrationsError:
        return False
    return True


def replace(store: "Store", old: KeySlot | None, new: Fresh, action: str) -> KeySlot:
    """The new slot takes the place of the old one, in one transaction; then free pages are cleared. `fresh` destroys the old key."""
    with store.writing() as here:
        rows = active_slots(here.session)
        if old is not None and all(row.id != old.id for row in rows):
            raise Conflict("the slot is gone meanwhile", "somebody else has removed it", "integrations key slot list")
        row = _put(store, here, new, old.position if old else len(rows) + 1)
        if old is not None:
            here.session.add(_loose(old).row("old", store.clock(), here.audit.log.signer))
            _drop(here, next(one for one in rows if one.id == old.id))
        here.audit.record(action, kind=new.kind, slot=new.id.hex(), was=old.id.hex() if old else None)
        return row


def remove(store: "Store", slot: KeySlot) -> list[Tried]:
    """Drop a slot and destroy its key; the slots that stay. Raises Refused (8) unless another one opened just now."""
    with operations.alone(store.path):
        with store.reading() as here:
            operations.must_be_free(here.session)
        stay = [one for one in tried(store) if one.row.id != slot.id]
        if not any(one.key for one in stay):
            why = "; ".join(f"slot {one.row.position}, {one.title}: {one.reason}" for one in stay) or "it is the only one"
            raise Refused("the last slot that opens the store is not removed", why, "integrations key slot add file")
        with store.writing() as here:
            rows = active_slots(here.session)
            gone = next((row for row in rows if row.id == slot.id), None)
            if gone is None or {row.id for row in rows} != {one.row.id for one in stay} | {slot.id}:
                raise Conflict("the slots were changed meanwhile", "somebody else was at the keys", "integrations key slot list")
            here.session.add(_loose(gone).row("old", store.clock(), here.audit.log.signer))
            _drop(here, gone)
            _numbered(here, [row for row in rows if row.id != slot.id])
            here.audit.record("key.slot_removed", kind=gone.kind, slot=gone.id.hex())
        tidy(store)
    return stay


def prove(store: "Store", key: bytes) -> None:
    """Show that a recovery key opens the store, and remember when that was. It works when every other slot is lost, too.

    Raises NotFound (3) when there is no recovery key, Unreadable (7) when this is another one.
    """
    papers = [row for row in listed(store) if row.kind == "recovery"]
    if not papers:
        raise NotFound("the store has no recovery key", "it was made without one", "integrations key recovery")
    row = next((row for row in papers if store.keys.take(row, key)), None)
    if row is None:
        why = "it is the key of another store, or one that was replaced"
        raise Unreadable("this recovery key does not open the store", why, "integrations key recovery", "wrong_key")
    with store.writing() as here:  # the log is signed with a key that only the right root key opens
        found = next((one for one in active_slots(here.session) if one.id == row.id), None)
        if found is None:
            raise Conflict("the recovery key was replaced meanwhile", "somebody else was at the keys", "integrations key slot list")
        found.verified_at = _now(store)
        here.session.add(found)
        here.audit.record("key.recovery_tested", slot=row.id.hex())


def _now(store: "Store") -> str:
    return store.clock().strftime("%Y-%m-%dT%H:%M:%SZ")


def _put(store: "Store", here: "Conversation", new: Fresh, position: int) -> KeySlot:
    wrapped = store.keys.wrapped_for(here.session, new.kind, new.id, new.made.key)
    row = new.row(position, wrapped, _now(store), verified=new.kind != "recovery")
    here.session.add(row)
    operations.belongs(here.session, new.id)
    return row


def _drop(here: "Conversation", row: KeySlot) -> None:
    here.session.delete(row)
    here.vacuum()


def _loose(row: KeySlot) -> Loose:
    return Loose(row.id, row.kind, row.locator)


def _numbered(here: "Conversation", rows: Sequence[KeySlot]) -> None:
    for position, row in enumerate(rows, 1):
        row.position = position
        here.session.add(row)
