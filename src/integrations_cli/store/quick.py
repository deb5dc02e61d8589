"""Everyday work on a plain connection: what takes 50 times as long to import as to do is done without SQLModel.

Only the everyday case: a store in today's schema, a website and an integration that are there, nothing overdue. Whatever else there is
raises NotQuick before anything is kept, and the store (store.py) does it again, or refuses in its words. How versions are opened, what
happens to a row and how the log grows stands once, in opening.py, touching.py, chain.py and anchor.py.
"""

from __future__ import annotations

from integrations_cli import quickjson
from integrations_cli.access import authorize, me
from integrations_cli.errors import IntegrationsError, Unreadable
from integrations_cli.record import once
from integrations_cli.store import granted, masked, provenance
from integrations_cli.store.anchor import Anchor
from integrations_cli.store.keys import Keyring
from integrations_cli.store.migrations import LATEST
from integrations_cli.store.opening import Opening
from integrations_cli.store.plain import INTEGRATION, KEY, VERSION, WEBSITE, Plain
from integrations_cli.store.recording import Recording
from integrations_cli.store.slots import env
from integrations_cli.store.sqlite import sqlite3
from integrations_cli.store.touching import Touching
from integrations_cli.store.turn import BUSY, SETTINGS, must_be_private, queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType
    from typing import Any

    from integrations_cli.card import Card
    from integrations_cli.config import Config
    from integrations_cli.provider import Provider
    from integrations_cli.store.chain import Connection, Signer
    from integrations_cli.store.checking import Checking
    from integrations_cli.store.limits import Limits
    from integrations_cli.store.verifying import Keys


class NotQuick(Exception):
    """Something is unusual; nothing was kept."""


class QuickVersions(Opening):
    """Versions that are there."""

    def in_state(self, integration: Any, state: str) -> Any:
        """The newest version in a state, or None."""
        where = "integration_id = ? AND state = ? ORDER BY version DESC"
        return self._session.first("credential_version", VERSION, where, integration.id, state)


class QuickAudit(Recording):
    """The log, on the same connection."""

    _session: Plain

    def connection(self) -> Connection:
        """The one that all is written on."""
        return self._session.connection

    def _in_use(self, integration: Any) -> Any:
        return QuickVersions(self._session, self._keys, self._clock).active(integration)

    def epoch_key(self, epoch: int) -> bytes | None:
        """The audit key of an epoch; None when it is lost."""
        if epoch == self.log.signer.epoch:
            return self.log.signer.key
        old = self._session.first("data_key", KEY, "scope = 'audit' AND scope_id = ? AND epoch = ?", self._keys.store_id, epoch)
        try:
            return self._keys.by_id(self._session, old.id) if old else None
        except Unreadable:
            return None


class QuickIntegrations(Touching):
    """Integrations that are there."""

    def __getattr__(self, name: str) -> Any:
        raise NotQuick(name)

    def __init__(self, session: Plain, keys: Keyring, audit: QuickAudit, clock: Callable[[], datetime]) -> None:
        self._session, self._audit, self._clock = session, audit, clock
        self._versions = QuickVersions(session, keys, clock)

    def find(self, website: str, provider: str) -> Any:
        """The row; one that is not there is told by the store."""
        where = "website_id = (SELECT id FROM website WHERE slug = ?) AND provider = ?"
        found = self._session.first("integration", INTEGRATION, where, website, provider)
        if found is None:
            raise NotQuick
        return found

    get = find

    def card(self, integration: Any, definition: Provider) -> Card:
        """The masked view."""
        owner = self._session.first("website", WEBSITE, "id = ?", integration.website_id)
        return masked.card(owner, integration, self._versions.active(integration), definition)

    def _keep(self, row: Any) -> None:
        new = row.changed()
        if not new:
            return
        values = [quickjson.dumps(value, ascii_only=True) if isinstance(value, dict) else value for value in new.values()]
        columns = ", ".join(f"{name} = ?" for name in new)
        self._session.connection.execute(f"UPDATE integration SET {columns} WHERE id = ?", [*values, row.id])  # noqa: S608  names of ours


