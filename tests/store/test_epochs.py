"""A new audit key starts an epoch: what the old key signed can still be verified, and nothing can be signed with it any more."""

import json
import sqlite3
from datetime import UTC, datetime

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import chain, open_store, traces
from integrations_cli.store.keys import Keyring
from integrations_cli.store.subject import Subject, row_mac

ANTHROPIC = registry.get("anthropic")


def sql(store, statement, *values):
    with sqlite3.connect(store.path) as connection:
        return connection.execute(statement, values).fetchall()


def problems(config):
    with open_store(config) as store, store.reading() as here:
        return {one.name: one.problem for one in here.audit.verify()}


@pytest.fixture
def turned(made, store):
    """A store whose log is at epoch 2: acme, beta and the store's chain have entries before and after."""
    with store.writing() as here:
        here.integrations.add("acme", ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC)}, {})
    with store.writing() as here:
        assert here.audit.new_epoch() == 2
    with store.writing() as here:
        here.websites.add("gamma", None)
    return store


def test_every_chain_says_where_it_stood_and_both_epochs_verify(made, turned):
    assert problems(made) == {"acme": None, "beta": None, "gamma": None, "store": None}
    rows = sql(turned, "SELECT epoch, body FROM audit_row ORDER BY chain, seq")
    started = [json.loads(body) for epoch, body in rows if "epoch.started" in body]
    assert len(started) == 3
    assert {(one["epoch"], one["before"]["epoch"]) for one in started} == {(2, 1)}
    assert {epoch for epoch, _ in rows} == {1, 2}
    assert dict(sql(turned, "SELECT epoch, state FROM data_key WHERE scope = 'audit'")) == {1: "retired", 2: "active"}


def test_epochs_follow_each_other(made, turned):
    with turned.writing() as here:
        assert here.audit.new_epoch() == 3
        here.integrations.change(here.integrations.get("acme", "anthropic"), ANTHROPIC, enabled=False, action="integration.disabled")
    assert set(problems(made).values()) == {None}


def test_a_broken_chain_keeps_the_old_epoch(made, store):
    sql(store, "UPDATE audit_row SET body = replace(body, 'website.added', 'website.faked') WHERE seq = 1")
    before = sql(store, "SELECT count(*) FROM audit_row")
    with store.writing() as here, pytest.raises(Unreadable) as refusal:
        here.audit.new_epoch()
    assert refusal.value.exit_code == 7
    assert sql(store, "SELECT count(*) FROM audit_row") == before
    assert sql(store, "SELECT count(*) FROM data_key WHERE scope = 'audit'") == [(1,)]


def test_what_raises_afterwards_leaves_the_old_epoch(made, store):
    with pytest.raises(ZeroDivisionError), store.writing() as here:
        here.audit.new_epoch()
        raise ZeroDivisionError
    with open_store(made) as again, again.writing() as here:
        here.websites.add("gamma", None)
    assert sql(store, "SELECT DISTINCT epoch FROM audit_row") == [(1,)]
    assert set(problems(made).values()) == {None}


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE audit_row SET epoch = 1 WHERE epoch = 2 AND seq = (SELECT max(seq) FROM audit_row WHERE chain = {acme})", "changed"),
        ("UPDATE audit_row SET epoch = 2 WHERE epoch = 1 AND chain = {acme} AND seq = 1", "changed"),
        ("UPDATE audit_row SET epoch = 3 WHERE epoch = 2 AND chain = {acme}", "an epoch that it cannot be of"),
        ('UPDATE audit_row SET body = replace(body, \'"proof":"\', \'"proof":"0\') WHERE epoch = 2 AND chain = {acme}', "without a proof"),
        ("UPDATE audit_row SET body = replace(body, '\"seq\":2', '\"seq\":1') WHERE epoch = 2 AND chain = {acme}", "without the head"),
        ("UPDATE audit_row SET mac = NULL WHERE 0", None),
        ("UPDATE audit_row SET mac = x'' WHERE chain = {acme} AND seq = 2", "has no MAC"),
    ],
)
def test_an_edited_epoch_is_found(made, turned, statement, why):
    acme = sql(turned, "SELECT hex(id) FROM website WHERE slug = 'acme'")[0][0]
    sql(turned, statement.format(acme=f"x'{acme}'"))
    found = problems(made)["acme"]
    assert found is None if why is None else why in found


