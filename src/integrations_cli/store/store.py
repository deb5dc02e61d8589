"""One conversation with the store: kept if it ends well, forgotten if it raises."""

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, delete, select

from integrations_cli.access import me
from integrations_cli.config import Config
from integrations_cli.errors import NotFound, NotWritten, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import engine, provenance, restored
from integrations_cli.store.anchor import Anchor
from integrations_cli.store.audit import Audit
from integrations_cli.store.bulk import Bulk
from integrations_cli.store.chain import Signer
from integrations_cli.store.checking import Checking
from integrations_cli.store.fingerprints import Fingerprints
from integrations_cli.store.guard import Guard
from integrations_cli.store.integrations import Integrations
from integrations_cli.store.keys import Keyring
from integrations_cli.store.limits import Limits
from integrations_cli.store.migrations import LATEST
from integrations_cli.store.roles import Roles
from integrations_cli.store.rotation import Rotations
from integrations_cli.store.tables import KeyOperation, StoreRow, Website
from integrations_cli.store.verifying import Keys
from integrations_cli.store.versions import FetchedVersions, Versions
from integrations_cli.store.websites import Websites
from integrations_cli.store.whole import Whole


def utcnow() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Swept:
    """A version that was destroyed because its grace period was over."""

    website: str
    provider: str
    version: int


class Conversation:
    """The nouns of one transaction. `swept` is what was overdue when it began, and is destroyed with it."""

    def __init__(self, session: Session, keys: Keyring, clock: Callable[[], datetime], guard: Guard) -> None:
        self.session, self.guard = session, guard
        self.wants_vacuum = False
        self.swept: list[Swept] = []
        self.audit = Audit(session, keys, clock, guard)
        self.limits = Limits(self.audit.connection, clock)
        self.websites = Websites(session, keys, self.audit, clock, self.vacuum, guard)
        self.integrations = Integrations(session, keys, self.audit, self.websites, clock, self.vacuum)
        self.roles = Roles(session, self.audit, guard, lambda: keys.recovered)
        self.checking = Checking(session, keys, self.audit, clock, guard, FetchedVersions(session, keys, clock))
        self.rotations = Rotations(session, keys, self.audit, clock, self.vacuum)
        self.bulk = Bulk(session, keys, self.audit, clock)
        self.whole = Whole(session, keys, self.audit, clock, guard)
        self.fingerprints = Fingerprints(session, keys, guard)

    def vacuum(self) -> None:
        """Something was destroyed: once committed, what it left in free pages must go."""
        self.wants_vacuum = True


