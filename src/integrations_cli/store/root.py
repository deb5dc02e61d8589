"""A new root key: every data key and every slot that is present is sealed anew, in one transaction (SECURITY.md §2.8)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql
from sqlmodel import Session, col, select

from integrations_cli.errors import Conflict, Refused, Unreadable
from integrations_cli.store import operations, slots, vault
from integrations_cli.store.key_rows import active_slots, data_key_aad
from integrations_cli.store.key_slots import Fresh, Tried, tidy, tried
from integrations_cli.store.slots import Created
from integrations_cli.store.tables import DataKey, KeySlot, Website

if TYPE_CHECKING:
    from integrations_cli.store.store import Conversation, Store

Root = tuple[bytes, bytes]
"""Id and key."""
AT_ONCE = 1000


def survey(store: "Store") -> tuple[list[Tried], list[Tried]]:
    """The slots that can stay, because their key is here and opened the store just now, and those that cannot.

    The recovery key is always among the second: a new one takes its place. Raises Refused (8) when none can stay, Conflict (4).
    """
    with store.reading() as here:
        operations.must_be_free(here.session)
    every = tried(store)
    stays = [one for one in every if one.key is not None and one.row.kind != "recovery"]
    if not stays:
        why = "a root key is sealed for the slots whose key is here, and there is none but the recovery key"
        raise Refused("no slot could stay", why, "integrations key slot add file")
    return stays, [one for one in every if one not in stays]


def rotate(store: "Store", stays: Sequence[Tried], drops: Sequence[Tried], recovery: Created | None) -> int:
    """All of it, or nothing: data keys wrapped under the new root key, opened and compared, slots replaced; then `VACUUM`.

    Returns the number of data keys. Raises Conflict (4) when the slots are others meanwhile, Unreadable (7) for a damaged data key.
    """
    new = os.urandom(16), os.urandom(32)
    with operations.alone(store.path):
        with store.writing() as here:
            operations.must_be_free(here.session)
            _must_be_the_same(here.session, [*stays, *drops])
            count = _rewrap(here.session, store.id, store.keys.root(here.session), new)
            _reslot(store, here, stays, drops, recovery, new)
            kinds, dropped = [one.row.kind for one in stays], [one.row.kind for one in drops]
            here.audit.record("key.root_rotated", slots=kinds, dropped=dropped, keys=count)
            here.vacuum()
        store.keys.adopt(new[1], new[0])
        tidy(store)
    return count


def _must_be_the_same(session: Session, known: Sequence[Tried]) -> None:
    found = {(row.id, row.wrapped_root) for row in active_slots(session)}
    if found != {(one.row.id, one.row.wrapped_root) for one in known}:
        raise Conflict("the slots were changed meanwhile", "nothing was written", "integrations key slot list")


def _rewrap(session: Session, store_id: bytes, old: Root, new: Root) -> int:
    """Wrap each data key under the new root key; then read all of them again, open each, and compare."""
    opened: dict[bytes, bytes] = {}
    for rows in _batches(session):
        for row in rows:
            opened[row.id] = _open(session, store_id, old, row)
        fresh = [{"i": row.id, "r": new[0], "w": vault.seal(new[1], new[0], opened[row.id], data_key_aad(store_id, row))} for row in rows]
        statement = sql.update(DataKey).where(col(DataKey.id) == sql.bindparam("i"))
        session.connection().execute(statement.values(root_key_id=sql.bindparam("r"), wrapped=sql.bindparam("w")), fresh)
    compared = 0
    for rows in _batches(session):
        for row in rows:
            if not compare_digest(vault.open_(new[1], new[0], row.wrapped, data_key_aad(store_id, row)), opened[row.id]):
                raise vault.unreadable("wrong_key", "what was sealed is not the data key")
            compared += 1
    if compared != len(opened):
        raise Conflict("the keys were changed meanwhile", "nothing was written")
    return compared


def _batches(session: Session) -> Iterator[Sequence[Any]]:
    """Every data key that is one, in the order of their ids; a destroyed one holds nothing."""
    columns = [col(getattr(DataKey, name)) for name in ("id", "scope", "scope_id", "wrapped", "root_key_id")]
    after = b""
    while rows := session.execute(sql.select(*columns).where(col(DataKey.id) > after).order_by(col(DataKey.id)).limit(AT_ONCE)).all():
        after = rows[-1].id
        yield [row for row in rows if row.wrapped]


def _open(session: Session, store_id: bytes, old: Root, row: Any) -> bytes:
    try:
        return vault.open_(old[1], old[0], row.wrapped, data_key_aad(store_id, row))
    except Unreadable as error:
        slug = session.exec(select(Website.slug).where(Website.id == row.scope_id)).first()
        whose, mend = (f"of {slug}", f"integrations website remove {slug}") if slug else (f"for the {row.scope}", "integrations doctor")
        raise Unreadable(f"the data key {whose} cannot be opened, so nothing was changed", error.why, mend, error.reason) from None


def _reslot(
    store: "Store", here: "Conversation", stays: Sequence[Tried], drops: Sequence[Tried], recovery: Created | None, new: Root
) -> None:
    now = store.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    rows: Mapping[bytes, KeySlot] = {row.id: row for row in active_slots(here.session)}
    for one in drops:
        here.session.delete(rows[one.row.id])
    for position, one in enumerate(stays, 1):
        row, key = rows[one.row.id], one.key or b""
        row.position, row.verified_at = position, now
        row.root_key_id, row.wrapped_root = new[0], _sealed(store.id, row.kind, row.id, key, new)
        here.session.add(row)
    if recovery is not None:
        paper = Fresh(os.urandom(16), "recovery", recovery)
        wrapped = new[0], _sealed(store.id, paper.kind, paper.id, recovery.key, new)
        here.session.add(paper.row(len(stays) + 1, wrapped, now, verified=False))
    here.session.flush()


def _sealed(store_id: bytes, kind: str, slot_id: bytes, key: bytes, new: Root) -> bytes:
    """The root key, sealed for a slot, opened again and compared."""
    wrapped = slots.wrap(key, slot_id, new[1], store_id, kind, new[0])
    if not compare_digest(slots.unwrap(key, slot_id, wrapped, store_id, kind, new[0]), new[1]):
        raise vault.unreadable("wrong_key", "what was sealed for the slot is not the root key")
    return wrapped
