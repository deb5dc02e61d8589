"""A copy of the store while others use it, and on file systems that cannot do everything."""

import errno
import os
import sqlite3
from contextlib import closing

import pytest

from integrations_cli.errors import Conflict, NotWritten, Unreadable
from integrations_cli.store import backup, open_store, provenance, restore
from integrations_cli.store.store import utcnow


def slugs(path):
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT slug FROM website ORDER BY slug")]


def test_what_is_not_committed_is_not_in_a_backup(made, store, home):
    with store.writing() as here:
        here.websites.add("gamma", None)
        here.session.flush()
        backup.write(made, home / "b", utcnow())
    assert slugs(home / "b") == ["acme", "beta"]
    assert slugs(made.database) == ["acme", "beta", "gamma"]


def test_readers_go_on_with_what_they_had_and_the_next_ones_see_the_new_store(made, store, home):
    backup.write(made, home / "b", utcnow())
    with store.writing() as here:
        here.websites.add("gamma", None)
    with store.reading() as here:
        assert len(here.websites.all()) == 3
        restore.restore(made, home / "b", utcnow())
        here.session.expire_all()
        assert len(here.websites.all()) == 3
    with store.reading() as here:
        assert len(here.websites.all()) == 2


def test_nobody_is_cut_off_in_the_middle_of_a_write(made, store, home, monkeypatch):
    backup.write(made, home / "b", utcnow())
    monkeypatch.setattr(restore, "BUSY", 0.1)
    with closing(sqlite3.connect(made.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotWritten) as refusal:
            restore.restore(made, home / "b", utcnow())
        assert "somebody else is writing" in refusal.value.why
        other.execute("UPDATE website SET name = 'x'")
        other.execute("COMMIT")
    with store.reading() as here:
        assert {row.name for row in here.websites.all()} == {"x"}


def test_a_file_system_without_links(made, store, home, monkeypatch):
    def no_links(*paths, **options):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    backup.write(made, home / "b", utcnow())
    assert backup.verified(home / "b").websites == 2
    with pytest.raises(Conflict):
        backup.write(made, home / "b", utcnow())
    kept = restore.restore(made, home / "b", utcnow())
    assert kept is not None and slugs(kept) == ["acme", "beta"] and kept.stat().st_mode & 0o777 == 0o600


def test_a_second_copy_of_a_restored_store_keeps_the_date_of_the_first(made, store, home):
    made_at = backup.write(made, home / "b", utcnow()).made_at
    restore.restore(made, home / "b", utcnow())
    assert backup.write(made, home / "c", utcnow()).made_at == made_at
    with open_store(made) as opened:
        assert opened.refusal() is not None
        opened.accept()
        assert opened.refusal() is None
    with closing(sqlite3.connect(made.database)) as connection:
        assert provenance.waiting(connection) is None


def test_a_hot_journal_of_the_former_store_is_never_rolled_into_the_new_one(made, store, home):
    """What a kill has left in the journal belongs to the store that was there."""
    backup.write(made, home / "b", utcnow())
    with store.writing() as here:
        for number in range(200):
            here.websites.add(f"w{number}", "x" * 200)
    journal = made.database.with_name("store.db-journal")
    with closing(sqlite3.connect(made.database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=truncate")
        other.execute("PRAGMA cache_size=1")  # pages go to the file before the commit
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE website SET name = 'never committed, and long enough to move pages about'")
        database, hot = made.database.read_bytes(), journal.read_bytes()
        other.execute("ROLLBACK")
    made.database.write_bytes(database)
    journal.write_bytes(hot)
    assert len(hot) > 512
    kept = restore.restore(made, home / "b", utcnow())
    assert slugs(made.database) == ["acme", "beta"]
    backup.verified(made.database)
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM website WHERE name LIKE 'never%'").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_journal_whose_store_is_gone_does_not_wait_for_the_next_one(made, store, home):
    backup.write(made, home / "b", utcnow())
    journal = made.database.with_name("store.db-journal")
    made.database.unlink()
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\0" * 2000)
    assert restore.restore(made, home / "b", utcnow()) is None
    assert not journal.exists()
    assert slugs(made.database) == ["acme", "beta"]


def test_a_restored_store_is_refused_to_whoever_had_it_open(made, store, home):
    backup.write(made, home / "b", utcnow())
    store.verify()  # its keys are in memory
    restore.restore(made, home / "b", utcnow())
    with pytest.raises(Unreadable) as refusal, store.writing():
        pass
    assert refusal.value.reason == "restored"
