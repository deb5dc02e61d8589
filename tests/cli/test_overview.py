"""The bare command: where you are, and what needs care with the command for it."""

import sqlite3

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome


@pytest.fixture
def filled(store):
    """Four integrations of acme and one of beta, none in trouble."""
    with store.writing() as here:
        for website, provider in (("acme", "openai"), ("acme", "groq"), ("acme", "hubspot"), ("beta", "openai")):
            here.integrations.add(
                website,
                registry.get(provider),
                {name: Secret(text) for name, text in keys.GOOD[provider].items()},
                {},
                outcome=Outcome("ok"),
            )
        here.integrations.add("acme", registry.get("stripe"), {"secret_key": Secret(keys.STRIPE_SECRET)}, {})
    return store


def cared_for(run, *words, website="acme"):
    done = run(*words, INTEGRATIONS_WEBSITE=website)
    assert done.code == 0, done.err
    return [tuple(part.strip() for part in line.rsplit("  integrations ", 1)) for line in done.out.splitlines() if line.startswith("  ")]


def test_where_to_go_from_an_empty_store(run):
    assert run("init", "--slot", "file", "--no-recovery").code == 0
    assert cared_for(run, website="") == [("start here", 'website add acme --name "Acme Realty"')]
    run("website", "add", "acme")
    assert cared_for(run) == [("start here", "add -w acme")]
    assert run("add", "groq", "-w", "acme", "--no-test", "--secret-env", "api_key=K", K=keys.GOOD["groq"]["api_key"]).code == 0
    assert cared_for(run) == []


def test_what_needs_care(filled, run):
    assert cared_for(run) == [("stripe of acme: publishable_key missing", "edit stripe -w acme")]
    with sqlite3.connect(filled.path) as connection:
        mine = "(SELECT i.id FROM integration i JOIN website w ON w.id = i.website_id WHERE i.provider = ? AND w.slug = ?)"
        connection.execute(f"UPDATE integration SET unreadable_since = '2026-01-01T00:00:00Z' WHERE id = {mine}", ("hubspot", "acme"))
        connection.execute(f"UPDATE integration SET expires_at = '2020-01-01T00:00:00Z' WHERE id = {mine}", ("groq", "acme"))
        connection.execute(f"UPDATE credential_version SET state = 'pending' WHERE integration_id = {mine}", ("openai", "beta"))
    found = cared_for(run)
    assert found == [
        ("hubspot of acme: unreadable", "rotate hubspot -w acme"),
        ("stripe of acme: publishable_key missing", "edit stripe -w acme"),
        ("a new credential of openai of beta waits", "rotate openai -w beta --resume"),
        ("groq of acme is due: 2020-01-01", "rotate groq -w acme"),
    ]
    with sqlite3.connect(filled.path) as connection:
        connection.execute("UPDATE integration SET expires_at = '2020-01-01T00:00:00Z'")
        connection.execute("INSERT INTO key_operation VALUES (x'00', 'reencrypt', 'copy', NULL, '2026-01-01T00:00:00Z', 'elsewhere', 1)")
    found = cared_for(run)
    assert found[0] == ("work on the store's keys is unfinished", "doctor")
    assert found[-1] == ("4 credentials are due", "due -A")


def test_many_in_trouble_are_counted(filled, run):
    with sqlite3.connect(filled.path) as connection:
        connection.execute("UPDATE integration SET unreadable_since = '2026-01-01T00:00:00Z'")
        connection.execute("UPDATE integration SET enabled = 0 WHERE provider = 'stripe'")
    with filled.writing() as here:
        for provider in ("mapbox", "brevo"):
            given = {name: Secret(text) for name, text in keys.GOOD[provider].items()}
            here.integrations.mark_unreadable(here.integrations.add("beta", registry.get(provider), given, {}))
    assert ("and 1 more", "list -A --status error") in cared_for(run)


def test_a_store_that_was_put_back(filled, run):
    old = filled.path.read_bytes()
    with filled.writing() as here:
        here.websites.add("gamma", None)
    filled.path.write_bytes(old)
    assert ("the store is older than what this host has written", "audit verify") in cared_for(run)


def test_a_damaged_store_names_the_doctor(filled, run):
    filled.path.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    done = run()
    assert (done.code, "try: integrations doctor" in done.err) == (7, True)
