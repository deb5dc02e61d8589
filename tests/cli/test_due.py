"""`integrations due`: expiry, age and last use, read without a key; 22 when something is due."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys
from tests.cli.test_shapes import fits

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create as creation
from integrations_cli.store import open_store


def moment(days: float) -> str:
    """So many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home with the websites acme and beta, two integrations each."""
    home = tmp_path_factory.mktemp("built")
    config = configuration.load({"HOME": str(home)})
    creation.prepare(config, "file", recovery=False).commit()
    with open_store(config) as opened, opened.writing() as here:
        for website, providers in (("acme", ("hubspot", "stripe")), ("beta", ("zoho", "openai"))):
            here.websites.add(website, None)
            for provider in providers:
                given = {name: Secret(text) for name, text in keys.GOOD[provider].items()}
                here.integrations.add(website, registry.get(provider), given, {})
    return home


@pytest.fixture
def store(home):
    """Change a row by hand."""

    def change(provider, *, expires=None, changed=None, used=None, enabled=True):
        with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
            connection.execute(
                "UPDATE integration SET expires_at = ?, last_used_at = ?, enabled = ? WHERE provider = ?",
                (expires, used, enabled, provider),
            )
            if changed:
                mine = "integration_id = (SELECT id FROM integration WHERE provider = ?)"
                connection.execute(f"UPDATE credential_version SET created_at = ? WHERE {mine}", (changed, provider))

    return change


def reasons(done):
    return [(one["provider"], one["reason"], one["overdue"]) for one in json.loads(done.out)["items"]]


def test_nothing_is_due(go):
    done = go("due", "-A", "--json")
    assert (done.code, fits("due", done.out)["items"]) == (0, [])
    assert "nothing is due within 14 d" in go("due", "-A").err


def test_expiry_and_age_most_urgent_first(go, store, home):
    store("hubspot", changed=moment(-214))
    store("zoho", expires=moment(3))
    store("stripe", expires=moment(21))
    (next((home / ".config/integrations/keys").iterdir())).unlink()  # reading needs no key
    done = go("due", "-A", "--within", "30d", "--json")
    assert (done.code, fits("due", done.out)["exit"]) == (22, 22)
    assert reasons(done) == [("hubspot", "age", True), ("zoho", "expires", False), ("stripe", "expires", False)]
    items = json.loads(done.out)["items"]
    assert [one["credential"] for one in items] == ["api_key", "client_secret", "secret_key"]
    assert items[0]["next"] == "integrations rotate hubspot -w acme"
    assert items[0]["keys_url"].startswith("https://")
    assert reasons(go("due", "-A", "--json")) == [("hubspot", "age", True), ("zoho", "expires", False)]
    assert reasons(go("due", "-A", "--older-than", "never", "--json")) == [("zoho", "expires", False)]
    assert reasons(go("due", "-A", "--older-than", "215d", "--within", "0s", "--json")) == []
    assert reasons(go("due", "-w", "beta", "--within", "30d", "--json")) == [("zoho", "expires", False)]


def test_what_is_due_whatever_its_age_is_due_now(go, store):
    store("hubspot")
    done = go("due", "-A", "--older-than", "0d")
    assert (done.code, done.err.splitlines()[-1]) == (22, "4 due now")
    store("zoho", expires=moment(3))
    assert "5 due within 14 d" in go("due", "-A", "--older-than", "0d").err


def test_the_screen(go, store):
    store("hubspot", changed=moment(-214.01))
    store("zoho", expires=moment(3.01))
    done = go("due", "-A", "--format", "table", COLUMNS="120")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["WEBSITE", "PROVIDER", "WHAT", "WHEN", "WHY", "NEXT"]
    assert " ".join(lines[2]) == f"acme hubspot api_key {moment(-34.01)[:10]} older than 180 d integrations rotate hubspot -w acme"
    assert lines[3][2:5] == ["client_secret", "in", "3"]
    assert f"expiry date {moment(3.01)[:10]}" in done.out
    assert "2 due within 14 d" in done.err
    wide = go("due", "-A", "--format", "table", COLUMNS="250").out
    assert "REVOKE THE OLD KEY AT" in wide
    assert "https://" in wide
    narrow = go("due", "-A", "--format", "table", COLUMNS="40")
    assert "next: integrations rotate hubspot -w acme" in narrow.err
    heads = [line.split()[:2] for line in narrow.out.splitlines() if not line.startswith(" ")]
    assert heads == [["acme", "hubspot"], ["beta", "zoho"]]
    assert "  next integrations rotate hubspot -w acme" in narrow.out.splitlines()  # whole, to be pasted


def test_unused_by_the_figures_of_use(go, store):
    assert reasons(go("due", "-A", "--json")) == []
    store("openai", used=moment(-100))
    assert go("usage", "record", "hubspot", "-w", "acme").code == 0
    done = go("due", "-A", "--unused-for", "90d", "--json")
    assert reasons(done) == [("openai", "unused", True)]
    assert json.loads(done.out)["items"][0]["next"] == "integrations disable openai -w beta"
    assert {one[0] for one in reasons(go("due", "-A", "--unused-for", "0s", "--json"))} >= {"stripe", "zoho"}  # never used at all
    assert go("usage", "record", "openai", "-w", "beta").code == 0
    assert reasons(go("due", "-A", "--unused-for", "90d", "--json")) == []


def test_what_is_switched_off_is_left_out(go, store):
    store("hubspot", expires=moment(-1), changed=moment(-400), enabled=False)
    assert go("due", "-A").code == 0


def test_piped_it_is_one_line_each(go, store):
    store("hubspot", expires="2020-01-01T00:00:00Z")
    lines = go("due", "-w", "acme").out.splitlines()
    assert lines[0].split("\t")[:7] == ["website", "category", "provider", "credential", "at", "reason", "next"]
    assert lines[1].split("\t")[:6] == ["acme", "crm", "hubspot", "api_key", "2020-01-01T00:00:00Z", "expires"]


def test_annotations(go, store, home):
    store("hubspot", expires="2020-01-01T00:00:00Z")
    store("zoho", expires=moment(3))
    page = home / "summary.md"
    done = go("due", "-A", "--json", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    kinds = [line.partition(" ")[0] for line in done.err.splitlines() if line.startswith("::")]
    assert kinds == ["::error", "::warning"]
    assert "Fix: integrations rotate zoho -w beta" in done.err
    assert page.read_text().count("\n| ") == 2
    assert "::" not in go("due", "-A", "--annotate", "off", GITHUB_ACTIONS="true").err


@pytest.mark.parametrize("words", [("--within", "soon"), ("--older-than", "x"), ("--unused-for", "-1d")])
def test_a_time_that_is_none(go, words):
    assert go("due", "-A", *words).code == 2


def test_which_website(go):
    assert go("due").code == 2
    assert go("due", "-w", "nowhere").code == 3


@pytest.mark.parametrize("text", ["", "yesterday", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-13-45", "2020-01-01"])
def test_times_that_are_none_break_nothing(go, store, text):
    store("hubspot", expires=text, changed=text, used=text)
    for form in ("json", "table", "csv"):
        done = go("due", "-A", "--unused-for", "1d", "--format", form)
        assert done.code in {0, 22}, done.err


def test_each_key_has_its_own_age(go, store, home, third_party):
    """Replacing one of several, or sealing them anew for another host, makes the others no younger."""
    third_party.says(200, b'{"object": "account", "id": "acct_1"}')
    store("stripe", changed=moment(-300))
    store("zoho", changed=moment(-200))
    words = ("rotate", "stripe", "publishable_key", "-w", "acme", "--secret-env", "publishable_key=K")
    done = go(*words, "--unchecked", "--reason", "test", K="pk_" + "test_" + "9eC39HqLyjEXAMPLE")
    assert done.code == 0, done.err
    assert go("set", "zoho", "api_domain=https://www.zohoapis.eu", "-w", "beta", "--no-test").code in {0, 21}
    done = go("due", "-A", "--json")
    assert [(one["provider"], one["credential"], one["next"]) for one in json.loads(done.out)["items"]] == [
        ("stripe", "secret_key", "integrations rotate stripe secret_key -w acme"),
        ("zoho", "client_secret", "integrations rotate zoho client_secret -w beta"),
    ]
    shown = {one["name"]: one["changed_at"] for one in json.loads(go("show", "stripe", "-w", "acme", "--json").out)["item"]["credentials"]}
    assert shown["secret_key"][:10] == moment(-300)[:10]
    assert shown["publishable_key"][:10] == moment(0)[:10]
    third_party.says(200, b'{"object": "account", "id": "acct_1"}')
    assert go("rollback", "stripe", "-w", "acme", "-y").code in {0, 21}
    stored = [one for one in json.loads(go("show", "stripe", "-w", "acme", "--json").out)["item"]["credentials"] if one["set"]]
    assert {one["changed_at"][:10] for one in stored} == {moment(-300)[:10]}
