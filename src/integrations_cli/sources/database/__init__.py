"""Databases of applications, read and never written: what a source may ask of one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from integrations_cli.errors import NotFound, Unreadable, UsageError

PAGE = 1000
MANY = 5  # ways that are shown
PARTIAL = "row_security_may_hide_rows"  # the note where a database keeps rows from this login
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Row = Mapping[str, Any]


class Database(Protocol):
    """An open database. Names are checked against its catalogue by those who ask, and quoted here."""

    title: str

    def tables(self) -> Mapping[str, Sequence[str]]:
        """The columns of every table and view that this login sees."""

    def referred(self, table: str, column: str) -> str | None:
        """The table whose `id` a foreign key of this column names, or None."""

    def is_partial(self, table: str) -> bool:
        """True where the database may keep some rows from this login, without a word."""

    def elsewhere(self, table: str) -> Sequence[str]:
        """The schemas that have a table of this name and are not looked into."""

    def primary_key(self, table: str) -> str | None:
        """The one column of the primary key, or None."""

    def page(self, table: str, columns: Sequence[str], key: str, after: Any, size: int) -> list[Row]:
        """Up to `size` rows in the order of `key`, those beyond `after` unless it is None."""

    def among(self, table: str, columns: Sequence[str], key: str, column: str, values: Sequence[str]) -> list[Row]:
        """The rows whose `column`, as text, is one of `values`, in the order of `key`."""

    def different(self, table: str, column: str, after: Any, size: int) -> list[Any]:
        """Up to `size` different values of `column`, in order, those beyond `after` unless it is None; never None itself."""

    def without_key(self, table: str, key: str) -> bool:
        """True if a row has no value in `key`."""


def rows(database: Database, table: str, columns: Sequence[str], key: str) -> Iterator[Row]:
    """Every row once, page by page, in the order of `key`. Raises UsageError (2) when `key` cannot tell the rows apart."""
    if database.without_key(table, key):
        raise _ambiguous(key)
    wanted = list(dict.fromkeys([key, *columns]))
    after: Any = None
    while found := database.page(table, wanted, key, after, PAGE + 1):
        if len({row[key] for row in found}) < len(found):
            raise _ambiguous(key)
        yield from found[:PAGE]
        if len(found) <= PAGE:
            return
        after = found[PAGE - 1][key]


def values_of(database: Database, table: str, column: str) -> Iterator[Any]:
    """Every value of a column once, page by page, in their order; without None."""
    after: Any = None
    while found := database.different(table, column, after, PAGE):
        yield from found
        after = found[-1]


def numbers(values: Sequence[str]) -> list[int] | None:
    """The same as numbers of at most 8 bytes, or None if one of them is none: an index of a column of numbers can be used then."""
    found = [int(one) for one in values if one.isascii() and one.isdigit() and len(one) < 19]
    return found if len(found) == len(values) else None


def uuids(values: Sequence[str]) -> list[str] | None:
    """The same if all of them are UUIDs, else None."""
    return list(values) if all(_UUID.fullmatch(one) for one in values) else None


def _ambiguous(key: str) -> UsageError:
    return UsageError(f"the column {key} does not tell the rows apart", "it is empty or repeated", "--id-column names another one")


def columns_of(database: Database, table: str, wanted: Sequence[str]) -> None:
    """Raises NotFound (3) with what there is, when the table or one of the columns is missing."""
    tables = database.tables()
    if table not in tables:
        schema, point, name = table.partition(".")
        tries = [f"--schema {schema} --table {name}"] if point else [f"--schema {one}" for one in database.elsewhere(table)[:MANY]]
        there = f"there are {', '.join(sorted(tables)) or 'none'}"
        raise NotFound(f"there is no table {table}, or this login may not see it", there, tries)
    missing = [name for name in wanted if name not in tables[table]]
    if missing:
        raise NotFound(f"{table} has no column {', '.join(missing)}", f"it has {', '.join(tables[table])}")


def text_of(value: Any) -> str | None:
    """A cell as text. Raises Unreadable (`not_text`) for bytes that are none and for an array."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes | memoryview):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            raise Unreadable("bytes that are not UTF-8 text", reason="not_text") from None
    if isinstance(value, list | tuple | dict):
        raise Unreadable("several values in one", reason="not_text")
    return str(value).lower() if isinstance(value, bool) else str(value)
