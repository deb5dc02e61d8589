"""The hierarchy: slots wrap the root key, the root key wraps one data key per website and the audit and fingerprint keys."""

from __future__ import annotations

import os
from hmac import compare_digest

from integrations_cli.errors import Locked, Unreadable, UsageError
from integrations_cli.store import sink, slots, vault
from integrations_cli.store.chain import Signer
from integrations_cli.store.key_rows import PlainKey, active_key, active_slots, data_key_aad, key_row, mark_key_rows, title_of
from integrations_cli.store.process import harden
from integrations_cli.store.sink import Sink
from integrations_cli.store.slots import Place, SlotFailed, env

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from typing import Any

    from sqlmodel import Session

    from integrations_cli.config import Config
    from integrations_cli.masking import Secret
    from integrations_cli.store.chain import Connection
    from integrations_cli.store.plain import Plain
    from integrations_cli.store.tables import DataKey, KeySlot


class Keyring:
    """The keys of one store, opened in memory when first needed. `opened_by` is the slot that opened it.

    Rows come from a session, or from a plain connection (quick.py), which has the same words for them.
    """

    def __init__(self, config: Config, store_id: bytes, ask: Callable[[str], Secret] | None = None) -> None:
        self.config, self.store_id, self.ask = config, store_id, ask
        self.notice: Callable[[str], None] = lambda text: None  # told when another way than the first slot was taken
        self.opened_by: KeySlot | None = None
        self.hardens = True  # an application decides about its own process
        self._root: bytes | None = None
        self._root_id: bytes | None = None
        self._adopted = False
        self._open: dict[bytes, bytes] = {}
        self.slot_keys: dict[bytes, bytes] = {}  # by slot: a person is asked once, also where a run opens the store several times

    @property
    def place(self) -> Place:
        """What slots may use."""
        return Place(self.config, self.store_id, self.ask)

    @property
    def opened_title(self) -> str:
        """How people call the slot that opened the store; empty as long as none has."""
        return title_of(self.opened_by) if self.opened_by is not None else ""

    @property
    def recovered(self) -> bool:
        """True if the recovery key has opened the store."""
        return self.opened_by is not None and self.opened_by.kind == "recovery"

    def unlock(self, session: Session | Plain) -> None:
        """Open the root key with the first slot that gives its key. Raises Locked (6) naming each slot and why, Unreadable (7)."""
        if self._root is not None:
            return
        if self.hardens:
            harden()
        reasons, damaged = [], None
        for at, row in enumerate(active_slots(session), 1):
            title = title_of(row)
            try:
                self._root, self._root_id, self.opened_by = self.open_slot(row), row.root_key_id, row
                self._say_so(at, title)
                return
            except SlotFailed as error:
                reasons.append(f"slot {at}, {title}: {error.why}")
            except Unreadable as error:
                # one damaged slot must not keep the others from opening the store
                damaged = damaged or (error if error.reason != "wrong_key" else None)
                reasons.append(f"slot {at}, {title}: {'its key is another one' if error.reason == 'wrong_key' else error.why}")
            except (Locked, UsageError) as error:
                reasons.append(f"slot {at}, {title}: {error.why or error.what}")
        if damaged is not None:
            raise Unreadable("no slot opens the store", "; ".join(reasons), "integrations key status", damaged.reason)
        raise Locked("the store is locked", "; ".join(reasons) or "it has no slot", "integrations key status")

    def _say_so(self, at: int, title: str) -> None:
        if env.given(self.config):
            self.notice(f"unlocked by the key that came with the call ({title})")
            if warning := env.warning(self.config):
                self.notice(warning)
        elif at > 1:
            self.notice(f"unlocked by slot {at}, {title}: the ones before it did not open")

    def open_slot(self, row: KeySlot) -> bytes:
        """The root key, by this slot. A key that came with the call is the only one tried."""
        if env.given(self.config):
            return slots.unwrap(env.read(self.config), row.id, row.wrapped_root, self.store_id, row.kind, row.root_key_id)
        return self._by_its_own_key(row)[1]

    def _by_its_own_key(self, row: KeySlot) -> tuple[bytes, bytes]:
        """Slot key and root key."""
        key = self.slot_keys.get(row.id)
        try:
            key = key or slots.kind(row.kind).unlock(self.place, row.id, row.locator, row.params)
        except (OSError, ValueError):  # a locator that was written by hand names no file, or a folder
            raise SlotFailed("its place cannot be read") from None
        root = slots.unwrap(key, row.id, row.wrapped_root, self.store_id, row.kind, row.root_key_id)
        self.slot_keys[row.id] = key
        return key, root

    def present(self, row: KeySlot) -> bytes:
        """The slot's own key, if it is here and opens the root key that is in use. Raises SlotFailed, Locked (6), Unreadable (7)."""
        key, root = self._by_its_own_key(row)
        if self._root is None or not compare_digest(root, self._root):
            raise SlotFailed("it opens another root key")
        return key

    def wrapped_for(self, session: Session, kind: str, slot_id: bytes, slot_key: bytes) -> tuple[bytes, bytes]:
        """Id of the root key, and the root key sealed for a slot; opened again and compared before it is handed out."""
        root_id, root = self.root(session)
        wrapped = slots.wrap(slot_key, slot_id, root, self.store_id, kind, root_id)
        if not compare_digest(slots.unwrap(slot_key, slot_id, wrapped, self.store_id, kind, root_id), root):
            raise vault.unreadable("wrong_key", "what was sealed for the slot is not the root key")
        return root_id, wrapped

    def data_key(self, session: Session | Plain, scope: str, scope_id: bytes) -> tuple[bytes, bytes]:
        """Id and key of the active key of a scope. Raises Locked (6), Unreadable (7)."""
        seen: dict[tuple[str, bytes], DataKey] = session.info.setdefault("data_keys", {})  # asked for at every entry of the log
        row = seen.get((scope, scope_id))
        if row is None:
            row = active_key(session, scope, scope_id)
            if row is None:
                raise vault.unreadable("unknown_key", f"the store has no {scope} key")
            seen[scope, scope_id] = row
        return row.id, self._unwrapped(session, row)

    def by_id(self, session: Session | Plain, key_id: bytes) -> bytes:
        """The key that sealed something, by its id."""
        row = self._row(session, key_id)
        if row is None or not row.wrapped:
            raise vault.unreadable("unknown_key", "sealed with a key this store does not have")
        return self._unwrapped(session, row)

    def _unwrapped(self, session: Session | Plain, row: DataKey | PlainKey) -> bytes:
        if row.id not in self._open:
            if row.root_key_id != self._root_id:
                self._settle(session)
            assert self._root is not None and self._root_id is not None
            self._open[row.id] = vault.open_(self._root, self._root_id, row.wrapped, data_key_aad(self.store_id, row))
        return self._open[row.id]

    def is_as_stored(self, session: Session, row: PlainKey) -> bool:
        """True if what is stored of a data key opens, and is what memory has sealed with; memory then keeps it no longer.

        Raises Unreadable (7), Locked (6).
        """
        known = self._open.pop(row.id, b"")
        stored = self._unwrapped(session, row)
        del self._open[row.id]  # there may be as many as websites
        return compare_digest(known, stored)

    def _settle(self, session: Session | Plain) -> None:
        """Unlock; once more if another process has replaced the root key since."""
        in_use = {row.root_key_id for row in active_slots(session)}
        if self._root_id in in_use:
            self._adopted = False
        elif not self._adopted:
            self._root = self._root_id = None
        self.unlock(session)

    def root(self, session: Session | Plain) -> tuple[bytes, bytes]:
        """Id and root key in use. Raises Locked (6), Unreadable (7)."""
        self._settle(session)
        assert self._root is not None and self._root_id is not None
        return self._root_id, self._root

    def adopt(self, root: bytes, root_id: bytes) -> None:
        """Take a root key that was just made; its slots may come later in the same transaction."""
        self._root, self._root_id, self._adopted = root, root_id, True

    def take(self, row: KeySlot, slot_key: bytes) -> bool:
        """Unlock by a slot whose key a person has typed, and by nothing else; False when it does not open."""
        try:
            root = slots.unwrap(slot_key, row.id, row.wrapped_root, self.store_id, row.kind, row.root_key_id)
        except Unreadable:
            return False
        self._root, self._root_id, self.opened_by, self._open = root, row.root_key_id, row, {}
        return True

    def forget_missing(self, connection: Connection) -> None:
        """Data keys that are gone from the store: memory keeps them no longer either."""
        for ident in list(self._open):
            if connection.execute("SELECT 1 FROM data_key WHERE id = ?", (ident,)).fetchone() is None:
                del self._open[ident]

    def mark_keys(self, session: Session | Plain, data_key_id: bytes) -> list[bytes]:
        """The fingerprint keys that the marks of a version may be made with, by the data key that sealed it.

        Versions that wait for re-encryption still have the marks of a retired key; all others have those of the key in use.
        """
        seen: dict[str, list[bytes]] = session.info.setdefault("mark_keys", {})
        sealed_by = self._row(session, data_key_id)
        state = sealed_by.state if sealed_by is not None else "active"
        if state not in seen:
            seen[state] = [self._unwrapped(session, row) for row in mark_key_rows(session, state)]
        return seen[state]

    def _row(self, session: Session | Plain, key_id: bytes) -> DataKey | None:
        """Asked for once in a conversation: the session itself forgets what nobody holds."""
        seen: dict[bytes, DataKey | None] = session.info.setdefault("keys_by_id", {})
        if key_id not in seen:
            seen[key_id] = key_row(session, key_id)
        return seen[key_id]

    def preload(self, session: Session, connection: Connection, ids: Collection[bytes]) -> None:
        """Fetch the keys with these ids, those that are new to the conversation, with few questions."""
        seen: dict[bytes, Any] = session.info.setdefault("keys_by_id", {})
        wanted = [ident for ident in dict.fromkeys(ids) if ident not in seen]
        for at in range(0, len(wanted), AT_ONCE):
            seen.update((row.id, row) for row in self.rows(connection, wanted[at : at + AT_ONCE]))

    def rows(self, connection: Connection, ids: Sequence[bytes]) -> list[PlainKey]:
        """The keys with these ids, at most AT_ONCE, as they are stored."""
        found = connection.execute(f"{_KEYS} ({', '.join('?' * len(ids))})", ids).fetchall()
        return [PlainKey(*values) for values in found]

    def signer(self, session: Session | Plain) -> Signer:
        """The audit key in use, with its epoch. Raises Locked (6), Unreadable (7)."""
        _, key = self.data_key(session, "audit", self.store_id)
        row: DataKey = session.info["data_keys"]["audit", self.store_id]
        place = sink.checked(self.config.audit_require, os.path.join(self.config.folder, "config.toml"))
        return Signer(self.store_id, row.epoch or 1, key, Sink(self.store_id, place) if place else None)

    def make(self, session: Session, scope: str, scope_id: bytes, epoch: int | None = None) -> DataKey:
        """A new wrapped key for a scope, added to the session; `epoch` numbers the keys of the audit log."""
        from integrations_cli.store.tables import DataKey  # noqa: PLC0415  quick commands do not import it

        row = DataKey(id=os.urandom(16), scope=scope, scope_id=scope_id, state="active", root_key_id=b"", wrapped=b"")
        row.epoch = epoch
        self._wrap_new(row, *self.root(session))
        session.add(row)
        session.info.pop("data_keys", None)
        session.info.pop("keys_by_id", None)
        return row

    def make_many(self, session: Session, connection: Connection, scope: str, scope_ids: Iterable[bytes]) -> None:
        """A new wrapped key for each of these scopes, in one statement."""
        made = [PlainKey(os.urandom(16), scope, scope_id) for scope_id in scope_ids]
        in_use = self.root(session)
        for row in made:
            self._wrap_new(row, *in_use)
        stored = [(row.id, row.scope, row.scope_id, row.state, row.root_key_id, row.wrapped) for row in made]
        connection.executemany(_PUT_KEY, stored)
        seen, by_id = session.info.setdefault("data_keys", {}), session.info.setdefault("keys_by_id", {})
        for row in made:
            seen[scope, row.scope_id] = by_id[row.id] = row

    def _wrap_new(self, row: DataKey | PlainKey, root_id: bytes, root: bytes) -> None:
        key = os.urandom(32)
        row.root_key_id, row.wrapped = root_id, vault.seal(root, root_id, key, data_key_aad(self.store_id, row))
        self._open[row.id] = key


AT_ONCE = 500  # SQLite bounds the variables of a statement
_KEYS = "SELECT id, scope, scope_id, state, root_key_id, wrapped, epoch FROM data_key WHERE id IN"
_PUT_KEY = "INSERT INTO data_key (id, scope, scope_id, state, root_key_id, wrapped) VALUES (?, ?, ?, ?, ?, ?)"
