"""A copy of the store in one file: whole, private, synced, and marked, so that a store it becomes says so. Needs no key.

What is sealed stays sealed; names and settings are readable. Free pages are not copied, so nothing destroyed is in it.
"""

import glob
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from integrations_cli import pasted
from integrations_cli.config import Config
from integrations_cli.errors import Conflict, NotFound, NotWritten, Refused, Unreadable, UsageError, system_says
from integrations_cli.store import engine, files, provenance, restored
from integrations_cli.store.migrations import LATEST
from integrations_cli.store.schema import must_be_made
from integrations_cli.store.turn import BUSY, by_text

PIECE = 1024 * 1024  # bytes copied at once
TABLES = {"store", "website", "integration", "credential_version", "key_slot", "data_key", "key_operation", "audit_row", "audit_head"}


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy of a store holds. `made_at` is None for one that bears no mark: a plain copy of the file.

    `slots` are id (hex) and kind of what opened it when it was made.
    """

    store_id: bytes
    schema: int
    websites: int
    integrations: int
    bytes: int
    made_at: str | None
    slots: tuple[tuple[str, str], ...] = ()


def write(config: Config, target: Path, at: datetime) -> Copy:
    """A new file, 0600, that appears whole or not at all. Raises Conflict (4) when it is there, Refused (8), NotWritten (74).

    A store that is too damaged to be copied raises Unreadable (7).
    """
    must_be_made(config)
    target = target.absolute()
    files.must_be_a_name(target)
    _must_be_apart(config, target)
    _sweep(target)
    if os.path.lexists(target):
        raise _there(target)
    with scratch(target) as temporary:
        _vacuum_into(config.database, temporary)
        mark(temporary, at)
        found = verified(temporary)
        with files.in_our_words(target):
            _name(temporary, target)
    return found


def _vacuum_into(database: Path, empty: Path) -> None:
    try:
        name = str(empty).encode().decode()
    except UnicodeEncodeError:
        raise UsageError("the file cannot be named so", "its name is not UTF-8 text", ()) from None
    with engine.in_our_words("no backup was written"), closing(sqlite3.connect(database, timeout=BUSY)) as connection:
        _set(connection)
        connection.execute("VACUUM INTO ?", (name,))


def _name(temporary: Path, target: Path) -> None:
    """Give the finished file its name, never over another one."""
    try:
        files.link(temporary, target)
    except FileExistsError:
        raise _there(target) from None
    files.sync_directory(target.parent)


def _must_be_apart(config: Config, target: Path) -> None:
    """Raises Refused (8) where a copy would lie beside a key, or would be taken for a part of the database."""
    folder = target.parent.resolve()
    given = config.environ.get("INTEGRATIONS_KEY_FILE")
    if folder.is_relative_to(config.config_dir.resolve()) or (given and folder == Path(given).resolve().parent):
        raise Refused(
            f"no backup is written to {folder}",
            "a key lies there: whoever copies one must not get the other",
            "integrations store backup FILE",
        )
    if folder == config.data_dir.resolve() and target.name.startswith(config.database.name):
        raise Refused(
            f"no backup is written to {pasted.path(target)}",
            "the database takes files of that name for its own",
            "integrations store backup FILE",
        )


def _there(target: Path) -> Conflict:
    return Conflict(f"{pasted.path(target)} exists already", "it is never overwritten", "integrations store backup FILE")


# ── shared with restoring ──


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """An empty private file beside the target, gone afterwards; those that killed runs have left are swept."""
    _sweep(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        files.write_new(temporary, b"")
    except NotWritten as error:
        raise NotWritten(f"could not write {pasted.path(target)}", error.why) from None
    try:
        yield temporary
    finally:
        for left in (temporary, temporary.with_name(temporary.name + "-journal")):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _sweep(target: Path) -> None:
    for old in target.parent.glob(f".{glob.escape(target.name)}.*"):
        number = old.name.rpartition(".")[2].removesuffix("-journal")
        if number.isdigit() and not _runs(int(number)):
            with suppress(OSError):
                old.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return pid != os.getpid()


def must_be_plain(source: Path) -> None:
    """Raises UsageError (2) for what is no readable file, NotFound (3) for none, Unreadable (7) for one copied in the middle of a write."""
    try:
        kind = source.stat().st_mode
    except FileNotFoundError as error:
        raise NotFound(f"{pasted.path(source)} cannot be read", system_says(error)) from None
    except OSError as error:
        raise UsageError(f"{pasted.path(source)} cannot be read", system_says(error), ()) from None
    if not stat.S_ISREG(kind):
        raise UsageError(f"{pasted.path(source)} cannot be read", "it is no plain file", ())
    journals = [source.with_name(source.name + end) for end in ("-journal", "-wal")]
    if any(one.exists() and one.stat().st_size for one in journals):
        raise Unreadable(
            f"{pasted.path(source)} is no whole copy", "a journal lies beside it: it was copied while it was written to", (), "format"
        )


def copied(source: Path, target: Path) -> None:
    """The bytes of a plain file, into one that is there and empty. Raises UsageError (2), NotWritten (74), Unreadable (7)."""
    must_be_plain(source)
    try:
        reader = os.fdopen(os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise UsageError(f"{pasted.path(source)} cannot be read", system_says(error), ()) from None
    with reader, files.in_our_words(target), target.open("r+b") as writer:
        shutil.copyfileobj(reader, writer, PIECE)


def mark(path: Path, at: datetime) -> None:
    """Write into a copy that it is one, and have it on the disk."""
    with engine.in_our_words("the copy cannot be marked"), closing(sqlite3.connect(path)) as connection:
        _set(connection)
        connection.execute("pragma journal_mode=memory")  # no file beside it; nobody but us sees it yet
        with connection:
            restored.put(connection, at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    with files.in_our_words(path):
        files.sync_file(path)


def verified(path: Path) -> Copy:
    """What a copy holds, once it is proven to be a whole store of ours. Raises Unreadable (7) for anything else, or a newer one."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            _set(connection)
            return _looked_over(connection, path.stat().st_size)
    except sqlite3.OperationalError as error:
        problem = by_text(str(error), "the copy cannot be read")
        raise problem if isinstance(problem, Unreadable) else _strange() from None
    except sqlite3.Error:
        raise Unreadable("this is no backup", "it is damaged, cut, or no database", (), "format") from None


