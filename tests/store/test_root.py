"""`key rotate --root`: all data keys under a new root key in one transaction, compared; slots that are not here are dropped."""

import os
import sqlite3
from dataclasses import replace

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import Conflict, Locked, Refused, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import create, key_slots, open_store, root, vault
from integrations_cli.store.slots import recovery

VALUES = {"api_key": Secret(keys.ANTHROPIC)}


@pytest.fixture
def paper(config):
    """A store with a key file and a recovery key; the text of the recovery key."""
    draft = create.prepare(config, "file", recovery=True)
    draft.commit()
    with open_store(config) as store, store.writing() as here:
        for slug in ("acme", "beta"):
            here.websites.add(slug)
            here.integrations.add(slug, registry.get("anthropic"), VALUES, {})
    return draft.recovery_text.reveal()


def everything(config):
    """What a fresh process opens."""
    with open_store(config) as store, store.reading() as here:
        assert {one.problem for one in here.audit.verify()} == {None}
        return [here.integrations.reveal(row) for row in here.integrations.all()]


def rotated(config, made=None):
    with open_store(config) as store:
        stays, drops = root.survey(store)
        return root.rotate(store, stays, drops, made)


def wraps(config):
    with sqlite3.connect(config.database) as connection:
        return [row[0] for row in connection.execute("SELECT wrapped FROM data_key UNION ALL SELECT wrapped_root FROM key_slot")]


def test_everything_opens_as_before_and_nothing_of_the_old_root_key_is_left(config, paper):
    before = wraps(config)
    made = recovery.fresh()
    assert rotated(config, made) == 4
    assert everything(config) == [VALUES, VALUES]
    data = config.database.read_bytes()
    assert not any(one in data for one in before), "free pages too"
    assert all(one in data for one in wraps(config)), "the search looks at the right bytes"
    assert everything(replace(config, environ={"INTEGRATIONS_KEY": made.shown.reveal()})) == [VALUES, VALUES]
    with pytest.raises(Locked):
        everything(replace(config, environ={"INTEGRATIONS_KEY": paper}))


def test_a_slot_whose_key_is_not_here_is_dropped_and_was_said_before(config, paper):
    with open_store(config) as store:
        with key_slots.fresh(store, "file") as new:
            key_slots.add(store, new)
        (config.keys_dir / f"{new.id.hex()}.key").unlink()
        stays, drops = root.survey(store)
        assert [(one.row.position, one.row.kind) for one in stays] == [(1, "file")]
        assert [(one.row.position, one.reason and one.reason.rpartition(" ")[2]) for one in drops] == [(2, "missing"), (3, "given")]
        root.rotate(store, stays, drops, None)
        assert [(row.position, row.kind) for row in key_slots.listed(store)] == [(1, "file")]
    assert everything(config) == [VALUES, VALUES]


def test_with_the_recovery_key_alone_nothing_is_rotated(config, paper):
    next(config.keys_dir.iterdir()).unlink()
    before = config.database.read_bytes()
    with open_store(replace(config, environ={"INTEGRATIONS_KEY": paper})) as store, pytest.raises(Refused, match="no slot could stay"):
        root.survey(store)
    assert config.database.read_bytes() == before


def test_with_the_recovery_key_given_a_key_file_that_is_there_stays(config, paper):
    with open_store(replace(config, environ={"INTEGRATIONS_KEY": paper})) as store:
        stays, drops = root.survey(store)
        assert ([one.row.kind for one in stays], [one.row.kind for one in drops]) == (["file"], ["recovery"])


def test_slots_that_changed_since_they_were_shown(config, paper):
    with open_store(config) as store:
        stays, drops = root.survey(store)
        with key_slots.fresh(store, "file") as new:
            key_slots.add(store, new)
        with pytest.raises(Conflict, match="meanwhile"):
            root.rotate(store, stays, drops, None)
    assert everything(config) == [VALUES, VALUES]