def old_signer(store):
    """What somebody has who stole the key of epoch 1."""
    keyring = store.keys
    with store.reading() as here:
        return chain.Signer(store.id, 1, here.audit.epoch_key(1)), keyring


def test_an_older_epoch_after_a_newer_one_is_refused_even_with_its_key(made, turned):
    signer, _ = old_signer(turned)
    ident = sql(turned, "SELECT id FROM website WHERE slug = 'acme'")[0][0]
    now = datetime.now(UTC)
    with sqlite3.connect(turned.path) as connection:
        chain.Log(connection, signer).append(ident, now, chain.body(signer, now, "credential.set", "ok", {}))
    assert "an epoch that it cannot be of" in problems(made)["acme"]


def test_a_tail_cut_back_into_the_old_epoch_is_found_even_when_written_on_with_the_old_key(made, turned):
    signer, _ = old_signer(turned)
    ident = sql(turned, "SELECT id FROM website WHERE slug = 'acme'")[0][0]
    sql(turned, "DELETE FROM audit_row WHERE chain = ? AND epoch = 2", ident)
    sql(
        turned,
        "UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit_row WHERE chain = ?1 ORDER BY seq DESC LIMIT 1) WHERE chain = ?1",
        ident,
    )
    now = datetime.now(UTC)
    with sqlite3.connect(turned.path) as connection:
        chain.Log(connection, signer).append(ident, now, chain.body(signer, now, "credential.set", "ok", {}))
    assert problems(made)["acme"] == "the end was cut: its last entry is of epoch 1, the log is at 2"


def test_without_its_key_an_epoch_cannot_be_verified_and_is_never_called_unbroken(made, turned):
    sql(turned, "UPDATE data_key SET wrapped = zeroblob(131) WHERE epoch = 1")
    found = problems(made)
    assert found["gamma"] is None  # it began in epoch 2
    assert {found[name] for name in ("acme", "beta", "store")} == {"epoch 1 cannot be verified: its key is lost"}
    with open_store(made) as store, store.writing() as here:  # and it does not stand in the way of the next one
        assert here.audit.new_epoch() == 3
    sql(turned, "UPDATE audit_row SET body = replace(body, 'website.added', 'website.faked') WHERE epoch = 2")
    assert problems(made)["gamma"] == "entry 1 was changed"


def test_a_lost_audit_key_is_replaced_and_what_it_signed_stays_unverified(made, store):
    with store.writing() as here:
        here.audit.new_epoch_after_loss()
    assert {name: problems(made)[name] for name in ("acme", "store")} == {
        "acme": "epoch 1 cannot be verified: its key is lost",
        "store": "epoch 1 cannot be verified: its key is lost",
    }


def test_a_plain_connection_writes_the_same_entries_as_the_session(made, store):
    """The quick way: no SQLModel; the chain goes on, and the next session writes behind it."""
    with store.writing() as here:
        row = here.integrations.add("acme", ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC)}, {"max_tokens": 100})
        wanted = here.audit.row_mac(row)
        signer = Keyring(made, store.id).signer(here.session)
    active = ({"api_key": row.created_at}, traces.UNTESTED)
    subject = Subject(row.id, row.website_id, "ai", "anthropic", {"max_tokens": 100}, True, 1, *active, created_at=row.created_at)
    assert row_mac(signer.key, subject) == wanted
    now = datetime.now(UTC)
    with sqlite3.connect(store.path) as connection:
        log = chain.Log(connection, signer)
        entry = chain.body(signer, now, "credential.revealed", "ok", {"fields": ["api_key"], "via": "env"}, subject)
        log.append_many([(row.website_id, now, entry), (store.id, now, chain.body(signer, now, "store.noted", "ok", {}))])
        assert set(log.moved) == {row.website_id, store.id}
    with store.writing() as here:
        here.integrations.change(here.integrations.get("acme", "anthropic"), ANTHROPIC, enabled=False, action="integration.disabled")
    assert set(problems(made).values()) == {None}


def test_an_entry_in_a_chain_whose_head_was_changed_is_refused(store):
    sql(store, "UPDATE audit_head SET seq = seq - 1")
    with pytest.raises(Unreadable), store.writing() as here:
        here.websites.rename("acme", "other")
