"""A database that is only looked at: a read-only connection, and what SQLite says in our own words. Standard library only."""

from __future__ import annotations

import os
from _thread import get_ident

from integrations_cli.errors import IntegrationsError, NotFound, NotWritten, Unreadable
from integrations_cli.store.sqlite import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Any

    Place = Path | str


AT_ONCE = 1.0  # seconds that SQLite itself tries again and again; from then on we stand in line with those who write


class Looking(sqlite3.Connection):
    """Reads only. While others write one after the other, SQLite may come at a bad moment each time it tries: then it waits for its turn.

    Whoever has the turn meets no writer, and a journal that is there then is of one that was killed: it is rolled back first.
    """

    place: Place

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _passes(error):
                raise
            return self._in_turn(error, sql, parameters)  # nothing is read yet, inside of BEGIN neither: we stand in nobody's way

    def _in_turn(self, error: sqlite3.OperationalError, sql: str, parameters: Any) -> sqlite3.Cursor:
        from integrations_cli.store.turn import queue  # noqa: PLC0415  rare

        if not os.path.exists(f"{self.place}.lock"):
            raise error
        with queue(self.place):
            if "locked" not in str(error):
                _roll_back(self.place)
            return super().execute(sql, parameters)


def _passes(error: sqlite3.OperationalError) -> bool:
    return any(sign in str(error) for sign in ("locked", "readonly"))


def _roll_back(database: Place) -> None:
    """What a writer has left who was killed: a read-only connection may not do it."""
    connection = sqlite3.connect(f"{_uri(database)}?mode=rw", uri=True, timeout=AT_ONCE)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    finally:
        connection.close()


class _Open:
    """A connection, and how many blocks are reading from it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection, self.readers = connection, 0


_open: dict[tuple[int, str], _Open] = {}
"""By thread and database: what is being read now."""


class reading:
    """A read-only connection that creates nothing. Raises NotFound (3), NotWritten (74), Unreadable (7).

    Inside of such a block of the same thread it is the same connection: to open one and to read its schema costs more than most questions.
    So nobody changes it for those behind them. There is no transaction: each question sees what is committed by then.
    """

    def __init__(self, database: Place) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        self._key = get_ident(), str(self._database)
        found = _open.get(self._key)
        if found is None:
            found = _open[self._key] = _Open(self._new())
        found.readers += 1
        return found.connection

    def _new(self) -> sqlite3.Connection:
        if not os.path.exists(self._database):
            raise NotFound("no store yet", f"there is nothing at {self._database}", "integrations init")
        try:
            found = _connect(self._database)
        except (sqlite3.DatabaseError, ValueError) as error:
            raise _told(error) from None
        found.row_factory = sqlite3.Row
        found.text_factory = lambda data: data.decode("utf-8", "replace")  # one bad byte must not break a list
        return found

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        found = _open[self._key]
        found.readers -= 1
        if found.readers:
            found.connection.row_factory = sqlite3.Row  # whoever reads on expects them
        else:
            del _open[self._key]
            found.connection.close()
        if isinstance(error, sqlite3.DatabaseError | ValueError):
            raise _told(error) from None


def _told(error: Exception) -> IntegrationsError:
    """What SQLite says, in our own words: its text may hold SQL."""
    if isinstance(error, UnicodeEncodeError):  # of a word that was typed: what is stored is read whatever it is
        return NotFound("there is nothing of that name", "it holds bytes that are not text (UTF-8)", "integrations website list")
    if not isinstance(error, sqlite3.OperationalError):
        return Unreadable("the store cannot be read", "the database file is damaged", "integrations doctor", "format")
    if "no such table: usage" in str(error):
        return NotWritten("the store has an older schema", "it holds no usage yet", "integrations store upgrade")
    if "no such table" in str(error):
        return NotFound("no store yet", "the file is empty: an init was interrupted", "integrations init")
    return NotWritten("the store cannot be read now", _why(str(error)))


def _why(text: str) -> str:
    """Our own words for what SQLite says."""
    known = (
        ("locked", "somebody else is writing"),
        ("readonly", "an interrupted write has to be rolled back, and that is not allowed"),
    )
    return next((why for sign, why in known if sign in text), "the database file cannot be opened")


def _connect(database: Place) -> Looking:
    connection = _opened(database, "ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except (sqlite3.OperationalError, NotWritten) as error:
        connection.close()
        if isinstance(error, NotWritten) or "locked" in str(error):
            raise
        # a journal left by kill -9 has to be rolled back, which a read-only connection may not do
        connection = _opened(database, "rw")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    return connection


def _opened(database: Place, mode: str) -> Looking:
    connection = sqlite3.connect(f"{_uri(database)}?mode={mode}", uri=True, timeout=AT_ONCE, factory=Looking)
    connection.place = database
    return connection


def _uri(database: Place) -> str:
    return "file:" + str(database).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
