"""How long one TAB takes inside of bash, zsh and fish: from the byte to the completed text on the screen, on the clock.

    python benchmarks/shells.py [--runs 15]

Each shell runs without the person's files in a pseudo-terminal of its own, with the completion of `completions/`. The base is the shell's
own completion of a file's name, in the same session and the same round; minimum and median of all rounds, in milliseconds. A command and an
option are answered by the shell alone; for a website or an integration it starts the program.
"""

import argparse
import os
import pty
import re
import select
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from stores import real

from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import open_store

FILES = Path(__file__).parent.parent / "completions"
SHELLS: dict[str, tuple[list[str], str]] = {  # how it is started, and what it is told first
    "bash": (["--norc", "--noprofile", "-i"], f"PS1='> '; bind 'set enable-bracketed-paste off'; source {FILES}/integrations.bash"),
    "zsh": (["-f", "-i"], f"PS1='> '; fpath=({FILES} $fpath); autoload -Uz compinit; compinit -D -u"),
    "fish": (["--no-config", "-i"], f"set -g fish_autosuggestion_enabled 0; source {FILES}/integrations.fish"),
}
LINES = {  # what: typed before the TAB, and what it adds
    "a file (the shell alone)": ("cat zebra-", "crossing"),
    "a command": ("integrations rot", "ate"),
    "an option": ("integrations list --unus", "ed-for"),
    "a website": ("integrations list -w beta-", "shop"),
    "an integration": ("integrations show -w beta-shop anth", "ropic"),
}
BASE = next(iter(LINES))
QUIET = 0.15  # seconds without a byte: the shell waits
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07|[\x00\x07\r]")


class Session:
    """A shell in a pseudo-terminal."""

    def __init__(self, shell: str, home: Path) -> None:
        words, told = SHELLS[shell]
        environ = {"HOME": str(home), "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self._child, self._terminal = pty.fork()
        if not self._child:
            os.chdir(home)
            os.execvpe(shell, [shell, *words], environ)
        self.settle(3)
        self.send(told + "\n")
        self.settle(1)

    def send(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def read(self, most: float) -> str:
        """What comes next, or nothing within so many seconds."""
        ready, _, _ = select.select([self._terminal], [], [], most)
        return os.read(self._terminal, 65536).decode(errors="replace") if ready else ""

    def settle(self, first: float = QUIET) -> None:
        """Wait until it has nothing more to say."""
        said = self.read(first)
        while said:
            said = self.read(QUIET)

    def tab(self, typed: str, added: str) -> float:
        """Seconds until the completed text is on the screen; the line is thrown away."""
        self.send(typed)
        self.settle(1)
        began, screen = time.perf_counter(), ""
        self.send("\t")
        while added not in _ESCAPES.sub("", screen):
            more = self.read(10)
            if not more:
                raise SystemExit(f"nothing was completed: {typed!r}: {screen!r}")
            screen += more
        took = time.perf_counter() - began
        self.settle()
        self.send("\x03")
        self.settle(1)
        return took

    def close(self) -> None:
        os.close(self._terminal)
        os.waitpid(self._child, 0)


def prepare(home: Path) -> None:
    """A store with 50 websites and one more, a file, and the program as an installer would write it."""
    with open_store(real(home, 50)) as store, store.writing() as here:
        here.websites.add("beta-shop", None)
        here.integrations.add("beta-shop", registry.get("anthropic"), {"api_key": Secret("sk-" + "0123456789EXAMPLE")}, {})
    (home / "zebra-crossing").touch()
    (home / "bin").mkdir()
    program = home / "bin/integrations"
    program.write_text(f"#!{sys.executable}\nfrom integrations_cli.__main__ import main\nmain()\n")
    program.chmod(0o755)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    print("| shell | TAB for | minimum, ms | median, ms | more than a file, ms |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for shell in filter(shutil.which, SHELLS):
            session = Session(shell, Path(folder))
            took: dict[str, list[float]] = {name: [] for name in LINES}
            for turn in range(runs + 1):  # the first round loads what shells load late, and writes byte code
                for name, (typed, added) in LINES.items():
                    found = session.tab(typed, added) * 1000
                    took[name] += [found] if turn else []
            session.close()
            for name, times in took.items():
                more = f"{min(times) - min(took[BASE]):.0f}" if name != BASE else ""
                print(f"| {shell} | {name} | {min(times):.1f} | {statistics.median(times):.1f} | {more} |", flush=True)


if __name__ == "__main__":
    main()
