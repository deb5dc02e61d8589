"""One process under the shim that forks a child per point: `python -m tests.faults.forked NAME,NAME… SAMPLE ERRNO FOLDER`.

Per point: a fresh copy of a home → the command, struck at that call → everything is looked at → the command again → everything is
looked at. Prints one JSON line per point; an odd one has `problem`.
"""

import ctypes
import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from pathlib import Path

from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors
from integrations_cli.masking import Secret
from integrations_cli.store import create, key_slots, open_store, resealing

COMMANDS = {
    "slot add": ("key", "slot", "add", "file"),
    "slot remove": ("key", "slot", "remove", "2", "--confirm", "file"),
    "slot": ("key", "rotate", "1", "--yes"),
    "root": ("key", "rotate", "--root", "--yes", "--no-recovery"),
    "reencrypt": ("key", "rotate", "--reencrypt", "--yes"),
    "shred": ("website", "remove", "acme", "--confirm", "acme"),
}
AGAIN = {"slot remove": {0, 3}, "shred": {0, 3}}
VALUES = {
    ("acme", "anthropic"): {"api_key": keys.ANTHROPIC},
    ("acme", "stripe"): {"secret_key": keys.STRIPE_SECRET, "publishable_key": keys.STRIPE_PUBLIC},
    ("beta", "anthropic"): {"api_key": keys.ANTHROPIC_NEW},
}
HURT = {0, 6, 8, 74}  # how a command may end on a full or failing disk


def base(home: Path, name: str) -> None:
    """A store with two websites, and a second slot where one is to be removed."""
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store:
        with store.writing() as here:
            for website in ("acme", "beta"):
                here.websites.add(website)
            for (website, provider), values in VALUES.items():
                here.integrations.add(website, registry.get(provider), {one: Secret(text) for one, text in values.items()}, {})
        if name == "slot remove":
            with key_slots.fresh(store, "file") as new:
                key_slots.add(store, new)


def look(home: Path) -> list[tuple[str, str]]:
    """What is stored, opened by whatever slot is there; the file is whole, the log unbroken, no slot is without its key."""
    config = configuration.load({"HOME": str(home)})
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_store(config) as store:
        assert all(one.key for one in key_slots.tried(store)), "a slot without its key"
        with store.reading() as here:
            assert {one.problem for one in here.audit.verify()} == {None}
            found = {}
            for website in here.websites.all():
                for row in here.integrations.all(website.slug):
                    found[website.slug, row.provider] = {one: value.reveal() for one, value in here.integrations.reveal(row).items()}
    assert all(VALUES[place] == values for place, values in found.items())
    return sorted(found)


def settled(home: Path, name: str) -> None:
    """Nothing is left to do, no key is loose, and nothing of what was replaced is in the file."""
    config = configuration.load({"HOME": str(home)})
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("SELECT kind FROM key_operation").fetchall() == []
        assert connection.execute("SELECT count(*) FROM data_key WHERE state = 'retired' AND scope != 'audit'").fetchone() == (0,)
        slots = {row[0] for row in connection.execute("SELECT locator FROM key_slot")}
    assert {path.name for path in config.keys_dir.iterdir()} == slots, "a key that belongs to no slot"


def secrets(home: Path, name: str) -> list[bytes]:
    """What the command replaces or destroys: gone from the file, when it is done."""
    with sqlite3.connect(configuration.load({"HOME": str(home)}).database) as connection:
        queries = {
            "slot": "SELECT wrapped_root FROM key_slot WHERE position = 1",
            "slot remove": "SELECT wrapped_root FROM key_slot WHERE position = 2",
            "root": "SELECT wrapped_root FROM key_slot UNION ALL SELECT wrapped FROM data_key",
            "reencrypt": "SELECT blob FROM credential_version UNION ALL SELECT wrapped FROM data_key WHERE scope != 'audit'",
            "shred": "SELECT k.wrapped FROM data_key k JOIN website w ON w.id = k.scope_id WHERE w.slug = 'acme' UNION ALL SELECT v.blob "
            "FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id WHERE w.slug = 'acme'",
        }
        return [row[0] for row in connection.execute(queries[name])] if name in queries else []


def run(home: Path, words: tuple[str, ...], point: int, number: int) -> tuple[int, str]:
    """The command in a child; its exit code (negative for a signal), and what it said on stderr."""
    said = home / "said"
    child = os.fork()
    if child == 0:
        for descriptor in (0, 1):
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        shim.killshim_reset()
        os.environ |= {"FAULT_ERRNO": str(number)} if number else {}
        os.environ |= {"FAULT_AT": str(point)} if point else {}
        code = app.run(list(words), Doors(environ={"HOME": str(home), "PATH": "/usr/bin:/bin"}))
        if not point:
            (home / "calls").write_text(str(shim.killshim_calls()))
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status), said.read_text() if said.exists() else ""


def at(point: int, name: str, number: int, start: Path, home: Path) -> str | None:
    """What is wrong at this point, or None."""
    shutil.copytree(start, home)
    gone = secrets(home, name)
    code, said = run(home, COMMANDS[name], point, number)
    try:
        if number:
            assert code in HURT and "unexpected" not in said and "Traceback" not in said, f"exit {code}: {said}"
        else:
            assert code == -signal.SIGKILL, f"exit {code}"
        before, places = look(home), sorted(VALUES)
        assert before == places or (name == "shred" and before == [("beta", "anthropic")]), before
        code, said = run(home, COMMANDS[name], 0, 0)
        assert code in AGAIN.get(name, {0}), f"again: exit {code}: {said}"
        assert look(home) == (places if name != "shred" else [("beta", "anthropic")])
        if code == 3:  # it was done already; the next write clears what is left, as after any interrupted one
            run(home, ("website", "add", "next"), 0, 0)
            if name == "slot remove":
                run(home, ("key", "slot", "add", "file"), 0, 0)
        settled(home, name)
        data = configuration.load({"HOME": str(home)}).database.read_bytes()
        assert not any(one in data for one in gone), "something of the old is left in the file"
    except Exception as error:
        return f"{type(error).__name__}: {error} {traceback.extract_tb(error.__traceback__)[-1].lineno}"
    finally:
        shutil.rmtree(home)
    return None


def points(total: int, sample: int) -> list[int]:
    if not sample:
        return list(range(1, total + 1))
    return sorted({1 + (2 * step + 1) * (total - 1) // (2 * sample) for step in range(sample)})


def main() -> None:
    """The commands NAME,NAME… one after the other."""
    resealing.AT_ONCE = 2  # several batches even here
    for name in sys.argv[1].split(","):
        folder = Path(sys.argv[4]) / name
        folder.mkdir()
        strike(name, int(sys.argv[2]), int(sys.argv[3]), folder)


def strike(name: str, sample: int, number: int, folder: Path) -> None:
    """Every point, or a sample."""
    start, first = folder / "start", folder / "first"
    start.mkdir()
    base(start, name)
    shutil.copytree(start, first)
    code, said = run(first, COMMANDS[name], 0, 0)
    assert code == 0, said
    total = int((first / "calls").read_text())
    for point in points(total, sample):
        print(
            json.dumps({"name": name, "point": point, "of": total, "problem": at(point, name, number, start, folder / f"home{point}")}),
            flush=True,
        )


if __name__ == "__main__":
    shim = ctypes.CDLL(None)
    main()
