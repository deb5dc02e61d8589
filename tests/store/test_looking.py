"""Blocks that read inside of one another share a connection; each thread has its own, and the last one to leave closes it."""

import sqlite3
import threading
from pathlib import Path

import pytest

from integrations_cli.errors import IntegrationsError
from integrations_cli.store import looking


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
