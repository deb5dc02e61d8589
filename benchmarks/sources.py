"""100,000 rows out of a database, through the command, killed in the middle and started again.

    PYTHONPATH=. python benchmarks/sources.py column-sqlite column-postgres rails-db-sqlite rails-db-postgres [--rows 100000]

A row of `column` is a website with one key; `rails-db` has ten sealed rows to a website. The first run gets SIGKILL when half of the rows
are there, the second one finishes. Prints rows a second of processor time of the second run (which reads all rows, twice, and writes
the other half), the higher peak of memory of both, and whether every row is there exactly once and the log holds. PostgreSQL is a
server of its own, as in the tests.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulk import PROVIDERS
from measured import Started
from tests import postgres
from tests.sources.rails import legacy

from integrations_cli import config as configuration
from integrations_cli.store import create

COLUMN = ("column", "--table", "shops", "--website-column", "slug", "--column", "mail_key=sendgrid.api_key")
TABLES = {
    "column": "CREATE TABLE shops (id INTEGER PRIMARY KEY, slug TEXT, mail_key TEXT);",
    "rails-db": f"{legacy.WEBSITES};{legacy.ROWS.replace('enabled)', 'enabled INTEGER)')};",
}


def values(kind: str, rows: int) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Table and row."""
    for number in range(rows):
        key = f"key-{number:08}-0123456789abcdefEXAMPLE"
        if kind == "column":
            yield "shops (id, slug, mail_key)", (number + 1, f"shop-{number:06}", key)
            continue
        website, provider = number // len(PROVIDERS) + 1, PROVIDERS[number % len(PROVIDERS)]
        if number % len(PROVIDERS) == 0:
            yield "pwb_websites (id, subdomain)", (website, f"site-{website:06}")
        yield (
            "pwb_website_integrations (id, website_id, category, provider, credentials, settings, enabled)",
            (number + 1, website, "ai", provider, legacy.sealed({"api_key": key}), "{}", 1),
        )


@contextmanager
def source(name: str, rows: int, folder: Path) -> Iterator[tuple[str, ...]]:
    """The words of the command."""
    kind, _, place = name.rpartition("-")
    words, found = COLUMN if kind == "column" else ("rails-db", *legacy.GIVEN), values(kind, rows)
    if place == "sqlite":
        with sqlite3.connect(folder / "legacy.sqlite3") as connection:
            connection.executescript(TABLES[kind])
            for table, row in found:
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        connection.close()
        yield (*words, "--db", str(folder / "legacy.sqlite3"))
        return
    with postgres.server() as server:
        server.sql("postgres", "CREATE DATABASE legacy")
        lines = (f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))});" for table, row in found)
        server.sql(
            "legacy", "\n".join(["BEGIN;", TABLES[kind], *lines, "COMMIT;", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"])
        )
        yield (*words, "--dsn", server.dsn("legacy", "reader"))


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def stored(home: str) -> tuple[int, int]:
    """Rows, and rows that are another's twin."""
    with sqlite3.connect(f"file:{configuration.load({'HOME': home}).database}?mode=ro", uri=True) as connection:
        query = "SELECT count(*), count(*) - count(DISTINCT website_id || provider) FROM integration"
        rows, twins = connection.execute(query).fetchone()
    connection.close()
    return int(rows), int(twins)


def started(words: tuple[str, ...], home: str) -> Started:
    """The tool."""
    return Started(words, {"HOME": home, "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **legacy.KEYS})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    print(f"| source, {given.rows:,} rows | there when killed | rows/s of the second run | peak | all there, once | log holds |")
    print("|---|---|---|---|---|---|")
    for name in given.names:
        with tempfile.TemporaryDirectory() as home, source(name, given.rows, Path(home)) as words:
            create.prepare(configuration.load({"HOME": home}), "file", recovery=False).commit()
            command = ("migrate", *words, "--create-websites", "--yes", "-q")
            first = started(command, home)
            while stored(home)[0] < given.rows // 2 and first.runs():
                time.sleep(0.2)
            first.kill()
            peak = first.ended().peak
            half = stored(home)[0]
            took, second, code = started(command, home).ended()
            whole = code == 0 and stored(home) == (given.rows, 0)
            log = started(("audit", "verify", "-q"), home).ended().code == 0
            print(f"| `{name}` | {half:,} | {given.rows / took:,.0f} | {max(peak, second)} MiB | {whole} | {log} |", flush=True)


if __name__ == "__main__":
    main()
