"""B4: how soon the first row of `list -A --format ndjson` is there, and what it takes of memory, whatever the number of rows.

    python benchmarks/first_row.py [--rows 10000 1000000] [--runs 25]

The reader takes one line and hangs up. `r` is `python -c pass` in the same run: each figure is a minimum, on the clock and in processor
time; the latter has in it what is done until the pipe is seen to be broken. The rows are of the right size, written by SQL.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILL = "import sys; from pathlib import Path; from stores import padded, real; padded(real(Path(sys.argv[1]), 10), int(sys.argv[2]))"
TOOL = ("-c", "from integrations_cli.__main__ import main; main()", "list", "-A", "--format", "ndjson")


def one(words: tuple[str, ...], home: str) -> tuple[float, float, int]:
    """Milliseconds to the first line (or the end), of processor time, and MiB."""
    environ = {"HOME": home, "PATH": os.environ["PATH"], **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}}
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, *words], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()
    first = time.perf_counter() - began
    child.stdout.close()
    _, _, usage = os.wait4(child.pid, 0)
    return first * 1000, (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=25)
    given = parser.parse_args()
    print("| rows | first row | r | processor time | r | peak |\n|---|---|---|---|---|---|")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as home:
            # in a process of its own: a child has at least the peak of whoever starts it
            subprocess.run([sys.executable, "-c", FILL, home, str(rows)], check=True, cwd=Path(__file__).parent)
            ways = [(one(("-c", "pass"), home), one(TOOL, home)) for _ in range(given.runs + 1)][1:]  # the first one writes byte code
        bare, ours = ([min(figures) for figures in zip(*way, strict=True)] for way in zip(*ways, strict=True))
        clock, cpu = ours[0] / bare[0], ours[1] / bare[1]
        print(f"| {rows:,} | {ours[0]:.0f} ms | {clock:.2f} | {ours[1]:.0f} ms | {cpu:.2f} | {ours[2]:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
