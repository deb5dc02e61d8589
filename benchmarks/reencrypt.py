"""B2: `key rotate --reencrypt` of N versions, against a bare loop of the same sealed format in the same run.

    python benchmarks/reencrypt.py [--versions 10000] [--runs 3]

The bare loop does nothing but encrypt: on a copy of the same database it reads each version, opens it, seals it under another key
and writes it back, 1,000 to a transaction; no marks, no comparison, no second look, no log, no `VACUUM`. `ratio` is its processor
time over ours (a busy machine bends wall time), of each the fastest of the runs, which take turns on copies of the same store;
`in_memory` leaves the database out of the loop as well. The peak of memory is that of a process that does nothing but the rotation.
"""

import argparse
import gc
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlmodel import select

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.__main__ import SELDOM
from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store, vault
from integrations_cli.store.bulk import New
from integrations_cli.store.tables import DataKey
from integrations_cli.store.turn import SETTINGS

PROVIDERS = ("openai", "groq", "mistral", "brevo", "sendgrid", "deepseek", "cohere", "klaviyo", "mailgun", "anthropic")
PER_WEBSITE = len(PROVIDERS)
NEXT = """SELECT v.integration_id, v.version, v.blob, v.bound, v.data_key_id, i.website_id, i.provider
    FROM credential_version v JOIN integration i ON i.id = v.integration_id
    WHERE (v.integration_id, v.version) > (?, ?) ORDER BY v.integration_id, v.version LIMIT 1000"""


def value(number: int) -> dict[str, Secret]:
    return {"api_key": Secret(f"key-{number:08}-0123456789abcdefEXAMPLE")}


def fill(home: str, versions: int) -> None:
    """A store with so many versions, ten to a website, a thousand to a transaction."""
    config = configuration.load({"HOME": home})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store:
        for start in range(0, versions, 1000):
            with store.writing() as here:
                rows = []
                for number in range(start, min(start + 1000, versions)):
                    slug = f"site-{number // PER_WEBSITE:05}"
                    if number % PER_WEBSITE == 0:
                        here.websites.add(slug)
                        ident = here.websites.ids([slug])[slug]
                    rows.append(New(ident, registry.get(PROVIDERS[number % PER_WEBSITE]), value(number), {}))
                here.bulk.add(rows, "integration.added")


def bare(home: str) -> tuple[float, float]:
    """Seconds for the loop with the database, and for opening and sealing alone."""
    config = configuration.load({"HOME": home})
    with open_store(config) as store, store.reading() as here:
        keys = {row.id: store.keys.by_id(here.session, row.id) for row in here.session.exec(select(DataKey))}
    copy = Path(home) / "copy.db"
    shutil.copy(config.database, copy)
    new, ident = os.urandom(32), os.urandom(16)
    crypto, began = 0.0, time.process_time()
    connection = sqlite3.connect(copy, isolation_level=None)
    for setting in SETTINGS:
        connection.execute("pragma " + setting)
    after: tuple[bytes, int] = (b"", -1)
    while rows := connection.execute(NEXT, after).fetchall():
        fresh, since = [], time.process_time()
        for integration, version, blob, bound, key_id, website, provider in rows:
            where = vault.credential_aad(store.id, website, integration, version, provider, vault.destination_hash(json.loads(bound)))
            sealed = vault.seal(new, ident, vault.open_(keys[key_id], key_id, blob, where), where)
            fresh.append((sealed, ident, integration, version))
        crypto += time.process_time() - since
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE credential_version SET blob = ?, data_key_id = ? WHERE integration_id = ? AND version = ?", fresh)
        connection.execute("COMMIT")
        after = rows[-1][:2]
    return time.process_time() - began, crypto


def peak() -> int:
    """MiB; `ru_maxrss` would count the process that started this one."""
    if Path("/proc/self/status").exists():
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def rotate(home: str) -> None:
    """In a process of its own, so that its peak of memory is its own; with the collector set as `__main__` does."""
    gc.set_threshold(SELDOM, 20, 50)
    cpu, began = time.process_time(), time.perf_counter()
    code = app.run(["key", "rotate", "--reencrypt", "--yes", "-q"], Doors(environ={"HOME": home}))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"exit": code, "took": took, "cpu": cpu, "peak_mib": peak()}))


def rotated(home: str) -> dict[str, float]:
    """What `rotate` says, in a process of its own."""
    done = subprocess.run([sys.executable, Path(__file__), "--rotate", home], capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rotate", metavar="HOME", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.rotate:
        rotate(given.rotate)
        return
    runs = []
    with tempfile.TemporaryDirectory() as filled:
        fill(filled, given.versions)
        size = configuration.load({"HOME": filled}).database.stat().st_size
        for _ in range(given.runs):
            with tempfile.TemporaryDirectory() as home:
                shutil.copytree(filled, home, dirs_exist_ok=True, symlinks=True)
                runs.append((bare(home), rotated(home)))
    loop, crypto = (min(one[number] for one, _ in runs) for number in (0, 1))
    ours = min((one for _, one in runs), key=lambda one: one["cpu"])
    print(
        json.dumps(
            {
                "versions": given.versions,
                "exit": ours["exit"],
                "versions_a_second": round(given.versions / ours["took"]),
                "versions_a_cpu_second": round(given.versions / ours["cpu"]),
                "ceiling": round(given.versions / loop),
                "ratio": round(loop / ours["cpu"], 3),
                "ratio_in_memory": round(crypto / ours["cpu"], 3),
                "peak_mib": ours["peak_mib"],
                "database_mib": size // 2**20,
            }
        )
    )


if __name__ == "__main__":
    main()
