"""`integrations key …`: what is refused, what is said, which exit code."""

import json
import os
import resource
import sqlite3
from datetime import timedelta

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.cli import app, paper
from integrations_cli.cli.tools import Doors, Tools
from integrations_cli.errors import NotWritten
from integrations_cli.masking import Secret
from integrations_cli.store import engine, open_store, vault

FIX = "integrations key slot list"


def slots(run):
    return [(one["position"], one["kind"], one["usable"]) for one in json.loads(run("key", "slot", "--json").out)["items"]]


def test_slots_are_listed_added_and_removed(ready, config):
    assert slots(ready) == [(1, "file", True)]
    done = ready("key", "slot", "add", "file")
    assert done.code == 0 and "key file opens the store now" in done.err and done.out == ""
    assert slots(ready) == [(1, "file", True), (2, "file", True)]
    assert ready("key", "slot", "remove", "1").code == 2, "nobody can be asked"
    assert ready("key", "slot", "remove", "1", "--confirm", "passphrase").code == 5
    done = ready("key", "slot", "remove", "1", "--confirm", "file")
    assert done.code == 0, done.err
    assert "stays    key file, opened just now" in done.err and "no recovery key" in done.err
    assert slots(ready) == [(1, "file", True)]
    assert ready("website", "add", "gamma").code == 0
    done = ready("key", "slot", "remove", "1", "--confirm", "file")
    assert done.code == 8 and "try: integrations key slot add file" in done.err


def test_what_is_typed_wrong(ready):
    for words, code, said in (
        (("add",), 2, "which kind of slot?"),
        (("add", "paper"), 2, "keyring, file, env, passphrase"),
        (("add", "recovery"), 2, "key recovery"),
        (("add", "env"), 2, "--key-file PATH"),
        (("add", "file", "--key-file", "x"), 2, "for the slot env"),
        (("remove",), 2, FIX),
        (("remove", "7"), 3, FIX),
        (("remove", "keyring"), 3, FIX),
        (("destroy",), 2, "one of list, add, remove"),
        (("add", "passphrase"), 2, "a terminal is needed"),
    ):
        done = ready("key", "slot", *words)
        assert (done.code, said in done.err) == (code, True), (words, done.err)
    ready("key", "slot", "add", "file")
    assert "by its number" in ready("key", "slot", "remove", "file", "--confirm", "file").err
    assert slots(ready) == [(1, "file", True), (2, "file", True)]


def test_a_new_key_for_a_slot(ready, config):
    before = list(config.keys_dir.iterdir())
    assert ready("key", "rotate").code == 2, "a yes is needed"
    assert list(config.keys_dir.iterdir()) == before
    done = ready("key", "rotate", "--yes")
    assert done.code == 0 and "slot 1, key file, has a new key" in done.err
    assert len(list(config.keys_dir.iterdir())) == 1 and list(config.keys_dir.iterdir()) != before
    assert ready("website", "add", "gamma").code == 0
    assert ready("key", "rotate", "2", "--yes").code == 3


def test_a_dry_run_makes_no_new_key(ready, config):
    before = list(config.keys_dir.iterdir())
    for words in ((), ("1",), ("--yes",), ("1", "--yes")):
        done = ready("key", "rotate", *words, "--dry-run")
        assert (done.code, "slot 1, key file, would get a new key" in done.err) == (0, True), done.err
        assert list(config.keys_dir.iterdir()) == before


def test_init_makes_a_key_in_a_named_file(run, home, config):
    done = run("init", "--key-file", str(home / "key"), "--no-recovery", "--website", "acme")
    assert done.code == 0 and f"export INTEGRATIONS_KEY_FILE={home / 'key'}" in done.err
    assert (home / "key").stat().st_mode & 0o777 == 0o600
    assert run("website", "add", "beta").code == 6
    assert run("website", "add", "beta", INTEGRATIONS_KEY_FILE=str(home / "key")).code == 0
    done = run("key", "rotate", "--yes", INTEGRATIONS_KEY_FILE=str(home / "key"))
    assert done.code == 2 and "key slot add env --key-file PATH" in done.err
    other = home / "other"
    assert run("key", "slot", "add", "env", "--key-file", str(other), INTEGRATIONS_KEY_FILE=str(home / "key")).code == 0
    done = run("key", "slot", "remove", "1", "--confirm", "env", INTEGRATIONS_KEY_FILE=str(other))
    assert done.code == 0, done.err
    assert run("website", "add", "gamma", INTEGRATIONS_KEY_FILE=str(home / "key")).code == 6
    assert run("website", "add", "gamma", INTEGRATIONS_KEY_FILE=str(other)).code == 0


