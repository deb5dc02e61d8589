"""Bulk: `migrate file` of N rows against the bare ceiling in the same run, then what works on all of them.

    python benchmarks/bulk.py [--rows 10000] [--only "migrate file"] [--runs 1] [--store HOME] [--form jsonl]

The ceiling: the same file read, every row sealed in the same format, all stored by one executemany; no plan, no log, no second look.
Prints rows (for `audit verify`: entries of the log) a second of processor time (which a busy machine leaves alone), the ratio where there
is a ceiling, seconds on the clock to the first byte of output, and the peak of memory; that is at least what this program itself has,
because a child begins as its copy. `--store`: only what reads, on a store that is there (`benchmarks/stores.py` makes one).
"""

import argparse
import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from integrations_cli import config as configuration
from integrations_cli.masking import Secret
from integrations_cli.store import create, vault
from integrations_cli.store.vault import key_text

PROVIDERS = ("openai", "groq", "mistral", "brevo", "sendgrid", "deepseek", "cohere", "klaviyo", "mailgun", "anthropic")
TOOL = "from integrations_cli.__main__ import main; main()"
GOALS = {
    "migrate file": "B1: ≥ 0.5, ≤ 128 MiB",
    "key rotate --reencrypt": "B2: ≥ 0.5, ≤ 128 MiB",
    "audit verify": "B3",
    "list -A --format ndjson": "B4",
}


class Found(NamedTuple):
    """How many rows or entries, and what `ran` says."""

    many: int
    took: float
    first: float
    peak: int
    code: int


def source(path: Path, rows: int) -> None:
    """One object a line, ten to a website."""
    with path.open("w") as file:
        for number in range(rows):
            value = f"key-{number:08}-0123456789abcdefEXAMPLE"
            row = {"website": f"site-{number // 10:05}", "provider": PROVIDERS[number % 10], "credentials": {"api_key": value}}
            file.write(json.dumps(row) + " " * 120 + "\n")
    path.chmod(0o600)


def formed(path: Path, form: str) -> Path:
    """The same rows as one list in JSON, or as a table with an integration a row."""
    if form == "jsonl":
        return path
    other = path.with_suffix(f".{form}")
    with path.open() as lines, other.open("w") as file:
        file.write("[" if form == "json" else "website,provider,api_key\n")
        for number, line in enumerate(lines):
            row = json.loads(line)
            table = f"{row['website']}{' ' * 120},{row['provider']},{row['credentials']['api_key']}\n"
            file.write(table if form == "csv" else ("," if number else "") + line)
        file.write("]" if form == "json" else "")
    other.chmod(0o600)
    return other


def ceiling(path: Path, database: Path) -> float:
    """Seconds of the bare loop."""
    key, ident = os.urandom(32), os.urandom(16)
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE t (id BLOB PRIMARY KEY, website TEXT, provider TEXT, blob BLOB)")
    began = time.process_time()
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
    return time.process_time() - began


def encrypting(rows: int) -> float:
    """Seconds of a loop that opens and seals so many values, and does nothing else."""
    key, ident, plain = os.urandom(32), os.urandom(16), b"x" * 64
    blob = vault.seal(key, ident, plain, b"x")
    began = time.process_time()
    for _ in range(rows):
        vault.seal(key, ident, vault.open_(key, ident, blob, b"x"), b"x")
    return time.process_time() - began


def ran(words: list[str], home: str) -> tuple[float, float, int, int]:
    """Seconds of processor time, seconds to the first byte of output, peak of memory in MiB, exit code."""
    environ = {"HOME": home, "PATH": os.environ["PATH"], **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}}
    began = time.perf_counter()
    command = [sys.executable, "-c", TOOL, *words]
    child = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout
    first = time.perf_counter() - began if child.stdout.read(1) else float("nan")
    while child.stdout.read(1 << 20):
        pass
    _, status, usage = os.wait4(child.pid, 0)
    return usage.ru_utime + usage.ru_stime, first, usage.ru_maxrss // 1024, os.waitstatus_to_exitcode(status)


