"""Kill -9, a full disk and a failing disk at every write-class call: nothing half-written, nothing lost, the same command again finishes it.

A preload shim counts the calls (tests/faults/killshim.c). The normal run takes a sample, `-m slow` takes them all.
"""

import errno
import shutil
import sqlite3
import sys

import pytest
from tests import keys
from tests.faults.forking import Forking

from integrations_cli import config as configuration
from integrations_cli.masking import Secret
from integrations_cli.store import open_store

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="the shim needs gcc and Linux")

ENV = f"ANTHROPIC_API_KEY={keys.ANTHROPIC}\nSTRIPE_SECRET_KEY={keys.STRIPE_SECRET}\nSTRIPE_PUBLISHABLE_KEY={keys.STRIPE_PUBLIC}\n"
INIT = ("init", "--slot", "file", "--no-recovery", "--website", "acme")
ADD = ("add", "anthropic", "-w", "acme", "--no-test", "--secret-env", "api_key=KEY")
MIGRATE = ("migrate", "dotenv", "legacy.env", "-w", "acme", "--yes")
REMOVE = ("website", "remove", "acme", "--confirm", "acme")
COMMANDS = {"init": INIT, "add": ADD, "migrate": MIGRATE, "remove": REMOVE}


@pytest.fixture(scope="module")
def at(tmp_path_factory):
    """Run a command in a home of its own, struck at the call `fault`: exit code, number of calls, what was said."""
    running = Forking(tmp_path_factory.mktemp("forking"))

    def go(home, *words, fault=0, number=0):
        (home / "legacy.env").write_text(ENV)
        (home / "legacy.env").chmod(0o600)
        return running.run(home, *words, fault=fault, number=number, KEY=keys.ANTHROPIC)

    yield go
    running.close()


@pytest.fixture
def before(tmp_path, at):
    """A home as it is before the command under test, copied fresh for every point."""
    base = tmp_path / "base"
    base.mkdir()

    def make(name, point):
        if name != "init" and not (base / ".local").exists():
            assert at(base, *INIT)[0] == 0
            if name == "remove":
                assert at(base, *ADD)[0] == 0
        home = tmp_path / f"home{point}"
        shutil.copytree(base, home)
        return home

    return make


def points(total, sample):
    return (
        range(1, total + 1) if sample is None else sorted({1, total, *(1 + (total - 1) * step // (sample - 1) for step in range(sample))})
    )


def whole(home):
    """What is stored, opened: the store is consistent and every credential in it opens. None: there is no store."""
    config = configuration.load({"HOME": str(home)})
    if not config.database.exists() or not config.database.stat().st_size:
        return None
    with sqlite3.connect(config.database) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_store(config) as store, store.reading() as here:
        assert [one.problem for one in here.audit.verify()] == [None] * len(here.audit.verify())
        return {row.provider: here.integrations.reveal(row) for row in here.integrations.all()}


STRIPE = {"secret_key": Secret(keys.STRIPE_SECRET), "publishable_key": Secret(keys.STRIPE_PUBLIC)}
ANTHROPIC = {"api_key": Secret(keys.ANTHROPIC)}
STATES = {  # before, after: nothing in between is ever seen
    "init": (None, {}),
    "add": ({}, {"anthropic": ANTHROPIC}),
    "migrate": ({}, {"anthropic": ANTHROPIC, "stripe": STRIPE}),
    "remove": ({"anthropic": ANTHROPIC}, {}),
}
AGAIN = {
    "init": {0},
    "add": {0, 4},
    "migrate": {0},
    "remove": {0, 3},
}  # the same command once more finishes it, or says it is done


def count_calls(at, before, name):
    code, calls, said = at(before(name, 0), *COMMANDS[name])
    assert code == 0, said
    return calls


def strike(at, before, name, sample, number=0):
    total = count_calls(at, before, name)
    assert total > 15, "the shim sees the writes"
    seen = []
    for point in points(total, sample):
        home = before(name, point)
        code, _, said = at(home, *COMMANDS[name], fault=point, number=number)
        if number:
            assert code in {0, 6, 8, 74}, (point, said)
            assert "unexpected" not in said and "Traceback" not in said
        else:
            assert code == -9, (point, code)
        state = whole(home)
        nothing, everything = STATES[name]
        assert state in (nothing, everything, {} if name == "init" else nothing), (point, state)
        again, _, said = at(home, *COMMANDS[name])
        assert again in AGAIN[name], (point, again, said)
        assert whole(home) == everything
        seen.append(state == everything)
        shutil.rmtree(home)
    return seen


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_killed_at_some_writes(at, before, name):
    seen = strike(at, before, name, sample=6)
    assert not all(seen), "the early points come before the commit"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
def test_a_full_or_failing_disk_at_some_writes(at, before, number):
    strike(at, before, "add", sample=4, number=number)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_killed_at_every_write(at, before, name):
    strike(at, before, name, sample=None)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=["full", "broken", "read-only"])
def test_a_failing_disk_at_every_write(at, before, name, number):
    strike(at, before, name, sample=None, number=number)


def test_a_hot_journal_left_by_a_kill_is_readable_without_the_key(at, before):
    """The list works right after a kill in the middle of a commit, although the database has to be rolled back first."""
    total = count_calls(at, before, "add")
    found = 0
    for point in range(total // 3, total, max(1, total // 8)):
        home = before("add", point)
        at(home, *ADD, fault=point)
        database = configuration.load({"HOME": str(home)}).database
        journal = database.with_name(database.name + "-journal")
        hot = journal.exists() and journal.stat().st_size > 0
        listed = at(home, "list", "-w", "acme")
        assert listed[0] == 0, (point, listed)
        found += hot
    assert found, "at least one kill left a hot journal"
