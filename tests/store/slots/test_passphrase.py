"""The passphrase slot."""

import sqlite3

import pytest

from integrations_cli.errors import Locked, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store

GOOD = "correct horse battery EXAMPLE"


def asks(text):
    return lambda title: Secret(text)


def test_the_right_passphrase_opens_and_a_wrong_one_does_not(config):
    create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks(GOOD)).commit()
    with open_store(config, asks(GOOD)) as store:
        store.verify()
    with open_store(config, asks("another horse battery EXAMPLE")) as store, pytest.raises(Locked):
        store.verify()
    with open_store(config) as store, pytest.raises(Locked) as refusal:
        store.verify()
    assert "nobody can be asked" in refusal.value.why


def test_a_short_one_is_refused(config):
    with pytest.raises(UsageError):
        create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks("short"))
    assert not config.database.exists()


@pytest.mark.parametrize("n", [2**10, 2**30, 131071, "x"])
def test_parameters_from_the_database_are_checked_before_they_run(config, n):
    create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks(GOOD)).commit()
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE key_slot SET params = json_set(params, '$.n', ?)", (n,))
    with open_store(config, asks(GOOD)) as store, pytest.raises(Locked) as refusal:
        store.verify()
    assert "out of range" in refusal.value.why
