"""A definition that decides anew where a key is sent: it is sent nowhere before a person has confirmed the place."""

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from tests import keys
from tests.loopback import answers

from integrations_cli import registry
from integrations_cli.actions import rebind as binding
from integrations_cli.errors import Conflict
from integrations_cli.masking import Secret
from integrations_cli.provider import ok
from integrations_cli.store import open_store

AGAIN = "try: integrations rebind sendgrid -w acme"
GOOD = answers(200, b'{"scopes": ["mail.send"]}')


@pytest.fixture
def older(ready, config, third_party):
    """sendgrid of acme, sealed when its region did not decide yet where the key is sent."""
    third_party.behave = GOOD
    definition = registry.get("sendgrid")
    before = replace(definition, settings=tuple(replace(one, destination=False) for one in definition.settings))
    with open_store(config) as store, store.writing() as here:
        here.integrations.add("acme", before, {"api_key": Secret(keys.GOOD["sendgrid"]["api_key"])}, {"region": "eu"})
    return ready


def test_nothing_is_sent_before_a_person_has_confirmed_the_place(older, third_party):
    named = older("test", "sendgrid", "-w", "acme")
    assert (named.code, AGAIN in named.err, "region decides it now" in named.err) == (8, True, True), named.err
    every = older("test", "--all", "-w", "acme", "--json")
    [found] = json.loads(every.out)["results"]
    assert (every.code, found["outcome"], found["hint"]) == (0, "untestable", "integrations rebind sendgrid -w acme")
    rotated = older("rotate", "sendgrid", "-w", "acme", "--secret-env", "api_key=K", K=keys.GOOD["sendgrid"]["api_key"] + "2")
    assert (rotated.code, AGAIN in rotated.err) == (8, True), rotated.err
    assert older("rebind", "sendgrid", "-w", "acme").code == 2, "a yes is needed"
    assert third_party.requests == []


def test_once_it_is_confirmed_it_is_sent_there_and_opens_as_before(older, third_party):
    done = older("rebind", "sendgrid", "-w", "acme", "--yes")
    assert (done.code, "api.eu.sendgrid.com" in done.err, "eu" in done.err) == (0, True, True), done.err
    revealed = older("get", "sendgrid", "api_key", "-w", "acme", "--reveal", "--allow-reveal")
    assert revealed.out == keys.GOOD["sendgrid"]["api_key"] + "\n"
    assert older("test", "sendgrid", "-w", "acme").code == 0
    assert len(third_party.requests) == 1
    log = json.loads(older("history", "sendgrid", "-w", "acme", "--json").out)["items"]
    assert [one["action"] for one in log].count("credential.rebound") == 1
    again = older("rebind", "sendgrid", "-w", "acme")
    assert (again.code, "nothing waits" in again.err) == (0, True), again.err
    assert older("audit", "verify").code == 0


