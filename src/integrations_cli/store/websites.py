"""Websites: the tenants, each with its own data key."""

import os
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple, cast

from sqlmodel import Session, col, select

from integrations_cli.errors import BadValue, Conflict, NotFound
from integrations_cli.store.audit import Audit, Entry
from integrations_cli.store.forgiving import octets, words
from integrations_cli.store.guard import Guard
from integrations_cli.store.ids import several
from integrations_cli.store.keys import Keyring
from integrations_cli.store.slugs import must_be_slug
from integrations_cli.store.tables import DataKey, Integration, Website

_AMONG = "SELECT id, slug FROM website WHERE slug IN"


class _Place(NamedTuple):
    """What is asked of a website that is only looked up."""

    id: bytes
    slug: str


class Websites:
    """The websites there are for this principal, inside one conversation. Changes need the key and leave an audit entry."""

    def __init__(
        self,
        session: Session,
        keys: Keyring,
        audit: Audit,
        clock: Callable[[], datetime],
        vacuum: Callable[[], None],
        guard: Guard,
    ) -> None:
        self._session, self._keys, self._audit, self._clock, self._vacuum = session, keys, audit, clock, vacuum
        self.guard = guard

    def find(self, slug: str) -> Website | None:
        """The website; None also for one on which this principal has no role."""
        found = self._session.exec(select(Website).where(Website.slug == slug)).first()
        return found if found is not None and self.guard.sees(found.id) else None

    def get(self, slug: str) -> Website:
        """The website, for the announced action; raises NotFound (3) with the closest one, Refused (8)."""
        found = self.find(slug)
        if found is None:
            near = get_close_matches(slug, [one.slug for one in self.all()], 1)
            raise NotFound(
                "there is no such website", f"the closest is {near[0]}" if near else "no slug is like it", "integrations website list"
            )
        self.guard.must(found)
        return found

    def all(self) -> list[Website]:
        """Every website there is for this principal, by slug."""
        return [one for one in self._session.exec(select(Website).order_by(col(Website.slug))) if self.guard.sees(one.id)]

    def ids(self, slugs: Collection[str]) -> dict[str, bytes]:
        """The ids of those of these websites that there are, for the announced action. Raises Refused (8)."""
        found = dict[str, bytes]()
        for one in self._seen(slugs):
            self.guard.must(cast(Website, one))
            found[one.slug] = one.id
        return found

    def add_missing(self, slugs: Collection[str]) -> dict[str, bytes]:
        """Those of them that there are not yet are made, as `add` does it, in few statements: their ids. Raises as `add` does."""
        missing = sorted(set(slugs) - {one.slug for one in self._seen(slugs)})
        if not missing:
            return {}
        self.guard.must_own()
        for slug in missing:
            must_be_slug(slug)
        now, ids = _text(self._clock()), dict(zip(missing, several(len(missing)), strict=True))
        self._session.flush()
        rows = [(ident, slug, slug, now) for slug, ident in ids.items()]
        self._audit.connection().executemany("INSERT INTO website (id, slug, name, created_at) VALUES (?, ?, ?, ?)", rows)
        self._keys.make_many(self._session, self._audit.connection(), "website", ids.values())
        self._audit.record_plain(entry for slug, ident in ids.items() for entry in _begun(ident, slug))
        return ids

    def _seen(self, slugs: Collection[str]) -> Iterator[_Place]:
        """Those that there are for this principal, whatever is announced."""
        wanted, connection = sorted(set(slugs)), self._audit.connection()
        self._session.flush()
        for at in range(0, len(wanted), 500):  # SQLite bounds the variables of a statement
            some = wanted[at : at + 500]
            for ident, slug in connection.execute(f"{_AMONG} ({', '.join('?' * len(some))})", some).fetchall():
                one = _Place(octets(ident), words(slug))
                if self.guard.sees(one.id):
                    yield one

    def add(self, slug: str, name: str | None = None) -> Website:
        """A new website with a data key of its own. Raises BadValue (2), Conflict (4), Refused (8) unless the store is one's own."""
        self.guard.must_own()
        self._must_be_free(slug)
        if name is not None and any("\ud800" <= character <= "\udfff" for character in name):
            raise BadValue("name", "it holds bytes that are not text (UTF-8)")
        row = Website(id=os.urandom(16), slug=slug, name=(name or slug)[:200], created_at=_text(self._clock()))
        self._session.add(row)
        self._session.flush()
        self._keys.make(self._session, "website", row.id)
        self._audit.record_plain(_begun(row.id, slug))
        return row

    def rename(self, slug: str, new: str) -> Website:
        """Change the slug; nothing is sealed anew, because seals hold ids. Raises NotFound (3), BadValue (2), Conflict (4), Refused (8)."""
        row = self.get(slug)
        self.guard.must_own()
        self._must_be_free(new)
        row.slug = new
        self._session.add(row)
        self._audit.record("website.renamed", website=row.id, slug=new, was=slug)
        return row

    def remove(self, slug: str) -> None:
        """Shred: its data key, blobs, hints and fingerprints go, and what they left in free pages; its audit chain stays."""
        row = self.get(slug)
        self.guard.must_own()
        for integration in self._session.exec(select(Integration).where(Integration.website_id == row.id)):
            self._audit.record("integration.removed", integration=integration)
            self._session.delete(integration)
        self._audit.record("website.removed", website=row.id, slug=slug)
        self._audit.record("chain.ended", chain=row.id.hex(), slug=slug)
        for key in self._session.exec(select(DataKey).where(DataKey.scope == "website", DataKey.scope_id == row.id)):
            self._session.delete(key)
        self._session.delete(row)
        self._vacuum()

    def _must_be_free(self, slug: str) -> None:
        must_be_slug(slug)
        if self.find(slug) is not None:
            raise Conflict(f"there is a website {slug} already", "a slug stands for one website", f"integrations website show {slug}")


def _begun(ident: bytes, slug: str) -> tuple[Entry, Entry]:
    """A new website in the log: in its own chain, and in the store's, which knows what chains there are."""
    return ("website.added", ident, {"slug": slug}), ("chain.started", None, {"chain": ident.hex(), "slug": slug})


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
