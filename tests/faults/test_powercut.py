"""Power cuts at every point of a command: nothing that was acknowledged is lost, nothing is half there (SECURITY.md §5.1, G9).

A preload shim records what the command does to its files (recorder.c); powercut.py rebuilds what the disk may hold afterwards.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests import keys
from tests.conftest import ROOT
from tests.faults import powercut

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.errors import IntegrationsError
from integrations_cli.masking import Secret
from integrations_cli.store import backup, create, open_store
from integrations_cli.store.store import utcnow

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None or sys.platform != "linux", reason="the recorder of power cuts needs gcc and Linux"
)

ANTHROPIC = registry.get("anthropic")
TURNS = 3
LEGACY = {
    "OPENAI_API_KEY": keys.GOOD["openai"]["api_key"],
    "STRIPE_SECRET_KEY": keys.STRIPE_SECRET,
    "STRIPE_PUBLISHABLE_KEY": keys.STRIPE_PUBLIC,
}
VALUES = [Secret(keys.ANTHROPIC[:-9] + f"{number}0EXAMPLE") for number in range(TURNS + 1)]
ROTATE = """
import os
from integrations_cli import config, registry
from integrations_cli.masking import Secret
from integrations_cli.store import engine, open_store

if os.environ.get("SYNCHRONOUS"):
    engine.SETTINGS = tuple(one for one in engine.SETTINGS if "synchronous" not in one) + ("synchronous=" + os.environ["SYNCHRONOUS"],)
with open_store(config.load()) as store:
    for number, value in enumerate(os.environ["VALUES"].split(), 1):
        with store.writing() as here:
            row = here.integrations.get("acme", "anthropic")
            here.integrations.conceal(row, registry.get("anthropic"), {"api_key": Secret(value)})
        os.write(1, f"ACK {number}\\n".encode())
"""
COMMAND = """
import os, sys
from integrations_cli.cli import app
code = app.run(sys.argv[1:])
if code == 0:
    os.write(1, b"ACK 1\\n")
sys.exit(code)
"""


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    path = tmp_path_factory.mktemp("recorder") / "recorder.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", path, ROOT / "tests/faults/recorder.c", "-ldl"], check=True)
    return str(path)


@pytest.fixture
def home(tmp_path):
    """A store with a key of Anthropic's, and a backup of it beside a newer store."""
    home = tmp_path / "home"
    home.mkdir()
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store:
        with store.writing() as here:
            here.websites.add("acme", None)
            here.integrations.add("acme", ANTHROPIC, {"api_key": VALUES[0]}, {})
        backup.write(config, home / "old.bak", utcnow())
        with store.writing() as here:
            here.websites.add("beta", None)
    (home / "legacy.env").write_text("".join(f"{name}={value}\n" for name, value in LEGACY.items()))
    (home / "legacy.env").chmod(0o600)
    return home


@pytest.fixture
def record(tmp_path, recorder, home):
    """Run a program in the home; the home is put back as it was, and what it did to its files is returned."""

    def go(program, *words, **more):
        before, log = tmp_path / "before", tmp_path / "log"
        shutil.copytree(home, before)
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        environ |= {"LD_PRELOAD": recorder, "RECORD": str(log), "RECORD_ROOT": str(home), **more}
        done = subprocess.run(
            [sys.executable, "-c", program, *words], env=environ, cwd=home, capture_output=True, stdin=subprocess.DEVNULL, timeout=60
        )
        assert done.returncode == 0, done.stderr
        shutil.rmtree(home)
        before.rename(home)
        return powercut.steps(log.read_bytes())

    return go


def digest(tag, files):
    """Of what matters to the next command: not of locks, and not of hidden files that nothing reads."""
    mark = hashlib.sha256(tag)
    for path, content in sorted(files):
        if content and "/." not in path.replace("/.local", "").replace("/.config", "") and not path.endswith("lock"):
            mark.update(path.encode() + hashlib.sha256(content).digest())
    return mark.digest()


