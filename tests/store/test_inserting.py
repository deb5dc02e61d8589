"""Rows are put in in their order, however many there are, all or none."""

import sqlite3

import pytest

from integrations_cli.store.inserting import AT_ONCE, insert


@pytest.mark.parametrize("count", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 7])
def test_all_of_them_in_order(count):
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (a, b BLOB, c)")
        rows = [(number, bytes([number]), None if number % 2 else "x") for number in range(count)]
        insert(connection, "t", "a, b, c", rows)
        assert connection.execute("SELECT a, b, c FROM t ORDER BY rowid").fetchall() == rows


@pytest.mark.parametrize("twice", [3, AT_ONCE + 3, 2 * AT_ONCE + 3])
def test_one_that_is_refused_is_an_error(twice):
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (a PRIMARY KEY, b)")
        rows = [(0 if number == twice else number, "") for number in range(2 * AT_ONCE + 7)]
        with pytest.raises(sqlite3.IntegrityError):
            insert(connection, "t", "a, b", rows)
