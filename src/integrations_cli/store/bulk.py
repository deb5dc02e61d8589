"""Many integrations in few statements: what `Integrations.add` does one by one, for rows that are known to be new."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, eq
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from sqlmodel import Session, col, select

from integrations_cli.card import Card
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import ciphers, vault
from integrations_cli.store.audit import Audit, actor
from integrations_cli.store.facts import Facts, facts_of, textual
from integrations_cli.store.forgiving import mapping, number, octets, words
from integrations_cli.store.glance import COLUMNS, card_of
from integrations_cli.store.ids import several
from integrations_cli.store.inserting import insert
from integrations_cli.store.keys import Keyring
from integrations_cli.store.sealing import New, Sealing, salts
from integrations_cli.store.sqlite import sqlite3
from integrations_cli.store.subject import Subject
from integrations_cli.store.tables import CredentialVersion, Integration
from integrations_cli.store.versions import Versions

Pair = tuple[bytes, str]
"""Website id and provider."""
MANY = 100  # rows for which a larger cache pays
CACHE = 8 * 1024  # KiB: with the usual two MiB a batch is written to the disk in pieces before it is committed
AT_ONCE = 300  # pairs, or keys, in one question: SQLite bounds the variables of a statement


class Copies(NamedTuple):
    """What the database must have. `rows`: integration id, in their order → `Row.copy`; the rest is the same for all of them."""

    rows: Mapping[bytes, tuple[Any, ...]] = MappingProxyType({})
    now: str = ""
    actor: str = ""


class Bulk:
    """Many rows, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._session, self._keys, self._audit, self._clock = session, keys, audit, clock
        self._versions = Versions(session, keys, clock)

    def find(self, pairs: Sequence[Pair]) -> dict[Pair, Integration]:
        """The rows there are, read from the database (never from memory), with their versions."""
        found: dict[Pair, Integration] = {}
        self._session.flush()
        connection = self._audit.connection()
        for at in range(0, len(pairs), AT_ONCE):
            some = pairs[at : at + AT_ONCE]
            ids = [ident for (ident,) in connection.execute(_among(_IDS, some), [part for pair in some for part in pair])]
            if ids:
                query = select(Integration).where(col(Integration.id).in_(ids)).execution_options(populate_existing=True)
                found |= {(row.website_id, row.provider): row for row in self._session.exec(query)}
        sealed_with = self._versions.preload([row.id for row in found.values()]) if found else []
        self._keys.preload(self._session, connection, sealed_with)
        return found

    def facts(self, pairs: Sequence[Pair]) -> dict[Pair, Facts | None]:
        """What is to be compared of what there is in these places; None where there is something odd about it."""
        found: dict[Pair, Facts | None] = {}
        self._session.flush()
        for at in range(0, len(pairs), AT_ONCE):
            some = pairs[at : at + AT_ONCE]
            found |= facts_of(textual(self._audit.connection(), _among(_FACTS, some), [part for pair in some for part in pair]))
        return found

    def cards(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Card]:
        """The masked view of what there is in these places (slug and provider), without making objects of the rows."""
        found: dict[tuple[str, str], Card] = {}
        self._session.flush()
        connection, wanted = self._audit.connection(), sorted(places)
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            rows = connection.execute(_among(_CARDS, some), [part for place in some for part in place])
            for card in [card_of(dict(zip(COLUMNS, row, strict=True))) for row in rows]:
                found[card.website, card.provider] = card
        return found

    def opened(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[dict[str, Any], dict[str, Secret]]]:
        """Settings and credentials as the database has them now, without making objects of the rows. Raises Unreadable (7)."""
        found = {}
        self._session.flush()
        connection = self._audit.connection()
        for at in range(0, len(pairs), AT_ONCE):
            some = pairs[at : at + AT_ONCE]
            found_rows = connection.execute(_among(_STORED, some), [part for pair in some for part in pair])
            rows = [_Stored(*values) for values in found_rows]
            self._keys.preload(self._session, connection, [row.data_key_id for row in rows if row.there])
            for row in rows:
                credentials = self._versions.opened(cast(Integration, row), cast(CredentialVersion, row)) if row.there else {}
                found[row.website_id, row.provider] = (row.settings, credentials)
        return found

    def fingerprint(self) -> Callable[[bytes, str, str, Secret], str]:
        """`Integrations.fingerprint` for many values: 32 hex digits of (website id, provider, field, value)."""
        sign = self._sign()

        def fingerprint(website_id: bytes, provider: str, field: str, value: Secret) -> str:
            return sign(vault.fingerprinted(website_id, provider, field, value.reveal()))[:16].hex()

        return fingerprint

    def _sign(self) -> Callable[[bytes], bytes]:
        return ciphers.signing(self._keys.data_key(self._session, "fingerprint", self._keys.store_id)[1])

    def add(self, rows: Iterable[New], action: str) -> Copies:
        """Store them, each with its sealed version, which was opened again, its marks and its entry in the log, and read them back.

        They must be new. Raises Unreadable (7) when the database has not what it was given.
        """
        now, who = self._clock().strftime("%Y-%m-%dT%H:%M:%SZ"), actor()
        sealing = Sealing(self._session, self._keys, self._sign(), now, who)
        given = sorted(rows, key=attrgetter("website_id"))  # as the ids rise: what comes one behind the other goes into the trees faster
        fresh = zip(given, several(len(given)), salts(len(given)), strict=True)
        made = [sealing.row(one, ident, salt) for one, ident, salt in fresh]
        if not made:
            return Copies()
        self._session.flush()
        connection = self._audit.connection()
        if len(made) >= MANY:
            connection.execute(f"PRAGMA cache_size=-{CACHE}")
        insert(connection, "integration", _ROW, [row.stored for row in made])
        insert(connection, "credential_version", _VERSION, [row.sealed for row in made if row.sealed])
        self._audit.record_alike(action, [(cast(Subject, row), row.fields, row.short) for row in made])
        copies = Copies({row.id: row.copy() for row in made}, now, who)
        if not self._are_there(copies):  # byte for byte: each ciphertext is the one that was opened when it was sealed
            raise differs("the batch was undone")
        return copies

    def must_be_there(self, copies: Copies) -> None:
        """On a fresh connection: each row and its only version are these, byte for byte, and the keys they are sealed with open.

        Raises Unreadable (7).
        """
        connection = self._audit.connection()
        keys = [*dict.fromkeys([columns[_KEY] for columns in copies.rows.values() if columns[_KEY]])]
        opened = 0
        for at in range(0, len(keys), AT_ONCE):
            opened += sum(self._keys.is_as_stored(self._session, row) for row in self._keys.rows(connection, keys[at : at + AT_ONCE]))
        if opened != len(keys) or not self._are_there(copies):
            raise differs("nothing was removed")

    def _are_there(self, copies: Copies) -> bool:
        wanted = copies.rows
        if not wanted:
            return True
        connection, same = self._audit.connection(), (copies.now, copies.now, copies.now, copies.actor)
        forgiving, connection.text_factory = connection.text_factory, str  # what is no text is none of ours
        try:
            stored = connection.execute(_COPY, (*same, min(wanted), max(wanted)))  # they are neighbours, hardly ever with another between
            mine = (row for row in stored if row[0] in wanted)
            return sum(map(eq, wanted.values(), mine)) == len(wanted) and next(mine, None) is None
        except sqlite3.OperationalError:  # a text that is not UTF-8
            return False
        finally:
            connection.text_factory = forgiving