def entries(home: str, table: str = "audit_row") -> int:
    """How many there are in the log."""
    with sqlite3.connect(configuration.load({"HOME": home}).database) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def stored(home: str) -> int:
    """How many integrations there are."""
    return entries(home, "integration")


READING = {
    "list -A --format ndjson": ["list", "-A", "--format", "ndjson"],
    "list -A (tsv)": ["list", "-A"],
    "audit verify": ["audit", "verify"],
}


def taking_out(folder: str) -> dict[str, list[str]]:
    """Exports, and the way back: there it finds that nothing is to be written."""
    out, key = Path(folder) / "out", Path(folder) / "key"
    key.touch(0o600)
    key.write_text(key_text(bytes(range(32))))
    sealed = ["--secret-file", f"key={key}"]
    return {
        "export --as jsonl": ["export", "-A", "--out", f"{out}.jsonl", "--as", "jsonl", "--accept-plaintext"],
        "export, sealed": ["export", "-A", "--out", str(out), *sealed],
        "import, nothing to do": ["import", str(out), *sealed, "--yes", "-q"],
    }


def once(given: argparse.Namespace, folder: str, fastest: dict[str, Found], bare: dict[str, float]) -> int:
    """Run everything, keep what was faster than before, and say how many rows that were."""
    home = given.store or folder
    rows: int = stored(home) if given.store else given.rows
    before, after = {}, {}
    if not given.store:
        path = Path(folder) / "rows.jsonl"
        source(path, rows)
        create.prepare(configuration.load({"HOME": folder}), "file", recovery=False).commit()
        now = {"migrate file": ceiling(path, Path(folder) / "bare.db"), "key rotate --reencrypt": encrypting(rows)}
        bare.update({name: min(took, bare.get(name, took)) for name, took in now.items()})
        words = ["migrate", "file", str(formed(path, given.form)), "--create-websites", "--yes", "-q"]
        dry = [*words[:-2], "--dry-run", "-q"]
        before = {"migrate file": words, "migrate file, nothing to do": words, "migrate file --dry-run, the same": dry}
        after = {"key rotate --reencrypt": ["key", "rotate", "--reencrypt", "--yes"]}
    for name, words in {**before, **READING, **taking_out(folder), **after}.items():
        if name.startswith(given.only):
            many = entries(home) if name == "audit verify" else rows
            found = Found(many, *ran(words, home))
            fastest[name] = min(found, fastest.get(name, found), key=lambda one: one.took)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--only", default="", help="commands that begin like this")
    parser.add_argument("--runs", type=int, default=1, help="everything so often, one after the other; the fastest of each is shown")
    parser.add_argument("--store", metavar="HOME")
    parser.add_argument("--form", choices=("jsonl", "json", "csv"), default="jsonl", help="of the file that is migrated")
    given = parser.parse_args()
    fastest, bare, rows = dict[str, Found](), dict[str, float](), 0
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            rows = once(given, folder, fastest, bare)
    print(f"| command, {rows:,} rows | rows/s | of the ceiling | first output | peak | exit | goal |\n|---|---|---|---|---|---|---|")
    for name, (many, took, first, peak, code) in fastest.items():
        ratio = f"{bare[name] / took:.2f}" if name in bare else ""
        goal, told = GOALS.get(name, ""), "–" if math.isnan(first) else f"{first:.2f} s"
        print(f"| `{name}` | {many / took:,.0f} | {ratio} | {told} | {peak} MiB | {code} | {goal} |", flush=True)
    if bare:
        made, sealed = (f"{rows / one:,.0f}" for one in bare.values())
        print(f"\nceilings, a second: {made} rows stored, {sealed} values sealed anew")


if __name__ == "__main__":
    main()
