"""Slots of an open store: added, replaced, removed; a key is kept and read back first, and no key is left that nobody knows of."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import Conflict, Locked, Refused, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import create, key_slots, open_store, operations, vault

PHRASE = Secret("correct horse battery staple EXAMPLE")
VALUES = {"api_key": Secret(keys.ANTHROPIC)}


@pytest.fixture
def filled(store):
    with store.writing() as here:
        here.integrations.add("acme", registry.get("anthropic"), VALUES, {})
    return store


def files(config):
    return sorted(path.name for path in config.keys_dir.iterdir())


def opens(config, ask=None):
    """A fresh store, as another process would open it: the kind that opened it, and that everything in it opens."""
    with open_store(config, ask) as again:
        with again.reading() as here:
            assert here.integrations.reveal(here.integrations.get("acme", "anthropic")) == VALUES
            assert {one.problem for one in here.audit.verify()} == {None}
        again.verify()
        return again.keys.opened_by.kind


def kinds(store):
    return [(row.position, row.kind) for row in key_slots.listed(store)]


def added(store, kind, ask=None, path=None):
    with key_slots.fresh(store, kind, ask, path) as new:
        return key_slots.add(store, new)


def test_a_second_key_file_opens_when_the_first_is_gone(filled, made):
    first = files(made)
    added(filled, "file")
    assert kinds(filled) == [(1, "file"), (2, "file")]
    (made.keys_dir / first[0]).unlink()
    assert opens(made) == "file"
    assert len(files(made)) == 1


def test_a_passphrase_asked_twice_for_making_and_once_for_opening(filled, made):
    added(filled, "passphrase", lambda title: PHRASE)
    (made.keys_dir / files(made)[0]).unlink()
    with pytest.raises(Locked):
        opens(made)
    with pytest.raises(Locked) as refusal:
        opens(made, lambda title: Secret("another one that is long enough"))
    assert "its key is another one" in refusal.value.why
    assert opens(made, lambda title: PHRASE) == "passphrase"


def test_a_key_in_a_new_file_that_comes_with_the_call(filled, made, home):
    path = home / "secrets" / "integrations"
    path.parent.mkdir(mode=0o700)
    added(filled, "env", None, path)
    assert path.stat().st_mode & 0o777 == 0o600
    (made.keys_dir / files(made)[0]).unlink()
    assert opens(replace(made, environ={"INTEGRATIONS_KEY_FILE": str(path)})) == "env"
    with pytest.raises(Conflict, match="exists already"), open_store(replace(made, environ={"INTEGRATIONS_KEY_FILE": str(path)})) as again:
        added(again, "env", None, path)
    assert path.read_text().count("-") == 13


def test_a_key_file_beside_the_database_is_refused_and_leaves_nothing(filled, made):
    with pytest.raises(Locked):
        added(filled, "env", None, made.data_dir / "key")
    assert not (made.data_dir / "key").exists()
    assert kinds(filled) == [(1, "file")] and left(filled) == {}


def left(store):
    with store.reading() as here:
        return operations.loose(here.session)


def test_the_new_slot_comes_before_the_recovery_key(config):
    create.prepare(config, "file", recovery=True).commit()
    with open_store(config) as store:
        added(store, "passphrase", lambda title: PHRASE)
        assert kinds(store) == [(1, "file"), (2, "passphrase"), (3, "recovery")]


def test_the_key_is_read_back_before_anything_is_sealed_with_it(filled, made, monkeypatch):
    """A disk that keeps something else than what was written: the slot is not made, the key file is gone again."""
    from integrations_cli.store.slots.file import FileSlot

    monkeypatch.setattr(FileSlot, "unlock", lambda *rest: b"\1" * 32)
    with pytest.raises(Locked, match="does not open"):
        added(filled, "file")
    monkeypatch.undo()
    assert kinds(filled) == [(1, "file")] and len(files(made)) == 1 and left(filled) == {}
    assert opens(made) == "file"


def test_whatever_fails_between_making_and_sealing_takes_the_key_away(filled, made):
    with pytest.raises(KeyboardInterrupt), key_slots.fresh(filled, "file"):
        assert len(files(made)) == 2
        raise KeyboardInterrupt
    assert len(files(made)) == 1 and left(filled) == {}


def test_a_key_left_by_a_kill_is_destroyed_by_the_next_key_operation(filled, made, home):
    program = """