def differs(what: str) -> Unreadable:
    """What was put in is not what came out."""
    return Unreadable("what was written does not read back", what, (), "read_back")


class _Stored:
    """A row with its active version, under the names that both have."""

    __slots__ = ("blob", "bound", "card", "data_key_id", "id", "provider", "settings", "there", "version", "website_id")

    def __init__(self, ident: Any, website: Any, provider: Any, settings: Any, *sealed: Any) -> None:
        self.id, self.website_id, self.provider, self.settings = octets(ident), octets(website), words(provider), mapping(settings)
        version, blob, bound, card, key = sealed
        self.there = version is not None
        self.version, self.data_key_id = number(version), octets(key)
        self.blob, self.bound, self.card = octets(blob), mapping(bound), mapping(card)


def _among(query: str, pairs: Sequence[tuple[bytes | str, str]]) -> str:
    """The query for these pairs. CROSS: in this order, by the index of the websites; `(website_id, provider) IN` reads the whole table."""
    listed = ", ".join(["(?, ?)"] * len(pairs))
    place = f"(SELECT column1 AS website_id, column2 AS provider FROM (VALUES {listed}))"  # noqa: S608  question marks
    return query.replace("PAIR", place)


# the plus keeps SQLite from building an index of all integrations for 300 places: those of a website are few, and found by one of ours
_CARDS = f"""SELECT {", ".join(f"c.{name}" for name in COLUMNS)} FROM PAIR AS pair
    CROSS JOIN card c ON c.website = pair.website_id AND +c.provider = pair.provider"""  # noqa: S608  names of ours
_IDS = "SELECT i.id FROM PAIR AS pair CROSS JOIN integration i ON i.website_id = pair.website_id AND i.provider = pair.provider"
_FACTS = """SELECT i.website_id, i.provider, i.id, i.enabled, i.settings, i.expires_at, v.version, v.card
    FROM PAIR AS pair CROSS JOIN integration i ON i.website_id = pair.website_id AND i.provider = pair.provider
    LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active'"""
_STORED = """SELECT i.id, i.website_id, i.provider, i.settings, v.version, v.blob, v.bound, v.card, v.data_key_id
    FROM PAIR AS pair CROSS JOIN integration i ON i.website_id = pair.website_id AND i.provider = pair.provider
    LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active'"""
_ROW = "id, website_id, category, provider, settings, enabled, expires_at, created_at, updated_at"
_VERSION = "integration_id, version, state, data_key_id, bound, created_at, actor, blob, card"
_COPY = """SELECT i.id, i.website_id, i.category, i.provider, i.settings, i.enabled, i.expires_at,
    i.created_at = ? AND i.updated_at = ? AND v.created_at = ? AND v.actor = ? AND v.version = 1 AND v.state = 'active',
    v.data_key_id, v.bound, v.blob, v.card
    FROM integration i LEFT JOIN credential_version v ON v.integration_id = i.id WHERE i.id BETWEEN ? AND ? ORDER BY i.id"""
_KEY = 8  # which of these names the key
