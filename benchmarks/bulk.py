"""Bulk: `migrate file` of N rows, against the bare ceiling in the same run (the same sealed format, then executemany).

    python benchmarks/bulk.py [--rows 10000]

Prints rows a second of both, the ratio, and the peak of memory.
"""

import argparse
import json
import os
import resource
import sqlite3
import tempfile
import time
from pathlib import Path

from integrations_cli import config as configuration
from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors
from integrations_cli.masking import Secret
from integrations_cli.store import create, vault

PROVIDERS = ("openai", "groq", "mistral", "brevo", "sendgrid", "deepseek", "cohere", "klaviyo", "mailgun", "anthropic")


def source(path: Path, rows: int) -> None:
    """One object a line, ten to a website."""
    with path.open("w") as file:
        for number in range(rows):
            value = f"key-{number:08}-0123456789abcdefEXAMPLE"
            row = {"website": f"site-{number // 10:05}", "provider": PROVIDERS[number % 10], "credentials": {"api_key": value}}
            file.write(json.dumps(row) + " " * 120 + "\n")
    path.chmod(0o600)


def ceiling(path: Path, database: Path) -> float:
    """Seconds to read the same file, seal each row and store it with executemany; no plan, no log, no second look."""
    key, ident = os.urandom(32), os.urandom(16)
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE t (id BLOB PRIMARY KEY, website TEXT, provider TEXT, blob BLOB)")
    began = time.perf_counter()
    with path.open() as file, connection:
        rows = (json.loads(line) for line in file)
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?)",
            (
                (
                    os.urandom(16),
                    row["website"],
                    row["provider"],
                    vault.seal(key, ident, vault.pack_credentials({n: Secret(v) for n, v in row["credentials"].items()}), b"x"),
                )
                for row in rows
            ),
        )
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        home, path = Path(folder), Path(folder) / "rows.jsonl"
        source(path, rows)
        create.prepare(configuration.load({"HOME": folder}), "file", recovery=False).commit()
        bare = ceiling(path, home / "bare.db")
        began = time.perf_counter()
        code = app.run(["migrate", "file", str(path), "--create-websites", "--yes", "-q"], Doors(environ={"HOME": folder}))
        took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {
                "rows": rows,
                "exit": code,
                "rows_a_second": round(rows / took),
                "ceiling": round(rows / bare),
                "ratio": round(bare / took, 3),
                "peak_mib": peak,
            }
        )
    )


if __name__ == "__main__":
    main()