def test_of_two_keys_in_the_environment_the_file_is_the_only_one_tried(run, home):
    assert run("init", "--key-file", str(home / "key"), "--no-recovery", "--website", "acme").code == 0
    right, wrong = (home / "key").read_text().strip(), vault.key_text(b"\x08" * 32)
    (home / "wrong").write_text(wrong + "\n")
    (home / "wrong").chmod(0o600)
    both = {"INTEGRATIONS_KEY": wrong, "INTEGRATIONS_KEY_FILE": str(home / "key")}
    assert run("website", "add", "beta", **both).code == 0
    assert "key from\tINTEGRATIONS_KEY_FILE\n" in run("store", "status", "-v", **both).out
    done = run("website", "add", "gamma", INTEGRATIONS_KEY=right, INTEGRATIONS_KEY_FILE=str(home / "wrong"))
    assert (done.code, right in done.err) == (6, False), done.err
    (home / "key").chmod(0o644)
    assert "other users of this machine can read the file" in run("website", "add", "delta", **both).err


def test_init_refuses_a_key_file_that_is_there_or_beside_the_database(run, home, config):
    (home / "key").write_text("mine")
    assert run("init", "--key-file", str(home / "key"), "--no-recovery").code == 4
    assert (home / "key").read_text() == "mine" and not config.database.exists()
    config.data_dir.mkdir(parents=True, mode=0o700)
    assert run("init", "--key-file", str(config.data_dir / "key"), "--no-recovery").code == 8
    assert run("init", "--key-file", str(home / "x"), "--slot", "file", "--no-recovery").code == 2
    assert not config.database.exists()


def test_a_failed_init_takes_the_named_key_file_away(run, home, config):
    (home / "paper").write_text("there")
    done = run("init", "--key-file", str(home / "key"), "--recovery-file", str(home / "paper"))
    assert done.code == 4 and not (home / "key").exists()


def test_a_slot_that_is_none_is_refused_before_anything_is_said(run, config):
    for words in (("init",), ("init", "--no-recovery")):
        done = run(*words, "--slot", "paper")
        assert done.code == 2 and "there are keyring, file, env, passphrase, vault, aws-kms" in done.err and "1 of 3" not in done.err
    assert not config.data_dir.exists()


def test_a_recovery_file_that_cannot_be_written_whole_leaves_nothing(home, environ):
    tools, path = Tools(["init"], Doors(environ), app.run), home / "paper"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        with pytest.raises(NotWritten), paper.kept(tools, Secret("EXAMPLE" * 10), str(path), lambda: False):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not path.exists()


