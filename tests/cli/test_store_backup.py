"""`store backup`, `store restore`, `store accept-restore`: from a lost machine back to every value."""

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing

import pytest
from tests import keys

VALUES = {"openai": keys.GOOD["openai"], "anthropic": keys.GOOD["anthropic"], "paypal": keys.GOOD["paypal"]}


def add(run, provider, website="acme"):
    given = VALUES[provider]
    options = [word for name in given for word in ("--secret-env", f"{name}={name.upper()}")]
    done = run("add", provider, "-w", website, "--no-test", *options, **{name.upper(): value for name, value in given.items()})
    assert done.code == 0, done.err


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Made by the first test that needs it, then copied."""
    return tmp_path_factory.mktemp("template") / "home"


@pytest.fixture
def full(run, home, template):
    """A store with a recovery key in a file, three integrations in two websites."""
    if template.exists():
        shutil.copytree(template, home, dirs_exist_ok=True)
        return run
    assert run("init", "--slot", "file", "--recovery-file", str(home / "paper"), "--website", "acme").code == 0
    assert run("website", "add", "beta").code == 0
    for provider, website in (("openai", "acme"), ("paypal", "acme"), ("anthropic", "beta")):
        add(run, provider, website)
    shutil.copytree(home, template)
    return run


@pytest.fixture
def bak(full, home):
    assert full("store", "backup", str(home / "nightly.bak")).code == 0
    return home / "nightly.bak"


def revealed(run, **more):
    found = {}
    for provider, website in (("openai", "acme"), ("paypal", "acme"), ("anthropic", "beta")):
        for field in VALUES[provider]:
            done = run("get", provider, field, "-w", website, "--reveal", "--allow-reveal", **more)
            assert done.code == 0, done.err
            found.setdefault(provider, {})[field] = done.out.rstrip("\n")
    return found


def listed(run):
    return json.loads(run("list", "-A", "--json").out)["items"]


def test_the_drill_an_empty_machine_and_the_paper_alone(full, bak, home, tmp_path_factory):
    """G31: backup, empty machine, recovery key only, every value equal."""
    before = listed(full)
    bare = tmp_path_factory.mktemp("bare")
    there = {"HOME": str(bare), "INTEGRATIONS_KEY_FILE": str(home / "paper")}
    done = full("store", "restore", str(bak), HOME=str(bare))  # nothing is lost, nothing is asked, no key is needed
    assert done.code == 0, done.err
    assert "store accept-restore" in done.err
    assert json.loads(full("list", "-A", "--json", HOME=str(bare)).out)["items"] == before
    assert full("store", "accept-restore", "--yes", HOME=str(bare)).code == 6  # no slot of it is here
    assert full("store", "accept-restore", "--yes", **there).code == 0
    assert revealed(full, **there) == VALUES
    assert full("audit", "verify", **there).code == 0
    assert full("website", "add", "gamma", **there).code == 0


def test_a_backup_is_private_whole_and_holds_no_key(full, bak, home):
    assert stat.S_IMODE(bak.stat().st_mode) == 0o600
    data = bak.read_bytes()
    for value in (value for one in VALUES.values() for value in one.values()):
        assert value.encode() not in data
    with sqlite3.connect(bak) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM integration").fetchone() == (3,)
    assert [path.name for path in home.iterdir() if path.name.startswith(".nightly")] == []


def test_a_backup_needs_no_key(full, home):
    next(home.rglob("*.key")).unlink()
    assert full("store", "backup", str(home / "b")).code == 0
    assert full("store", "restore", "--drill", str(home / "b")).code == 6


def test_what_is_there_is_never_overwritten(full, bak):
    before = bak.read_bytes()
    done = full("store", "backup", str(bak))
    assert (done.code, "exists already" in done.err) == (4, True)
    assert bak.read_bytes() == before
    bak.unlink()
    bak.symlink_to("/nowhere/at/all")
    assert full("store", "backup", str(bak)).code == 4


@pytest.mark.parametrize("words", [("backup", "-"), ("restore", "-"), ("restore", "--drill", "-")])
def test_no_pipe(full, words):
    assert full("store", *words).code == 2


def test_not_beside_a_key_and_not_as_a_part_of_the_database(full, home):
    data, config = home / ".local/share/integrations", home / ".config/integrations"
    for place in (config / "b", config / "keys/b", data / "store.db-journal2", data / "store.db.bak"):
        assert full("store", "backup", str(place)).code == 8
    (home / "run").mkdir()
    (home / "paper").rename(home / "run/paper")
    assert full("store", "backup", str(home / "run/b"), INTEGRATIONS_KEY_FILE=str(home / "run/paper")).code == 8
    done = full("store", "backup", str(data / "b"))
    assert (done.code, "beside the store" in done.err) == (0, True)
    assert full("store", "backup", str(home / "nowhere/b")).code == 74


def test_a_restored_store_is_read_with_a_warning_and_written_only_when_accepted(full, bak):
    add(full, "anthropic")
    assert full("store", "restore", str(bak), "--confirm", bak.name).code == 0
    done = full("list", "-A", "--json")
    assert (done.code, len(json.loads(done.out)["items"])) == (0, 3)
    assert "accept-restore" in done.err
    for words in (("website", "add", "gamma"), ("disable", "openai", "-w", "acme"), ("usage", "record", "openai", "-w", "acme")):
        done = full(*words)
        assert (done.code, "accept-restore" in done.err) == (7, True), words
    assert full("get", "openai", "api_key", "-w", "acme", "--reveal", "--allow-reveal").code == 7  # it could not be recorded
    assert full("store", "accept-restore", "--yes").code == 0
    assert "is a copy" not in full("list", "-A").err
    assert revealed(full) == VALUES
    assert full("usage", "record", "openai", "-w", "acme").code == 0
    assert full("audit", "verify").code == 0
    entries = json.loads(full("audit", "list", "-A", "--json").out)["items"]
    assert [one["action"] for one in entries].count("store.restore_accepted") == 1


def test_a_copy_put_back_by_hand_bears_the_mark_too(full, bak, home):
    database = home / ".local/share/integrations/store.db"
    database.write_bytes(bak.read_bytes())
    (home / ".config/integrations/anchor.json").unlink()
    assert full("website", "add", "gamma").code == 7
    assert full("store", "accept-restore", "--yes").code == 0
    assert full("website", "add", "gamma").code == 0


def test_a_plain_copy_that_bears_none_is_marked_when_it_is_restored(full, home):
    database = home / ".local/share/integrations/store.db"
    (home / "copy.db").write_bytes(database.read_bytes())
    (home / ".config/integrations/anchor.json").unlink()
    assert full("store", "restore", str(home / "copy.db"), "--confirm", "copy.db").code == 0
    assert full("website", "add", "gamma").code == 7
    assert full("store", "accept-restore", "--yes").code == 0
    assert revealed(full) == VALUES


def test_a_store_older_than_its_anchor_can_be_accepted(full, home):
    database = home / ".local/share/integrations/store.db"
    old = database.read_bytes()
    assert full("website", "add", "gamma").code == 0
    database.write_bytes(old)
    done = full("website", "add", "delta")
    assert (done.code, "accept-restore" in done.err) == (7, True)
    assert full("store", "accept-restore", "--yes").code == 0
    assert full("website", "add", "delta").code == 0


def test_accepting_asks_and_has_nothing_to_do_twice(full, bak):
    assert full("store", "restore", str(bak), "--confirm", bak.name).code == 0
    assert full("store", "accept-restore").code == 2
    assert full("website", "add", "gamma").code == 7
    assert full("store", "accept-restore", "--yes").code == 0
    done = full("store", "accept-restore")
    assert (done.code, "nothing waits" in done.err) == (0, True)


def test_what_is_lost_is_named_and_must_be_typed(full, bak, home):
    add(full, "anthropic")
    database = home / ".local/share/integrations/store.db"
    before = database.read_bytes()
    done = full("store", "restore", str(bak))
    assert done.code == 2
    assert "4 integrations of 2 websites is replaced by a copy with 3 integrations of 2 websites" in done.err
    assert full("store", "restore", str(bak), "--confirm", "acme").code == 5
    assert database.read_bytes() == before


def test_the_former_store_is_kept_and_can_be_put_back(full, bak, home):
    add(full, "anthropic")
    assert full("store", "restore", str(bak), "--confirm", bak.name).code == 0
    kept = next(home.rglob("store.db.before-*"))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert full("store", "restore", str(kept), "--confirm", kept.name).code == 0
    assert len(listed(full)) == 4
    assert full("store", "accept-restore", "--yes").code == 0
    assert len(list(home.rglob("store.db.before-*"))) == 2


def test_a_damaged_store_is_replaced_all_the_same(full, bak, home):
    database = home / ".local/share/integrations/store.db"
    database.write_bytes(b"not a database at all" * 1000)
    database.with_name("store.db-journal").write_bytes(b"of that one" * 100)
    assert full("list", "-A").code == 7
    done = full("store", "restore", str(bak))
    assert (done.code, "cannot be read" in done.err) == (2, True)
    assert full("store", "restore", str(bak), "--confirm", bak.name).code == 0
    assert full("store", "accept-restore", "--yes").code == 0
    assert revealed(full) == VALUES
    assert next(home.rglob("store.db.before-*Z")).read_bytes().startswith(b"not a database")


BAD = {
    "empty": lambda data: b"",
    "text": lambda data: b"no database\n" * 500,
    "cut": lambda data: data[: len(data) // 2],
    "one page lost": lambda data: data[:8192] + b"\0" * 4096 + data[12288:],
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_backup_is_refused_before_anything_changes(full, bak, home, name):
    database = home / ".local/share/integrations/store.db"
    before = database.read_bytes()
    bak.write_bytes(BAD[name](bak.read_bytes()))
    for words in (("--confirm", bak.name), ("--drill",)):
        done = full("store", "restore", str(bak), *words)
        assert done.code == 7, (words, done.err)
    assert database.read_bytes() == before
    assert list(home.rglob("store.db.before-*")) == []
    assert [path.name for path in database.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE store SET format = 99",
        "UPDATE store SET format = 'x'",
        "DELETE FROM store",
        "DROP TABLE key_slot",
        "CREATE TRIGGER t AFTER INSERT ON audit_row BEGIN DELETE FROM audit_row; END",
        "PRAGMA foreign_keys = off; DELETE FROM website WHERE slug = 'acme'",
    ],
)
def test_somebody_elses_database_or_a_newer_one(full, bak, statement):
    with sqlite3.connect(bak) as connection:
        connection.executescript(statement)
    done = full("store", "restore", str(bak), "--confirm", bak.name)
    assert done.code == 7, done.err
    assert len(listed(full)) == 3


def test_a_copy_with_a_journal_beside_it_is_refused(full, bak):
    bak.with_name(bak.name + "-journal").write_bytes(b"x")
    assert full("store", "restore", str(bak), "--confirm", bak.name).code == 7


def test_the_backup_of_another_store_is_named_as_such(full, bak, tmp_path_factory):
    other = str(tmp_path_factory.mktemp("other"))
    assert full("init", "--slot", "file", "--no-recovery", HOME=other).code == 0
    done = full("store", "restore", str(bak), HOME=other)
    assert (done.code, "of another store" in done.err) == (2, True)
    assert "of another store" not in full("store", "restore", str(bak)).err


def test_what_is_no_file(full, home):
    os.mkfifo(home / "pipe")
    for path, code in ((home / "pipe", 2), (home / "nothing", 3), (home, 2), ("/dev/null", 2)):
        assert full("store", "restore", str(path), "--confirm", "x").code == code
    own = str(home / ".local/share/integrations/store.db")
    assert full("store", "restore", own, "--confirm", "store.db").code == 2


def test_the_drill_opens_everything_touches_nothing_and_is_recorded(full, bak, home):
    from integrations_cli.store import provenance

    database = home / ".local/share/integrations/store.db"
    assert provenance.tried(database) is None
    done = full("store", "restore", "--drill", str(bak))
    assert (done.code, "3 integrations open here" in done.err) == (0, True), done.err
    assert provenance.tried(database) is not None
    assert len(listed(full)) == 3
    assert [path.name for path in database.parent.iterdir() if path.name.startswith(".")] == []
    with sqlite3.connect(bak) as connection:
        connection.execute("UPDATE credential_version SET blob = zeroblob(300) WHERE rowid = 1")
    done = full("store", "restore", "--drill", str(bak))
    assert (done.code, "openai of acme does not open" in done.err) == (7, True)


def test_the_drill_with_the_recovery_key_proves_the_paper(full, bak, home):
    paper = {"INTEGRATIONS_KEY_FILE": str(home / "paper")}
    assert "recovery key" in full("store", "restore", "--drill", str(bak), **paper).err
    next(home.rglob("*.key")).unlink()
    assert full("store", "restore", "--drill", str(bak)).code == 6


def test_the_drill_counts_what_the_roles_in_it_hide(full, bak, home):
    """On another machine the numbers of users are others: what opens is counted all the same."""
    with sqlite3.connect(bak) as connection:
        connection.execute("INSERT INTO access_owner VALUES ('uid:54321')")
    done = full("store", "restore", "--drill", str(bak))
    assert (done.code, "3 integrations open here" in done.err) == (0, True), done.err


def test_a_backup_of_before_the_keys_were_replaced_says_so(full, bak, home):
    words = ("store", "restore", str(bak))
    assert "were replaced" not in full(*words).err
    assert full("key", "rotate", "file", "--yes").code == 0
    done = full(*words)
    assert done.code == 2
    assert "the key file of then is not there any more: of the slots of today only the recovery key opens it" in done.err, done.err
    assert full("store", "restore", "--drill", str(bak)).code == 6
    assert full("key", "rotate", "--root", "--yes", "--recovery-file", str(home / "paper2")).code == 0
    assert "no slot of today opens it" in full(*words, "--confirm", bak.name).err
    assert full("store", "restore", "--drill", str(bak), INTEGRATIONS_KEY_FILE=str(home / "paper")).code == 0


def test_the_drill_works_before_there_is_a_store(full, bak, home, tmp_path_factory):
    bare = tmp_path_factory.mktemp("bare")
    done = full("store", "restore", "--drill", str(bak), HOME=str(bare), INTEGRATIONS_KEY_FILE=str(home / "paper"))
    assert (done.code, "no store here" in done.err) == (0, True)
    assert list(bare.rglob("*.db")) == []


def as_of_old(path):
    """The same rows in the first schema there was."""
    from integrations_cli.store.migrations import step_0001

    newer = path.rename(path.with_name("newer"))
    with closing(sqlite3.connect(path)) as connection:
        step_0001.upgrade(connection)
        connection.execute("ATTACH ? AS newer", (str(newer),))
        for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            names = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")
        connection.execute("UPDATE main.store SET format = 1")
        connection.commit()


def test_an_older_schema_is_restored_and_then_brought_up_to_date(full, bak, home):
    as_of_old(bak)
    assert full("store", "restore", "--drill", str(bak)).code == 0
    done = full("store", "restore", str(bak), "--confirm", bak.name)
    assert (done.code, "store upgrade" in done.err) == (0, True)
    assert full("store", "upgrade", "--yes").code == 0
    assert full("store", "accept-restore", "--yes").code == 0
    assert revealed(full) == VALUES


def test_nothing_destroyed_is_in_a_backup(full, home):
    database = home / ".local/share/integrations/store.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA secure_delete = off")
        blob = connection.execute("SELECT blob FROM credential_version WHERE rowid = 1").fetchone()[0]
        connection.execute("DELETE FROM credential_version WHERE rowid = 1")
    assert blob in database.read_bytes()
    assert full("store", "backup", str(home / "b")).code == 0
    assert blob not in (home / "b").read_bytes()
