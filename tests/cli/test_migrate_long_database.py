"""Long runs out of a database: killed and resumed, two at once, a locked store, a full disk. Short pieces here, 5,100 rows in `slow`."""

import fcntl
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.cli.test_migrate_bulk import PROVIDERS, all_right, done, goes_on, key, logged, stored
from tests.conftest import ROOT
from tests.postgres import server
from tests.sources.rails import legacy

COLUMN = ("column", "--table", "shops", "--website-column", "slug", "--column", "mail_key=sendgrid.api_key")
SHORT = """
import resource, signal, sys
from integrations_cli.actions import surveys
from integrations_cli.sources import rails_db
from integrations_cli.cli import app
if sys.argv.pop(1) == "short":
    surveys.PIECE, rails_db.LONG, rails_db.TOGETHER = 20, 50, 2
limit = int(sys.argv.pop(1))
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(app.run(sys.argv[1:]))
"""


@pytest.fixture(scope="session")
def running():
    with server() as one:
        yield one


def tables(kind, rows, ident):
    """Statements and their values; `%s` stands for a value."""
    if kind == "column":
        yield f"CREATE TABLE shops (id {ident} PRIMARY KEY, slug text, mail_key text)", ()
        for number in range(rows):
            yield "INSERT INTO shops VALUES (%s, %s, %s)", (number + 1, f"shop-{number:05}", key(number))
        return
    yield f"CREATE TABLE pwb_websites (id {ident} PRIMARY KEY, subdomain text)", ()
    columns = "website_id bigint, category text, provider text, credentials text, settings text, enabled text"
    yield f"CREATE TABLE pwb_website_integrations (id {ident} PRIMARY KEY, {columns})", ()
    for number in range(rows):
        website, provider = number // 10 + 1, PROVIDERS[number % 10]
        if number % 10 == 0:
            yield "INSERT INTO pwb_websites VALUES (%s, %s)", (website, f"site-{website:05}")
        values = (number + 1, website, "ai", provider, legacy.sealed({"api_key": key(number)}), "{}", "true")
        yield "INSERT INTO pwb_website_integrations VALUES (%s, %s, %s, %s, %s, %s, %s)", values


