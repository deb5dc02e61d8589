"""The rows of one website after the other, as they are stored, to be held against what its chain says of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from integrations_cli.store.chain import Connection
from integrations_cli.store.sqlite import sqlite3
from integrations_cli.store.stored import COLUMNS

AT_ONCE = 500  # rows fetched in one look
Row = Sequence[Any]
"""Website, integration, version, its state (None: the integration has none), and the columns of `stored`."""
_ROWS = f"""SELECT i.website_id, i.id, v.version, v.state, {COLUMNS}
    FROM integration i LEFT JOIN credential_version v ON v.integration_id = i.id"""  # noqa: S608  names of ours
_OF_ONE = f"{_ROWS} WHERE i.website_id = ?"
_IN_ORDER = f"{_ROWS} ORDER BY i.website_id"
_SLUG = "SELECT slug FROM website WHERE id = ?"
_SLUGS = "SELECT id, slug FROM website ORDER BY id"


class Rows(Protocol):
    """Where rows are taken from."""

    def of(self, website: bytes) -> tuple[Any, list[Row]]:
        """Its slug, None where there is no such website, and a row for each version of its integrations."""


class Asked:
    """Two questions for each website: rows may change between one and the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, website: bytes) -> tuple[Any, list[Row]]:
        """As `Rows`."""
        found = self._connection.execute(_SLUG, (website,)).fetchone()
        return found[0] if found is not None else None, self._connection.execute(_OF_ONE, (website,)).fetchall()


class Streamed:
    """Two questions for all of them, inside one transaction: they are asked for in the order of their ids, as chains are verified.

    Whatever comes out of that order, or is no text where a text should be, sends the rest the ordinary way.
    """

    def __init__(self, connection: Connection) -> None:
        self._asked = Asked(connection)
        self._slugs, self._rows = _Sorted(connection, _SLUGS), _Sorted(connection, _IN_ORDER)
        self._last = b""

    def of(self, website: bytes) -> tuple[Any, list[Row]]:
        """As `Rows`."""
        if not self._last < website:
            return self._asked.of(website)
        self._last = website
        try:
            slugs = self._slugs.of(website)
            return slugs[0][1] if slugs else None, self._rows.of(website)
        except sqlite3.OperationalError:
            self._last = b"\xff" * len(website)
            return self._asked.of(website)

    def close(self) -> None:
        """No question stays open."""
        self._slugs.close()
        self._rows.close()


class _Sorted:
    """The rows of a question that is sorted by its first column."""

    def __init__(self, connection: Connection, query: str) -> None:
        self._connection = connection
        self._asking = connection.execute(query)
        self._groups = groupby(self._fetched(), key=itemgetter(0))
        self._ahead: tuple[Any, Iterable[Row]] | None = (b"", ())  # nothing is read yet

    def of(self, website: bytes) -> list[Row]:
        """Those of this one; those before it are passed over. Raises OperationalError."""
        while self._ahead is not None and not (isinstance(self._ahead[0], bytes) and self._ahead[0] >= website):
            self._ahead = next(self._groups, None)
        if self._ahead is None or self._ahead[0] != website:
            return []
        found = list(self._ahead[1])
        self._ahead = next(self._groups, None)
        return found

    def _fetched(self) -> Iterator[Row]:
        """Text is read the fast way, and bytes that are no text raise."""
        while True:
            patient, self._connection.text_factory = self._connection.text_factory, str
            try:
                some = self._asking.fetchmany(AT_ONCE)
            finally:
                self._connection.text_factory = patient
            if not some:
                return
            yield from some

    def close(self) -> None:
        self._asking.close()
