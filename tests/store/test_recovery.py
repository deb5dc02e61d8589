"""The whole chain of loss: the slot is gone, the recovery key opens, a new slot is made; and the proof that somebody has the key."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import Locked, NotFound, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import create, key_slots, open_store, trail, vault
from integrations_cli.store.status import key_status

VALUES = {"api_key": Secret(keys.ANTHROPIC)}
LATER = datetime(2027, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def paper(config):
    draft = create.prepare(config, "file", recovery=True)
    draft.commit()
    with open_store(config) as store, store.writing() as here:
        here.websites.add("acme")
        here.integrations.add("acme", registry.get("anthropic"), VALUES, {})
    return draft.recovery_text.reveal()


def revealed(config):
    with open_store(config) as store, store.reading() as here:
        return here.integrations.reveal(here.integrations.get("acme", "anthropic"))


def usable(config):
    return [(line.kind, line.usable) for line in key_status(config)]


def test_the_whole_chain_of_loss(config, paper):
    next(config.keys_dir.iterdir()).unlink()
    with pytest.raises(Locked) as refusal:
        revealed(config)
    assert "is missing" in refusal.value.why and "slot 2, recovery key: not given" in refusal.value.why
    assert usable(config) == [("file", False), ("recovery", False)]
    given = replace(config, environ={"INTEGRATIONS_KEY": paper})
    assert revealed(given) == VALUES
    with open_store(given) as store:
        with key_slots.fresh(store, "file") as new:
            key_slots.add(store, new)
        lost = key_slots.listed(store)[0]
        key_slots.remove(store, lost)
    assert revealed(config) == VALUES
    assert usable(config) == [("file", True), ("recovery", False)]


def test_the_proof_is_remembered_and_needs_no_other_slot(config, paper):
    next(config.keys_dir.iterdir()).unlink()
    assert key_status(config)[1].verified_at is None
    with open_store(config, clock=lambda: LATER) as store:
        key_slots.prove(store, vault.read_key_text(paper))
    assert key_status(config)[1].verified_at == "2027-02-03T04:05:06Z"
    assert trail.newest(config.database, trail.Wanted(), 1)[0]["action"] == "key.recovery_tested"


def test_another_key_proves_nothing(config, paper):
    slot_key = vault.read_key_text(next(config.keys_dir.iterdir()).read_text().split()[2])
    for other in (b"\7" * 32, slot_key):
        with open_store(config) as store, pytest.raises(Unreadable, match="does not open"):
            key_slots.prove(store, other)
    assert key_status(config)[1].verified_at is None


def test_without_a_recovery_key_there_is_nothing_to_prove(store):
    with pytest.raises(NotFound):
        key_slots.prove(store, b"\7" * 32)


def test_a_new_recovery_key_ends_the_old_one(config, paper):
    with open_store(config) as store:
        for _ in range(2):
            old = next(row for row in key_slots.listed(store) if row.kind == "recovery")
            with key_slots.fresh(store, "recovery") as new:
                row = key_slots.replace(store, old, new, "key.recovery_made")
            assert row.verified_at is None and row.position == 2
            assert old.wrapped_root not in config.database.read_bytes()
            with open_store(config) as again, pytest.raises(Unreadable):
                key_slots.prove(again, vault.read_key_text(paper))
            assert revealed(replace(config, environ={"INTEGRATIONS_KEY": new.made.shown.reveal()})) == VALUES


def test_the_first_recovery_key_of_a_store_without_one(store, made):
    with key_slots.fresh(store, "recovery") as new:
        key_slots.replace(store, None, new, "key.recovery_made")
    assert [(row.position, row.kind) for row in key_slots.listed(store)] == [(1, "file"), (2, "recovery")]
    with open_store(made) as again:
        key_slots.prove(again, new.made.key)
