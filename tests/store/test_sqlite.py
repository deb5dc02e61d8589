"""SQLite without what `sqlite3` brings along: the same classes, and nothing is left behind or broken for who imports the rest later."""

import subprocess
import sys

import pytest

AFTER = """
import sys
assert sqlite3.connect.__module__ == "_sqlite3"
connection = sqlite3.connect(":memory:")
assert [connection.execute("SELECT ?", (at,)).fetchall() for at in (1, 2)] == [[(1,)], [(2,)]]
connection.close()
import functools, sqlite3 as whole
assert functools.wraps and functools.lru_cache(maxsize=1)(len)("ab") == 2
assert whole.Error is sqlite3.Error and whole.Row is sqlite3.Row and whole.connect(":memory:").execute("SELECT 1").fetchone() == (1,)
"""


def ran(program: str) -> str:
    return subprocess.run([sys.executable, "-I", "-c", program + AFTER], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("before", ["", "import functools\n", "import sqlite3\n", "import collections, datetime\n"])
def test_whatever_was_imported_before(before):
    ran(before + "from integrations_cli.store.sqlite import sqlite3")


def test_nothing_more_is_imported_and_nothing_is_left_behind():
    told = "from integrations_cli.store.sqlite import sqlite3\nimport sys\nprint(*sys.modules)"
    assert not {"functools", "collections", "datetime", "sqlite3"} & set(ran(told).split())


def test_another_python_gets_the_whole_of_it():
    program = (
        "import _functools\ndel _functools._lru_cache_wrapper\nfrom integrations_cli.store.sqlite import sqlite3\nprint(sqlite3.__name__)"
    )
    assert ran(program) == "sqlite3\n"
