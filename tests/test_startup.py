"""What each command may import, and how many modules: no timing, that is benchmarks/startup.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store

HEAVY = (
    "typer",
    "click",
    "pydantic",
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "rich",
    "questionary",
    "prompt_toolkit",
    "httpx",
    "keyring",
    "cryptography",
)
SLOW = (
    "re",
    "datetime",
    "typing",
    "dataclasses",
    "inspect",
    "json",
    "pathlib",
    "contextlib",
    "importlib.metadata",
    "difflib",
    "socket",
    "shutil",
    "random",
    "threading",
)

HELPS = """
import sys
from integrations_cli.cli.app import load, paths
for path in paths():
    before = set(sys.modules)
    load(path)
    print(" ".join(path), *sorted(set(sys.modules) - before), sep=",")
"""
ONE = ["-w", "acme"]
READS = {
    "--version": (["--version"], 22, SLOW),
    "--help": (["--help"], 22, SLOW),
    "TAB, a command": (["__complete", "bash", ""], 20, SLOW),
    "TAB, a website": (["__complete", "bash", "list", "-w", ""], 24, SLOW),
    "list": (["list", *ONE], 48, SLOW),
    "list -A --json": (["list", "-A", "--json"], 48, SLOW),
    "list, a table": (["list", "-A", "--format", "table"], 52, SLOW),
    "website list": (["website", "list"], 60, SLOW),
    "overview": ([], 56, SLOW),
    "due": (["due", "-A", "--older-than", "never"], 52, SLOW),
    "show": (["show", "anthropic", *ONE], 70, SLOW),
    "show, a card": (["show", "anthropic", *ONE, "--format", "table"], 70, SLOW),
    "get, a setting": (["get", "anthropic", "max_tokens", *ONE], 64, SLOW),
    "website use": (["website", "use", "acme"], 70, ("typing", "dataclasses", "inspect")),
    "usage show": (["usage", "show", *ONE], 56, SLOW),
    "usage record": (["usage", "record", "anthropic", *ONE], 110, ()),
    "providers list": (["providers", "list"], 120, ()),
}
SHOWN = ("rich", "questionary", "prompt_toolkit", "httpx", "keyring", "alembic")
MODELS = ("sqlmodel", "sqlalchemy", "cryptography")
OTHERS = {  # what they may import: so many modules, and none of these
    "audit list": (["audit", "list", "-A"], 130, HEAVY),
    "history": (["history", "anthropic", *ONE], 140, HEAVY),
    "test --explain": (["test", "anthropic", *ONE, "--explain"], 240, HEAVY),
    "add": (["add", "openrouter", *ONE, "--no-test", "--secret-env", "api_key=KEY"], 600, SHOWN),
    "migrate env": (["migrate", "env", *ONE, "--dry-run"], 700, SHOWN),
    "doctor": (["doctor"], 620, SHOWN),
    "access list": (["access", "list", *ONE], 580, SHOWN),
    "store status": (["store", "status"], 580, SHOWN),
    "key status": (["key", "status"], 580, SHOWN),
}
QUICK = {
    "get --reveal": ["get", "anthropic", "api_key", *ONE, "--reveal"],
    "exec": ["exec", "anthropic", *ONE, "--mask", "off", "--", "true"],
    "env --reveal": ["env", "anthropic", *ONE, "--reveal"],
    "disable": ["disable", "anthropic", *ONE],
    "enable": ["enable", "anthropic", *ONE],
    "set": ["set", "anthropic", "max_tokens=5", *ONE],
    "audit verify": ["audit", "verify"],
}
PROGRAM = """
import atexit, os, sys
def tell(*_):
    os.write(int(os.environ["TOLD"]), " ".join(sys.modules).encode())
