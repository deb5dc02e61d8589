"""Putting a copy of the store back. The file is copied and verified first; then it takes the store's place in one rename.

Killed at any point the store is the old one or the new one, whole. The one that was there is kept beside it.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from sqlmodel import select

from integrations_cli.config import Config
from integrations_cli.errors import IntegrationsError, NotWritten, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import backup, engine, files, schema
from integrations_cli.store.backup import Copy
from integrations_cli.store.store import open_store
from integrations_cli.store.tables import Integration, Website
from integrations_cli.store.turn import BUSY


@dataclass(frozen=True, slots=True)
class Drill:
    """What came of trying a backup: how many credentials opened, by which slot, and (website, provider) of those that did not."""

    copy: Copy
    opened: int
    slot: str
    lost: tuple[tuple[str, str], ...]


def look(source: Path) -> Copy:
    """What a backup holds, without putting it anywhere. Raises UsageError (2), Unreadable (7)."""
    backup.must_be_plain(source)
    return backup.verified(source)


def restore(config: Config, source: Path, at: datetime) -> Path | None:
    """Put a copy in the store's place, marked; returns where the former store is kept, None if there was none.

    Needs no key. Raises UsageError (2), Unreadable (7), NotWritten (74), Refused (8): then nothing has changed.
    """
    database = config.database
    if database.exists() and source.exists() and source.samefile(database):
        raise UsageError("this is the store itself", "a backup is another file", "integrations store backup FILE")
    files.private_directory(database.parent)
    engine.must_be_local(database.parent)
    with backup.scratch(database) as temporary:
        backup.copied(source, temporary)
        backup.verified(temporary)
        backup.mark(temporary, at)
        with engine.queue(database), files.in_our_words(database):
            kept = _kept(database, at)
            temporary.replace(database)
            files.sync_directory(database.parent)
    return kept


def _kept(database: Path, at: datetime) -> Path | None:
    """Give the present store a second name; nothing it has left behind may ever be rolled back into the one that comes."""
    whole = not database.exists() or _settled(database)
    if not database.exists() or not database.stat().st_size:
        _aside(database, None)
        return None
    kept = next(name for name in _names(database, at) if not name.exists() or name.samefile(database))
    if not kept.exists():
        _linked(database, kept)
    if not whole:
        _aside(database, kept)
    files.sync_directory(database.parent)
    return kept


def _names(database: Path, at: datetime) -> Iterator[Path]:
    stem = f"{database.name}.before-{at.strftime('%Y%m%dT%H%M%SZ')}"
    yield database.with_name(stem)
    yield from (database.with_name(f"{stem}-{number}") for number in count(2))


def _settled(database: Path) -> bool:
    """Roll back what a kill has left in the journal; False for a store that is too damaged for that."""
    try:
        with closing(sqlite3.connect(database, timeout=BUSY, isolation_level=None)) as connection:
            connection.execute("pragma journal_mode=truncate")
            connection.execute("BEGIN IMMEDIATE")  # nobody is in the middle of a write; readers keep what they have open
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise NotWritten("nothing was restored", "somebody else is writing") from None
        return False
    except sqlite3.DatabaseError:
        return False
    return True


def _linked(database: Path, kept: Path) -> None:
    try:
        os.link(database, kept)
    except OSError:  # a file system without links
        shutil.copyfile(database, kept)
        kept.chmod(0o600)
        files.sync_file(kept)


def _aside(database: Path, kept: Path | None) -> None:
    """Take away the journal of a store that is damaged or gone, together with it: the next one must not meet it."""
    journal = database.with_name(database.name + "-journal")
    with suppress(FileNotFoundError):
        if kept is None:
            journal.unlink()
        else:
            journal.rename(kept.with_name(kept.name + "-journal"))
        files.sync_directory(database.parent)


def drill(config: Config, source: Path, ask: Callable[[str], Secret] | None, notice: Callable[[str], None]) -> Drill:
    """Open every credential of a backup with the keys there are here, in a place apart; the store is not touched.

    Raises Locked (6) when no slot of the backup opens here, Unreadable (7), UsageError (2), NotWritten (74).
    """
    with _apart(config) as folder:
        there = config.but(data=str(folder))
        found = _taken(source, there.database)
        schema.upgrade(there)
        with open_store(there, ask) as store:
            store.keys.notice = notice
            store.verify()
            lost, opened = [], 0
            with store.reading() as here:
                slugs = {row.id: row.slug for row in here.session.exec(select(Website))}
                for row in here.session.exec(select(Integration)):  # all of them: the roles in it are not those of this machine
                    try:
                        opened += len(here.integrations.reveal(row)) > 0
                    except IntegrationsError:
                        lost.append((slugs.get(row.website_id, "?"), row.provider))
        return Drill(found, opened, store.keys.opened_title, tuple(lost))


@contextmanager
def _apart(config: Config) -> Iterator[Path]:
    """A private folder beside the store, gone afterwards: a copy needs as much room as the store, and as much privacy."""
    files.private_directory(config.data_dir)
    with files.in_our_words(config.data_dir):
        folder = Path(tempfile.mkdtemp(prefix=".drill-", dir=config.data_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _taken(source: Path, target: Path) -> Copy:
    files.write_new(target, b"")
    backup.copied(source, target)
    return backup.verified(target)