def test_a_damaged_data_key_stops_it_and_nothing_is_changed(config, paper):
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE data_key SET wrapped = zeroblob(131) WHERE scope_id = (SELECT id FROM website WHERE slug = 'beta')")
    before = config.database.read_bytes()
    with pytest.raises(Unreadable) as refusal:
        rotated(config)
    assert refusal.value.what.startswith("the data key of beta") and refusal.value.tries == ("integrations website remove beta",)
    assert config.database.read_bytes() == before
    with open_store(config) as store, store.writing() as here:
        here.websites.remove("beta")
    rotated(config)


def test_others_that_hold_the_old_root_key_go_on(config, paper):
    """A long-lived process: it reads, and what it writes is sealed under the new root key."""
    with open_store(config) as other, open_store(config) as new_reader:
        other.verify()
        rotated(config)
        with other.reading() as here:
            assert here.integrations.reveal(here.integrations.get("beta", "anthropic")) == VALUES
        with other.writing() as here:
            here.websites.add("gamma")
            here.integrations.add("gamma", registry.get("anthropic"), VALUES, {})
        with new_reader.reading() as here:
            assert here.integrations.reveal(here.integrations.get("gamma", "anthropic")) == VALUES
    assert everything(config) == [VALUES] * 3
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("SELECT count(DISTINCT root_key_id) FROM data_key").fetchone() == (1,)


def test_a_reader_in_the_middle_of_it(config, paper):
    """It began before, looks again after: what it sees is of one moment, and opens."""
    with open_store(config) as reader, reader.reading() as here:
        assert here.integrations.reveal(here.integrations.get("acme", "anthropic")) == VALUES
        here.session.rollback()  # an open read would hold the commit back
        rotated(config)
        here.session.expire_all()
        assert here.integrations.reveal(here.integrations.get("beta", "anthropic")) == VALUES


def test_one_wrong_wrap_and_nothing_is_kept(config, paper, monkeypatch):
    """Opened and compared: a seal that went wrong is found before the commit."""
    seal, made = vault.seal, []

    def sometimes(key, key_id, plaintext, aad):
        made.append(1)
        return seal(key, key_id, os.urandom(32) if len(made) == 3 else plaintext, aad)

    before = config.database.read_bytes()
    monkeypatch.setattr(vault, "seal", sometimes)
    with pytest.raises(Unreadable, match="cannot be opened"):
        rotated(config)
    monkeypatch.undo()
    assert config.database.read_bytes() == before and everything(config) == [VALUES, VALUES]


def test_a_disk_that_is_full_for_the_vacuum_only(config, paper, monkeypatch):
    """The new root key is in use; what is left in free pages goes with the next write."""
    from integrations_cli.store.store import Store

    before = wraps(config)
    monkeypatch.setattr(Store, "_vacuum", lambda self: None)
    rotated(config)
    monkeypatch.undo()
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("SELECT kind FROM key_operation").fetchall() == [("vacuum",)]
    with open_store(config) as store, store.writing():
        pass
    assert not any(one in config.database.read_bytes() for one in before)
    assert everything(config) == [VALUES, VALUES]


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_many_websites(config, paper, count):
    from integrations_cli.store.key_rows import data_key_aad
    from integrations_cli.store.tables import DataKey, Website

    with open_store(config) as store, store.writing() as here:
        root_id, key = store.keys.root(here.session)
        for number in range(count):
            ident = (number + 1).to_bytes(16, "big")
            row = DataKey(id=os.urandom(16), scope="website", scope_id=ident, state="active", root_key_id=root_id, wrapped=b"")
            row.wrapped = vault.seal(key, root_id, ident + ident, data_key_aad(store.id, row))
            here.session.add_all([row, Website(id=ident, slug=f"site-{number}", name="x", created_at="2026-01-01T00:00:00Z")])
    assert rotated(config) == count + 4
    with open_store(config) as store, store.reading() as here:
        for number in range(count):
            ident = (number + 1).to_bytes(16, "big")
            assert store.keys.data_key(here.session, "website", ident)[1] == ident + ident
