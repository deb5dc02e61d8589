"""Kill -9, a full and a failing disk at every write-class call of backup, restore and what belongs to them: the old or the new, whole."""

import errno
import shutil
import sqlite3
import sys
from contextlib import closing

import pytest
from tests import keys
from tests.faults.forking import Forking

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.errors import Locked
from integrations_cli.masking import Secret
from integrations_cli.store import backup, create, open_store
from integrations_cli.store.store import utcnow

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="the shim needs gcc and Linux")

VALUE = {"api_key": Secret(keys.ANTHROPIC)}


@pytest.fixture(scope="module")
def forking(tmp_path_factory):
    running = Forking(tmp_path_factory.mktemp("forking"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A store with one credential, a backup of it, and a website that came later."""
    home = tmp_path_factory.mktemp("template")
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store:
        with store.writing() as here:
            here.websites.add("acme", None)
            here.integrations.add("acme", registry.get("anthropic"), VALUE, {})
        backup.write(config, home / "old.bak", utcnow())
        with store.writing() as here:
            here.websites.add("beta", None)
    return home


def facts(home):
    """What there is: `none`, or whether the store is the later one, waits to be accepted, and what its credential is (`locked`: no key)."""
    config = configuration.load({"HOME": str(home)})
    if not config.database.exists():
        return "none"
    with closing(sqlite3.connect(config.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_store(config) as store, store.reading() as here:
        later = here.websites.find("beta") is not None
        row = here.integrations.get("acme", "anthropic")
        try:
            value = here.integrations.reveal(row)
            assert [one.problem for one in here.audit.verify() if one.broken] == []
            return later, store.refusal() is not None, value
        except Locked:
            return later, None, "locked"


OLD, RESTORED, ACCEPTED = (True, False, VALUE), (False, True, VALUE), (False, False, VALUE)
STORIES = {  # words, what is done before, the two states that may be seen, exit codes of the same command once more
    "backup": (("store", "backup", "new.bak"), None, {str(OLD)}, OLD, {0, 4}),
    "restore": (("store", "restore", "old.bak", "--confirm", "old.bak"), None, {str(OLD), str(RESTORED)}, RESTORED, {0}),
    "restore, empty": (("store", "restore", "old.bak"), "empty", {"none", str(RESTORED)}, RESTORED, {0, 2}),
    "accept": (("store", "accept-restore", "--yes"), "restored", {str(RESTORED), str(ACCEPTED)}, ACCEPTED, {0}),
    "drill": (("store", "restore", "--drill", "old.bak"), None, {str(OLD)}, OLD, {0}),
    "abandon": (
        ("store", "abandon-credentials", "--slot", "file", "--no-recovery", "--confirm", "abandon-credentials"),
        "lost",
        {str((True, None, "locked")), str((True, False, {}))},
        (True, False, {}),
        {0, 4},
    ),
}


def arranged(forking, template, home, before):
    """A home of its own, as it is before the command under test."""
    shutil.copytree(template, home)
    if before == "empty":
        shutil.rmtree(home / ".local")
    elif before == "restored":
        assert forking.run(home, "store", "restore", "old.bak", "--confirm", "old.bak")[0] == 0
    elif before == "lost":
        next(home.rglob("*.key")).unlink()


def strike(forking, template, tmp_path, name, sample, number=0):
    words, before, states, after, again = STORIES[name]
    home = tmp_path / "home"
    arranged(forking, template, home, before)
    code, total, said = forking.run(home, *words)
    assert (code, facts(home)) == (0, after), said
    assert total >= 9, "the shim sees the writes"
    shutil.rmtree(home)
    seen = set()
    for point in range(1, total + 1) if sample is None else sorted({1 + (total - 1) * step // (sample - 1) for step in range(sample)}):
        arranged(forking, template, home, before)
        code, _, said = forking.run(home, *words, fault=point, number=number)
        if number:
            assert code in {0, 8, 74} and "unexpected" not in said and "Traceback" not in said, (point, code, said)
        else:
            assert code == -9, (point, code, said)
        found = str(facts(home))
        assert found in states, (point, found)
        if name == "backup" and (home / "new.bak").exists():
            assert backup.verified(home / "new.bak").integrations == 1
        seen.add(found)
        code, _, said = forking.run(home, *words)
        assert code in again, (point, code, said)
        if code != 2:
            assert facts(home) == after, point
        assert left(home) == [], point
        shutil.rmtree(home)
    return seen


def left(home):
    """Hidden files of ours, which the next run of the same command has swept."""
    return [path.name for path in home.rglob(".*") if path.name.startswith((".store", ".new", ".drill")) and path.is_file()]


@pytest.mark.parametrize("name", STORIES)
def test_killed_at_some_writes(forking, template, tmp_path, name):
    strike(forking, template, tmp_path, name, sample=3)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("name", ["backup", "restore"])
def test_a_full_or_failing_disk_at_some_writes(forking, template, tmp_path, name, number):
    strike(forking, template, tmp_path, name, sample=3, number=number)


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_killed_at_every_write(forking, template, tmp_path, name):
    seen = strike(forking, template, tmp_path, name, sample=None)
    assert seen == STORIES[name][2], "both sides of the commit were struck"


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=["full", "broken", "read-only"])
@pytest.mark.parametrize("name", STORIES)
def test_a_full_or_failing_disk_at_every_write(forking, template, tmp_path, name, number):
    strike(forking, template, tmp_path, name, sample=None, number=number)
