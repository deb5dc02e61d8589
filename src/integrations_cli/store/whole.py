"""Whole websites, many integrations in two statements: rows that can be opened and logged, without making objects of the models."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from sqlmodel import Session

from integrations_cli.masking import Secret
from integrations_cli.store.audit import Audit
from integrations_cli.store.forgiving import mapping, number, octets, words
from integrations_cli.store.guard import Guard
from integrations_cli.store.keys import Keyring
from integrations_cli.store.plain import VERSION as READ
from integrations_cli.store.tables import CredentialVersion, Integration, Website
from integrations_cli.store.traces import SAID
from integrations_cli.store.versions import Versions

IDENT = 16  # bytes of a website's id


class Row:
    """An integration, under the names of its columns; `website` is the slug."""

    __slots__ = (
        *("category", "enabled", "expires_at", "id", "provider", "settings", "website", "website_id"),
        *("account", "account_id", "created_at"),
    )

    def __init__(
        self, slug: Any, website: Any, ident: Any, category: Any, provider: Any, settings: Any, enabled: Any, ends: Any, *more: Any
    ) -> None:
        self.website, self.website_id, self.id = words(slug), octets(website), octets(ident)
        self.category, self.provider, self.settings = words(category), words(provider), mapping(settings)
        self.enabled = bool(enabled)
        self.expires_at, self.account, self.account_id, self.created_at = (None if one is None else words(one) for one in (ends, *more))


class _Version:
    """A version that is not destroyed, under the names of its columns."""

    __slots__ = ("blob", "bound", "card", "created_at", "data_key_id", "state", "version", *SAID)

    def __init__(self, version: Any, state: Any, key: Any, blob: Any, bound: Any, card: Any, came: Any, *said: Any) -> None:
        self.version, self.state, self.data_key_id = number(version), words(state), octets(key)
        self.blob, self.bound, self.card, self.created_at = octets(blob), mapping(bound), mapping(card), words(came)
        for name, value in zip(SAID, said, strict=True):
            setattr(self, name, READ[name](value) if value is not None else None)


class Whole:
    """Inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, audit: Audit, clock: Callable[[], datetime], guard: Guard) -> None:
        self._session, self._keys, self._audit, self._guard = session, keys, audit, guard
        self._versions = Versions(session, keys, clock)

    def ids(self) -> bytes:
        """The ids of all websites on which the announced action is allowed, by slug; joined, as there may be very many."""
        found = self._audit.connection().execute("SELECT id FROM website ORDER BY slug")
        return b"".join(ident for (ident,) in found if self._guard.may(self._guard.needs, ident))

    def rows(self, ids: Sequence[bytes], providers: Collection[str] = ()) -> list[Row]:
        """The integrations of these websites (those that are still there), by slug, category, provider; `providers`: only these.

        Raises Refused (8) for one on which the announced action is not allowed any more.
        """
        self._session.flush()
        found = [Row(*values) for values in self._audit.connection().execute(_ROWS + _marks(ids) + _ORDER, ids)]
        for row in {one.website_id: one for one in found}.values():
            self._guard.must(cast(Website, _Site(row)))
        rows = [row for row in found if not providers or row.provider in providers]
        self._know([row.id for row in rows])
        return rows

    def reveal(self, row: Row) -> dict[str, Secret]:
        """The credentials in use of one of `rows`; {} when there are none. Raises Unreadable (7), Locked (6)."""
        integration = cast(Integration, row)
        active = self._versions.active(integration)
        return self._versions.reveal(integration, active) if active else {}

    def _know(self, ids: Sequence[bytes]) -> None:
        """The conversation asks the database no more for these versions and their keys."""
        known: dict[bytes, list[_Version]] = {ident: [] for ident in ids}
        connection = self._audit.connection()
        for at in range(0, len(ids), AT_ONCE):
            some = ids[at : at + AT_ONCE]
            for ident, *values in connection.execute(_VERSIONS + _marks(some) + _NEWEST, some):
                known[ident].append(_Version(*values))
        self._session.info["versions"] = cast(dict[bytes, list[CredentialVersion]], known)
        self._keys.preload(self._session, connection, [row.data_key_id for rows in known.values() for row in rows])


class _Site:
    def __init__(self, row: Row) -> None:
        self.id, self.slug = row.website_id, row.website


def pieces(ids: bytes, size: int) -> Iterator[list[bytes]]:
    """What `ids` has joined, so many at a time."""
    for at in range(0, len(ids), size * IDENT):
        some = ids[at : at + size * IDENT]
        yield [some[one : one + IDENT] for one in range(0, len(some), IDENT)]


def _marks(values: Sequence[bytes]) -> str:
    return f"({', '.join('?' * len(values))})"


AT_ONCE = 500  # SQLite bounds the variables of a statement
_ROWS = """SELECT w.slug, i.website_id, i.id, i.category, i.provider, i.settings, i.enabled, i.expires_at,
    i.account, i.account_id, i.created_at
    FROM integration i JOIN website w ON w.id = i.website_id WHERE i.website_id IN """
_ORDER = " ORDER BY w.slug, i.category, i.provider"
_VERSIONS = f"""SELECT integration_id, version, state, data_key_id, blob, bound, card, created_at, {", ".join(SAID)}
    FROM credential_version WHERE state != 'destroyed' AND integration_id IN """  # noqa: S608  names of ours
_NEWEST = " ORDER BY integration_id, version DESC"
