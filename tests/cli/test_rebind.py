"""A definition that decides anew where a key is sent: it is sent nowhere before a person has confirmed the place."""

import json
from dataclasses import replace

import pytest
from tests import keys
from tests.loopback import answers

from integrations_cli import registry
from integrations_cli.masking import Secret
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


def test_what_is_not_set_up_cannot_be_confirmed(ready):
    assert ready("rebind", "sendgrid", "-w", "acme").code == 3
