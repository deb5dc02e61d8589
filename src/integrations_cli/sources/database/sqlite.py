"""SQLite files of applications, read from a private copy.

Even a read-only open of a database in WAL mode leaves files behind, and after a crash all rows may be in the `-wal` file: so the file
and what belongs to it are copied, and the copy is opened.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from integrations_cli import pasted
from integrations_cli.errors import Conflict, NotFound, NotWritten, Unreadable, system_says
from integrations_cli.sources.database import Row, numbers

TRIES = 5
LONGEST = 60.0  # seconds of one statement: a view may never end
STEPS = 1_000_000  # of SQLite's machine between two looks at the clock
_PARTS = ("", "-wal", "-journal")
_MAGIC = b"SQLite format 3\0"


@contextmanager
def opened(path: Path) -> Iterator["Sqlite"]:
    """A copy of the file as it is now; gone afterwards. Raises NotFound (3), Conflict (4) when it is being written to, Unreadable (7)."""
    with tempfile.TemporaryDirectory(prefix="integrations-") as private:
        copy = Path(private) / "copy.db"
        _copy(path, copy)
        try:
            with closing(sqlite3.connect(copy)) as connection:
                connection.text_factory = _text
                connection.execute("SELECT count(*) FROM sqlite_master")  # replays what is in the -wal
                connection.execute("PRAGMA trusted_schema = OFF")  # now: before, an index on a piece of JSON would spoil the whole file
                connection.execute("PRAGMA query_only = ON")
                yield Sqlite(connection, path.name)
        except sqlite3.Error as error:
            if "unsafe use of" in str(error):
                why = "a view or a computed column calls a function that SQLite does not trust there"
                raise Unreadable(f"{path.name}: what was asked for cannot be read", why, reason="untrusted_function") from None
            raise Unreadable(f"{path.name}: the database is damaged or of another kind", reason="damaged_database") from None


def _copy(path: Path, copy: Path) -> None:
    for _ in range(TRIES):
        before = _state(path)
        try:
            for part in _PARTS:
                target = copy.with_name(copy.name + part)
                target.unlink(missing_ok=True)
                if before[part] is not None:
                    shutil.copyfile(f"{path}{part}", target)
        except FileNotFoundError:
            if not path.exists():
                raise NotFound(f"{pasted.path(path)}: there is no such file") from None
            continue  # the journal went away meanwhile
        except (PermissionError, IsADirectoryError, shutil.SpecialFileError):
            raise NotFound(f"{pasted.path(path)}: it may not be read, or is no file") from None
        except OSError as error:
            raise NotWritten(f"{path.name}: cannot be copied to be read", system_says(error)) from None
        if _state(path) == before:
            with copy.open("rb") as file:
                head = file.read(len(_MAGIC))
            if head and head != _MAGIC:
                raise Unreadable(f"{path.name}: this is no SQLite database", reason="damaged_database")
            return
    raise Conflict(f"{path.name}: the database is being written to", None, "stop the application, or give a snapshot")


def _state(path: Path) -> dict[str, tuple[int, int] | None]:
    found: dict[str, tuple[int, int] | None] = {}
    for part in _PARTS:
        try:
            stat = os.stat(f"{path}{part}")
            found[part] = stat.st_size, stat.st_mtime_ns
        except FileNotFoundError:
            found[part] = None
        except OSError as error:
            raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    if found[""] is None:
        raise NotFound(f"{pasted.path(path)}: there is no such file")
    return found


class NotText(bytes):
    """What stands in a text and is none: the row that holds it is told, the others are read."""


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return NotText(data)


class Sqlite:
    """The copy, opened."""

    def __init__(self, connection: sqlite3.Connection, title: str) -> None:
        self._connection, self.title = connection, title
        self._tables: dict[str, list[str]] | None = None
        self._of_numbers: set[tuple[str, str]] = set()
        self._until = 0.0
        connection.set_progress_handler(lambda: time.monotonic() > self._until, STEPS)

    def tables(self) -> Mapping[str, Sequence[str]]:
        if self._tables is None:
            names = [name for (name,) in self._ask("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
            found = {name: self._info(name) for name in names if isinstance(name, str)}
            self._tables = {name: [row[1] for row in rows] for name, rows in found.items()}
            self._of_numbers = {(name, row[1]) for name, rows in found.items() for row in rows if "INT" in str(row[2]).upper()}
        return self._tables

    def referred(self, table: str, column: str) -> str | None:
        found = self._ask(f"PRAGMA foreign_key_list({_quoted(table)})")
        named = {other for _, _, other, own, theirs, *_ in found if own == column and theirs in {"id", None}}
        return named.pop() if len(named) == 1 and named <= set(self.tables()) else None

    def is_partial(self, table: str) -> bool:
        return False

    def elsewhere(self, table: str) -> Sequence[str]:
        return ()

    def primary_key(self, table: str) -> str | None:
        keys = [row[1] for row in self._info(table) if row[5]]
        return keys[0] if len(keys) == 1 else None

    def _info(self, table: str) -> list[Any]:
        try:
            return self._ask(f"PRAGMA table_info({_quoted(table)})")
        except sqlite3.OperationalError:
            return []  # a view of a table that is gone, or of a module that is not here

    def page(self, table: str, columns: Sequence[str], key: str, after: Any, size: int) -> list[Row]:
        names, order = ", ".join(map(_quoted, columns)), f"{_quoted(key)} COLLATE BINARY"
        mark = "CAST(? AS TEXT)" if isinstance(after, NotText) else "?"
        beyond = "" if after is None else f"WHERE {order} > {mark}"
        text = f"SELECT {names} FROM {_quoted(table)} {beyond} ORDER BY {order} LIMIT ?"  # noqa: S608  names of the catalogue, quoted
        found = self._ask(text, [size] if after is None else [after, size])
        return [dict(zip(columns, row, strict=True)) for row in found]

    def among(self, table: str, columns: Sequence[str], key: str, column: str, values: Sequence[str]) -> list[Row]:
        names, marks = ", ".join(map(_quoted, columns)), ", ".join("?" * len(values))
        whole = numbers(values) if (table, column) in self._of_numbers else None
        cell = f"CAST({_quoted(column)} AS TEXT)" if whole is None else _quoted(column)
        text = f"SELECT {names} FROM {_quoted(table)} WHERE {cell} IN ({marks}) ORDER BY {_quoted(key)}"  # noqa: S608
        return [dict(zip(columns, row, strict=True)) for row in self._ask(text, list(values) if whole is None else whole)]

    def different(self, table: str, column: str, after: Any, size: int) -> list[Any]:
        self.tables()
        cell = _quoted(column) if (table, column) in self._of_numbers else f"CAST({_quoted(column)} AS TEXT)"
        mark = "CAST(? AS TEXT)" if isinstance(after, NotText) else "?"
        beyond = "IS NOT NULL" if after is None else f"> {mark}"
        text = f"SELECT DISTINCT {cell} COLLATE BINARY FROM {_quoted(table)} WHERE {cell} COLLATE BINARY {beyond} ORDER BY 1 LIMIT ?"  # noqa: S608
        return [value for (value,) in self._ask(text, [size] if after is None else [after, size])]

    def without_key(self, table: str, key: str) -> bool:
        return bool(self._ask(f"SELECT 1 FROM {_quoted(table)} WHERE {_quoted(key)} IS NULL LIMIT 1"))  # noqa: S608

    def _ask(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows. Raises Conflict (4) when they take too long."""
        self._until = time.monotonic() + LONGEST
        try:
            return self._connection.execute(text, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            if time.monotonic() <= self._until:
                raise KeyboardInterrupt from None  # it came while SQLite was at work
            raise Conflict(f"{self.title}: it did not answer within {LONGEST:.0f} seconds", "a view that does not end?") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
