"""How long commands take to start, against `python -c pass` in the same run: `python benchmarks/startup.py [RUNS]`.

Prints milliseconds (the minimum of all runs, interleaved) and the ratio r. A scratch store with 50 integrations is made first.
"""

import os
import subprocess
import sys
import tempfile
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "--version": ["--version"],
    "--help": ["--help"],
    "TAB, a provider": ["__complete", "bash", "integrations", "show", ""],
    "list, 50 rows": ["list", "-A"],
    "list --json": ["list", "-A", "--json"],
    "due -A": ["due", "-A"],
    "overview": ["overview"],
    "show": ["show", "anthropic", "-w", "w0"],
    "get": ["get", "anthropic", "max_tokens", "-w", "w0"],
    "list --help": ["list", "--help"],
    "enable (nothing to do)": ["enable", "anthropic", "-w", "w0"],
    "set": ["set", "anthropic", "max_tokens=5", "-w", "w0"],
}


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        environ = {"HOME": home, "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        prepare(environ)
        best: dict[str, float] = {}
        for _ in range(runs):
            for name, words in COMMANDS.items():
                began = time.perf_counter()
                call(words, environ)
                best[name] = min(best.get(name, 9e9), time.perf_counter() - began)
    base = best["python -c pass"]
    for name, took in best.items():
        print(f"{name:24} {took * 1000:7.1f} ms   {took / base:5.1f} r")


def prepare(environ: dict[str, str]) -> None:
    """50 websites with one integration each."""
    call(["init", "--slot", "file", "--no-recovery"], environ)
    program = """
from integrations_cli import config, registry
from integrations_cli.masking import Secret
from integrations_cli.store import open_store
with open_store(config.load()) as store, store.writing() as here:
    for at in range(50):
        here.websites.add(f"w{at}", None)
        here.integrations.add(f"w{at}", registry.get("anthropic"), {"api_key": Secret(f"sk-{at}-0123456789EXAMPLE")}, {})
"""
    subprocess.run([sys.executable, "-c", program], env=environ, check=True)


def call(words: list[str], environ: dict[str, str]) -> None:
    module = [] if words[0] == "-c" else ["-m", "integrations_cli"]
    subprocess.run(
        [sys.executable, *module, *words], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
