"""The audit log: an HMAC chain per website and one for the store; a change and its entry commit together (SECURITY.md §3).

Never values, hints, lengths, provider texts, paths of URLs, arguments.
"""

import hmac
import json
import os
import socket
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from integrations_cli import __version__
from integrations_cli.access import me
from integrations_cli.store.keys import Keyring
from integrations_cli.store.tables import AuditHead, AuditRow, CredentialVersion, Integration, Website
from integrations_cli.store.vault import canonical, lp, u64

PURPOSE = b"integrations/audit/v1"
EPOCH = 1


def genesis(key: bytes, store_id: bytes, chain: bytes) -> bytes:
    """The MAC before the first entry."""
    return hmac.digest(key, lp(PURPOSE, b"genesis", store_id, chain), "sha256")


def link(key: bytes, epoch: int, chain: bytes, seq: int, before: bytes, body: bytes) -> bytes:
    """The MAC of one entry: over its body and the MAC before it."""
    return hmac.digest(key, lp(PURPOSE, u64(epoch), chain, u64(seq), before, body), "sha256")


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `audit verify` found in one chain: `problem` is None when it is unbroken. `name` is a slug, or `store`."""

    name: str
    entries: int
    problem: str | None


class Audit:
    """The chains, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._session, self._keys, self._clock = session, keys, clock
        self.touched: set[bytes] = set()
        self._heads: dict[bytes, AuditHead] = {}
        self._actor = actor()

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
        chain, moment, body = self._body(action, website, integration, outcome, {"cause": cause, "fields": list(fields) or None, **facts})
        self._session.add(AuditRow(**self._entry(chain, moment, body)))

    def record_many(self, entries: Iterable[tuple[str, Integration, dict[str, Any]]]) -> None:
        """Append (action, integration, facts) in one statement."""
        rows = [self._entry(*self._body(action, None, integration, "ok", facts)) for action, integration, facts in entries]
        if rows:
            self._session.execute(insert(AuditRow), rows)

    def _body(
        self, action: str, website: bytes | None, integration: Integration | None, outcome: str, facts: dict[str, Any]
    ) -> tuple[bytes, datetime, bytes]:
        chain = website or (integration.website_id if integration is not None else self._keys.store_id)
        moment = self._clock()
        body: dict[str, Any] = {
            "at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "actor": {"uid": me().uid, "name": self._actor},
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "tool": __version__,
            "action": action,
            "outcome": outcome,
        }
        body |= {name: value for name, value in facts.items() if value is not None}
        if integration is not None:
            body |= {
                "integration": integration.id.hex(),
                "provider": integration.provider,
                "row": self.row_mac(integration),
            }
        return chain, moment, canonical(body)

    def _entry(self, chain: bytes, moment: datetime, body: bytes) -> dict[str, Any]:
        """The next row of a chain; its head moves on."""
        key = self._key()
        head = self._heads.get(chain) or self._session.get(AuditHead, chain)
        if head is None:
            head = AuditHead(chain=chain, seq=0, mac=genesis(key, self._keys.store_id, chain))
        self._heads[chain] = head
        head.seq += 1
        head.mac = link(key, EPOCH, chain, head.seq, head.mac, body)
        at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._session.add(head)
        self.touched.add(chain)
        return {"chain": chain, "seq": head.seq, "at": at, "epoch": EPOCH, "body": body.decode(), "mac": head.mac}

    def _key(self) -> bytes:
        return self._keys.data_key(self._session, "audit", self._keys.store_id)[1]

    def row_mac(self, integration: Integration) -> str:
        """16 hex digits over the plain columns and the active version: edits made in SQL show when compared with the newest entry."""
        plain = {
            "website": integration.website_id.hex(),
            "category": integration.category,
            "provider": integration.provider,
            "settings": integration.settings,
            "enabled": integration.enabled,
            "version": self._active_version(integration),
        }
        return hmac.digest(self._key(), lp(b"row", canonical(plain)), "sha256").hex()[:16]

    def _active_version(self, integration: Integration) -> int | None:
        known: list[CredentialVersion] | None = self._session.info.get("versions", {}).get(integration.id)
        if known is not None:
            return next((row.version for row in known if row.state == "active"), None)
        active = select(CredentialVersion.version).where(
            CredentialVersion.integration_id == integration.id, CredentialVersion.state == "active"
        )
        return self._session.exec(active).first()

    def rows(self, website: bytes | None, limit: int, among: Collection[bytes] | None = None) -> list[dict[str, Any]]:
        """The newest entries first, as data: seq, website (slug or None) and the body. Needs no key.

        Of one website, else of these websites, else of every chain.
        """
        query = select(AuditRow).order_by(col(AuditRow.at).desc(), col(AuditRow.seq).desc()).limit(limit)
        if website is not None:
            query = query.where(AuditRow.chain == website)
        elif among is not None:
            query = query.where(col(AuditRow.chain).in_(select(Website.id).where(col(Website.id).in_(list(among)))))
        slugs = {one.id: one.slug for one in self._session.exec(select(Website))}
        return [{"seq": row.seq, "website": slugs.get(row.chain), **json.loads(row.body)} for row in self._session.exec(query)]

    def verify(self, among: Collection[bytes] | None = None) -> list[ChainReport]:
        """Every chain (or those of these websites) from its start: order, gaps, MACs, head. Needs the key."""
        key = self._key()
        slugs = {one.id: one.slug for one in self._session.exec(select(Website))}
        heads = {head.chain: head for head in self._session.exec(select(AuditHead))}
        chains = {*heads, *self._session.exec(select(AuditRow.chain).distinct())}
        chains = chains if among is None else chains & set(among)
        names = {chain: slugs.get(chain) or ("store" if chain == self._keys.store_id else f"removed {chain.hex()[:8]}") for chain in chains}
        return [self._verify(key, chain, names[chain], heads.get(chain)) for chain in sorted(chains, key=lambda chain: names[chain])]

    def _verify(self, key: bytes, chain: bytes, name: str, head: AuditHead | None) -> ChainReport:
        mac, seq = genesis(key, self._keys.store_id, chain), 0
        for row in self._session.exec(select(AuditRow).where(AuditRow.chain == chain).order_by(col(AuditRow.seq))):
            seq += 1
            if row.seq != seq:
                return ChainReport(name, seq, f"entry {seq} is missing")
            mac = link(key, row.epoch, chain, seq, mac, row.body.encode())
            if not hmac.compare_digest(mac, row.mac):
                return ChainReport(name, seq, f"entry {seq} was changed")
            if row.at != f"{json.loads(row.body)['at'][:19]}Z":
                return ChainReport(name, seq, f"the time of entry {seq} was changed")
        if head is None or head.seq != seq or not hmac.compare_digest(head.mac, mac):
            return ChainReport(name, seq, "the end was cut, or the head was changed")
        return ChainReport(name, seq, None)


def actor() -> str:
    """The operating system's name of whoever runs this."""
    return me().name
