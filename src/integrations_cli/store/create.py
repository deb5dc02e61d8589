"""Making a store, in two phases: keys first, then one transaction. Its schema and its state have rooms of their own."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from integrations_cli.config import Config
from integrations_cli.errors import Conflict, Locked, NotWritten
from integrations_cli.masking import Secret
from integrations_cli.store import engine, migrations, slots
from integrations_cli.store.anchor import Anchor
from integrations_cli.store.audit import Audit
from integrations_cli.store.key_slots import Fresh
from integrations_cli.store.keys import Keyring
from integrations_cli.store.process import harden
from integrations_cli.store.schema import found_format, pending_steps, upgrade
from integrations_cli.store.slots import Created, Place, env
from integrations_cli.store.status import SlotLine, StoreStatus, facts, key_status, status
from integrations_cli.store.store import utcnow
from integrations_cli.store.tables import StoreRow

_Ask = Callable[[str], Secret] | None


@dataclass
class Draft:
    """A store that exists in memory only; its slot key is kept already, and taken away again by `discard`."""

    config: Config
    store_id: bytes
    kind: str
    slot_id: bytes
    made: Created
    recovery: Created | None
    ask: _Ask
    key_file: Path | None = None  # where the key was written, if somebody named the place
    _root: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    committed: bool = False  # there is a store, and the keys are its own

    @property
    def slot_title(self) -> str:
        """`GNOME Keyring`, `key file`, …"""
        return Fresh(self.slot_id, self.kind, self.made).title

    @property
    def recovery_text(self) -> Secret | None:
        """What a person must keep; None when none was wanted."""
        return self.recovery.shown if self.recovery else None

    def commit(self) -> None:
        """One transaction: schema, store, slots, wraps, first audit entry. Raises Conflict (4) when somebody was faster."""
        path = self.config.database
        if not path.exists():
            engine.create_file(path)
        maker = engine.make(path, foreign_keys=False).execution_options(write=True)
        with engine.queue(path), engine.in_our_words("the store was not created"), Session(maker, expire_on_commit=False) as session:
            connection = session.connection()
            if connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar():
                raise Conflict("there is a store already", "nothing is made anew over it", "integrations store status")
            migrations.run(connection, after=0)
            keys = self._fill(session)
            session.commit()
            self.committed = True
            with suppress(NotWritten):  # the next write makes it
                Anchor(self.config.anchor, self.store_id).renew(Audit(session, keys, utcnow).connection(), keys.signer(session))
            session.rollback()
        maker.dispose()

    def _fill(self, session: Session) -> Keyring:
        now = utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
        root_id = os.urandom(16)
        session.add(StoreRow(id=self.store_id, format=migrations.LATEST, created_at=now))
        chosen = [Fresh(self.slot_id, self.kind, self.made)]
        if self.recovery is not None:
            chosen.append(Fresh(os.urandom(16), "recovery", self.recovery))
        for position, one in enumerate(chosen, 1):
            wrapped = slots.wrap(one.made.key, one.id, self._root, self.store_id, one.kind, root_id)
            session.add(one.row(position, (root_id, wrapped), now, verified=position == 1))
        keys = Keyring(self.config, self.store_id, self.ask)
        keys.adopt(self._root, root_id)
        keys.make(session, "audit", self.store_id, epoch=1)
        keys.make(session, "fingerprint", self.store_id)
        session.flush()
        Audit(session, keys, utcnow).record("store.created", slots=[one.kind for one in chosen])
        return keys

    def discard(self) -> None:
        """Take the slot key away again, unless the store was made."""
        if not self.committed:
            slots.kind(self.kind).destroy(Place(self.config, self.store_id, self.ask), self.slot_id, self.made.locator)
            if self.key_file is not None:
                self.key_file.unlink(missing_ok=True)
            if self.config.database.exists() and self.config.database.stat().st_size == 0:
                self.config.database.unlink()


def is_made(config: Config) -> bool:
    """True if there is a store; an empty file, left by an init that was killed, is none."""
    return config.database.exists() and found_format(config) is not None


def prepare(config: Config, slot: str, *, recovery: bool, ask_passphrase: _Ask = None, key_file: Path | None = None) -> Draft:
    """Keys in memory, the slot key kept and read back. Raises Locked (6) when the slot cannot be used, Conflict (4)."""
    if is_made(config):
        raise Conflict("there is a store already", "nothing is made anew over it", "integrations store status")
    harden()
    store_id, slot_id = os.urandom(16), os.urandom(16)
    place = Place(config, store_id, ask_passphrase)
    try:
        made = env.create_file(place, key_file) if key_file is not None else slots.kind(slot).create(place, slot_id)
    except Locked as error:
        raise Locked(f"no usable {slots.kind(slot).title}", error.why, "integrations init --slot file") from None
    paper = slots.kind("recovery").create(place, slot_id) if recovery else None
    return Draft(config, store_id, slot, slot_id, made, paper, ask_passphrase, key_file)


__all__ = ["Draft", "SlotLine", "StoreStatus", "facts", "is_made", "key_status", "pending_steps", "prepare", "status", "upgrade"]
