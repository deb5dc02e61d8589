"""Many rows at once: what is kept is what was given, and a later look finds every difference."""

import sqlite3

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store.sealing import New

NAMES = ("openai", "groq", "mailgun")


def added(store):
    """Three integrations of acme, one of them with a setting and an end, one switched off."""
    with store.writing() as here:
        website = here.websites.ids(["acme"])["acme"]
        rows = [New(website, registry.get(name), {"api_key": Secret(keys.GOOD[name]["api_key"])}, {}) for name in NAMES[:2]]
        values = {"api_key": Secret(keys.GOOD["mailgun"]["api_key"])}
        rows.append(New(website, registry.get("mailgun"), values, {"domain": "mg.acme.example"}, False, "2027-01-31T23:59:59Z"))
        return here.bulk.add(rows, "integration.migrated")


def look(store, copies):
    with store.reading() as here:
        here.bulk.must_be_there(copies)


def change(store, statement):
    with sqlite3.connect(store.path) as connection:
        connection.execute(statement)
    connection.close()


def test_they_are_what_was_given_and_are_found_again(store):
    copies = added(store)
    look(store, copies)
    with store.reading() as here:
        for name in NAMES:
            row = here.integrations.get("acme", name)
            assert here.integrations.reveal(row) == {"api_key": Secret(keys.GOOD[name]["api_key"])}
        assert (row.settings, row.enabled, row.expires_at) == ({"domain": "mg.acme.example"}, False, "2027-01-31T23:59:59Z")
        assert not any(one.problem for one in here.audit.verify())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integration SET enabled = 1 WHERE provider = 'mailgun'",
        "UPDATE integration SET expires_at = NULL",
        "UPDATE integration SET settings = '{}' WHERE provider = 'mailgun'",
        "UPDATE integration SET provider = 'mistral' WHERE provider = 'groq'",
        "UPDATE credential_version SET card = replace(card, 'fp', 'fq')",
        "UPDATE credential_version SET blob = zeroblob(length(blob))",
        "UPDATE credential_version SET state = 'previous'",
        "UPDATE data_key SET wrapped = zeroblob(length(wrapped)) WHERE scope = 'website'",
        "DELETE FROM data_key WHERE scope = 'website'",
        "DELETE FROM credential_version",
        "DELETE FROM integration WHERE provider = 'openai'",
    ],
)
def test_a_difference_is_found_on_a_fresh_connection(store, statement):
    copies = added(store)
    change(store, statement)
    with pytest.raises(Unreadable):
        look(store, copies)


@pytest.mark.parametrize("what", ["blob = zeroblob(163)", "card = '{}'", "bound = '{\"a\": 1}'"])
def test_a_database_that_keeps_something_else_keeps_nothing(store, what):
    change(
        store,
        "CREATE TRIGGER odd AFTER INSERT ON credential_version BEGIN"
        f" UPDATE credential_version SET {what} WHERE integration_id = NEW.integration_id; END",
    )
    with pytest.raises(Unreadable) as refusal:
        added(store)
    assert refusal.value.reason == "read_back"
    with store.reading() as here:
        assert here.integrations.all("acme") == []
