"""The audit log: an HMAC chain per website and one for the store; a change and its entry commit together (SECURITY.md §3).

What is written, and how it is verified, stands in `chain` and `verifying`, on a plain connection; here the session lends its own.
Never values, hints, lengths, provider texts, paths of URLs, arguments.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlmodel import Session, select

from integrations_cli.errors import Unreadable
from integrations_cli.store.alike import Alike
from integrations_cli.store.chain import Connection, Head, Log, actor, body, genesis, link
from integrations_cli.store.guard import Guard
from integrations_cli.store.journal import has_all
from integrations_cli.store.keys import Keyring
from integrations_cli.store.plain import Row
from integrations_cli.store.subject import Subject, columns, made, row_mac
from integrations_cli.store.tables import CredentialVersion, DataKey, Integration, Website
from integrations_cli.store.traces import SAID, active_of
from integrations_cli.store.verifying import ChainReport, Verifier, proof

if TYPE_CHECKING:
    from integrations_cli.store.traces import Active

Entry = tuple[str, bytes | None, dict[str, str]]
"""Action, website (None: the store) and facts."""


_HEADS = "SELECT chain, seq, mac FROM audit_head WHERE chain > ? ORDER BY chain LIMIT 500"


def epoch_key(session: Session, keys: Keyring, epoch: int) -> bytes | None:
    """The audit key of an epoch; None when there is none, or it is lost: destroyed, or wrapped under a root key that nobody has."""
    signer = keys.signer(session)
    if epoch == signer.epoch:
        return signer.key
    mine = select(DataKey.id).where(DataKey.scope == "audit", DataKey.scope_id == keys.store_id, DataKey.epoch == epoch)
    found = session.exec(mine).first()
    try:
        return keys.by_id(session, found) if found is not None else None
    except Unreadable:
        return None


@event.listens_for(Integration, "load")
def _found(row: Integration, context: Any) -> None:
    context.session.info.setdefault("found", {})[row.id] = columns(row.__getattribute__)


class Audit:
    """The chains, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, clock: Callable[[], datetime], guard: Guard | None = None) -> None:
        self._guard = guard
        self._session, self._keys, self._clock = session, keys, clock
        self._log: Log | None = None
        self._changed: set[bytes] = set()

    @property
    def log(self) -> Log:
        """The chains on the session's own connection, inside its transaction. Raises Locked (6), Unreadable (7)."""
        if self._log is None:
            self._log = Log(self.connection(), self._keys.signer(self._session))
        return self._log

    def connection(self) -> Connection:
        """The session's own, as the driver gives it."""
        lent: Connection = self._session.connection().connection.dbapi_connection  # type: ignore[assignment]
        return lent

    def forget(self) -> None:
        """The heads that were moved are remembered elsewhere by now: there may be one for each website, and the collector runs seldom."""
        self._log = None

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

    def record_many(self, entries: Iterable[tuple[str, Integration, dict[str, Any]]]) -> None:
        """Append (action, integration, facts) in two statements."""
        self.log.append_many(self._entry(action, None, integration, "ok", facts) for action, integration, facts in entries)

    def record_alike(self, action: str, entries: Iterable[tuple[Subject, tuple[str, ...], Mapping[str, str]]]) -> None:
        """Append an entry of this action for each (integration, fields, short marks), all of one moment."""
        moment = self._clock()
        alike = Alike(self.log.signer, moment)
        told = ((one, {"fields": fields or None, "version": one.version}, fp) for one, fields, fp in entries)
        self.log.append_many([(one.website_id, moment, alike.entry(action, one, facts, fp)) for one, facts, fp in told])

    def record_read(self, action: str, entries: Iterable[tuple[Integration, tuple[str, ...]]], cause: str) -> None:
        """Append an entry of this action for each (integration, fields), all of one moment; nothing of them was changed."""
        moment = self._clock()
        alike = Alike(self.log.signer, moment)
        told = ((self._subject(one), {"cause": cause, "fields": fields or None}) for one, fields in entries)
        self.log.append_many([(one.website_id, moment, alike.entry(action, one, facts, {})) for one, facts in told])

    def together(self) -> AbstractContextManager[None]:
        """What is recorded inside is written at its end, in two statements; nothing of it if it raises."""
        return self.log.together()

    def record_plain(self, entries: Iterable[Entry]) -> None:
        """Append entries of one moment that are of no integration, in this order, in two statements; facts are hex digits or slugs."""
        moment, store_id = self._clock(), self._keys.store_id
        alike = Alike(self.log.signer, moment)
        self.log.append_many([(website or store_id, moment, alike.plain(action, facts)) for action, website, facts in entries])

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

    def _active(self, integration: Integration) -> "Active":
        known: list[CredentialVersion] | None = self._session.info.get("versions", {}).get(integration.id)
        if known is not None:
            return active_of(next((row for row in known if row.state == "active"), None))
        wanted = [getattr(CredentialVersion, name) for name in ("version", "card", "created_at", *SAID)]
        active = select(*wanted).where(CredentialVersion.integration_id == integration.id, CredentialVersion.state == "active")
        return active_of(self._session.exec(active).first())

    # ── verifying ──

    def verify(self) -> list[ChainReport]:
        """Every chain (that this principal may read) from its start: order, gaps, MACs, head, epochs. Needs the key."""
        return sorted(filter(self._readable(), self._verifier().reports()), key=lambda one: one.name)

    def _readable(self) -> Callable[[ChainReport], bool]:
        guard = self._guard
        if guard is None or guard.may("audit", None):
            return lambda report: True
        mine = {one.slug for one in self._session.exec(select(Website)) if guard.may("audit", one.id)}
        return lambda report: report.website in mine

    def _verifier(self) -> Verifier:
        signer = self._keys.signer(self._session)
        return Verifier(self.connection(), self._keys.store_id, signer.epoch, self.epoch_key)

    def epoch_key(self, epoch: int) -> bytes | None:
        """The audit key of an epoch; None when it is lost."""
        return epoch_key(self._session, self._keys, epoch)

    # ── epochs ──

    def new_epoch(self) -> int:
        """Start an epoch with a new key, in this transaction; the old key is kept to verify what it signed. Returns its number.

        All chains are verified first: raises Unreadable (7), and nothing is written, when one is broken.
        """
        changed, broken = self._as_told()
        if broken is not None:
            raise Unreadable(
                "the audit log is broken, so no new epoch is started",
                f"{broken.name}: {broken.problem}",
                "integrations audit verify",
                "audit",
            )
        self._changed = changed
        return self._start_epoch("retired")

    def _as_told(self) -> tuple[set[bytes], ChainReport | None]:
        """The chains whose rows are not what they say, and the first chain that is broken.

        A row is compared with entries of its epoch only, so the new one begins with what was wrong in the old one.
        """
        from integrations_cli.store.lying import Streamed  # noqa: PLC0415  once in a long time
        from integrations_cli.store.state import Aside  # noqa: PLC0415
        from integrations_cli.store.stored import Stored  # noqa: PLC0415

        self._session.flush()
        changed: set[bytes] = set()
        with closing(Streamed(self.connection())) as lying:
            verifier, stored = self._verifier(), Stored(self.epoch_key)
            verifier.looks = lambda chain: Aside(lying, stored, chain, changed)
            return changed, verifier.broken()

    def new_epoch_after_loss(self) -> int:
        """Start an epoch although the old key is lost: what it signed cannot be verified any more, and `verify` says so.

        The new root key must have been adopted. What is left of the old key goes.
        """
        return self._start_epoch("destroyed")

    def _start_epoch(self, state: str) -> int:
        mine = select(DataKey).where(DataKey.scope == "audit", DataKey.scope_id == self._keys.store_id, DataKey.state == "active")
        old = self._session.exec(mine).one()
        last, epoch = old.epoch or 1, (old.epoch or 1) + 1
        old_key = self._keys.by_id(self._session, old.id) if state == "retired" else None
        old.state, old.wrapped = state, old.wrapped if old_key else b""
        self._session.add(old)
        self._session.flush()
        self._keys.make(self._session, "audit", self._keys.store_id, epoch)
        self._session.flush()
        before = (self._log.moved, self._log.found) if self._log else ()
        self._log = Log(self.connection(), self._keys.signer(self._session), *before)
        for heads in self._heads():
            self._log.append_many(self._epoch_entry(epoch, last, old_key, *head) for head in heads)
        return epoch

    def _heads(self) -> Iterator[list[tuple[bytes, int, bytes]]]:
        """Where the chains end, some at a time: they are written on meanwhile."""
        after = b""
        while found := self.connection().execute(_HEADS, (after,)).fetchall():
            yield found
            after = found[-1][0]

    def _epoch_entry(
        self, epoch: int, before: int, old_key: bytes | None, chain: bytes, seq: int, mac: bytes
    ) -> tuple[bytes, datetime, bytes]:
        told = {"epoch": before, "seq": seq, "mac": mac.hex(), "proof": proof(old_key, epoch, chain, seq, mac) if old_key else None}
        facts = {
            "epoch": epoch,
            "before": told,
            "cause": None if old_key else "key_lost",
            "rows": "changed" if chain in self._changed else None,
        }
        return self._entry("epoch.started", chain, None, "ok", facts)


__all__ = ["Audit", "ChainReport", "actor", "genesis", "link"]