import os, signal
from integrations_cli import config
from integrations_cli.store import key_slots, open_store
with open_store(config.load()) as store, key_slots.fresh(store, "file"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path), "HOME": str(home)}).returncode == -9
    assert len(files(made)) == 2 and len(left(filled)) == 1
    added(filled, "passphrase", lambda title: PHRASE)
    assert len(files(made)) == 1 and left(filled) == {}
    assert opens(made) == "file"


def test_a_new_key_for_a_slot_and_the_old_one_is_nowhere(filled, made):
    before = files(made)
    old = (made.keys_dir / before[0]).read_text().split()[2]
    wrapped = key_slots.listed(filled)[0].wrapped_root
    assert wrapped in made.database.read_bytes()
    with key_slots.fresh(filled, "file") as new:
        assert len(files(made)) == 2, "the new key is there before the old one goes"
        key_slots.replace(filled, key_slots.listed(filled)[0], new, "key.slot_rotated")
    assert len(files(made)) == 1 and files(made) != before
    assert wrapped not in made.database.read_bytes(), "free pages too"
    assert opens(made) == "file"
    with pytest.raises(Locked):
        opens(replace(made, environ={"INTEGRATIONS_KEY": old}))


def test_an_old_key_that_cannot_be_destroyed_is_said_and_tried_again(filled, made):
    said = []
    filled.keys.notice = said.append
    with key_slots.fresh(filled, "file") as new:
        old = made.keys_dir / files(made)[0]
        old = next(path for path in made.keys_dir.iterdir() if new.id.hex() not in path.name)
        key_slots.replace(filled, key_slots.listed(filled)[0], new, "key.slot_rotated")
        old.unlink()
        old.mkdir()  # root could remove any file
    assert len(said) == 1 and "could not be destroyed" in said[0] and len(left(filled)) == 1
    old.rmdir()
    old.write_text("back")
    key_slots.tidy(filled)
    assert not old.exists() and left(filled) == {}


def test_remove_never_takes_the_last_slot_that_opens(filled, made):
    with pytest.raises(Refused) as refusal:
        key_slots.remove(filled, key_slots.listed(filled)[0])
    assert refusal.value.why == "it is the only one"
    added(filled, "passphrase", lambda title: PHRASE)
    with pytest.raises(Refused) as refusal:  # nobody can be asked for the passphrase: it did not open just now
        key_slots.remove(filled, key_slots.listed(filled)[0])
    assert "slot 2, passphrase: nobody can be asked" in refusal.value.why
    assert kinds(filled) == [(1, "file"), (2, "passphrase")] and opens(made) == "file"
    stay = key_slots.remove(filled, key_slots.listed(filled)[1])
    assert [(one.row.kind, bool(one.key)) for one in stay] == [("file", True)]
    assert kinds(filled) == [(1, "file")] and opens(made) == "file"


def test_remove_destroys_the_key_and_clears_what_was_sealed_for_it(filled, made):
    added(filled, "file")
    first, second = key_slots.listed(filled)
    key_slots.remove(filled, first)
    assert files(made) == [second.locator]
    assert first.wrapped_root not in made.database.read_bytes()
    assert second.wrapped_root in made.database.read_bytes(), "the search looks at the right bytes"
    assert kinds(filled) == [(1, "file")] and opens(made) == "file"


def test_a_slot_of_another_root_key_does_not_count_as_one_that_opens(filled, made):
    """Put there by hand: it opens, but not this store."""
    row = added(filled, "file")
    key = vault.read_key_text((made.keys_dir / row.locator).read_text().split()[2])
    from integrations_cli.store import slots

    other = slots.wrap(key, row.id, b"\7" * 32, filled.id, "file", row.root_key_id)
    with sqlite3.connect(filled.path) as connection:
        connection.execute("UPDATE key_slot SET wrapped_root = ? WHERE id = ?", (other, row.id))
    with open_store(made) as again, pytest.raises(Refused) as refusal:
        key_slots.remove(again, key_slots.listed(again)[0])
    assert "it opens another root key" in refusal.value.why


def test_one_key_operation_at_a_time(filled, made):
    with key_slots.fresh(filled, "file"), open_store(made) as other:
        for act in (lambda: added(other, "file"), lambda: key_slots.remove(other, key_slots.listed(other)[0])):
            with pytest.raises(Conflict, match="somebody else"):
                act()
        with other.writing() as here:  # everything else goes on
            here.websites.add("gamma")
    added(filled, "file")


def test_the_same_key_is_not_given_to_two_slots(filled, made):
    text = (made.keys_dir / files(made)[0]).read_text().split()[2]
    given = replace(made, environ={"INTEGRATIONS_KEY": text})
    with open_store(given) as again, pytest.raises(Conflict, match="opens the store already"):
        added(again, "env")
    assert kinds(filled) == [(1, "file")]