real = os._exit
os._exit = lambda code: (tell(), real(code))
os.execvpe = lambda *_: (tell(), real(0))
sys.argv[0] = "integrations"
from integrations_cli.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two websites and an integration in each."""
    home = tmp_path_factory.mktemp("startup")
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        for website in ("acme", "beta"):
            here.websites.add(website, website)
            here.integrations.add(website, registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
    return home


def imported(home: Path, words: list[str], source: str = PROGRAM, **more: str) -> set[str]:
    """The modules that are there when the command ends."""
    read, write = os.pipe()
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "TOLD": str(write), **more}
    program = [sys.executable, "-I", "-X", "frozen_modules=on", "-c", source, *words]
    ran = subprocess.run(program, env=environ, stdin=subprocess.DEVNULL, capture_output=True, pass_fds=[write])
    os.close(write)
    with os.fdopen(read) as pipe:
        found = set(pipe.read().split())
    assert ran.returncode == 0, ran.stderr.decode()
    return found


def belongs(name: str, to: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in to)


@pytest.fixture(scope="module")
def bare(home: Path) -> set[str]:
    """What the interpreter and the test environment bring by themselves."""
    out = subprocess.run([sys.executable, "-I", "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True).stdout
    return set(out.split())


@pytest.mark.parametrize("name", READS)
def test_what_is_only_seen_imports_little(home, bare, name):
    words, most, never = READS[name]
    found = imported(home, words)
    assert not {one for one in found if belongs(one, HEAVY)}
    assert not {one for one in found - bare if one in never}
    assert len(found - bare) <= most, sorted(found - bare)
    assert "integrations_cli" in found


@pytest.mark.parametrize("name", QUICK)
def test_everyday_work_does_without_the_models(home, bare, name):
    found = imported(home, QUICK[name])
    light = tuple(one for one in HEAVY if one != "cryptography")
    assert not {one for one in found if belongs(one, light)}
    assert len(found - bare) <= 175, sorted(found - bare)
    if name not in {"set", "audit verify"}:  # values are looked at; there are many to verify
        assert not {one for one in found - bare if belongs(one, ("cryptography.hazmat.primitives", "typing", "re", "ctypes"))}


def test_the_first_request_of_a_check_waits_for_no_model_and_no_command_line_of_httpx(home, bare):
    """The look for the host stands in for the request: nothing is sent."""
    program = "import os, socket\nsocket.getaddrinfo = lambda *_, **more: os._exit(0)\n" + PROGRAM
    found = imported(home, ["test", "anthropic", *ONE], program)
    assert not {one for one in found if belongs(one, ("sqlmodel", "sqlalchemy", "pydantic", "typer", "rich", "pygments", "click"))}
    assert "httpx" in found


@pytest.mark.parametrize("name", OTHERS)
def test_a_command_imports_what_it_uses(home, bare, name):
    words, most, never = OTHERS[name]
    found = imported(home, words, KEY="key-0123456789EXAMPLE-EXAMPLE")
    assert not {one for one in found if belongs(one, never)}
    assert len(found - bare) <= most, len(found - bare)


def test_the_help_of_a_command_imports_nothing_that_only_its_work_needs():
    out = subprocess.run([sys.executable, "-c", HELPS], capture_output=True, text=True, check=True).stdout
    brought = {line.split(",")[0]: line.split(",")[1:] for line in out.splitlines()}
    ours = ("integrations_cli.sources", "integrations_cli.actions.migrate")
    heavy = ours + tuple(one for one in HEAVY if one not in {"typer", "click", "cryptography"})
    assert len(brought) > 60
    assert not {name: some for name, names in brought.items() if (some := [one for one in names if belongs(one, heavy)])}


def test_a_key_that_comes_with_the_call_imports_no_keyring(home):
    key = next((configuration.load({"HOME": str(home)}).keys_dir).iterdir()).read_text().split()[2]
    found = imported(home, QUICK["get --reveal"], INTEGRATIONS_KEY=key)
    assert not {one for one in found if belongs(one, ("keyring", "sqlmodel", "sqlalchemy"))}
    assert "integrations_cli.store.slots.keyring" not in found


def test_the_outlines_are_those_of_the_definitions():
    assert {name: registry.outline(name) for name in registry.built_in()} == {
        name: registry.outlined(registry.get(name)) for name in registry.built_in()
    }
