"""The commands of docs/audit.md, run for real on a terminal: looking, verifying, and what is found after somebody was at the database."""

import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import keys

from integrations_cli.cli.app import run
from integrations_cli.cli.tools import Doors

BEFORE = (
    "init --slot file --no-recovery --website acme",
    "add anthropic -w acme --no-test --secret-env api_key=OLD",
    "rotate anthropic -w acme --unchecked --reason offline --secret-env api_key=NEW",
    "get anthropic api_key --reveal -w acme",
    "set anthropic max_tokens=512 -w acme",
)
CUT = """DELETE FROM audit_row WHERE seq > 2 AND chain = (SELECT id FROM website);
    UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit_row WHERE chain = (SELECT id FROM website) AND seq = 2)
    WHERE chain = (SELECT id FROM website)"""
STORIES = {
    "list": ("integrations audit list -w acme",),
    "verify": (
        "integrations audit verify",
        "integrations audit checkpoint >> heads.log",
        "sqlite3 store.db \"UPDATE integration SET enabled = 0\"",
        "integrations audit verify --state",
    ),
    "cut": ("integrations audit verify --since heads.log",),
}  # fmt: skip


def main(name: str) -> None:
    """Print the commands of one story and what they say."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        environ = {"HOME": folder, "TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8"}
        quietly(*BEFORE, environ=environ | {"OLD": keys.ANTHROPIC, "NEW": keys.ANTHROPIC_NEW, "CI": "1"})
        database = Path(folder, ".local/share/integrations/store.db")
        if name == "cut":
            quietly("audit checkpoint", environ=environ, to="heads.log")
            with sqlite3.connect(database) as connection:
                connection.executescript(CUT)
        for line in STORIES[name]:
            print(f"$ {line}", flush=True)
            if line.startswith("sqlite3"):
                with sqlite3.connect(database) as connection:
                    connection.execute(line.split('"')[1])
            elif ">>" in line:
                quietly(line.partition(" >>")[0].removeprefix("integrations "), environ=environ, to="heads.log")
            else:
                run(line.split()[1:], Doors(environ=environ))
            print(flush=True)
        os.chdir("/")


def quietly(*lines: str, environ: dict[str, str], to: str = os.devnull) -> None:
    """Run commands without a screen."""
    out, err = os.dup(1), os.dup(2)
    sys.stdout.flush()
    with open(to, "w") as nothing:
        os.dup2(nothing.fileno(), 1), os.dup2(nothing.fileno(), 2)
        for line in lines:
            run(line.split(), Doors(environ=environ))
        sys.stdout.flush()
    os.dup2(out, 1), os.dup2(err, 2)


def the_same_every_time(text: str) -> str:
    """Who and when differ between two runs; fingerprints too."""
    seen: dict[str, str] = {}
    names = iter(("77d0a1c4", "1be49a02", "3f9a7c2e"))
    text = re.sub(
        r"fp ([0-9a-f]{8})(?: → ([0-9a-f]{8}))?",
        lambda found: re.sub(r"[0-9a-f]{8}", lambda one: _named(one[0], seen, names), found[0]),
        text,
    )
    text = re.sub(r"\S+@\S+", "maria@pc7", text)
    text = re.sub(r"[0-9]+ s ago", "just now", text)
    text = re.sub(r"checkpoint of [0-9T:-]+Z", "checkpoint of 2026-11-26T18:10:41Z", text)
    return _aligned(text.splitlines())


def _named(real: str, seen: dict[str, str], names: Iterator[str]) -> str:
    if real not in seen:
        seen[real] = next(names)
    return seen[real]


def _aligned(lines: list[str]) -> str:
    """The table as wide as its new cells are."""
    rows = {at: re.split(r" {2,}", line.strip()) for at, line in enumerate(lines) if re.match(r" (SEQ|[0-9]+) {2,}", line)}
    widths = [max(map(len, column)) for column in zip(*rows.values(), strict=True)]
    for at, cells in rows.items():
        lines[at] = (" " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))).rstrip()
    return "\n".join(" " + "─" * (sum(widths) + 2 * len(widths) - 1) if line.startswith(" ──") else line for line in lines)


if __name__ == "__main__":
    main(sys.argv[1])