def test_what_is_confirmed_is_what_is_stored_and_not_what_the_lists_show(older, config):
    """Somebody has made the lists show another place."""
    with sqlite3.connect(config.database) as connection:
        (view,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'card'").fetchone()
        connection.execute("DROP VIEW card")
        connection.execute(view.replace("i.settings,", '\'{"region": "global"}\' AS settings,'))
    done = older("rebind", "sendgrid", "-w", "acme", "--yes")
    assert (done.code, "api.eu.sendgrid.com" in done.err, "global" in done.err) == (0, True, False), done.err


def test_what_is_changed_while_a_person_looks_is_not_confirmed(older, config):
    definition = registry.get("sendgrid")
    with open_store(config) as store:
        shown = binding.unbound(store, "acme", definition)
        with sqlite3.connect(config.database) as connection:
            connection.execute('UPDATE integration SET settings = \'{"region": "global"}\'')
        with pytest.raises(Conflict):
            binding.rebind(store, "acme", definition, shown)
        assert shown == {"region": "eu"}
        assert binding.unbound(store, "acme", definition) is not None


def test_what_is_not_set_up_cannot_be_confirmed(ready):
    assert ready("rebind", "sendgrid", "-w", "acme").code == 3


# ── in the middle of a rotation ──

UNCHECKED = ("--unchecked", "--reason", "the vendor is down")


@pytest.fixture
def rotating(ready, config, third_party):
    """As above, and a new key, sealed by the older definition as well, that waits (`pending`), or took the old one's place (`swapped`)."""
    definition = registry.get("sendgrid")
    before = replace(definition, settings=tuple(replace(one, destination=False) for one in definition.settings))
    old = {"api_key": Secret(keys.GOOD["sendgrid"]["api_key"])}
    new = {"api_key": Secret(keys.GOOD["sendgrid"]["api_key"] + "2")}

    def go(state):
        with open_store(config) as store, store.writing() as here:
            row = here.integrations.add("acme", before, old, {"region": "eu"})
            version = here.rotations.start(row, before, new, {"region": "eu"}, timedelta(hours=1))
            if state != "pending":
                here.rotations.swap(row, before, version, proof_follows=True)
            if state == "done":
                here.rotations.confirm(row, version, ok())
        third_party.behave = GOOD
        return ready

    return go


@pytest.mark.parametrize("state", ["pending", "swapped"])
def test_a_rotation_that_waits_sends_nothing_either_and_names_a_way_that_works(rotating, third_party, state):
    go = rotating(state)
    refused = go("rotate", "sendgrid", "-w", "acme", "--resume")
    assert (refused.code, "region decides it now" in refused.err) == (8, True), refused.err
    assert "integrations rotate sendgrid -w acme --resume --unchecked --reason TEXT" in refused.err
    assert third_party.requests == []
    assert go("rotate", "sendgrid", "-w", "acme", "--resume", *UNCHECKED).code == 0
    assert go("test", "sendgrid", "-w", "acme").code == 8
    assert third_party.requests == []
    assert go("rebind", "sendgrid", "-w", "acme", "--yes").code == 0
    assert go("test", "sendgrid", "-w", "acme").code == 0


def test_a_credential_of_before_is_sent_only_where_somebody_has_confirmed_it(rotating, third_party, config):
    go = rotating("done")
    refused = go("rollback", "sendgrid", "-w", "acme", "--yes")
    assert (refused.code, AGAIN in refused.err) == (8, True), refused.err
    assert third_party.requests == []
    assert go("rebind", "sendgrid", "-w", "acme", "--yes").code == 0
    back = go("rollback", "sendgrid", "-w", "acme", "--yes")
    assert back.code == 0, back.err
    assert len(third_party.requests) == 2
    with sqlite3.connect(config.database) as connection:
        assert json.loads(connection.execute("SELECT bound FROM credential_version WHERE state = 'active'").fetchone()[0]) == {
            "region": "eu"
        }


def test_a_place_that_was_written_in_sql_confirms_nothing(rotating, third_party, config):
    """The version in use says where it is sealed for, and that is believed only once it has been opened."""
    go = rotating("done")
    assert go("rebind", "sendgrid", "-w", "acme", "--yes").code == 0
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE credential_version SET bound = '{\"region\": \"global\"}' WHERE state = 'active'")
        connection.execute('UPDATE integration SET settings = \'{"region": "global"}\'')
    assert go("rollback", "sendgrid", "-w", "acme", "--yes").code == 7
    assert third_party.requests == []


def test_what_nobody_has_confirmed_is_named_without_a_key(older):
    shown = older("show", "sendgrid", "-w", "acme")
    assert AGAIN.removeprefix("try: ") in shown.out + shown.err, shown.out + shown.err
    looked = older("doctor", "--json")
    [note] = [one for one in json.loads(looked.out)["items"] if one["code"] == "unconfirmed"]
    assert (note["website"], note["provider"], note["fix"]) == ("acme", "sendgrid", "integrations rebind sendgrid -w acme")
    assert older("rebind", "sendgrid", "-w", "acme", "--yes").code == 0
    assert "integrations rebind" not in older("show", "sendgrid", "-w", "acme").err
    assert "unconfirmed" not in older("doctor", "--json").out
