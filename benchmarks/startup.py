"""How long commands take to start, against `python -c pass` in the same run, with the goal beside each.

    python benchmarks/startup.py [--runs 15] [--cpu | --instructions] [--only S4] [--rows 1000 10000] [--peers DIR ...] [--keyring]
    python benchmarks/startup.py --helps

r: the minimum of all runs, interleaved, over that of `python -c pass`. On a busy machine: `--cpu` takes processor time instead of time on
the clock, `--instructions` counts instructions (I) with valgrind's cachegrind, within about 1 %. Peers are measured when they are on the
PATH or in one of the folders of `--peers`, such as the `bin` of a virtual environment; `--keyring` adds lines with the key in a Secret
Service, in a D-Bus session made for it; `--helps` measures `COMMAND --help` of every command instead.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import session
from stores import padded, real

TOOL = "from integrations_cli.__main__ import main; main()"
TAB = """import os, sys
from integrations_cli.cli.completion import answer
os.write(1, answer.lines(sys.argv[1:], os.environ).encode())
os._exit(0)"""
FIRST = """import os, socket
socket.getaddrinfo = lambda *words, **more: os._exit(0)  # it ends where it would look for the host: nothing is sent
from integrations_cli.__main__ import main; main()"""
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
    "add, remove": ("S8", 45, ["add", "openrouter", *ONE, "--no-test", "--secret-env", "api_key=KEY"]),
    "website rename": ("S8", 45, ["website", "rename", "w0000003", "renamed", "--yes"]),
    "test, until the first request": ("S9", 20, ["FIRST", "test", "anthropic", *ONE]),
    "test --explain": ("S9", 20, ["test", "anthropic", *ONE, "--explain"]),
    "audit list": ("", None, ["audit", "list", "-A"]),
    "website list": ("", None, ["website", "list"]),
    "providers list": ("", None, ["providers", "list"]),
}
KEYRING = (  # with the key in the keyring of the system
    ("S7", 9, "get --reveal"),
    ("S7", 9, "exec … -- true"),
    ("S9", 20, "test, until the first request"),
)
MORE: dict[str, dict[str, str]] = {}  # variables by home
TURNS = {  # the command line of every second run, so that each finds work to do
    "set, a plain setting": ["set", "anthropic", "max_tokens=6", "-w", "w0000002"],
    "disable, enable": ["enable", "anthropic", "-w", "w0000001"],
    "website rename": ["website", "rename", "renamed", "w0000003", "--yes"],
    "add, remove": ["remove", "openrouter", *ONE, "--confirm", "openrouter"],
}
CLICK = {"COMP_WORDS": "llm k", "COMP_CWORD": "1", "_LLM_COMPLETE": "bash_complete"}
PEERS: dict[str, dict[str, tuple[list[str], dict[str, str]]]] = {  # what: command line, further variables
    "airflow": {"list": (["airflow", "connections", "list"], {}), "get": (["airflow", "connections", "get", "nothing"], {})},
    "llm": {"list": (["llm", "keys", "list"], {}), "get": (["llm", "keys", "get", "nothing"], {}), "completion": (["llm"], CLICK)},
    "aws": {
        "list": (["aws", "configure", "list"], {}),
        "get": (["aws", "configure", "get", "region"], {}),
        "completion": (["aws_completer"], {"COMP_LINE": "aws configure l", "COMP_POINT": "15"}),
    },
    "keyring": {"get": (["keyring", "get", "nobody", "nothing"], {})},
    "rclone": {
        "list": (["rclone", "listremotes"], {}),
        "get": (["rclone", "config", "show", "nothing"], {}),
        "completion": (["rclone", "__complete", "listr"], {}),
    },
    "gh": {"list": (["gh", "config", "list"], {}), "completion": (["gh", "__complete", "config", ""], {})},
    "pass": {"list": (["pass", "ls"], {})},
}
LOOK = ("list", "get", "completion")
OURS = ("list, 50 rows, piped", "get --reveal", "TAB, a website")  # the same of this tool


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--peers", nargs="*", default=[])
    parser.add_argument("--keyring", action="store_true")
    parser.add_argument("--helps", action="store_true")
    chosen = parser.parse_args()
    if chosen.keyring and session.missing():
        parser.error(f"not installed: {', '.join(session.missing())}")
    places = os.pathsep.join([*chosen.peers, os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as later:
        lines = {f"{' '.join(one)} --help": ("S2", 15, [*one, "--help"]) for one in commands()} if chosen.helps else LINES
        cases = {name: (number, goal, words, Path(folder) / "50") for name, (number, goal, words) in lines.items()}
        for rows in [] if chosen.helps else chosen.rows:
            cases[f"list, {rows:,} rows, piped"] = ("S6", {1000: 2.6, 10000: 8}.get(rows), ["list", "-A"], Path(folder) / str(rows))
        if chosen.keyring:
            home = Path(folder) / "keyring"
            MORE[str(home)] = later.enter_context(session.keyring(home))
            os.environ.update(MORE[str(home)])
            real(home, 50, "keyring")
            cases |= {f"{name}, Secret Service": (number, goal, LINES[name][2], home) for number, goal, name in KEYRING}
        kept = {name: case for name, case in cases.items() if chosen.only in case[0] or (chosen.only == "P" and name in OURS)}
        for home in {case[3] for case in kept.values() if case[3].name != "keyring"}:
            padded(real(home, 50), int(home.name))
        peers = {} if chosen.helps or (chosen.only and chosen.only != "P") else _peers(places, Path(folder))
        measure = instructions if chosen.instructions else processor if chosen.cpu else seconds
        found = measured(kept, peers, measure, 1 if chosen.instructions else chosen.runs)
    table(kept, found, "I" if chosen.instructions else "r")
    compared(peers, found, {**os.environ, "PATH": places})


def commands() -> tuple[tuple[str, ...], ...]:
    """Every command, as words."""
    from integrations_cli.cli.app import paths

    return paths()


def _peers(places: str, home: Path) -> dict[tuple[str, str], tuple[list[str], dict[str, str]]]:
    """The command lines of those that are there, by name and by what they do, with their environment."""
    environ = {"HOME": str(home), "PATH": places, "PASSWORD_STORE_DIR": str(home / "pass"), "AIRFLOW_HOME": str(home / "airflow")}
    (home / "pass").mkdir()
    airflow = shutil.which("airflow", path=places)
    if airflow:  # it lists nothing without its database
        subprocess.run([airflow, "db", "migrate"], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    there = {(name, what): line for name, lines in PEERS.items() for what, line in lines.items()}
    return {
        key: ([str(shutil.which(words[0], path=places)), *words[1:]], environ | more)
        for key, (words, more) in there.items()
        if shutil.which(words[0], path=places)
    }


def measured(cases: dict, peers: dict, measure, runs: int) -> dict:
    """The minimum of all runs, interleaved. The first two rounds, which write byte code and must end well, do not count."""
    best: dict = {}
    for turn in (0, 1):
        for name, (_, _, words, home) in cases.items():
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
            ran = subprocess.run([sys.executable, *line(words, name, turn)], env=environ(home), **quiet)
            if ran.returncode:
                sys.exit(f"{name}: {ran.stderr}")
    for turn in range(runs):
        for name, (_, _, words, home) in {"": ("", None, [], Path("/")), **cases}.items():
            took = measure([sys.executable, *line(words, name, turn)], environ(home))
            best[name] = min(best.get(name, took), took)
        for key, (words, variables) in peers.items():
            took = measure(words, variables)
            if turn or runs == 1:
                best[key] = min(best.get(key, took), took)
    return best


def line(words: list[str], name: str, turn: int) -> list[str]:
    if not words:
        return ["-c", "pass"]
    if words[0] == "TAB":
        return ["-c", TAB, *words[1:]]
    if words[0] == "FIRST":
        return ["-c", FIRST, *words[1:]]
    return ["-c", TOOL, *(TURNS.get(name, words) if turn % 2 else words)]


def environ(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return {"HOME": str(home), "PATH": os.environ["PATH"], "KEY": "key-0123456789EXAMPLE-EXAMPLE", **kept, **MORE.get(str(home), {})}


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


def table(cases: dict, found: dict, unit: str) -> None:
    base = found[""]
    print(f"| # | command | {unit} | goal | |\n|---|---|---|---|---|")
    for name, (number, goal, _, _) in cases.items():
        ratio = found[name] / base
        verdict = "" if goal is None else "reached" if ratio <= goal else "not counted" if ratio != ratio else "**not reached**"
        print(f"| {number} | `{name}` | {ratio:.2f} | {'' if goal is None else f'≤ {goal:g}'} | {verdict} |")
    print(f"\n`python -c pass`: {f'{base * 1000:.1f} ms' if unit == 'r' else f'{base / 1e6:.1f} million instructions'}")


def compared(peers: dict, found: dict, environ: dict[str, str]) -> None:
    """What the same work takes elsewhere; `–` where there is no such command, or it is not installed."""
    if not peers:
        return
    print("\n| peer | version | list | get | completion |\n|---|---|---|---|---|")
    if all(name in found for name in OURS):
        ours = [f"{found[name] / found['']:.1f}" for name in OURS]
        print(f"| this tool |  | {' | '.join(ours)} |")
    for name in dict.fromkeys(name for name, _ in peers):
        told = subprocess.run([str(shutil.which(name, path=environ["PATH"])), "--version"], env=environ, capture_output=True, text=True)
        version = re.search(r"\d+(\.\d+)+", told.stdout + told.stderr)
        cells = [f"{found[name, what] / found['']:.1f}" if (name, what) in found else "–" for what in LOOK]
        print(f"| {name} | {version[0] if version else '–'} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