def _set(connection: sqlite3.Connection) -> None:
    """No temporary files, and no trust in what somebody else may have written."""
    for setting in ("temp_store=memory", "trusted_schema=off", "cell_size_check=on"):
        connection.execute("pragma " + setting)


def _looked_over(connection: sqlite3.Connection, size: int) -> Copy:
    there = {name: kind for kind, name in connection.execute("SELECT type, name FROM sqlite_master")}
    if not {name for name, kind in there.items() if kind == "table"} >= TABLES or "trigger" in there.values():
        raise _strange()
    rows = connection.execute("SELECT format, id FROM store").fetchall()
    if len(rows) != 1 or type(rows[0][0]) is not int or type(rows[0][1]) is not bytes:
        raise _strange()
    if rows[0][0] > LATEST:
        why = f"its schema is {rows[0][0]}, this program knows {LATEST}"
        raise Unreadable("the backup was made by a newer version", why, (), "newer")
    if connection.execute("pragma integrity_check").fetchall() != [("ok",)] or connection.execute("pragma foreign_key_check").fetchone():
        raise Unreadable("this is no backup", "the database in it is damaged", (), "format")
    websites, integrations = (connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("website", "integration"))  # noqa: S608
    slots = tuple((ident.hex(), str(kind)) for ident, kind in connection.execute(_SLOTS) if isinstance(ident, bytes))
    return Copy(rows[0][1], rows[0][0], websites, integrations, size, provenance.waiting(connection), slots)


_SLOTS = "SELECT id, kind FROM key_slot WHERE state = 'active' ORDER BY position"


def _strange() -> Unreadable:
    return Unreadable("this is no backup", "it is not a store of ours", (), "format")
