"""Making a store, bringing its schema up to date, and saying how it is."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import Session, func, select

from integrations_cli.config import Config
from integrations_cli.errors import Conflict, IntegrationsError, Locked, NotFound, NotWritten, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import anchor, engine, migrations, slots
from integrations_cli.store.audit import Audit
from integrations_cli.store.keys import Keyring, active_slots
from integrations_cli.store.process import harden
from integrations_cli.store.slots import Created, Place
from integrations_cli.store.store import must_be_current, utcnow
from integrations_cli.store.tables import Integration, KeySlot, StoreRow, Website

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
    _root: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    _committed: bool = False

    @property
    def slot_title(self) -> str:
        """`GNOME Keyring`, `key file`, …"""
        return self.made.locator if self.kind == "keyring" else slots.kind(self.kind).title

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
                raise Conflict("there is a store already", None, "integrations store status")
            migrations.run(connection, after=0)
            keys = self._fill(session)
            session.commit()
            self._committed = True
            anchor.write(
                self.config.config_dir / "anchor.json", keys.data_key(session, "audit", self.store_id)[1], self.store_id, session, set()
            )
            session.rollback()
        maker.dispose()

    def _fill(self, session: Session) -> Keyring:
        now = utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
        root_id = os.urandom(16)
        session.add(StoreRow(id=self.store_id, format=migrations.LATEST, created_at=now))
        chosen = [(self.kind, self.slot_id, self.made)]
        if self.recovery is not None:
            chosen.append(("recovery", os.urandom(16), self.recovery))
        for position, (kind, slot_id, made) in enumerate(chosen, 1):
            wrapped = slots.wrap(made.key, slot_id, self._root, self.store_id, kind, root_id)
            session.add(
                KeySlot(
                    id=slot_id,
                    kind=kind,
                    locator=made.locator,
                    params=dict(made.params),
                    position=position,
                    state="active",
                    root_key_id=root_id,
                    wrapped_root=wrapped,
                    created_at=now,
                    verified_at=now if position == 1 else None,
                )
            )
        keys = Keyring(self.config, self.store_id, self.ask)
        keys.adopt(self._root, root_id)
        keys.make(session, "audit", self.store_id)
        keys.make(session, "fingerprint", self.store_id)
        session.flush()
        Audit(session, keys, utcnow).record("store.created", slots=[kind for kind, _, _ in chosen])
        return keys

    def discard(self) -> None:
        """Take the slot key away again, unless the store was made."""
        if not self._committed:
            slots.kind(self.kind).destroy(Place(self.config, self.store_id, self.ask), self.slot_id, self.made.locator)
            if self.config.database.exists() and self.config.database.stat().st_size == 0:
                self.config.database.unlink()


def is_made(config: Config) -> bool:
    """True if there is a store; an empty file, left by an init that was killed, is none."""
    return config.database.exists() and _found_format(config) is not None


def prepare(config: Config, slot: str, *, recovery: bool, ask_passphrase: _Ask = None) -> Draft:
    """Keys in memory, the slot key kept and read back. Raises Locked (6) when the slot cannot be used, Conflict (4)."""
    if is_made(config):
        raise Conflict("there is a store already", None, "integrations store status")
    harden()
    store_id, slot_id = os.urandom(16), os.urandom(16)
    place = Place(config, store_id, ask_passphrase)
    try:
        made = slots.kind(slot).create(place, slot_id)
    except Locked as error:
        raise Locked(f"no usable {slots.kind(slot).title}", error.why, "integrations init --slot file") from None
    paper = slots.kind("recovery").create(place, slot_id) if recovery else None
    return Draft(config, store_id, slot, slot_id, made, paper, ask_passphrase)


# ── schema ──


def _format(config: Config) -> int:
    found = _found_format(config) if config.database.exists() else None
    if found is None:
        raise NotFound("no store yet", f"there is nothing at {config.database}", "integrations init")
    return found


def _found_format(config: Config) -> int | None:
    """The schema of the file, None for an empty one. Raises Unreadable (7) for somebody else's database."""
    with engine.in_our_words("the store cannot be read"):
        maker = engine.make(config.database)
        with maker.connect() as connection:
            found = _stored_format(connection)
            strange = found is None and connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar()
        maker.dispose()
    if strange:
        raise Unreadable("the store cannot be read", f"{config.database} is not a store of ours", (), "format")
    return found


