"""How long `who-uses` takes over many rows: `python benchmarks/leaks.py [ROWS]`. The store is made first, with SQL; nothing in it opens."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PER_WEBSITE = 10


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        environ = {"HOME": home, "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        call(["init", "--slot", "file", "--no-recovery"], environ, b"")
        fill(Path(home) / ".local/share/integrations/store.db", rows)
        for name, given in (("one value", b"sk-one-EXAMPLE"), ("ten values", b"\n".join(b"sk-%d-EXAMPLE" % at for at in range(10)))):
            began = time.perf_counter()
            told = call(["who-uses", "--json"], environ, given)
            took = time.perf_counter() - began
            print(f"{name:12} {rows} rows  {took:6.2f} s  {json.loads(told)['summary']}")
        began = time.perf_counter()
        call(["due", "-A"], environ, b"")
        print(f"{'due -A':12} {rows} rows  {time.perf_counter() - began:6.2f} s")


def fill(database: Path, rows: int) -> None:
    """Websites with ten integrations each; the fingerprints are random."""
    now = "2026-11-22T09:14:03Z"
    with sqlite3.connect(database) as connection:
        key = connection.execute("SELECT id FROM data_key WHERE scope = 'fingerprint'").fetchone()[0]
        for number in range(rows // PER_WEBSITE):
            website = secrets.token_bytes(16)
            connection.execute("INSERT INTO website VALUES (?, ?, ?, ?)", (website, f"w{number}", f"w{number}", now))
            for at in range(PER_WEBSITE):
                ident = secrets.token_bytes(16)
                columns = "id, website_id, category, provider, settings, enabled, created_at, updated_at"
                values = (ident, website, "ai", f"provider_{at}", "{}", 1, now, now)
                connection.execute(f"INSERT INTO integration ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
                card = json.dumps({"api_key": {"hint": "Qx7A", "fp": secrets.token_hex(16)}})
                columns = "integration_id, version, state, data_key_id, blob, bound, card, created_at, actor"
                values = (ident, 1, "active", key, b"", "{}", card, now, "")
                connection.execute(f"INSERT INTO credential_version ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def call(words: list[str], environ: dict[str, str], stdin: bytes) -> bytes:
    command = [sys.executable, "-m", "integrations_cli", *words]
    return subprocess.run(command, env=environ, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
