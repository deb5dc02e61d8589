"""A damaged store, as an operator meets it."""

import json
import sqlite3

import pytest
from tests import keys
from tests.conftest import make_ready, typed


@pytest.fixture
def damaged(run, home, template, third_party):
    """Two websites with anthropic; one byte of acme's ciphertext is changed."""

    def make(folder):
        make_ready(folder)
        typed(folder, "website", "add", "beta")
        for website in ("acme", "beta"):
            typed(folder, "add", "anthropic", "-w", website, "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)

    template("damaged", make, home)
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        rowid, blob = connection.execute(
            "SELECT v.rowid, v.blob FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id WHERE w.slug = 'acme'"
        ).fetchone()
        connection.execute("UPDATE credential_version SET blob = ? WHERE rowid = ?", (blob[:90] + bytes([blob[90] ^ 1]) + blob[91:], rowid))
    return run


def statuses(run):
    return {one["website"]: one["status"] for one in json.loads(run("list", "-A", "--json").out)["items"]}


def test_it_is_never_opened_and_nothing_is_sent(damaged, third_party):
    refused = damaged("test", "anthropic", "-w", "acme")
    assert refused.code == 7
    assert "anthropic of acme cannot be opened" in refused.err
    assert "try: integrations doctor --deep" in refused.err and "integrations rotate anthropic -w acme" in refused.err
    for words in (("exec", "anthropic", "-w", "acme", "--", "true"), ("get", "anthropic", "api_key", "-w", "acme", "--reveal")):
        other = damaged(*words)
        assert (other.code, "error: anthropic of acme cannot be opened" in other.err, other.out) == (7, True, ""), other.err
    assert third_party.connections == 0
    assert statuses(damaged) == {"acme": "unreadable", "beta": "untested"}
    third_party.says(200, b'{"data": []}')
    assert damaged("test", "anthropic", "-w", "beta").code == 0
    assert damaged("show", "anthropic", "-w", "acme").code == 0
    assert damaged("rollback", "anthropic", "-w", "acme", "-y").code == 4


def test_a_new_value_repairs_it(damaged, third_party):
    damaged("test", "anthropic", "-w", "acme")
    third_party.says(401)
    assert damaged("rotate", "anthropic", "-w", "acme", "--secret-env", "api_key=K", K=keys.ANTHROPIC_NEW).code == 20
    assert statuses(damaged)["acme"] == "unreadable"
    third_party.says(200, b'{"data": []}')
    assert damaged("rotate", "anthropic", "-w", "acme", "--secret-env", "api_key=K", K=keys.ANTHROPIC_NEW).code == 0
    assert statuses(damaged)["acme"] == "connected"


def test_two_rows_swapped(ready, home):
    ready("website", "add", "beta")
    for website in ("acme", "beta"):
        ready("add", "anthropic", "-w", website, "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        (one, first), (two, second) = connection.execute("SELECT rowid, blob FROM credential_version").fetchall()
        connection.executemany("UPDATE credential_version SET blob = ? WHERE rowid = ?", [(second, one), (first, two)])
    assert [ready("test", "anthropic", "-w", website).code for website in ("acme", "beta")] == [7, 7]
    assert ready("list", "-A").code == 0


def paypal(ready):
    both, good = ("--secret-env", "client_id=A", "--secret-env", "client_secret=B"), keys.GOOD["paypal"]
    assert ready("add", "paypal", "--no-test", *both, A=good["client_id"], B=good["client_secret"]).code == 0


def test_a_setting_that_chooses_the_host_edited_in_sql_sends_nothing(ready, home, third_party):
    paypal(ready)
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute('UPDATE integration SET settings = \'{"environment": "live"}\'')
    assert ready("test", "paypal").code == 7
    assert third_party.connections == 0


def test_a_setting_that_chooses_the_host_is_tested_and_sealed_anew(ready, third_party):
    paypal(ready)
    third_party.says(401, b'{"error": "invalid_client"}')
    assert ready("set", "paypal", "environment=live").code == 20
    assert ready("get", "paypal", "environment").out == "sandbox\n"
    third_party.says(200, b'{"access_token": "EXAMPLE", "app_id": "APP"}')
    assert ready("set", "paypal", "environment=production").code == 0
    assert ready("get", "paypal", "environment").out == "live\n"
    assert third_party.requests[-1].host == "api-m.paypal.com"
    assert ready("test", "paypal").code == 0


def test_another_account_is_refused_unless_allowed(ready, third_party):
    good = keys.GOOD["hubspot"]["api_key"]
    third_party.says(200, b'{"portalId": 1}')
    ready("add", "hubspot", "--secret-env", "api_key=K", K=good)
    third_party.says(200, b'{"portalId": 2}')
    assert ready("rotate", "hubspot", "--secret-env", "api_key=K", K=good + "X").code == 8
    assert ready("rotate", "hubspot", "--secret-env", "api_key=K", "--allow-account-change", K=good + "X").code == 0


@pytest.mark.parametrize(("policy", "code", "hint"), [("fail", 4, "LEAA"), ("skip", 0, "LEAA"), ("update", 0, "ANEW")])
def test_add_when_it_is_there_already(ready, third_party, policy, code, hint):
    third_party.says(200, b'{"data": []}')
    ready("add", "anthropic", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    assert ready("add", "anthropic", "--on-conflict", policy, "--secret-env", "api_key=K", K=keys.ANTHROPIC + "NEW").code == code
    assert json.loads(ready("list", "--json").out)["items"][0]["credentials"][0]["hint"] == hint


def test_the_key_that_comes_with_the_call(run, home):
    from integrations_cli.store import vault

    text = vault.key_text(b"\x07" * 32)
    assert run("init", "--slot", "env", "--no-recovery", "--website", "acme").code == 6
    assert run("init", "--slot", "env", "--no-recovery", "--website", "acme", INTEGRATIONS_KEY=text).code == 0
    assert run("website", "add", "beta").code == 6
    said = run("website", "add", "beta", INTEGRATIONS_KEY=text)
    assert (said.code, "came with the call" in said.err) == (0, True)
    assert run("website", "add", "gamma", INTEGRATIONS_KEY=vault.key_text(b"\x08" * 32)).code == 6
    assert run("list", "-w", "beta").code == 0
    assert sorted(path.name for path in home.rglob("*.key")) == []


def test_everything_below_one_folder(run, home):
    assert run("init", "--slot", "file", "--no-recovery", "--website", "acme", "--home", str(home / "all")).code == 0
    assert run("list", "--home", str(home / "all")).code == 0
    assert run("list", INTEGRATIONS_HOME=str(home / "all")).code == 0
    assert run("list").code == 3
    assert sorted(path.name for path in (home / "all").iterdir()) == ["config", "data"]


@pytest.mark.parametrize("column", ["category", "provider", "account", "created_at", "updated_at", "expires_at", "last_used_at"])
def test_bytes_where_text_should_be_break_no_list(damaged, home, column):
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute(f"UPDATE integration SET {column} = x'00ff41' WHERE rowid = 1")
    for words in (("list", "-A", "--json"), ("list", "-A"), ("due", "-A", "--json"), ("key", "affected", "--json"), ("overview",)):
        ran = damaged(*words)
        assert (ran.code, "unexpected" in ran.err + ran.out) in {(0, False), (22, False)}, (words, ran)


ODD = ["x", b"\xff\xfe", "9999-99-99T99:99:99Z", 1e308, -1]
COLUMNS = ["store.id", "store.format", "data_key.epoch", "data_key.scope", "audit_head.seq", "key_slot.params"]
CASES = [(column, value) for value in ODD for column in COLUMNS]


@pytest.mark.parametrize(("column", "value"), [*CASES[:3], *(pytest.param(*case, marks=pytest.mark.slow) for case in CASES[3:])])
def test_what_is_no_such_thing_is_a_refusal_and_no_fault_of_ours(damaged, home, column, value):
    table, name = column.split(".")
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute(f"UPDATE OR IGNORE {table} SET {name} = ?", (value,))
    for words in (("list", "-A"), ("website", "add", "gamma"), ("test", "anthropic", "-w", "beta"), ("audit", "verify"), ("doctor",)):
        ran = damaged(*words)
        assert ran.code != 1, (words, ran)
        assert "unexpected" not in ran.err + ran.out, (words, ran)