class QuickConversation:
    """What a conversation of the store is, as far as everyday work needs it; other nouns are left to the store."""

    def __getattr__(self, name: str) -> Any:
        raise NotQuick(name)

    def __init__(self, connection: sqlite3.Connection, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self.session, self._keys, self._clock = Plain(connection), keys, clock
        self.audit = QuickAudit(self.session, keys, clock)
        self.integrations = QuickIntegrations(self.session, keys, self.audit, clock)

    @once
    def checking(self) -> Checking:
        """What a check reads and leaves behind."""
        from integrations_cli.store import quick_checks  # noqa: PLC0415  `test` alone asks

        return quick_checks.checking(self.session, self._keys, self.audit, self._clock)

    @once
    def limits(self) -> Limits:
        """How often providers may be asked."""
        from integrations_cli.store import quick_checks  # noqa: PLC0415

        return quick_checks.limits(self.audit, self._clock)

    def save(self) -> None:
        """Write what was left until now, before it is committed."""
        for name in ("limits", "checking"):
            if name in self.__dict__:
                self.__dict__[name].save()


class QuickStore:
    """Stands in for a `Store` where nothing is unusual. What it could not do is done by the store, as if nothing had been."""

    def __init__(self, config: Config, clock: Callable[[], datetime]) -> None:
        self.config, self.clock = config, clock
        self.notices: list[str] = []
        self._connection = self._connect(config.store)
        found = self._connection.execute("SELECT id, format FROM store").fetchone()
        if found is None or found[1] != LATEST or not isinstance(found[0], bytes):
            raise NotQuick
        self.id: bytes = found[0]
        if not env.given(config) and "passphrase" in {slot.kind for slot in Plain(self._connection).active_slots()}:
            raise NotQuick  # somebody has to be asked, which takes longer than everything here
        self.keys = Keyring(config, self.id)
        self.keys.notice = self.notices.append

    def _connect(self, path: str) -> sqlite3.Connection:
        must_be_private(path)
        connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        for setting in SETTINGS:
            connection.execute("pragma " + setting)
        return connection

    @property
    def path(self) -> str:
        """The database file."""
        return self.config.store

    @property
    def anchor(self) -> Anchor:
        """What this host has written."""
        return Anchor(self.config.anchored, self.id)

    def epochs(self) -> tuple[Signer, Keys]:
        """The audit key in use, and those of all epochs, as `Store.epochs`."""
        with self.reading() as here:
            signer = here.audit.log.signer
            known = {epoch: here.audit.epoch_key(epoch) for epoch in range(1, signer.epoch + 1)}
        return signer, known.get

    def reading(self) -> _Reading:
        """Look, without a key as long as nothing is revealed."""
        return _Reading(self)

    def writing(self) -> _Writing:
        """Change: all of it is kept, or nothing."""
        return _Writing(self)


class _Reading:
    def __init__(self, store: QuickStore) -> None:
        self._store, self._connection = store, store._connection
        self.here = QuickConversation(self._connection, store.keys, store.clock)

    def __enter__(self) -> QuickConversation:
        self._must_be_theirs()
        return self.here

    def _must_be_theirs(self) -> None:
        if not authorize(me(), "keys", None, granted.read(self._connection, me())):
            raise NotQuick  # what they may do, and what is told and recorded if not, is the store's to say

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, IntegrationsError | sqlite3.Error):
            raise NotQuick from error


class _Writing(_Reading):
    """As `Store.writing`, step by step."""

    def __enter__(self) -> QuickConversation:
        store, here = self._store, self.here
        self._anchor = store.anchor
        store.keys.data_key(Plain(self._connection), "audit", store.id)  # what is read before the turn may be another one's by then
        self._turn = queue(store.config.store)
        self._turn.__enter__()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._must_be_everyday()
            self._anchor.must_not_be_older(self._connection, here.audit.epoch_key)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return here

    def _must_be_everyday(self) -> None:
        """Whoever acts may do everything, and nothing waits to be accepted, destroyed or cleared away."""
        self._must_be_theirs()
        now = self._store.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        overdue = "SELECT 1 FROM credential_version WHERE state = 'previous' AND destroy_after IS NOT NULL AND destroy_after <= ? LIMIT 1"
        if self._connection.execute("SELECT format FROM store").fetchone()[0] != LATEST:
            raise NotQuick  # another process has upgraded it since
        if provenance.waiting(self._connection) is not None:
            raise NotQuick
        if self._connection.execute(overdue, (now,)).fetchone() or self._connection.execute(_DUE).fetchone():
            raise NotQuick

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                self._kept()
            elif self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as failure:
            error = failure
            self._connection.close()
        finally:
            self._turn.__exit__(None, None, None)
        super().__exit__(kind, error, trace)

    def _kept(self) -> None:
        """Committed; then the anchor moves on, whose failure is not one of the change."""
        self.here.save()
        self._connection.execute("COMMIT")
        if self.here.audit.moved:
            log, keys = self.here.audit.log, self.here.audit.epoch_key
            self._anchor.extend(log, keys, lambda: self._connection)


_DUE = "SELECT 1 FROM key_operation WHERE kind = 'vacuum' LIMIT 1"