def test_a_damaged_note_of_a_loose_key_harms_nobody(filled):
    with sqlite3.connect(filled.path) as connection:
        for cursor in ("", "[]", '{"id": "zz"}', '{"id": 1, "kind": "file", "locator": "x"}', '{"id": "00", "kind": "no", "locator": "x"}'):
            connection.execute(
                "INSERT INTO key_operation VALUES (randomblob(16), 'slot_key', 'old', ?, '2026-01-01T00:00:00Z', 'h', 1)", (cursor,)
            )
    said = []
    filled.keys.notice = said.append
    key_slots.tidy(filled)
    assert len(said) == 1


def test_a_process_that_holds_a_replaced_root_key_unlocks_again(filled, made):
    """See test_root.py for the whole; here: nothing is sealed under a root key that is in use no longer."""
    filled.verify()
    filled.keys._root, filled.keys._root_id = b"\5" * 32, b"\6" * 16
    row = added(filled, "file")
    assert row.root_key_id != b"\6" * 16
    with filled.writing() as here:
        here.websites.add("gamma")
    assert opens_website(made, "gamma")


def opens_website(config, slug):
    with open_store(config) as store, store.reading() as here:
        try:
            return len(store.keys.data_key(here.session, "website", here.websites.get(slug).id)[1]) == 32
        except Unreadable:
            return False


# ── notes about slot keys, written by whoever holds the database file ──


def noted(store, *rows):
    with sqlite3.connect(store.path) as connection:
        for cursor in rows:
            values = (b"\7" * 16, "slot_key", "old", cursor, "2026-11-26T00:00:00Z", "here", 1)
            connection.execute("INSERT INTO key_operation VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def told(store):
    said = []
    store.keys.notice = said.append
    return said


@pytest.mark.parametrize("ident", ["ab" * 16, None], ids=["of no slot", "of a slot that is gone"])
def test_a_note_that_this_tool_did_not_write_destroys_no_key(filled, made, ident):
    """The key of a living slot, or one that a backup still needs: whoever can only write to the database cannot reach it."""
    (first,) = files(made)
    added(filled, "passphrase", lambda title: PHRASE)
    if ident is None:
        ident = first.removesuffix(".key")
        with sqlite3.connect(filled.path) as connection:
            connection.execute("DELETE FROM key_slot WHERE kind = 'file'")
    noted(filled, json.dumps({"id": ident, "kind": "file", "locator": first}))
    said = told(filled)
    added(filled, "file")
    assert first in files(made)
    assert left(filled) == {}
    assert any("not written by this tool" in one for one in said)


def test_a_note_that_was_changed_destroys_no_key(filled, made):
    added(filled, "file")
    one, two = key_slots.listed(filled)
    with pytest.raises(KeyboardInterrupt), filled.writing() as here:
        here.session.add(key_slots._loose(two).row("old", filled.clock(), here.audit.log.signer))
        here.session.commit()
        raise KeyboardInterrupt
    with sqlite3.connect(filled.path) as connection:
        connection.execute("UPDATE key_operation SET cursor = replace(cursor, ?, ?)", (two.id.hex(), one.id.hex()))
        connection.execute("DELETE FROM key_slot WHERE id = ?", (one.id,))
    added(filled, "passphrase", lambda title: PHRASE)
    assert len(files(made)) == 2


def test_a_slot_that_names_the_key_of_another_one_takes_only_its_own_with_it(filled, made):
    (first,) = files(made)
    added(filled, "file")
    with sqlite3.connect(filled.path) as connection:
        connection.execute("UPDATE key_slot SET locator = ? WHERE position = 2", (first,))
    key_slots.remove(filled, key_slots.listed(filled)[1])
    assert first in files(made)
    assert opens(made) == "file"


def test_a_note_of_before_the_keys_were_replaced_still_counts(filled, made):
    program = "\n".join(
        (
            "import os, signal",
            "from integrations_cli import config",
            "from integrations_cli.store import key_slots, open_store",
            'with open_store(config.load()) as store, key_slots.fresh(store, "file"):',
            "    os.kill(os.getpid(), signal.SIGKILL)",
        )
    )
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path), "HOME": str(made.data_dir.parents[2])})
    assert len(files(made)) == 2
    with filled.writing() as here:
        here.audit.new_epoch()
    added(filled, "passphrase", lambda title: PHRASE)
    assert len(files(made)) == 1 and left(filled) == {}
