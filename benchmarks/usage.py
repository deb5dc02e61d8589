"""A year of uses: what counting one costs, how large the store grows, and how long `usage show` takes.

    python benchmarks/usage.py [--uses 10000000] [--websites 20]

Every day each integration is used for three actions, and some of them fail. Prints microseconds a use (counted and written), MiB of
the store, bytes a row, and for each reading command the ratio r to `python -c pass`. Goals: a use below 1,000 µs, the store below
64 MiB for 100 integrations, `usage show` of one website below 4 r, of all websites by month below 20 r.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store, usage

PROVIDERS = ("openai", "anthropic", "mistral", "brevo", "sendgrid")
ACTIONS = (("ask", "ok"), ("ask", "ok"), ("ask", "rate_limited"), ("summary", "ok"), ("subscribe", "ok"), ("subscribe", "unreachable"))
DAYS = 365
LOOKS = {
    "pass": ["-c", "pass"],
    "usage show -w": ["-m", "integrations_cli", "usage", "show", "-w", "site-000"],
    "usage show -w --by month --since 365d": [
        "-m",
        "integrations_cli",
        "usage",
        "show",
        "-w",
        "site-000",
        "--by",
        "month",
        "--since",
        "365d",
    ],
    "usage show -A --by month --since 365d": ["-m", "integrations_cli", "usage", "show", "-A", "--by", "month", "--since", "365d"],
}


def build(home: str, websites: int) -> tuple[Path, list[str]]:
    """A store, and the ids of its integrations."""
    config = configuration.load({"HOME": home})
    create.prepare(config, "file", recovery=False).commit()
    ids = []
    with open_store(config) as store, store.writing() as here:
        for number in range(websites):
            here.websites.add(f"site-{number:03}")
            for name in PROVIDERS:
                definition = registry.get(name)
                values = {one.name: Secret(f"{one.name}-0123456789-EXAMPLE-EXAMPLE") for one in definition.credentials}
                ids.append(here.integrations.add(f"site-{number:03}", definition, values, {}).id.hex())
    return config.database, ids


def record(database: Path, ids: list[str], uses: int) -> float:
    """A year up to today, written once a day. Returns seconds."""
    today = datetime.now(UTC)
    began = time.perf_counter()
    for day in range(DAYS):
        tally, at = usage.Tally(), today - timedelta(days=DAYS - 1 - day)
        for number in range(uses * day // DAYS, uses * (day + 1) // DAYS):
            action, status = ACTIONS[number % len(ACTIONS)]
            tally.add(ids[number // len(ACTIONS) % len(ids)], at, action, status, 1, 120.0, (900, 120), 3000)
        tally.write(database)
    return time.perf_counter() - began


def fastest(words: list[str], home: str, times: int = 7) -> float:
    """The fastest of several runs, in seconds."""
    environ = {"HOME": home, "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, *words], env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--uses", type=int, default=10_000_000)
    parser.add_argument("--websites", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        database, ids = build(home, chosen.websites)
        before = database.stat().st_size
        seconds = record(database, ids, chosen.uses)
        grown, rows = database.stat().st_size - before, len(usage.rows(database))
        told = {"uses": chosen.uses, "integrations": len(ids), "us_a_use": round(seconds / chosen.uses * 1e6, 2)}
        print(json.dumps(told | {"rows": rows, "mib": round(database.stat().st_size / 2**20, 1), "bytes_a_row": round(grown / rows)}))
        looks = {name: fastest(words, home) for name, words in LOOKS.items()}
        print(json.dumps({name: {"seconds": round(took, 3), "r": round(took / looks["pass"], 1)} for name, took in looks.items()}))


if __name__ == "__main__":
    main()