class Store:
    """The database and its keys. Never holds a transaction or a lock while a person or the network is waited for.

    `who` is whoever opened it, `needs` the action they have announced: conversations give no website that they may not do it on.
    """

    def __init__(self, config: Config, store_id: bytes, ask: Callable[[str], Secret] | None, clock: Callable[[], datetime]) -> None:
        self.config, self.id, self.clock, self.path = config, store_id, clock, config.database
        self.who, self.needs = me(), "see"
        self.keys = Keyring(config, store_id, ask)
        self._engine = engine.make(self.path)
        self.anchor = Anchor(config.anchor, store_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Conversation]:
        """Look, without a key as long as nothing is revealed. What is fetched stays usable afterwards."""
        with engine.in_our_words("the store cannot be read"), Session(self._engine, expire_on_commit=False) as session:
            yield self._conversation(session)
            _end(session)

    def writing(self) -> AbstractContextManager[Conversation]:
        """Change: the vault is unlocked first (Locked 6), then the turn is taken; all of it is kept, or nothing (NotWritten 74).

        Raises Unreadable (7) for a store that was restored and not accepted, or is older than what this host has written.
        """
        return self._writing(accepts=False)

    def refusal(self) -> Unreadable | None:
        """Why nothing can be written before a person accepts this store; None when all is well. Raises Locked (6)."""
        self.audit_key()
        with self.reading() as here:
            try:
                self._must_be_ours(here)
            except Unreadable as error:
                return error
        return None

    def accept(self) -> None:
        """Take a restored store, or one that is older than this host remembers, as it is; recorded. Raises as `writing` does.

        Refused (8) for others than owners, and whoever has unlocked it with the recovery key: on another machine owners have other
        numbers, and none can be made before the store is accepted.
        """
        with self._writing(accepts=True) as here:
            if not self.keys.recovered:
                here.guard.must_own()
            made = provenance.waiting(here.audit.connection())
            here.session.exec(delete(KeyOperation).where(col(KeyOperation.kind) == restored.KIND))
            here.audit.record("store.restore_accepted", copy=made)

    def renewing(self) -> AbstractContextManager[Conversation]:
        """A change for which no old key is asked, whatever this host remembers: only for giving up what nobody can open."""
        return self._writing(accepts=True, unlocks=False)

    def _must_be_ours(self, here: Conversation) -> None:
        restored.must_be_accepted(provenance.waiting(here.audit.connection()))
        self.anchor.must_not_be_older(here.audit.connection(), here.audit.epoch_key)

    @contextmanager
    def _writing(self, accepts: bool, unlocks: bool = True) -> Iterator[Conversation]:
        if unlocks:
            self.audit_key()
        engine.must_be_private(self.path)
        with engine.queue(self.path), engine.in_our_words("nothing was written"):
            writer = self._engine.execution_options(write=True)
            with Session(writer, expire_on_commit=False) as session:
                here = self._conversation(session)
                must_be_current(here.audit.connection().execute("SELECT format FROM store").fetchone()[0])  # it may be another one by now
                if not accepts:
                    self._must_be_ours(here)
                left = unlocks and self._sweep(here)
                yield here
                here.limits.save()
                here.checking.save()
                if here.wants_vacuum or left:
                    session.add(self._operation())
                session.commit()
                if accepts:
                    self.anchor.renew(here.audit.connection(), here.audit.log.signer)
                elif here.audit.grew:
                    self.anchor.extend(here.audit.log, here.audit.epoch_key, here.audit.connection)
                here.audit.forget()
                _end(session)
                session.rollback()
            if here.wants_vacuum or left:
                self._vacuum()

    def _conversation(self, session: Session) -> Conversation:
        return Conversation(session, self.keys, self.clock, Guard(session, self.who, self.needs))

    def remains(self) -> bool:
        """True if what was destroyed is still in free pages, because clearing them could not be done. Needs no key."""
        with self.reading() as here:
            return here.session.exec(select(KeyOperation).where(KeyOperation.kind == "vacuum")).first() is not None

    def audit_key(self) -> bytes:
        """Unlock. Raises Locked (6), Unreadable (7)."""
        with engine.in_our_words("the store cannot be read"), Session(self._engine) as session:
            return self.keys.data_key(session, "audit", self.id)[1]

    def epochs(self) -> tuple[Signer, Keys]:
        """The audit key in use, and those of all epochs. Raises Locked (6), Unreadable (7)."""
        with self.reading() as here:
            signer = self.keys.signer(here.session)
            known = {epoch: here.audit.epoch_key(epoch) for epoch in range(1, signer.epoch + 1)}
        return signer, known.get

    def verify(self) -> None:
        """Prove that the slots in use open the store. Raises Locked (6), Unreadable (7)."""
        self.audit_key()

    def _sweep(self, here: Conversation) -> bool:
        """Destroy what is overdue, and say so in the log; True if free pages have to be cleared."""
        overdue = Versions(here.session, self.keys, self.clock).overdue()
        for row, integration in overdue:
            owner = here.session.get(Website, integration.website_id)
            here.swept.append(Swept(owner.slug if owner else "?", integration.provider, row.version))
        here.audit.record_many(("credential.destroyed", integration, {"version": row.version}) for row, integration in overdue)
        due = here.session.exec(select(KeyOperation).where(KeyOperation.kind == "vacuum")).first()
        return bool(overdue) or due is not None

    def _operation(self) -> KeyOperation:
        now = self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        return KeyOperation(id=os.urandom(16), kind="vacuum", step="due", started_at=now, host=socket.gethostname(), pid=os.getpid())

    def _vacuum(self) -> None:
        """Clear free pages. If that fails (disk full), the note stays and the next write tries again."""
        with suppress(DBAPIError, sqlite3.Error):  # destroyed already; only the remains in free pages wait
            with closing(self._engine.raw_connection()) as connection:  # VACUUM cannot run inside a transaction
                engine.vacuum(connection.cursor(), self.path)
            with Session(self._engine.execution_options(write=True)) as session:
                session.exec(delete(KeyOperation).where(col(KeyOperation.kind) == "vacuum"))
                session.commit()


def _end(session: Session) -> None:
    """What was handed out stays usable. What was only remembered goes now: the collector runs seldom, and a session is in a circle."""
    session.expunge_all()
    session.info.clear()


def open_store(config: Config, ask_passphrase: Callable[[str], Secret] | None = None, clock: Callable[[], datetime] = utcnow) -> Store:
    """The store of this configuration; reads one row. Raises NotFound (3), Unreadable (7), NotWritten (74)."""
    if not config.database.exists():
        raise NotFound("no store yet", f"there is nothing at {config.database}", "integrations init")
    with engine.in_our_words("the store cannot be read"):
        reader = engine.make(config.database)
        with reader.connect() as connection:
            there = connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'store'")).scalar()
            row = connection.execute(text("SELECT id, format FROM store")).first() if there else None
        reader.dispose()
    if row is None:
        raise NotFound("no store yet", "the file is empty: an init was interrupted", "integrations init")
    must_be_current(row.format)
    if not isinstance(row.id, bytes):
        raise Unreadable("the store cannot be read", "what it says of itself is not what we write", "integrations doctor", "format")
    return Store(config, bytes(row.id), ask_passphrase, clock)


def must_be_current(found: object) -> None:
    """Raises Unreadable (7) for a newer schema than we know, or what is none, NotWritten (74) for an older one."""
    if not isinstance(found, int):
        raise Unreadable("the store cannot be read", "what it says of its own schema is no number", "integrations doctor", "format")
    if found > LATEST:
        raise Unreadable("the store was made by a newer version", f"its schema is {found}, this program knows {LATEST}", (), "newer")
    if found < LATEST:
        raise NotWritten("the store has an older schema", f"schema {found}, this program needs {LATEST}", "integrations store upgrade")


__all__ = ["Conversation", "Store", "StoreRow", "Swept", "open_store", "utcnow"]
