"""A long sealed export, and the way back: out of one store, into another, killed in the middle and started again.

    PYTHONPATH=. python benchmarks/imports.py [--rows 10000 100000]

A store with so many integrations, ten to a website, is exported under a key text. Another store imports that; the first run gets
SIGKILL when half of it is there, the second one finishes. Prints rows a second of processor time of the export and of the second run
(which opens and plans the whole file and writes the other half), the peak of memory of each, whether both stores say the same in the
clear, whether a third run finds nothing to do, and whether the log holds.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import TOOL, Started
from stores import filled

from integrations_cli import config as configuration
from integrations_cli.store import create
from integrations_cli.store.vault import key_text
from sources import stored


def environ(home: Path) -> dict[str, str]:
    """Of the store below `home`."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}


def clear(home: Path) -> set[int]:
    """What the store hands out, line by line."""
    command = [sys.executable, "-c", TOOL, "export", "-A", "--out", "-", "--plaintext", "--accept-plaintext"]
    with subprocess.Popen(command, env=environ(home), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout
        return {hash(line) for line in child.stdout}


def killed(words: tuple[str, ...], home: Path, half: int) -> tuple[int, int]:
    """How many are there when it is killed, and its peak."""
    first = Started(words, environ(home))
    while first.runs() and stored(str(home))[0] < half:
        time.sleep(0.2)
    first.kill()
    peak = first.ended().peak
    return stored(str(home))[0], peak


def measured(rows: int, folder: Path) -> str:
    """One line of the table."""
    here, there, key, out = folder / "here", folder / "there", folder / "key", folder / "all.export"
    for home in (here, there):
        create.prepare(configuration.load({"HOME": str(home)}), "file", recovery=False).commit()
    filled(configuration.load({"HOME": str(here)}), rows)
    key.touch(0o600)
    key.write_text(key_text(os.urandom(32)))
    under = ("--secret-file", f"key={key}")
    out_of = Started(("export", "-A", "--out", str(out), *under, "-q"), environ(here)).ended()
    words = ("import", str(out), *under, "--create-websites", "--yes", "-q")
    half, before = killed(words, there, rows // 2)
    into = Started(words, environ(there)).ended()
    again = Started((*words, "--dry-run"), environ(there)).ended()  # 10 if something were left
    equal = clear(here) == clear(there) and stored(str(there)) == (rows, 0)
    holds = Started(("audit", "verify", "-q"), environ(there)).ended().code == 0
    done = out_of.code == into.code == again.code == 0
    return (
        f"| {rows:,} | {rows / out_of.seconds:,.0f}, {out_of.peak} MiB | {half:,} | {rows / into.seconds:,.0f} "
        f"| {max(before, into.peak)} MiB | {done and equal} | {holds} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    given = parser.parse_args()
    print("| rows | export, rows/s | there when killed | import, rows/s of the second run | peak | equal, nothing left | log holds |")
    print("|---|---|---|---|---|---|---|")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            for name in ("here", "there"):
                (Path(folder) / name).mkdir()
            print(measured(rows, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