class Source:
    """A database with so many rows, and the tool that reads it. `short`: in pieces of a few rows."""

    def __init__(self, home, words, rows, short):
        self.home, self.words, self.rows, self.short = home, words, rows, short
        self.batch = str(max(20, rows // 12))

    def start(self, limit=0):
        environ = {"HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **legacy.KEYS}
        words = ("migrate", *self.words, "--create-websites", "--yes", "--batch", self.batch)
        command = [sys.executable, "-c", SHORT, "short" if self.short else "long", str(limit), *words]
        return subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def whole(self, ready):
        """Another run ends well, and then every row is there exactly once."""
        code, _, err = done(self.start(), 600)
        assert code == 0, err
        all_right(ready, self.home, self.rows)


@pytest.fixture
def source(request, ready, home, tmp_path):
    def made(kind, place, rows, short):
        statements = tables(kind, rows, "INTEGER" if place == "sqlite" else "bigint")
        if place == "sqlite":
            path = tmp_path / "legacy.sqlite3"
            with closing(sqlite3.connect(path)) as connection:
                for text, values in statements:
                    connection.execute(text.replace("%s", "?"), values)
                connection.commit()
            where = ("--db", str(path))
        else:
            psycopg = pytest.importorskip("psycopg")
            running, name = request.getfixturevalue("running"), f"long{os.urandom(4).hex()}"
            running.sql("postgres", f'CREATE DATABASE "{name}"')
            with psycopg.connect(running.dsn(name)) as connection:
                for text, values in statements:
                    connection.execute(text, values)
                connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
            where = ("--dsn", running.dsn(name, "reader"))
        return Source(home, (*(COLUMN if kind == "column" else ("rails-db", *legacy.GIVEN)), *where), rows, short)

    return made


def both(quick):
    """`quick` (kind and place) with few rows; and, slowly, every kind on every database with 5,100."""
    slow = [(kind, place) for kind in ("column", "rails-db") for place in ("sqlite", "postgres")]
    return pytest.mark.parametrize(
        ("kind", "place", "rows"), [(*quick, 240), *(pytest.param(*one, 5100, marks=pytest.mark.slow) for one in slow)]
    )


def highest(process):
    """Its end, as `done`, and the most memory that it had, in MiB."""
    peak, status = 0, Path(f"/proc/{process.pid}/status")
    with ThreadPoolExecutor(1) as reader:
        ending = reader.submit(done, process, 900)
        while not ending.done():
            with suppress(OSError):
                found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
                peak = max(peak, int(found[1]) if found else 0)
            time.sleep(0.1)
        return ending.result(), peak // 1024


@both(("rails-db", "postgres"))
def test_killed_and_started_again(source, ready, home, kind, place, rows):
    one = source(kind, place, rows, rows < 1000)
    running, until = one.start(), time.monotonic() + 300
    while stored(home)["rows"] < rows // 3 and time.monotonic() < until and goes_on(running):
        pass
    running.send_signal(signal.SIGKILL)
    running.communicate()
    left = stored(home)
    assert rows // 3 <= left["rows"] == left["distinct"] == left["versions"]
    one.whole(ready)
    code, _, err = done(one.start(), 600)
    assert (code, "nothing to do" in err) == (0, True), err


@both(("column", "postgres"))
def test_two_at_once(source, ready, home, kind, place, rows):
    one = source(kind, place, rows, rows < 1000)
    ends = [done(process, 600) for process in [one.start(), one.start()]]
    codes = sorted(code for code, _, _ in ends)
    assert codes[0] == 0 and codes[1] in {0, 4, 12}, ends  # drift, where both were in the same piece in a way nobody thought of
    assert "Traceback" not in "".join(err for _, _, err in ends)
    one.whole(ready)


@both(("rails-db", "sqlite"))
def test_a_store_that_somebody_holds(source, ready, home, kind, place, rows):
    one = source(kind, place, rows, rows < 1000)
    with open(f"{next(home.rglob('store.db'))}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, _, err = done(one.start(), 600)
    assert (code, "busy" in err) == (74, True), err
    assert stored(home)["rows"] == 0


def made(home):
    """How many websites there are beside the first one; each was a line of a batch."""
    with closing(sqlite3.connect(f"file:{next(home.rglob('store.db'))}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) - 1 FROM website").fetchone()[0]


@both(("column", "sqlite"))
def test_a_full_disk_keeps_whole_batches(source, ready, home, kind, place, rows):
    """The size of a file is bounded for the process: SQLite sees what it would see on a full disk."""
    one = source(kind, place, rows, rows < 1000)
    size = next(home.rglob("store.db")).stat().st_size
    code, _, err = done(one.start(limit=size + rows * 700), 600)
    assert code == 74, err
    assert "Traceback" not in err
    left = stored(home)
    assert 0 < left["rows"] < rows
    assert (left["rows"] + made(home)) % int(one.batch) == 0
    assert left["rows"] == left["distinct"] == left["versions"]
    assert logged(home).count("migrate.started") == 1
    one.whole(ready)


@pytest.mark.slow
def test_memory_does_not_grow_with_rows_that_no_table_of_websites_explains(ready, home, tmp_path):
    peaks = []
    for rows in (6_000, 60_000):
        path = tmp_path / f"{rows}.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            for text, values in tables("rails-db", rows, "INTEGER"):
                connection.execute(text.replace("%s", "?"), values)
            connection.execute("DROP TABLE pwb_websites")
            connection.commit()
        words = ("rails-db", *legacy.GIVEN, "--db", str(path), "--dry-run", "--json")
        (code, out, err), peak = highest(Source(home, words, rows, False).start())
        assert (code, json.loads(out)["summary"]["invalid"]) == (11, rows), err[:1000]  # no website is called like that
        peaks.append(peak)
    assert peaks[1] <= peaks[0] + 16, peaks
