"""Blocks that read inside of one another share a connection; each thread has its own, and the last one to leave closes it."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from integrations_cli.errors import IntegrationsError, NotWritten
from integrations_cli.store import looking, turn
from integrations_cli.store.turn import queue


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "store.db"
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE one (value)")
        connection.execute("INSERT INTO one VALUES (7)")
    connection.close()
    return place


def test_the_same_connection_inside_and_another_one_afterwards(place):
    with looking.reading(place) as outer:
        with looking.reading(str(place)) as inner:
            assert inner is outer
            inner.row_factory = None
        assert outer.execute("SELECT value FROM one").fetchone()["value"] == 7
        there: list[object] = []

        def elsewhere() -> None:
            with looking.reading(place) as other:
                there.append(other)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert there and there[0] is not outer
    with pytest.raises(sqlite3.ProgrammingError):
        outer.execute("SELECT 1")
    with looking.reading(place) as again:
        assert again is not outer


def test_whoever_began_first_may_end_first(place):
    def values():
        with looking.reading(place) as connection:
            yield 1
            yield connection.execute("SELECT value FROM one").fetchone()[0]

    first, second = values(), values()
    assert (next(first), next(second)) == (1, 1)
    assert list(first) == [7]
    assert list(second) == [7]


def test_an_error_inside_closes_it_too(place):
    with pytest.raises(IntegrationsError), looking.reading(place) as outer, looking.reading(place) as inner:
        inner.execute("SELECT * FROM nothing")
    with pytest.raises(sqlite3.ProgrammingError):
        outer.execute("SELECT 1")


# ── while others write ──


@pytest.mark.parametrize("inside", [False, True])
def test_whoever_reads_waits_in_line_with_those_who_write(place, monkeypatch, inside):
    """SQLite has given up; the writers are still at it, and are followed by the reader."""
    monkeypatch.setattr(looking, "AT_ONCE", 0.01)
    writing, waited = threading.Event(), threading.Event()

    def write() -> None:
        with queue(place):
            connection = sqlite3.connect(place, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
            writing.set()
            assert waited.wait(20)
            connection.execute("UPDATE one SET value = 8")
            connection.execute("COMMIT")
            connection.close()

    def stands_in_line(before):
        waited.set()
        return queue(before)

    monkeypatch.setattr(turn, "queue", stands_in_line)  # the one of the reader: it says that it waits, and does
    thread = threading.Thread(target=write)
    with looking.reading(place) if inside else contextlib.nullcontext():
        thread.start()
        assert writing.wait(20)
        with looking.reading(place) as connection:
            connection.execute("BEGIN")
            assert connection.execute("SELECT value FROM one").fetchone()["value"] == 8
            connection.execute("COMMIT")
    thread.join()


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=truncate")
connection.execute("PRAGMA cache_size=1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE one SET value = 9")
connection.execute("CREATE TABLE two (value)")
connection.executemany("INSERT INTO two VALUES (?)", [("x" * 4000,)] * 200)
os.kill(os.getpid(), 9)
"""


def test_a_writer_that_is_killed_while_somebody_reads_is_rolled_back(place):
    with queue(place):
        pass  # somebody has written
    with looking.reading(place) as connection:
        assert connection.execute("SELECT value FROM one").fetchone()["value"] == 7
        assert subprocess.run([sys.executable, "-c", KILLED, str(place)]).returncode == -9
        assert place.with_name("store.db-journal").stat().st_size > 512
        assert connection.execute("SELECT value FROM one").fetchone()["value"] == 7
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 1


def test_without_a_line_to_stand_in_it_says_who_is_in_the_way(place, monkeypatch):
    monkeypatch.setattr(looking, "AT_ONCE", 0.01)
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(NotWritten) as refusal, looking.reading(place):
        pass
    assert refusal.value.why == "somebody else is writing"
    other.close()