def _stored_format(connection: Connection) -> int | None:
    if not connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'store'")).scalar():
        return None
    return connection.execute(text("SELECT format FROM store")).scalar()


def pending_steps(config: Config) -> list[str]:
    """The schema steps that have not run yet, in words. Raises NotFound (3), Unreadable (7) for a newer store."""
    found = _format(config)
    if found > migrations.LATEST:
        must_be_current(found)
    return [f"{number}: {title}" for number, title in migrations.STEPS if number > found]


def upgrade(config: Config) -> list[str]:
    """Run the pending steps in one transaction: a kill leaves the old schema whole. Returns their titles."""
    steps = pending_steps(config)
    if not steps:
        return []
    engine.must_be_private(config.database)
    # foreign keys are off: rebuilding a parent table with them on silently deletes its child rows
    maker = engine.make(config.database, foreign_keys=False).execution_options(write=True)
    with engine.queue(config.database), engine.in_our_words("the schema stays as it was"), maker.begin() as connection:
        before = _counts(connection)
        migrations.run(connection, after=_stored_format(connection) or 0)
        connection.execute(text("UPDATE store SET format = :latest"), {"latest": migrations.LATEST})
        after = _counts(connection)
        if connection.execute(text("PRAGMA foreign_key_check")).first() or any(
            after.get(name, 0) < count for name, count in before.items()
        ):
            raise NotWritten("the schema stays as it was", "a step would have lost rows")
    maker.dispose()
    return steps


def _counts(connection: Connection) -> dict[str, int]:
    names = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))]
    return {name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0) for name in names}  # noqa: S608  names of the schema


# ── how it is ──


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Where the store is and what it holds; needs no key."""

    path: str
    mode: str
    schema: int
    latest: int
    websites: int
    integrations: int
    bytes: int
    created_at: str


def status(config: Config) -> StoreStatus:
    """Raises NotFound (3), Unreadable (7)."""
    found = _format(config)
    with engine.in_our_words("the store cannot be read"):
        maker = engine.make(config.database)
        with Session(maker) as session:
            websites = session.exec(select(func.count()).select_from(Website)).one()
            integrations = session.exec(select(func.count()).select_from(Integration)).one()
            created = session.exec(select(StoreRow.created_at)).one()
        maker.dispose()
    info = config.database.stat()
    return StoreStatus(
        str(config.database), f"{info.st_mode & 0o777:04o}", found, migrations.LATEST, websites, integrations, info.st_size, created
    )


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot and whether it can be used here; `opened` is None when that was not tried."""

    position: int
    kind: str
    title: str
    state: str
    usable: bool
    reason: str | None
    opened: bool | None
    created_at: str


def key_status(config: Config, verify: bool = False, ask_passphrase: _Ask = None) -> list[SlotLine]:
    """Each slot in the order in which it is tried. Without `verify` nothing is opened but what needs no prompt."""
    _format(config)
    with engine.in_our_words("the store cannot be read"):
        maker = engine.make(config.database)
        with Session(maker) as session:
            store_id = session.exec(select(StoreRow.id)).one()
            rows = active_slots(session)
            session.expunge_all()
        maker.dispose()
    keys = Keyring(config, store_id, ask_passphrase)
    return [_line(keys, row, verify) for row in rows]


def _line(keys: Keyring, row: KeySlot, verify: bool) -> SlotLine:
    kind = slots.kind(row.kind)
    reason: str | None = None
    opened: bool | None = None
    if verify or row.kind in {"keyring", "file", "env", "recovery"}:
        reason = _why_not(keys, row)
        opened = reason is None
    else:
        reason = kind.probe(keys.place)
    title = row.locator if row.kind == "keyring" else kind.title
    return SlotLine(row.position, row.kind, title, row.state, reason is None, reason, opened, row.created_at)


def _why_not(keys: Keyring, row: KeySlot) -> str | None:
    try:
        keys.open_slot(row)
    except IntegrationsError as error:
        return error.why or error.what
    return None


__all__ = ["Draft", "SlotLine", "StoreStatus", "key_status", "pending_steps", "prepare", "status", "upgrade"]


def facts(line: Any) -> Mapping[str, Any]:
    """A status as data."""
    return {name: getattr(line, name) for name in line.__slots__}
