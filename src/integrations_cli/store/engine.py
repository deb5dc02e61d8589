"""SQLite as SECURITY.md §5.1 wants it: nothing acknowledged is lost, nothing half-written stays, writers queue up."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from integrations_cli.errors import IntegrationsError, NotWritten, Refused
from integrations_cli.store import files
from integrations_cli.store.turn import BUSY, SETTINGS, by_text, must_be_private, queue

LARGE = 16 * 2**20  # bytes of a database that are not held in memory a second time
NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "davfs"}
)
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())  # else Python itself shows a traceback where Ctrl-C comes at its end


def make(path: Path, *, foreign_keys: bool = True) -> Engine:
    """The engine of one database file; no connection is opened yet."""
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, poolclass=NullPool, connect_args={"timeout": BUSY})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.text_factory = lambda data: data.decode("utf-8", "replace")  # one bad byte must not break a list
        for setting in SETTINGS:
            connection.execute("pragma " + setting)
        if not foreign_keys:
            connection.execute("pragma foreign_keys=off")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # a read transaction that turns into a write can fail at once, ignoring the time-out
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def create_file(path: Path) -> None:
    """An empty file, 0600, in a directory 0700: SQLite itself would make it 0644. Raises Refused (8) on a network file system."""
    files.private_directory(path.parent)
    must_be_local(path.parent)
    files.write_new(path, b"")


def must_be_local(directory: Path) -> None:
    """Raises Refused (8) for a directory on a network file system."""
    kind = files.file_system(directory)
    if kind in NETWORKED:
        raise Refused(f"{directory} is on a network file system ({kind})", "locks do not hold there, and a store could be damaged", ())


def vacuum(cursor: Any, path: Path) -> None:
    """Write the file anew, without free pages.

    A large one is built in a file beside it that has no name, else it would stand in memory: that holds what the database holds.
    """
    if path.stat().st_size > LARGE:
        cursor.execute("pragma temp_store=file")
        cursor.execute("pragma temp_store_directory='{}'".format(str(path.parent).replace("'", "''")))  # never a place that others share
    cursor.execute("VACUUM")


@contextmanager
def in_our_words(what: str) -> Iterator[None]:
    """Database errors end here: their texts may hold SQL, so none is shown."""
    try:
        yield
    except DBAPIError as error:
        raise translated(error, what) from None
    except sqlite3.Error as error:
        raise by_text(str(error), what) from None


def translated(error: DBAPIError, what: str) -> IntegrationsError:
    """NotWritten (74) for what may pass, Unreadable (7) for a file that is not a store."""
    if isinstance(error, OperationalError | DatabaseError):
        return by_text(str(error.orig), what)
    return NotWritten(what, "the database refused it")


__all__ = ["NETWORKED", "create_file", "in_our_words", "make", "must_be_local", "must_be_private", "queue", "translated", "vacuum"]
