"""The audit log: an HMAC chain per website and one for the store; a change and its entry commit together (SECURITY.md §3).

What is written, and how it is verified, stands in `chain` and `verifying`, on a plain connection; here the session lends its own.
Never values, hints, lengths, provider texts, paths of URLs, arguments.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, select

from integrations_cli.errors import Unreadable
from integrations_cli.store.alike import Alike
from integrations_cli.store.chain import Connection, Head, Log, actor, genesis, link
from integrations_cli.store.epochs import Epoch
from integrations_cli.store.guard import Guard
from integrations_cli.store.keys import Keyring
from integrations_cli.store.recording import Recording
from integrations_cli.store.subject import Subject, columns
from integrations_cli.store.tables import CredentialVersion, DataKey, Integration, Website
from integrations_cli.store.traces import SAID
from integrations_cli.store.verifying import ChainReport, Verifier

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


class Audit(Recording):
    """The chains, on the session's own connection."""

    def __init__(self, session: Session, keys: Keyring, clock: Callable[[], datetime], guard: Guard | None = None) -> None:
        super().__init__(session, keys, clock)
        self._guard = guard
        self._changed: set[bytes] = set()
        self._epoch_keys: dict[int, bytes | None] = {}

    def connection(self) -> Connection:
        """The session's own, as the driver gives it."""
        lent: Connection = self._session.connection().connection.dbapi_connection
        return lent

    def forget(self) -> None:
        """The heads that were moved are remembered elsewhere by now: there may be one for each website, and the collector runs seldom."""
        self._log = None

    @property
    def grew(self) -> bool:
        """True if a chain did."""
        return self._log is not None and bool(self._log.moved or self._log.settled)

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

    def record_plain(self, entries: Iterable[Entry]) -> None:
        """Append entries of one moment that are of no integration, in this order, in two statements; facts are hex digits or slugs."""
        moment, store_id = self._clock(), self._keys.store_id
        alike = Alike(self.log.signer, moment)
        self.log.append_many([(website or store_id, moment, alike.plain(action, facts)) for action, website, facts in entries])

    def _in_use(self, integration: Integration) -> Any:
        wanted = [getattr(CredentialVersion, name) for name in ("version", "card", "created_at", *SAID)]
        active = select(*wanted).where(CredentialVersion.integration_id == integration.id, CredentialVersion.state == "active")
        return self._session.exec(active).first()

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
        """The audit key of an epoch; None when it is lost. Asked for once: the anchor asks for each of its lines."""
        if epoch not in self._epoch_keys:
            self._epoch_keys[epoch] = epoch_key(self._session, self._keys, epoch)
        return self._epoch_keys[epoch]

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
        from integrations_cli.store.in_order import Streamed  # noqa: PLC0415  once in a long time
        from integrations_cli.store.state import Aside  # noqa: PLC0415
        from integrations_cli.store.stored import Stored  # noqa: PLC0415

        self._session.flush()
        changed: set[bytes] = set()
        with closing(Streamed(self.connection())) as rows:
            verifier, stored = self._verifier(), Stored(self.epoch_key)
            verifier.looks = lambda chain: Aside(rows, stored, chain, changed)
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
        self._epoch_keys.clear()
        self._log = log = Log(self.connection(), self._keys.signer(self._session), self._log.settle() if self._log else None)
        made = Epoch(log.signer, self._clock(), last, old_key)
        for heads in self._heads():
            log.append_many(
                [(chain, made.moment, made.entry(chain, *head, chain in self._changed)) for chain, head in heads.items()], heads
            )
            log.settle()
        return epoch

    def _heads(self) -> Iterator[dict[bytes, Head]]:
        """Where the chains end, some at a time: they are written on meanwhile."""
        after = b""
        while found := self.connection().execute(_HEADS, (after,)).fetchall():
            yield {chain: (seq, mac) for chain, seq, mac in found}
            after = found[-1][0]


__all__ = ["Audit", "ChainReport", "actor", "genesis", "link"]
