"""The story of docs/leak-triage.md, run for real on a terminal: a key has leaked; who uses it, replace it, look again."""

import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.loopback import ThirdParty

from integrations_cli import config, registry
from integrations_cli.cli.app import run
from integrations_cli.cli.tools import Doors
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store

LEAKED = "sk-proj-" + "5ca1ab1e0ddba11f" * 2 + "EXAMPLE"
FRESH = "sk-proj-" + "c0ffee1e0ddba11f" * 2 + "EXAMPLE"
OTHERS = {
    "globex": ("groq", "gsk_" + "5ca1ab1e" * 5 + "EXAMPLE"),
    "initech": ("anthropic", "sk-ant-" + "api03-" + "5ca1ab1e" * 11 + "EXAMPLE"),
}
STEPS = {
    "found": ["who-uses < leaked.txt"],
    "replaced": ["rotate openai -w acme --secret-env api_key=NEW_KEY", "who-uses < leaked.txt"],
    "before": ["doctor --deep -w acme", "due -A"],
}


def main(name: str) -> None:
    """Print the commands of one part and what they say; the parts before it are done unseen."""
    with tempfile.TemporaryDirectory() as folder, ThirdParty() as provider:
        os.chdir(folder)
        provider.says(200, b'{"data": []}')
        environ = {"HOME": folder, "TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8", "SHELL": "/bin/bash", "COLUMNS": "110"} | {
            "NEW_KEY": FRESH
        }
        Path("leaked.txt").write_text(LEAKED + "\n")
        _fill(config.load(environ))
        doors = Doors(environ=environ, web=provider.web)
        for step in STEPS["found"] if name == "replaced" else ():
            _unseen(step, doors)
        for step in STEPS[name]:
            print(f"$ integrations {step}", flush=True)
            code = _call(step, doors)
            print(f"(exit {code})\n" if code else "", flush=True)
        os.chdir("/")


def _fill(place: config.Config) -> None:
    create.prepare(place, "file", recovery=False).commit()
    soon = (datetime.now(UTC) + timedelta(days=3, minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with open_store(place) as store, store.writing() as here:
        for website, pairs in {
            "acme": [("openai", LEAKED)],
            "globex": [("openai", LEAKED), OTHERS["globex"]],
            "initech": [OTHERS["initech"]],
        }.items():
            here.websites.add(website, None)
            for provider, value in pairs:
                ends = soon if provider == "anthropic" else None
                here.integrations.add(website, registry.get(provider), {"api_key": Secret(value)}, {}, expires_at=ends)


def _unseen(step: str, doors: Doors) -> None:
    out, err = os.dup(1), os.dup(2)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1), os.dup2(nothing.fileno(), 2)
        _call(step, doors)
    os.dup2(out, 1), os.dup2(err, 2)


def _call(step: str, doors: Doors) -> int:
    words, _, file = step.partition(" < ")
    before = sys.stdin
    with Path(file or os.devnull).open() as given:
        sys.stdin = given
        try:
            return run(words.split(), doors)
        finally:
            sys.stdout.flush()
            sys.stdin = before


if __name__ == "__main__":
    main(sys.argv[1])
