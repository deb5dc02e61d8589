"""SQLite as SECURITY.md §5.1 wants it: nothing acknowledged is lost, nothing half-written stays, writers queue up."""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from integrations_cli.errors import IntegrationsError, NotWritten, Refused, Unreadable
from integrations_cli.store import files

NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "davfs"}
)
BUSY = 15.0  # seconds a writer queues for the lock
SETTINGS = (
    "journal_mode=truncate",
    "synchronous=extra",
    "secure_delete=on",
    "foreign_keys=on",
    "temp_store=memory",
    "trusted_schema=off",
    "cell_size_check=on",
    "fullfsync=on",  # macOS; nothing elsewhere
)


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


def must_be_private(path: Path) -> None:
    """Raises Refused (8) when others can read or write the database."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise Refused(
            f"{path} can be read by others ({mode:04o})", "nothing is written to a store that is not private", f"chmod 600 {path}"
        )


def create_file(path: Path) -> None:
    """An empty file, 0600, in a directory 0700: SQLite itself would make it 0644. Raises Refused (8) on a network file system."""
    files.private_directory(path.parent)
    kind = files.file_system(path.parent)
    if kind in NETWORKED:
        raise Refused(f"{path.parent} is on a network file system ({kind})", "locks do not hold there, and a store could be damaged", ())
    files.write_new(path, b"")


@contextmanager
def queue(path: Path) -> Iterator[None]:
    """Wait for one's turn to write, in order: `flock` on `<db>.lock`, free at once after kill -9. Raises NotWritten (74)."""
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotWritten("the store cannot be written", os.strerror(error.errno or 0)) from None
    try:
        _wait(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int) -> None:
    until = time.monotonic() + BUSY
    pause = 0.001
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EINTR}:
                raise NotWritten("the store cannot be locked", os.strerror(error.errno or 0)) from None
            if time.monotonic() > until:
                raise NotWritten("the store is busy", f"somebody else has been writing for {BUSY:g} s") from None
            time.sleep(pause)
            pause = min(pause * 2, 0.05)


@contextmanager
def in_our_words(what: str) -> Iterator[None]:
    """Database errors end here: their texts may hold SQL, so none is shown."""
    try:
        yield
    except DBAPIError as error:
        raise translated(error, what) from None
    except sqlite3.Error as error:
        raise _by_text(str(error), what) from None


def translated(error: DBAPIError, what: str) -> IntegrationsError:
    """NotWritten (74) for what may pass, Unreadable (7) for a file that is not a store."""
    if isinstance(error, OperationalError | DatabaseError):
        return _by_text(str(error.orig), what)
    return NotWritten(what, "the database refused it")


def _by_text(text: str, what: str) -> IntegrationsError:
    known = (
        ("full", "the disk is full"),
        ("readonly", "the database cannot be written"),
        ("read-only", "the database cannot be written"),
        ("locked", "somebody else is writing"),
        ("disk I/O", "the disk failed"),
        ("unable to open", "the database file cannot be opened"),
    )
    lowered = text.lower()
    for sign, why in known:
        if sign.lower() in lowered:
            return NotWritten(what, why)
    if "malformed" in lowered or "not a database" in lowered or "corrupt" in lowered:
        return Unreadable("the store cannot be read", "the database file is damaged", "integrations store status", "format")
    return NotWritten(what, "the database refused it")
