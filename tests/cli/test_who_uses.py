"""`integrations who-uses`: every place that holds a leaked value, the page where it is revoked, and never the value."""

import json
import sqlite3

import pytest
from tests import keys
from tests.canary import canary, files_below, hits
from tests.cli.test_shapes import fits

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.access import Principal
from integrations_cli.masking import Secret
from integrations_cli.store import create as creation
from integrations_cli.store import open_store, reencrypt, resealing

HOLDERS = [("w07", "openai"), ("w21", "anthropic"), ("w48", "openai")]


@pytest.fixture(scope="module")
def leaked():
    return canary("sk-" + "proj-")


@pytest.fixture(scope="module")
def built(tmp_path_factory, leaked):
    """A home with 50 websites, an openai and an anthropic key each; three of them hold the leaked one."""
    home = tmp_path_factory.mktemp("built")
    config = configuration.load({"HOME": str(home)})
    creation.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        for number in range(50):
            website = f"w{number:02}"
            here.websites.add(website, None)
            for provider in ("openai", "anthropic"):
                value = leaked if (website, provider) in HOLDERS else canary("sk-" + "proj-")
                here.integrations.add(website, registry.get(provider), {"api_key": Secret(value)}, {})
    return home


def sql(home, *statements):
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        for statement in statements:
            connection.execute(statement)


def places(done):
    return [(one["website"], one["provider"]) for one in json.loads(done.out)["items"]]


def test_three_of_fifty_websites(go, leaked):
    done = go("who-uses", "--json", stdin=leaked.encode() + b"\n")
    assert (done.code, places(done)) == (0, HOLDERS)
    found = fits("who-uses", done.out)
    assert found["summary"] == {"found": 3, "websites": 3, "looked": 100, "unknown": 0}
    for one in found["items"]:
        assert (one["field"], one["state"], one["line"]) == ("api_key", "active", None)
        assert one["keys_url"] == registry.get(one["provider"]).keys_url
        assert one["next"] == f"integrations rotate {one['provider']} -w {one['website']}"


def test_by_file_and_by_fingerprint(go, home, leaked):
    (home / "leaked.txt").write_text(leaked)
    by_file = go("who-uses", "--file", str(home / "leaked.txt"), "--json")
    assert places(by_file) == HOLDERS
    shown = json.loads(by_file.out)["items"][1]["fingerprint"]
    next((home / ".config/integrations/keys").iterdir()).unlink()  # no key is needed for this one
    assert places(go("who-uses", "--fingerprint", shown, "--json")) == [HOLDERS[1]]
    assert places(go("who-uses", "--fingerprint", shown.upper(), "--json")) == [HOLDERS[1]]
    assert go("who-uses", "--fingerprint", "0" * 32).code == 3
    assert go("who-uses", stdin=leaked.encode()).code == 6


def test_nobody_uses_it(go):
    done = go("who-uses", "--json", stdin=canary().encode())
    assert (done.code, fits("who-uses", done.out)["items"]) == (3, [])
    assert "nobody uses it; 100 were compared" in go("who-uses", stdin=canary().encode()).err


def test_replaced_and_waiting_versions_are_found_and_told_apart(go, home, leaked, third_party):
    third_party.says(200, b'{"data": []}')
    assert go("rotate", "openai", "-w", "w07", "--secret-env", "api_key=N", N=keys.GOOD["openai"]["api_key"]).code == 0
    sql(
        home,
        "UPDATE credential_version SET state = 'pending' WHERE integration_id = (SELECT i.id FROM integration i JOIN website w"
        " ON w.id = i.website_id WHERE w.slug = 'w48' AND i.provider = 'openai')",
        "UPDATE integration SET enabled = 0 WHERE provider = 'anthropic'",
    )
    done = go("who-uses", "--json", stdin=leaked.encode())
    assert [(one["website"], one["state"], one["enabled"]) for one in json.loads(done.out)["items"]] == [
        ("w07", "previous", True),
        ("w21", "active", False),
        ("w48", "pending", True),
    ]
    fits("who-uses", done.out)
    commands = [one["next"].removeprefix("integrations rotate ") for one in json.loads(done.out)["items"]]
    assert commands == ["openai -w w07 --finish", "anthropic -w w21", "openai -w w48 --abort"]
    table = go("who-uses", "--format", "table", stdin=leaked.encode(), COLUMNS="200").out
    for words in ("replaced, kept 23 h more", "switched off", "waits for its check"):
        assert words in table
    sql(home, "UPDATE credential_version SET state = 'destroyed', card = '{}', blob = x'' WHERE state = 'previous'")
    assert places(go("who-uses", "--json", stdin=leaked.encode())) == HOLDERS[1:]


def test_several_lines_as_in_a_leaked_file(go, leaked):
    other = canary("x")
    text = f"# a comment\nOPENAI_API_KEY={other}\n\nexport KEY='{leaked}'\n  {leaked}  \n"
    done = go("who-uses", "--json", stdin=text.encode())
    assert [(one["website"], one["line"]) for one in json.loads(done.out)["items"]] == [("w07", 4), ("w21", 4), ("w48", 4)]
    for one_line in (f'"{leaked}"', f"{leaked} ", f"Authorization: {leaked}", f"A={leaked}\r\n"):
        assert places(go("who-uses", "--json", stdin=one_line.encode())) == HOLDERS, "a line as it was copied"
    assert go("who-uses", stdin=leaked[:-1].encode()).code == 3


def test_a_value_of_several_lines_is_one_value(ready):
    account = json.dumps(json.loads(keys.GOOD["google_analytics"]["service_account_json"]), indent=2)
    words = ("add", "google_analytics", "-w", "acme", "--no-test", "--secret-stdin", "service_account_json")
    assert ready(*words, stdin=account.encode()).code == 0
    done = ready("who-uses", "--json", stdin=account.encode() + b"\n")
    assert [(one["field"], one["line"]) for one in json.loads(done.out)["items"]] == [("service_account_json", None)]


