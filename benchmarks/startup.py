"""How long commands take to start, against `python -c pass` in the same run, with the goal beside each.

    python benchmarks/startup.py [--runs 15] [--cpu | --instructions] [--only S4] [--rows 1000 10000]

r: the minimum of all runs, interleaved, over that of `python -c pass`. On a busy machine: `--cpu` takes processor time instead of time on
the clock, `--instructions` counts instructions (I) with valgrind's cachegrind, within about 1 %. Peers are measured when installed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stores import padded, real

TOOL = "from integrations_cli.__main__ import main; main()"
TAB = """import os, sys
from integrations_cli.cli.completion import answer
os.write(1, answer.lines(sys.argv[1:], os.environ).encode())
os._exit(0)"""
ONE = ["-w", "w0000000"]
LINES: dict[str, tuple[str, float | None, list[str]]] = {  # what: number, goal, command line
    "--version": ("S1", 1.1, ["--version"]),
    "--help": ("S2", 1.5, ["--help"]),
    "list --help": ("S2", 15, ["list", "--help"]),
    "TAB, a website": ("S3", 2.0, ["TAB", "list", "-w", "w000001"]),
    "TAB, an integration": ("S3", 2.0, ["TAB", "show", "-w", "w0000000", ""]),
    "list, 50 rows, piped": ("S4", 2.0, ["list", "-A"]),
    "list --json": ("S4", 2.5, ["list", "-A", "--json"]),
    "list, 50 rows, a table": ("S5", 6, ["list", "-A", "--format", "table"]),
    "show, a card": ("S5", 6, ["show", "anthropic", *ONE, "--format", "table"]),
    "get, a setting": ("", None, ["get", "anthropic", "max_tokens", *ONE]),
    "get --reveal": ("S7", 5, ["get", "anthropic", "api_key", *ONE, "--reveal"]),
    "exec … -- true": ("S7", 5, ["exec", "anthropic", *ONE, "--mask", "off", "--", "true"]),
    "env --reveal": ("S7", 5, ["env", "anthropic", *ONE, "--reveal"]),
    "disable, enable": ("S8", 10, ["disable", "anthropic", "-w", "w0000001"]),
    "set, a plain setting": ("S8", 10, ["set", "anthropic", "max_tokens=5", "-w", "w0000002"]),
    "usage record": ("S8", 10, ["usage", "record", "anthropic", *ONE]),
    "website use": ("S8", 10, ["website", "use", "w0000000"]),
    "website rename": ("S8", 45, ["website", "rename", "w0000003", "renamed", "--yes"]),
    "test --explain": ("S9", 20, ["test", "anthropic", *ONE, "--explain"]),
    "audit list": ("", None, ["audit", "list", "-A"]),
    "website list": ("", None, ["website", "list"]),
    "providers list": ("", None, ["providers", "list"]),
}
TURNS = {"disable, enable": ("disable", "enable"), "website rename": ("renamed", "w0000003")}  # a second run has to find work to do
PEERS = {
    "airflow": ["airflow", "connections", "list"],
    "llm": ["llm", "keys", "list"],
    "keyring": ["keyring", "get", "nobody", "nothing"],
    "rclone": ["rclone", "listremotes"],
    "pass": ["pass", "ls"],
    "aws": ["aws", "configure", "list"],
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 10000])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = {name: (number, goal, words, Path(folder) / "50") for name, (number, goal, words) in LINES.items()}
        for rows in chosen.rows:
            cases[f"list, {rows:,} rows, piped"] = ("S6", {1000: 2.6, 10000: 8}.get(rows), ["list", "-A"], Path(folder) / str(rows))
        kept = {name: case for name, case in cases.items() if chosen.only in case[0]}
        for home in {case[3] for case in kept.values()}:
            padded(real(home, 50), int(home.name))
        peers = {} if chosen.only else {name: words for name, words in PEERS.items() if shutil.which(name)}
        measure = instructions if chosen.instructions else processor if chosen.cpu else seconds
        found = measured(kept, peers, measure, 1 if chosen.instructions else chosen.runs)
    table(kept, peers, found, "I" if chosen.instructions else "r")


def measured(cases: dict, peers: dict, measure, runs: int) -> dict[str, float]:
    """The minimum of all runs, interleaved. The first round, which writes byte code, does not count."""
    best: dict[str, float] = {}
    for turn in range(runs + 1):
        for name, (_, _, words, home) in {"": ("", None, [], Path("/")), **cases}.items():
            took = measure([sys.executable, *line(words, name, turn)], environ(home))
            if turn:
                best[name] = min(best.get(name, took), took)
        for name, words in peers.items():
            if turn:
                best[name] = min(best.get(name, 9e15), measure([str(shutil.which(words[0])), *words[1:]], {**os.environ}))
    return best


def line(words: list[str], name: str, turn: int) -> list[str]:
    if not words:
        return ["-c", "pass"]
    if words[0] == "TAB":
        return ["-c", TAB, *words[1:]]
    one, other = TURNS.get(name, ("", ""))
    swap = {one: other, other: one} if turn % 2 and one else {}
    if name == "website rename" and not turn % 2:
        swap = {}
    return ["-c", TOOL, *(swap.get(word, word) for word in words)]


def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}}


def seconds(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def processor(command: list[str], env: dict[str, str]) -> float:
    """Seconds of processor time, in the program and in the system for it."""
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    _, _, used = os.wait4(os.posix_spawn(command[0], command, env, file_actions=quiet), 0)
    return used.ru_utime + used.ru_stime


def instructions(command: list[str], env: dict[str, str]) -> float:
    counted = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command]
    said = subprocess.run(counted, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    found = re.search(r"I\s+refs:\s+([\d,]+)", said)  # nothing is said where the program became another one (exec)
    return float(found[1].replace(",", "")) if found else float("nan")


def table(cases: dict, peers: dict, found: dict[str, float], unit: str) -> None:
    base = found[""]
    print(f"| # | command | {unit} | goal | |\n|---|---|---|---|---|")
    for name, (number, goal, _, _) in cases.items():
        ratio = found[name] / base
        verdict = "" if goal is None else "reached" if ratio <= goal else "not counted" if ratio != ratio else "**not reached**"
        print(f"| {number} | `{name}` | {ratio:.2f} | {'' if goal is None else f'≤ {goal:g}'} | {verdict} |")
    for name in PEERS:
        print(f"| P | {name} | {f'{found[name] / base:.2f}' if name in peers else 'not installed'} | | |")
    print(f"\n`python -c pass`: {f'{base * 1000:.1f} ms' if unit == 'r' else f'{base / 1e6:.1f} million instructions'}")


if __name__ == "__main__":
    main()