def test_the_name_of_a_recovery_file_is_on_the_disk_as_well(run, home, monkeypatch):
    synced, sync = [], os.fsync

    def watched(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    assert run("init", "--slot", "file", "--recovery-file", str(home / "paper")).code == 0
    assert synced.index(str(home / "paper")) < synced.index(str(home)), "the file, then its directory"


def test_no_key_shows(ready, config):
    ready("add", "anthropic", "-w", "acme", "--no-test", "--secret-env", "api_key=KEY", KEY=keys.ANTHROPIC)
    text = next(config.keys_dir.iterdir()).read_text().split()[2]
    for words in (("key",), ("key", "slot"), ("key", "slot", "add", "file"), ("key", "rotate", "1", "--yes"), ("key", "slot", "--json")):
        done = ready(*words)
        assert done.code == 0
        assert text[:9] not in done.out + done.err and keys.ANTHROPIC not in done.out + done.err


# ── a new root key ──


def test_a_new_root_key(run, home, config):
    assert run("init", "--slot", "file", "--recovery-file", str(home / "paper"), "--website", "acme").code == 0
    old = (home / "paper").read_text().strip()
    before = config.database.read_bytes()
    done = run("key", "rotate", "--root", "--dry-run")
    assert done.code == 0 and "stays    key file, opened just now" in done.err and "replaced recovery key" in done.err
    done = run("key", "rotate", "--root", "--yes")
    assert done.code == 2 and "--recovery-file PATH" in done.err
    assert run("key", "rotate", "--root", "--recovery-file", str(home / "new")).code == 2, "a yes is needed"
    assert run("key", "rotate", "--root", "--yes", "--recovery-file", str(home / "paper")).code == 4, "never overwritten"
    assert run("key", "rotate", "--root", "--yes", "--recovery-file", str(config.data_dir / "paper")).code == 8
    assert config.database.read_bytes() == before and not (home / "new").exists()
    done = run("key", "rotate", "--root", "--yes", "--recovery-file", str(home / "new"))
    assert done.code == 0, done.err
    assert "3 data keys are sealed under a new root key" in done.err and "does not undo a leak" in done.err
    assert run("website", "add", "b", INTEGRATIONS_KEY=old).code == 6
    assert run("website", "add", "c", INTEGRATIONS_KEY_FILE=str(home / "new")).code == 0
    assert run("website", "add", "d").code == 0
    done = run("key", "rotate", "--root", "--yes", "--no-recovery")
    assert done.code == 0 and "every credential is lost" in done.err
    assert slots(run) == [(1, "file", True)]


def test_what_does_not_go_together(ready):
    assert ready("key", "rotate", "1", "--root", "--yes").code == 2
    assert ready("key", "rotate", "--no-recovery", "--yes").code == 2
    assert "Rotating keys does not undo a leak." in ready("key", "rotate", "--help").out.replace("\n", " ").replace("  ", " ")


# ── re-encryption ──


def test_everything_is_sealed_anew(ready, config):
    ready("add", "anthropic", "-w", "acme", "--no-test", "--secret-env", "api_key=KEY", KEY=keys.ANTHROPIC)
    before = config.database.read_bytes()
    assert "1 version would be sealed anew" in ready("key", "rotate", "--reencrypt", "--dry-run").err
    assert ready("key", "rotate", "--reencrypt").code == 2, "a yes is needed"
    assert ready("key", "rotate", "--resume").code == 4
    assert config.database.read_bytes() == before
    done = ready("key", "rotate", "--reencrypt", "--yes")
    assert done.code == 0 and "sealed anew and verified: 1 version; the old keys are destroyed" in done.err, done.err
    assert ready("get", "anthropic", "api_key", "-w", "acme", "--reveal").out.strip() == keys.ANTHROPIC
    assert ready("audit", "verify").code == 0


def test_what_could_not_be_opened_is_named(ready, config):
    ready("add", "anthropic", "-w", "acme", "--no-test", "--secret-env", "api_key=KEY", KEY=keys.ANTHROPIC)
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE credential_version SET blob = zeroblob(163)")
    done = ready("key", "rotate", "--reencrypt", "--yes")
    assert done.code == 12 and "anthropic of acme could not be opened" in done.err
    assert "next: integrations rotate anthropic -w acme" in done.err


def test_what_does_not_open_under_its_new_key_stops_it(ready, config):
    """Named, exit 7, and nothing is said to be destroyed."""
    ready("add", "anthropic", "-w", "acme", "--no-test", "--secret-env", "api_key=KEY", KEY=keys.ANTHROPIC)
    with sqlite3.connect(config.database) as connection:
        damage = "UPDATE credential_version SET blob = x'00'"
        connection.execute(f"CREATE TRIGGER late AFTER UPDATE OF cursor ON key_operation BEGIN {damage}; END")
    done = ready("key", "rotate", "--reencrypt", "--yes")
    assert done.code == 7 and "anthropic of acme does not open under its new key" in done.err, done.err
    assert "destroyed" not in done.err.replace("no old key was destroyed", "")
    assert "integrations rotate anthropic -w acme" in done.err and "integrations key rotate --resume" in done.err
    assert ready("key", "rotate", "--resume", "--yes").code == 7


def test_one_rotation_at_a_time(ready):
    for words in (("1", "--root"), ("--root", "--reencrypt"), ("1", "--resume")):
        assert ready("key", "rotate", *words, "--yes").code == 2


# ── recovery, and what to do after a leak ──


def test_the_slot_is_lost(run, home, config):
    assert run("init", "--slot", "file", "--recovery-file", str(home / "paper"), "--website", "acme").code == 0
    assert run("doctor", "-w", "acme").out.count("never tried") == 1
    next(config.keys_dir.iterdir()).unlink()
    done = run("key", "status")
    assert done.code == 6 and "INTEGRATIONS_KEY_FILE" in done.err
    assert run("website", "add", "beta").code == 6
    given = {"INTEGRATIONS_KEY_FILE": str(home / "paper")}
    assert run("website", "add", "beta", **given).code == 0
    assert run("key", "slot", "add", "file", **given).code == 0
    assert run("key", "slot", "remove", "1", "--confirm", "file", **given).code == 0
    assert run("key", "status").code == 0 and run("website", "add", "gamma").code == 0


def test_a_recovery_key_is_made_and_proved_on_a_terminal_only(ready):
    for words in ((), ("--test",)):
        done = ready("key", "recovery", *words)
        assert done.code == 2 and "a terminal is needed" in done.err


def test_a_passphrase_is_made_on_a_terminal_only(ready, config):
    done = ready("key", "slot", "add", "passphrase")
    assert (done.code, "a terminal is needed" in done.err) == (2, True), done.err
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE key_slot SET kind = 'passphrase'")
    assert ready("key", "rotate", "passphrase", "--yes").code == 2


def test_what_to_change_after_a_leak(ready, config):
    assert "no credential is stored" in ready("key", "affected").err
    ready("add", "anthropic", "-w", "acme", "--no-test", "--secret-env", "api_key=KEY", KEY=keys.ANTHROPIC)
    given = ("--secret-env", "secret_key=A", "--secret-env", "publishable_key=B")
    assert ready("add", "stripe", "-w", "acme", "--no-test", *given, A=keys.STRIPE_SECRET, B=keys.STRIPE_PUBLIC).code == 0
    ready("disable", "anthropic", "-w", "acme")
    next(config.keys_dir.iterdir()).unlink()  # it needs no key
    done = ready("key", "affected", "--json")
    items = json.loads(done.out)["items"]
    named = [(one["provider"], one["field"]) for one in items]
    assert named == [("anthropic", "api_key"), ("stripe", "publishable_key"), ("stripe", "secret_key")]
    assert items[0]["revoke_at"].startswith("https://") and items[0]["enabled"] is False and len(items[0]["fingerprint"]) == 8
    assert keys.ANTHROPIC not in done.out
    assert ready("key", "affected").out.splitlines()[0].startswith("website\tprovider\tfield\tstate\thint\tfingerprint")


def test_what_is_kept_and_what_waits_is_affected_too_and_a_narrow_screen_shows_where_it_is_revoked(ready, config):
    def values(letter):
        return {"secret_key": Secret(keys.STRIPE_SECRET + letter), "publishable_key": Secret(keys.STRIPE_PUBLIC)}

    stripe = registry.get("stripe")
    with open_store(config) as store:
        with store.writing() as here:
            row = here.integrations.add("acme", stripe, values("1"), {})
            here.integrations.conceal(row, stripe, values("2"))
        with store.writing() as here:
            here.rotations.start(here.integrations.get("acme", "stripe"), stripe, values("3"), {}, timedelta(hours=1))
    items = json.loads(ready("key", "affected", "--json").out)["items"]
    assert [(one["field"], one["state"]) for one in items] == [
        ("publishable_key", "active"),  # once, although three versions hold it
        ("secret_key", "active"),
        ("secret_key", "previous"),
        ("secret_key", "pending"),
    ]
    assert len({one["fingerprint"] for one in items}) == 4
    shown = ready("key", "affected", "--format", "table", COLUMNS="80").out
    assert all(stripe.keys_url in line for line in shown.splitlines()[2:]), shown
    assert max(map(len, shown.splitlines())) <= 80
    wide = ready("key", "affected", "--format", "table", COLUMNS="140").out
    assert [word for word in ("in use", "kept", "waits") if word not in wide] == []


def test_doctor_says_that_a_re_encryption_is_not_finished(ready, config):
    with sqlite3.connect(config.database) as connection:
        connection.execute(
            "INSERT INTO key_operation VALUES (randomblob(16), 'reencrypt', 'encrypt', NULL, '2026-11-26T10:00:00Z', 'h', 1)"
        )
    done = ready("doctor", "-w", "acme")
    assert done.code == 23 and "integrations key rotate --resume" in done.out
    assert ready("key", "slot", "add", "file").code == 4
    assert ready("key", "rotate", "--resume").code == 0, "no new yes is needed"
    assert ready("doctor", "-w", "acme").code == 0


def test_an_end_after_the_commit_of_a_new_root_key_leaves_the_new_recovery_key(ready, home, monkeypatch):
    def ended(cursor, path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine, "vacuum", ended)
        assert ready("key", "rotate", "--root", "--yes", "--recovery-file", str(home / "new")).code == 130
    assert ready("website", "add", "gamma").code == 0
    assert ready("website", "add", "delta", INTEGRATIONS_KEY_FILE=str(home / "new")).code == 0
    (home / "new").unlink()
