"""Rows of slots and data keys, asked for in the words of SQLModel, or of a plain connection that answers for itself."""
# ruff: noqa: PLC0415  quick commands do not import SQLModel

from __future__ import annotations

from integrations_cli.masking import safe
from integrations_cli.store import slots, vault
from integrations_cli.store.forgiving import number, octets, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from integrations_cli.store.tables import DataKey, KeySlot


class PlainKey:
    """A row of the table `data_key`, as it is stored, where no model of it is needed."""

    __slots__ = ("epoch", "id", "root_key_id", "scope", "scope_id", "state", "wrapped")

    def __init__(
        self, ident: Any, scope: Any, scope_id: Any, state: Any = "active", root_key_id: Any = b"", wrapped: Any = b"", epoch: Any = None
    ) -> None:
        self.id, self.scope, self.scope_id, self.state = octets(ident), words(scope), octets(scope_id), words(state)
        self.root_key_id, self.wrapped, self.epoch = octets(root_key_id), octets(wrapped), None if epoch is None else number(epoch)


def data_key_aad(store_id: bytes, row: Any) -> bytes:
    """Where a data key belongs: the store, its own id, its scope."""
    return vault.aad("data-key", store_id, row.id, row.scope.encode(), row.scope_id)


def title_of(row: KeySlot) -> str:
    """How people call a slot of this kind; its own word for a kind that we do not know."""
    return slots.kind(row.kind).title if row.kind in slots.KINDS else safe(row.kind, 20)


def active_slots(session: Any) -> list[KeySlot]:
    """The slots in the order in which they are tried."""
    if not hasattr(session, "exec"):
        plain: list[KeySlot] = session.active_slots()
        return plain
    from sqlmodel import col, select

    from integrations_cli.store.tables import KeySlot

    return list(session.exec(select(KeySlot).where(KeySlot.state == "active").order_by(col(KeySlot.position))))


def active_key(session: Any, scope: str, scope_id: bytes) -> DataKey | None:
    """The active key of a scope."""
    if not hasattr(session, "exec"):
        plain: DataKey | None = session.active_key(scope, scope_id)
        return plain
    from sqlalchemy import text
    from sqlmodel import select

    from integrations_cli.store.tables import DataKey

    # the word itself, not a variable: only then SQLite finds it by its index, however many websites there are
    active = select(DataKey).where(DataKey.scope == scope, DataKey.scope_id == scope_id, text("state = 'active'"))
    found: DataKey | None = session.exec(active).first()
    return found


def key_row(session: Any, key_id: bytes) -> DataKey | None:
    """A key by its id."""
    if not hasattr(session, "exec"):
        plain: DataKey | None = session.key_row(key_id)
        return plain
    from integrations_cli.store.tables import DataKey

    found: DataKey | None = session.get(DataKey, key_id)
    return found


def mark_key_rows(session: Any, state: str) -> list[DataKey]:
    """The fingerprint keys in a state."""
    if not hasattr(session, "exec"):
        plain: list[DataKey] = session.mark_key_rows(state)
        return plain
    from sqlmodel import select

    from integrations_cli.store.tables import DataKey

    return list(session.exec(select(DataKey).where(DataKey.scope == "fingerprint", DataKey.state == state)))
