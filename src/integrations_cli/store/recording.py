"""What one change leaves in the log, whichever way the database is open: the session (audit.py), and the plain connection (quick.py)."""

from __future__ import annotations

from integrations_cli.store.chain import Log, body
from integrations_cli.store.journal import has_all
from integrations_cli.store.plain import Row
from integrations_cli.store.subject import columns, made, row_mac
from integrations_cli.store.traces import active_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from typing import Any

    from integrations_cli.store.chain import Connection, Head
    from integrations_cli.store.keys import Keyring
    from integrations_cli.store.subject import Subject
    from integrations_cli.store.tables import CredentialVersion, Integration
    from integrations_cli.store.traces import Active


class Recording:
    """Inside one conversation."""

    def __init__(self, session: Any, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._session, self._keys, self._clock = session, keys, clock
        self._log: Log | None = None

    def connection(self) -> Connection:
        """The one that all is written on."""
        raise NotImplementedError

    def _in_use(self, integration: Integration) -> CredentialVersion | None:
        """The active version, as it is stored."""
        raise NotImplementedError

    @property
    def log(self) -> Log:
        """The chains on the session's own connection, inside its transaction. Raises Locked (6), Unreadable (7)."""
        if self._log is None:
            self._log = Log(self.connection(), self._keys.signer(self._session))
        return self._log

    @property
    def moved(self) -> Mapping[bytes, Head]:
        """The new head of each chain that grew."""
        return self._log.moved if self._log else {}

    def has(self, heads: Mapping[bytes, Head]) -> bool:
        """True if all of these entries are in the log."""
        return has_all(self.connection(), {chain.hex(): (seq, mac.hex()) for chain, (seq, mac) in heads.items()})

    def record(
        self,
        action: str,
        *,
        website: bytes | None = None,
        integration: Integration | None = None,
        outcome: str = "ok",
        cause: str | None = None,
        fields: Sequence[str] = (),
        **facts: Any,
    ) -> None:
        """Append one entry to the chain of the website (or integration's website), else of the store. Needs the key."""
        self.log.append(*self._entry(action, website, integration, outcome, {"cause": cause, "fields": list(fields) or None, **facts}))

    def together(self) -> AbstractContextManager[None]:
        """What is recorded inside is written at its end, in two statements; nothing of it if it raises."""
        return self.log.together()

    def _entry(
        self, action: str, website: bytes | None, integration: Integration | None, outcome: str, facts: dict[str, Any]
    ) -> tuple[bytes, datetime, bytes]:
        chain = website or (integration.website_id if integration is not None else self._keys.store_id)
        subject = self._subject(integration) if integration is not None else None
        if integration is not None and subject is not None:
            facts = {**facts, "row_was": self._was(integration, subject)}
        moment = self._clock()
        return chain, moment, body(self.log.signer, moment, action, outcome, facts, subject)

    def _was(self, integration: Any, now: Subject) -> str | None:
        """The MAC of the row as it was found, before the change that is recorded; None when nothing is changed, or it is new.

        Without it a change would cover up what was edited in SQL before.
        """
        found, actives = self._session.info.setdefault("found", {}), self._session.info.setdefault("active_found", {})
        if now.id not in found and isinstance(integration, Row):
            found[now.id] = columns(integration.found)
        before = made(now.id, found[now.id], actives.get(now.id, (now.version, now.since, now.said))) if now.id in found else None
        found[now.id], actives[now.id] = columns(integration.__getattribute__), (now.version, now.since, now.said)
        return row_mac(self._keys.signer(self._session).key, before) if before is not None and before != now else None

    def row_mac(self, integration: Integration) -> str:
        """20 hex digits over the plain columns and the active version: edits made in SQL show when compared with the newest entry."""
        return row_mac(self._keys.signer(self._session).key, self._subject(integration))

    def _subject(self, row: Integration) -> Subject:
        return made(row.id, columns(row.__getattribute__), self._active(row))

    def _active(self, integration: Integration) -> Active:
        known = self._session.info.get("versions", {}).get(integration.id)
        if known is not None:
            return active_of(next((row for row in known if row.state == "active"), None))
        return active_of(self._in_use(integration))