def test_while_keys_are_replaced(go, config, leaked, monkeypatch):
    """Half of the fingerprints are by a new key, half still by the old one: all are found, and after the end as well."""
    monkeypatch.setattr(resealing, "AT_ONCE", 30)

    def stop(step, done, total):
        raise KeyboardInterrupt

    with open_store(config) as store, pytest.raises(KeyboardInterrupt):
        reencrypt.reencrypt(store, stop)
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("SELECT count(*) FROM data_key WHERE scope = 'fingerprint'").fetchone() == (2,)
    assert places(go("who-uses", "--json", stdin=leaked.encode())) == HOLDERS
    with open_store(config) as store:
        reencrypt.reencrypt(store, lambda step, done, total: None, resume=True)
    assert places(go("who-uses", "--json", stdin=leaked.encode())) == HOLDERS


def test_a_place_that_cannot_be_compared_is_named(go, home, leaked):
    sql(home, "UPDATE credential_version SET card = 'x' WHERE rowid = (SELECT min(rowid) FROM credential_version)")
    done = go("who-uses", "--json", stdin=canary().encode())
    assert (done.code, json.loads(done.out)["summary"]["unknown"]) == (7, 1)
    assert "could not be compared, they may hold it: openai of w00" in done.err
    assert go("who-uses", "--json", stdin=leaked.encode()).code == 0


def test_that_somebody_asked_is_recorded_and_nothing_of_the_value(go, home, leaked, tmp_path_factory):
    foreign = canary("foreign-")
    outputs = {}
    for number, words in enumerate(
        ((), ("--json",), ("--format", "csv"), ("--format", "table"), ("--format", "ndjson"), ("--debug", "-v"))
    ):
        for value in (leaked, foreign, f"KEY={leaked}\n{foreign}"):
            ran = go("who-uses", *words, stdin=value.encode(), COLUMNS="40")
            outputs[f"{number} {len(outputs)}"] = (ran.out + ran.err).encode()
    entries = json.loads(go("audit", "list", "-A", "--json").out)["items"]
    asked = [one for one in entries if one["action"] == "leak.searched"]
    assert len(asked) == 18
    assert {name for one in asked for name in one} <= set(asked[0]) | {"fields"}
    assert (asked[0]["website"], asked[0]["values"] >= 1, asked[0]["looked"], asked[0]["outcome"]) == (None, True, 100, "ok")
    assert not any(one[name] for one in asked for name in one if "fp" in name)
    assert hits([leaked, foreign], outputs | files_below(home)) == []
    assert go("audit", "verify").code == 0


def test_under_github_the_value_is_hidden_from_the_log_first(go, leaked):
    done = go("who-uses", "--json", stdin=leaked.encode(), GITHUB_ACTIONS="true")
    assert done.err.splitlines()[0] == f"::add-mask::{leaked}"
    assert leaked not in done.out


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        ((), b"", 2),
        ((), b"\n", 2),
        ((), b"  \n \n", 2),
        ((), "••••••••Qx7A".encode(), 2),
        ((), b"\xff\xfe", 2),
        ((), b"\n".join(b"key-%d-EXAMPLE" % number for number in range(300)), 2),
        (("--fingerprint", "xyz"), b"", 2),
        (("--fingerprint", "1234567"), b"", 2),
        (("--file", "/nowhere/at/all"), b"", 3),
        (("--file", "/"), b"", 3),
        (("--file", "a", "--fingerprint", "12345678"), b"", 2),
        (("a-key-in-the-arguments-EXAMPLE",), b"", 2),
    ],
)
def test_what_cannot_be_looked_for(go, words, stdin, code):
    done = go("who-uses", *words, stdin=stdin)
    assert done.code == code, done.err
    assert "try: integrations" in done.err or "split it" in done.err
    assert "EXAMPLE" not in done.err


def test_whoever_sees_some_websites_is_told_that_others_were_left_out(go):
    value = keys.GOOD["groq"]["api_key"]
    for website in ("w00", "w01"):
        assert go("add", "groq", "-w", website, "--no-test", "--secret-env", "api_key=K", K=value).code == 0
    owner, bob = Principal(50000, "olga"), Principal(50001, "bob")
    assert go("access", "grant", "50001", "viewer", "-w", "w01", principal=owner).code == 0
    everything = go("who-uses", "--json", stdin=value.encode(), principal=owner)
    assert (places(everything), "an owner of the store" in everything.err) == ([("w00", "groq"), ("w01", "groq")], False)
    some = go("who-uses", "--json", stdin=value.encode(), principal=bob)
    assert (places(some), "an owner of the store sees all" in some.err) == ([("w01", "groq")], True)
    assert "w00" not in some.out + some.err


def test_more_than_any_credential(go, home):
    (home / "long.txt").write_text("key " * 20_000)
    done = go("who-uses", "--file", str(home / "long.txt"))
    assert (done.code, "more than 65536 bytes" in done.err) == (2, True)


def test_no_store_yet(run):
    assert run("who-uses", stdin=b"x").code == 3


def test_narrow_screens_and_plain_ones(go, leaked):
    done = go("who-uses", "--format", "table", stdin=leaked.encode(), COLUMNS="40")
    assert "w07" in done.out
    assert f"revoke: openai  {registry.get('openai').keys_url}" in done.err
    plain = go("who-uses", "--format", "table", stdin=leaked.encode(), INTEGRATIONS_PLAIN="1").out
    assert f"REVOKE AT: {registry.get('anthropic').keys_url}" in plain