class Machine:
    """A home into which images are put, one after the other; what was judged once is not judged again."""

    def __init__(self, home: Path, room: Path, state):
        self.home, self.room, self.state = home, room, state
        self.config = configuration.load({"HOME": str(room)})
        self.known: dict[bytes, object] = {}

    def boots(self, files):
        """What is found after the power is back: the state, or what is wrong with it."""
        return self._once(digest(b"before", files.items()), lambda: self._booted(files))

    def _once(self, what, find):
        if what not in self.known:
            self.known[what] = find()
        return self.known[what]

    def _booted(self, files):
        shutil.rmtree(self.room, ignore_errors=True)
        for path, content in files.items():
            place = self.room / Path(path).relative_to(self.home)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.write_bytes(content)
            place.chmod(0o600)
        try:
            rolled_back(self.config.database)
        except sqlite3.Error:
            return "corrupt"
        there = ((str(path), path.read_bytes()) for path in sorted(self.room.rglob("*")) if path.is_file())
        return self._once(digest(b"after", ((path, content) for path, content in there if not path.endswith("-journal"))), self._judged)

    def _judged(self):
        try:
            with closing(sqlite3.connect(self.config.database)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            with open_store(self.config) as store, store.reading() as here:
                assert [one.problem for one in here.audit.verify() if one.problem] == []
            return self.state(self.config)
        except (sqlite3.Error, IntegrationsError, AssertionError) as error:
            return f"corrupt: {error!r:.200}"


def rolled_back(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA synchronous=off")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def judge(home, done, tmp_path, state, each, seed=3, stride=1):
    """Every image must hold at least what was acknowledged, and at most one commit more; (images, corrupt, lost)."""
    machine = Machine(home, tmp_path / "room", state)
    count, corrupt, lost, last = 0, 0, 0, None
    for cut, acknowledged, files in powercut.images(home, done, each, seed, stride):
        found = machine.boots(files)
        count += 1
        if not isinstance(found, int):
            corrupt += 1
            last = (cut, len(done), done[cut - 1 : cut + 1], found)
        elif not acknowledged <= found <= acknowledged + 1:
            lost += 1
            last = (cut, len(done), acknowledged, found)
    return count, corrupt, lost, last


def turns(config):
    """How many rotations the store has seen."""
    with open_store(config) as store, store.reading() as here:
        return VALUES.index(here.integrations.reveal(here.integrations.get("acme", "anthropic"))["api_key"])


def turns_and_on(config):
    """The same, and the store can be written to: the anchor never knows more than the store."""
    found = turns(config)
    with open_store(config) as store, store.writing() as here:
        here.websites.rename("beta", "gamma")
    return found


def rotate(record, **more):
    return record(ROTATE, VALUES=" ".join(value.reveal() for value in VALUES[1:]), **more)


def test_the_recording_is_the_whole_of_what_happened(record, home, tmp_path):
    """Played to the end with everything kept, it gives the last state; up to nothing, the first."""
    done = rotate(record)
    disk = powercut.Disk(home)
    machine = Machine(home, tmp_path / "room", turns_and_on)
    assert machine.boots(disk.image(None)) == 0
    for step in done:
        disk.play(step)
    assert powercut.printed(done) == TURNS
    assert machine.boots(disk.image(None)) == TURNS
    assert {step.kind for step in done} >= set("WTSA")


def test_power_cuts_of_a_rotation(record, home, tmp_path):
    done = rotate(record)
    count, corrupt, lost, last = judge(home, done, tmp_path, turns_and_on, each=2)
    assert (corrupt, lost) == (0, 0), last
    assert count >= 1000


def test_without_syncs_it_would_be_found(record, home, tmp_path):
    """The negative control: `synchronous=off` loses what was acknowledged, and tears the database."""
    done = rotate(record, SYNCHRONOUS="off")
    count, corrupt, lost, _ = judge(home, done, tmp_path, turns, each=1, stride=15)
    assert corrupt > 0 and lost > 0, count


# ── the slow run: more stories, more images ──


def opened(config, website, provider):
    """A credential, opened; None when there is none."""
    with open_store(config) as store, store.reading() as here:
        row = here.integrations.find(website, provider)
        return here.integrations.reveal(row) if row is not None else None


def migrated(config):
    """0: nothing came in, 1: everything did."""
    found = [opened(config, "acme", name) for name in ("openai", "stripe")]
    assert opened(config, "acme", "anthropic") == {"api_key": VALUES[0]}
    assert found == [None, None] or None not in found, "half a migration"
    return int(found[0] is not None)


def slot_replaced(config):
    """0: the slot of before opens the store, 1: another one does; the credential opens either way."""
    assert opened(config, "acme", "anthropic") == {"api_key": VALUES[0]}
    with open_store(config) as store, store.writing() as here:
        log = (
            here.audit.connection()
            .execute('SELECT count(*) FROM audit_row WHERE body LIKE \'%"action":"key.slot_rotated"%\'')
            .fetchone()[0]
        )
        here.websites.rename("beta", "gamma")
    return log


def put_back(config):
    """0: the store of before, 1: the backup; a command that was cut can be given again."""
    assert opened(config, "acme", "anthropic") == {"api_key": VALUES[0]}
    with open_store(config) as store:
        with store.reading() as here:
            former = here.websites.find("beta") is not None
        assert (store.refusal() is None) is former, "the backup waits to be accepted, the store of before does not"
        store.accept()
        with store.writing() as here:
            here.websites.add("delta", None)
    return int(not former)


def written(config):
    """0: there is no file, 1: there is a whole one."""
    target = config.data_dir.parents[2] / "new.bak"
    assert opened(config, "acme", "anthropic") == {"api_key": VALUES[0]}
    if target.exists():
        backup.verified(target)
    return int(target.exists())


STORIES = {
    "migrate": (("migrate", "dotenv", "legacy.env", "-w", "acme", "--yes"), migrated),
    "key rotate": (("key", "rotate", "1", "--yes"), slot_replaced),
    "restore": (("store", "restore", "old.bak", "--confirm", "old.bak"), put_back),
    "backup": (("store", "backup", "new.bak"), written),
}


@pytest.mark.parametrize("name", ["restore", "backup"])
def test_some_power_cuts_of_a_restore_and_a_backup(record, home, tmp_path, name):
    words, state = STORIES[name]
    done = record(COMMAND, *words)
    count, corrupt, lost, last = judge(home, done, tmp_path, state, each=2)
    assert (corrupt, lost) == (0, 0), last
    assert count > len(done) >= 9


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_power_cuts_of_other_commands(record, home, tmp_path, name):
    words, state = STORIES[name]
    done = record(COMMAND, *words)
    count, corrupt, lost, last = judge(home, done, tmp_path, state, each=100 if name == "restore" else 24)
    assert (corrupt, lost) == (0, 0), last
    assert count >= 10 * len(done)


@pytest.mark.slow
def test_many_power_cuts_of_a_rotation(record, home, tmp_path):
    count, corrupt, lost, last = judge(home, rotate(record), tmp_path, turns_and_on, each=40, seed=7)
    assert (corrupt, lost) == (0, 0), last
    assert count >= 20_000
