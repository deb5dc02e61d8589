"""`integrations doctor`: what is wrong, what still lies about, and never a value; whatever is broken, the rest is looked at."""

import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys
from tests.canary import canary, files_below, hits
from tests.cli.test_shapes import fits
from tests.sources.rails import legacy, vectors

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions.configuration import KNOWN
from integrations_cli.masking import Secret
from integrations_cli.store import create as creation
from integrations_cli.store import migrations, open_store

OPENAI, GROQ = keys.GOOD["openai"]["api_key"], keys.GOOD["groq"]["api_key"]
LIVE = "sk_live_" + "9876543210XEXAMPLE"
SHARED = "sk-" + "proj-shared-by-two-EXAMPLE"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home with the website acme and an openai key."""
    home = tmp_path_factory.mktemp("built")
    config = configuration.load({"HOME": str(home)})
    creation.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        here.websites.add("acme", None)
        here.integrations.add("acme", registry.get("openai"), {"api_key": Secret(OPENAI)}, {})
    return home


@pytest.fixture
def store(go, config):
    """The store behind those commands."""
    with open_store(config) as opened:
        yield opened


@pytest.fixture
def sql(home):
    """Change the database by hand."""

    def change(statement, *values):
        with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
            connection.execute(statement, values)

    return change


def add(store, website, provider, **given):
    with store.writing() as here:
        if website not in {one.slug for one in here.websites.all()}:
            here.websites.add(website, None)
        values = given or keys.GOOD[provider]
        here.integrations.add(website, registry.get(provider), {name: Secret(text) for name, text in values.items()}, {})


def moment(**ago):
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def items(done):
    return fits("doctor", done.out)["items"]


def about(done, word):
    return [(one["state"], one["text"]) for one in items(done) if one["about"] == word]


def codes(done):
    return {(one["about"], one["state"], one["code"]): one for one in items(done)}


# ── a healthy store ──


def test_a_healthy_store(go):
    done = go("doctor", "--json")
    assert done.code == 0, done.out
    assert {one["state"] for one in items(done)} <= {"ok", "warning", "skipped"}
    assert "no recovery key" in about(done, "recovery")[0][1]
    assert about(done, "key")[0][1].startswith("slot 1, key file, answers in ")
    assert about(done, "network") == [("skipped", "not asked")]
    deep = go("doctor", "--deep", "--json")
    assert deep.code == 0
    assert about(deep, "opened") == [("ok", "opened 1 credential")]
    assert about(deep, "file") == [("ok", "whole, by SQLite's own check")]
    assert about(deep, "audit")[0][1].endswith("entries, unbroken, and the rows are what they say")


def test_the_screen(go, home):
    (home / ".local/share/integrations/nightly.bak").write_text("x")
    (home / ".local/share/integrations/nightly.bak").chmod(0o644)
    done = go("doctor", "--format", "table", COLUMNS="200")
    lines = done.out.splitlines()
    assert lines[0].startswith("✓ store        ~/.local/share/integrations/store.db, 0600, schema ")
    bad = next(line for line in lines if line.startswith("✗ files"))
    assert bad.split("  ")[-1].strip() == "chmod 600 ~/.local/share/integrations/nightly.bak"
    assert [line[:2] for line in lines] == ["✓ ", "✓ ", "! ", "! ", "✓ ", "✗ ", "✓ ", "✓ ", "– ", "– "]
    assert "1 problem, 2 warnings" in done.err
    narrow = go("doctor", "--format", "table", COLUMNS="40").out
    assert max(len(line) for line in narrow.splitlines() if "/" not in line and "  integrations " not in line) <= 40
    assert "\n✗ files\n" in narrow and "\n  chmod 600 ~/.local/share/integrations/nightly.bak\n" in narrow
    plain = go("doctor", "--format", "table", INTEGRATIONS_PLAIN="1").out
    assert "problem  files" in plain
    assert go("doctor").out.splitlines()[0].split("\t")[:4] == ["about", "state", "text", "fix"]


@pytest.mark.parametrize("width", ["20", "40", "60", "80", "100", "120"])
def test_what_is_to_be_pasted_is_never_broken(go, home, sql, width):
    (home / ".local/share/integrations/a copy.bak").write_text("x")
    (home / ".local/share/integrations/a copy.bak").chmod(0o644)
    (home / ".config/integrations/config.toml").write_text("[network]\nproxi = 1\n")
    (home / "old.env").write_text(f"GROQ_API_KEY={GROQ}\n")
    sql("UPDATE credential_version SET blob = x'00'")
    for words in ((), ("--deep", "--dotenv", str(home / "old.env"))):
        fixes = [one["fix"].replace("~/", f"{home}/") for one in items(go("doctor", *words, "--json")) if one["fix"]]
        shown = go("doctor", *words, "--format", "table", COLUMNS=width).out.replace("~/", f"{home}/")
        lines = [line.strip() for line in shown.splitlines()]
        assert len(fixes) > 5
        for fix in fixes:
            assert any(line.endswith(fix) or f"  {fix}; revoke at" in line for line in lines) or fix.startswith("remove it"), (fix, shown)


def test_a_command_about_a_file_with_a_space_in_its_name_can_be_pasted(go, home):
    path = home / ".local/share/integrations/a copy.bak"
    path.write_text("x")
    path.chmod(0o644)
    assert codes(go("doctor", "--json"))["files", "problem", "readable_by_others"]["fix"] == f"chmod 600 '{path}'"
    assert f"chmod 600 '{path}'\n" in go("doctor", "--format", "table").out, "~ in quotes is no home"


# ── the place ──


def test_files_that_others_can_read_and_mending_them(go, home):
    data = home / ".local/share/integrations"
    (data / "nightly.bak").write_text("x")
    (data / "nightly.bak").chmod(0o644)
    (data / "link").symlink_to(home / "elsewhere")
    (home / "elsewhere").write_text("x")
    (home / "elsewhere").chmod(0o644)
    (home / ".config/integrations").chmod(0o777)
    done = go("doctor", "--json")
    assert (done.code, len(about(done, "files"))) == (23, 2)
    assert "nightly.bak can be read by others (0644)" in about(done, "files")[0][1]
    assert "others may put files into" in about(done, "files")[1][1]
    refused = go("doctor", "--fix")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert (data / "nightly.bak").stat().st_mode & 0o777 == 0o644
    mended = go("doctor", "--fix", "--yes", "--json")
    assert (mended.code, about(mended, "files")[0][0]) == (0, "ok")
    assert mended.err.count('"chmod ') == 2
    assert (data / "nightly.bak").stat().st_mode & 0o777 == 0o600
    assert (home / ".config/integrations").stat().st_mode & 0o777 == 0o700
    assert (home / "elsewhere").stat().st_mode & 0o777 == 0o644
    assert "nothing to mend" in go("doctor", "--fix").err


def test_a_store_that_others_can_read(go, home):
    (home / ".local/share/integrations/store.db").chmod(0o644)
    done = go("doctor", "--json")
    assert done.code == 23
    assert codes(done)["store", "problem", "readable_by_others"]["fix"].startswith("chmod 600 ")
    assert go("doctor", "--fix", "-y").code == 0


def test_no_store_yet(run):
    done = run("doctor", "--json")
    assert done.code == 23
    assert codes(done)["store", "problem", "no_store"]["fix"] == "integrations init"
    assert run("doctor", "--deep", "--network", "--fix", "-y").code == 23


@pytest.mark.parametrize("place", [".local/share/integrations", ".config/integrations", ".config/integrations/config.toml"])
def test_something_else_stands_in_its_place(go, home, place):
    path = home / place
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("x")
    else:
        path.mkdir()
    done = go("doctor", "--deep", "--fix", "-y", "--json")
    assert done.code == 23
    assert not any(one["code"] == "unexpected" for one in items(done)), done.out


def test_a_database_that_may_not_be_read(go, home):
    folder = home / ".local/share/integrations"
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    folder.chmod(0)
    done = go("doctor", "--json")
    folder.chmod(0o700)
    assert done.code == 23
    assert not any(one["code"] == "unexpected" for one in items(done)), done.out


@pytest.mark.parametrize(
    "damage", [b"", b"this is not a database, it only looks like a file of some length\n" * 40, b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_a_database_that_cannot_be_read(go, home, damage):
    (home / ".local/share/integrations/store.db").write_bytes(damage)
    for words in ((), ("--deep",), ("--network", "-w", "acme"), ("--fix", "-y"), ("--bundle", "-")):
        done = go("doctor", *words, *(("--json",) if "-" not in words else ()))
        assert done.code == 23, done.err
        assert "unexpected" not in done.out + done.err
    assert about(go("doctor", "--json"), "files")


def test_a_database_that_is_damaged_inside(go, home):
    path = home / ".local/share/integrations/store.db"
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096, 3):
        data[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    path.write_bytes(data)
    done = go("doctor", "--deep", "--json")
    assert done.code == 23
    assert not any(one["code"] == "unexpected" for one in items(done)), done.out


def test_a_store_of_another_schema(go, sql):
    sql("UPDATE store SET format = ?", migrations.LATEST + 5)
    done = go("doctor", "--deep", "--json")
    assert (done.code, codes(done)["store", "problem", "newer"]["fix"]) == (23, "pip install -U integrations-cli")
    sql("UPDATE store SET format = 1")
    done = go("doctor", "--deep", "--json")
    assert (done.code, codes(done)["store", "problem", "older"]["fix"]) == (23, "integrations store upgrade")


def test_a_configuration_that_cannot_be_read(go, home):
    path = home / ".config/integrations/config.toml"
    for text, code in (
        ("not [ toml", "configuration"),
        ("[providers]\nallow = 3\n", "configuration"),
        ("[network]\nproxy = 3\n", "configuration"),
    ):
        path.write_text(text)
        path.chmod(0o600)
        done = go("doctor", "--json")
        assert (done.code, codes(done)["settings", "problem", code]["fix"]) == (23, f"edit {path}"), text
        assert about(done, "credentials")[0][0] == "ok"
    path.write_text(f'[somewhere]\nkeys = ["{LIVE}"]\n')
    done = go("doctor", "--json")
    assert "somewhere.keys looks like a secret" in about(done, "settings")[0][1]
    assert LIVE not in done.out + done.err


MISTYPED = {
    '[network]\nproxi = "http://proxy.example:3128"\n': "[network] proxi is not known and has no effect: did you mean proxy",
    '[netwrk]\nproxy = "http://proxy.example:3128"\n': "[netwrk] is not known and has no effect: did you mean [network]",
    '[audit]\nrequired = "/var/log/x"\n': "[audit] required is not known and has no effect: did you mean require",
    'proxy = "http://proxy.example:3128"\n': "proxy is not known and has no effect: did you mean [network] proxy",
    'network = "x"\n': "network is not known and has no effect: it is a section, [network]",
    "[export]\nzzz = 1\n": "[export] zzz is not known and has no effect: there is plaintext",
    "[quark]\nx = 1\n": "[quark] is not known and has no effect: there are " + ", ".join(KNOWN),
}


@pytest.mark.parametrize("text", MISTYPED)
def test_what_nobody_reads_of_the_configuration_is_named(go, home, text):
    path = home / ".config/integrations/config.toml"
    path.write_text(text)
    path.chmod(0o600)
    done = go("doctor", "--json")
    found = codes(done)["settings", "problem", "unknown_key"]
    assert (done.code, found["text"], found["fix"]) == (23, f"{path}: {MISTYPED[text]}", f"edit {path}")
    assert "not known" not in done.err, "it is said once"
    for words in (("list", "-w", "acme"), ("disable", "openai", "-w", "acme"), ("website", "list")):
        done = go(*words)
        assert (done.code, done.err.count(f"! ~/.config/integrations/config.toml: {MISTYPED[text]}\n")) == (0, 1), done.err
    done = go("list", "-w", "acme", "--json")
    assert json.loads(done.err)["notice"].endswith(MISTYPED[text])
    assert go("list", "-w", "acme", "-q").err.count("not known") == 1, "a warning is said also where notes are not"


def test_a_configuration_with_all_that_is_known_is_quiet(go, home):
    path = home / ".config/integrations/config.toml"
    path.write_text(
        '[audit]\n[aws-kms]\nkey = "a"\nregion = "b"\nendpoint = "c"\n[defaults]\nai = "openai"\n[defaults.acme]\nai = "openai"\n'
        "[export]\nplaintext = true\n[network]\nprivate_hosts = []\n[prices]\n'openai/gpt-5' = [1.0, 2.0]\n"
        '[providers]\nallow = []\nallow_custom_endpoint = []\n[vault]\naddress = "a"\nmount = "b"\nkey = "c"\nnamespace = "d"\n'
    )
    path.chmod(0o600)
    assert about(go("doctor", "--json"), "settings") == []
    assert "config.toml" not in go("list", "-w", "acme").err


def test_a_key_that_was_pasted_as_a_name_into_the_configuration_is_not_repeated(go, home):
    path = home / ".config/integrations/config.toml"
    for text in (f"{LIVE} = 1\n", f"[network]\n{LIVE} = 1\n", f"[{LIVE}]\nx = 1\n"):
        path.write_text(text)
        path.chmod(0o600)
        for words in (("doctor",), ("doctor", "--json"), ("list", "-w", "acme"), ("store", "status", "-v")):
            done = go(*words)
            assert "not known and has no effect" in done.out + done.err
            assert not hits([LIVE], {"screen": (done.out + done.err).encode()}), words


# ── the website that was named ──


@pytest.mark.parametrize(("named", "why"), [("acne", "the closest is acme"), ("nope", "there are: acme"), (LIVE, "there are: acme")])
def test_a_website_that_there_is_not_ends_it_as_it_ends_every_command(go, named, why):
    for words in (("doctor",), ("doctor", "--deep"), ("doctor", "--json"), ("doctor", "--fix", "--yes")):
        done = go(*words, "-w", named)
        assert (done.code, done.out) == (3, "")
        assert "there is no website" in done.err and why in done.err
        assert not hits([LIVE], {"screen": (done.out + done.err).encode()})


def test_a_website_that_was_chosen_earlier_and_is_gone_is_one_of_the_findings(go):
    done = go("doctor", "--json", INTEGRATIONS_WEBSITE="nope")
    assert done.code == 23
    assert "there is no website nope (from INTEGRATIONS_WEBSITE)" in codes(done)["legacy", "problem", "not_found"]["text"]


def test_a_website_that_was_named_does_not_end_the_look_at_a_store_that_cannot_be_read(go, sql):
    sql("UPDATE store SET format = 1")
    assert codes(go("doctor", "--json", "-w", "nope"))["store", "problem", "older"]


# ── keys ──


def test_no_slot_that_opens_it(go, home):
    for path in (home / ".config/integrations/keys").iterdir():
        path.unlink()
    done = go("doctor", "--deep", "--json")
    assert done.code == 23
    assert about(done, "key")[0][0] == "problem"
    assert codes(done)["opened", "skipped", "locked"]["fix"] == "integrations key status"
    assert about(done, "credentials")[0][0] == "ok"


def test_a_key_file_that_no_slot_uses(go, home):
    path = home / ".config/integrations/keys" / f"{'ab' * 16}.key"
    path.write_text("x")
    path.chmod(0o600)
    done = go("doctor", "--json")
    assert str(path) in codes(done)["key", "warning", "unused_key_file"]["text"]
    assert done.code == 0


@pytest.mark.parametrize(
    "damage",
    [
        "wrapped_root = x''",
        "wrapped_root = 'x'",
        "wrapped_root = substr(wrapped_root, 1, 100)",
        "wrapped_root = (SELECT wrapped_root FROM key_slot WHERE kind = 'file')",
        "root_key_id = x'00112233445566778899aabbccddeeff'",
        "id = x'00112233445566778899aabbccddeeff'",
    ],
)
def test_a_recovery_key_that_cannot_open_anything_any_more(run, config, sql, damage):
    creation.prepare(config, "file", recovery=True).commit()
    assert ("recovery", "problem", "recovery_damaged") not in codes(run("doctor", "--json"))
    sql(f"UPDATE key_slot SET {damage} WHERE kind = 'recovery'")
    found = codes(run("doctor", "--json"))["recovery", "problem", "recovery_damaged"]
    assert found["fix"] == "integrations key recovery"


def test_a_recovery_key_that_nobody_has_tried(run, config, home):
    creation.prepare(config, "file", recovery=True).commit()
    done = run("doctor", "--json")
    assert codes(done)["recovery", "warning", "never_tried"]["fix"] == "integrations key recovery --test"
    assert done.code == 0
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE key_slot SET verified_at = '2026-11-01T00:00:00Z' WHERE kind = 'recovery'")
    assert "proved on 2026-11-01" in about(run("doctor", "--json"), "recovery")[0][1]


@pytest.mark.parametrize(
    ("kind", "pid", "state", "code"),
    [("vacuum", 1, "warning", "vacuum_due"), ("reencrypt", 1, "problem", "key_operation"), ("restore", 1, "problem", "restored"), ("reencrypt", None, "ok", "at_work")],
)  # fmt: skip
def test_operations_that_were_not_ended(go, sql, kind, pid, state, code):
    import socket
    import subprocess
    import sys

    running = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host = "elsewhere" if pid else socket.gethostname()
    sql(
        "INSERT INTO key_operation VALUES (?, ?, 'copying', NULL, '2026-11-20T00:00:00Z', ?, ?)",
        os.urandom(16),
        kind,
        host,
        pid or running.pid,
    )
    done = go("doctor", "--json")
    running.communicate(b"\n")
    assert ("operations", state, code) in codes(done)
    assert done.code == (23 if state == "problem" else 0)


# ── what it holds ──


def test_what_cannot_be_opened_is_found_by_a_deep_look(go, sql):
    sql("UPDATE credential_version SET blob = zeroblob(300)")
    assert go("doctor").code == 0  # nobody has tried yet
    done = go("doctor", "--deep", "--json")
    assert done.code == 23
    bad = codes(done)["credentials", "problem", "unreadable"]
    assert (bad["website"], bad["provider"], bad["fix"]) == ("acme", "openai", "integrations rotate openai -w acme")
    assert bad["keys_url"] == registry.get("openai").keys_url


def test_a_log_that_was_changed(go, sql):
    sql("UPDATE audit_row SET body = replace(body, 'ok', 'no') WHERE seq = 1")
    done = go("doctor", "--deep", "--json")
    assert (done.code, codes(done)["audit", "problem", "log_changed"]["fix"]) == (23, "integrations audit verify --state")


def test_a_store_that_was_put_back(go, home, store):
    old = home / "old.db"
    old.write_bytes(store.path.read_bytes())
    add(store, "acme", "groq")
    store.path.write_bytes(old.read_bytes())
    done = go("doctor", "--deep", "--json")
    assert (done.code, ("audit", "problem", "older_than_the_anchor") in codes(done)) == (23, True)


def test_a_row_that_was_changed_in_sql(go, sql):
    sql("UPDATE integration SET settings = '{\"max_tokens\": 1}'")
    assert go("doctor").code == 0  # that needs the key
    done = go("doctor", "--deep", "--json")
    assert (done.code, codes(done)["audit", "problem", "log_changed"]["fix"]) == (23, "integrations audit verify --state")


@pytest.mark.parametrize("deep", [False, True])
def test_an_anchor_that_was_changed(go, config, deep):
    lines = config.anchor.read_bytes().splitlines(keepends=True)
    if deep:  # in its form: only the key tells that somebody else has signed it
        lines[-1] = lines[-1].replace(b'"mac":"', b'"mac":"00')
    else:
        lines[-1] = b"{}\n"
    config.anchor.write_bytes(b"".join(lines))
    done = go("doctor", *(("--deep",) if deep else ()), "--json")
    found = [one for one in items(done) if one["about"] == "audit" and one["state"] == "problem"]
    assert (done.code, [one["code"] for one in found]) == (23, ["anchor"]), found
    assert str(config.anchor) in found[0]["text"]


def test_a_store_that_a_restore_has_put_aside(go, config):
    config.database.with_name("store.db.before-20261126T000000Z").write_bytes(b"")
    done = go("doctor", "--json")
    assert ("backup", "warning", "former_store") in codes(done)


def test_keys_for_tests_and_settings_that_hold_a_secret(go, store, sql):
    add(store, "acme", "stripe")
    sql("UPDATE integration SET settings = json_object('organization_id', ?) WHERE provider = 'openai'", LIVE)
    done = go("doctor", "--deep", "--json")
    assert about(done, "test keys") == [("warning", "stripe of acme has a key for tests")]
    assert about(done, "settings")[0][0] == "problem"
    assert LIVE not in done.out + done.err


def test_one_key_of_several_websites(go, store):
    add(store, "beta", "openai", api_key=SHARED)
    add(store, "gamma", "deepseek", api_key=SHARED)
    add(store, "gamma", "openai", api_key=SHARED)
    for website in ("beta", "gamma"):
        add(store, website, "mailchimp", api_key=canary() + "-us21", server_prefix="us21")  # a prefix is not a key
    assert not about(go("doctor", "--json"), "reuse")
    done = go("doctor", "--deep", "--json")
    assert about(done, "reuse") == [("warning", "2 websites share one key: openai of beta, deepseek of gamma, openai of gamma")]
    assert codes(done)["reuse", "warning", "key_reused"]["keys_url"] == registry.get("openai").keys_url
    assert done.code == 0
    assert SHARED not in done.out


def test_rotations_that_wait_and_what_is_overdue(go, store, sql):
    waiting = "integrations rotate openai -w acme --resume"
    with store.writing() as here:
        row = here.integrations.get("acme", "openai")
        here.integrations.conceal(row, registry.get("openai"), {"api_key": Secret(OPENAI + "2")})
    assert not about(go("doctor", "--json"), "rotations")
    sql("UPDATE credential_version SET destroy_after = ? WHERE state = 'previous'", moment(days=2))
    done = go("doctor", "--json")
    assert codes(done)["rotations", "warning", "overdue"]["text"].endswith("openai of acme")
    assert go("doctor", "--fix", "-y").code == 0
    assert not about(go("doctor", "--json"), "rotations")
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT blob FROM credential_version WHERE version = 1").fetchone() == (b"",)
    sql("UPDATE credential_version SET state = 'previous', destroy_after = NULL WHERE version = 1")
    assert codes(go("doctor", "--json"))["rotations", "warning", "rotation_unproven"]["fix"] == waiting
    sql("UPDATE credential_version SET state = 'destroyed' WHERE version = 1")
    sql("UPDATE credential_version SET state = 'pending' WHERE version = 2")
    assert codes(go("doctor", "--json"))["rotations", "warning", "rotation_waits"]["fix"] == waiting


def test_a_test_that_never_ended(go, store, sql):
    with store.writing() as here:
        here.audit.record("check.started", integration=here.integrations.get("acme", "openai"))
    assert not about(go("doctor", "--json"), "checks")  # it may be at work
    sql("UPDATE audit_row SET body = json_set(body, '$.at', ?) WHERE body LIKE '%check.started%'", moment(days=1))
    assert codes(go("doctor", "--json"))["checks", "warning", "check_without_end"]["fix"] == "integrations test openai -w acme"


# ── legacy values ──


def test_legacy_values_beside_what_is_stored_and_those_never_migrated(go, home):
    (home / "legacy.env").write_text(f"BREVO_API_KEY={keys.GOOD['brevo']['api_key']}\nOPENAI_API_KEY={OPENAI}\n")
    (home / "legacy.env").chmod(0o600)
    database = home / "app.sqlite3"
    legacy.database(database, websites=[{"id": 1, "subdomain": "acme", "maps_api_key": legacy.MAPS.format(1)}])
    done = go("doctor", "--dotenv", str(home / "legacy.env"), "--db", str(database), "--json", OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ)
    told = [text for _, text in about(done, "legacy")]
    assert "openai of acme is stored, and the same value still lies in environment: OPENAI_API_KEY" in told
    assert "groq of acme was never migrated: GROQ_API_KEY" in told
    assert "openai of acme is stored, and the same value still lies in legacy.env: legacy.env:2 OPENAI_API_KEY" in told
    assert any(text.startswith("brevo of acme was never migrated: legacy.env:1") for text in told)
    assert any(text.startswith("google_maps of acme was never migrated: pwb_websites:1 maps_api_key") for text in told)
    assert done.code == 0
    assert not any(key in done.out + done.err for key in (OPENAI, GROQ, keys.GOOD["brevo"]["api_key"], legacy.MAPS.format(1)))


def compared(done):
    return {(one["provider"], one["compared"]): one for one in items(done) if one["about"] == "legacy"}


def test_it_says_whether_a_legacy_value_is_the_stored_one(go, home):
    assert go("set", "openai", "organization_id=org-1", "default_model=gpt-5", "--no-test").code == 0
    other = OPENAI + "OTHER"
    text = f"OPENAI_API_KEY={other}\nOPENAI_ORG_ID=org-1\n"
    (home / "legacy.env").write_text(text)
    (home / "legacy.env").chmod(0o600)
    path = str(home / "legacy.env")
    done = go("doctor", "--dotenv", path, "--json", OPENAI_API_KEY=f" {OPENAI} ")
    notes = [one for one in items(done) if one["about"] == "legacy"]
    told = {one["text"]: (one["compared"], one["code"], one["fix"]) for one in notes}
    remove = "remove it there, once nothing reads it any more"
    again = "integrations migrate dotenv ~/legacy.env -w acme --dry-run"
    assert told == {
        "openai of acme is stored, and the same value still lies in environment: OPENAI_API_KEY": ("same", "still_there", remove),
        "openai of acme is stored, and another value lies in legacy.env: legacy.env:1 OPENAI_API_KEY": ("differs", "still_there", again),
        "openai of acme is stored, and the same value still lies in legacy.env: legacy.env:2 OPENAI_ORG_ID": (
            "same",
            "still_there",
            remove,
        ),
    }
    shown = go("doctor", "--dotenv", path, "--format", "table", OPENAI_API_KEY=OPENAI)
    assert not any(value in one for value in (OPENAI, other, other[-4:]) for one in (done.out, done.err, shown.out, shown.err))


def test_without_the_key_a_legacy_value_is_not_compared(go, home):
    key = next(path for path in home.rglob("keys/*") if path.is_file())
    key.rename(home / "away")
    done = go("doctor", "--json", OPENAI_API_KEY=OPENAI)
    note = compared(done)["openai", "not_compared"]
    assert note["text"] == "openai of acme is stored, and still lies (not compared) in environment: OPENAI_API_KEY"
    assert OPENAI not in done.out + done.err


def test_every_place_of_a_move_at_once(go, home):
    """Credentials file, rows and columns beside the store: field by field, with a command to paste, one note for a thousand bad rows."""
    yaml = f"groq: {{api_key: {GROQ}}}\nopenai: {{api_key: {OPENAI}, organization_id: org-EXAMPLE}}\n"
    root = vectors.application(home / "my app", yaml)
    rows = [(1, "ai", name, "never encrypted") for name in ("mistral", "cohere", "deepseek")]
    websites = [{"id": at, "subdomain": name, "maps_api_key": legacy.MAPS.format(at)} for at, name in ((1, "acme"), (2, SHARED))]
    path = legacy.database(home / "app.sqlite3", websites=websites, rows=rows)
    secrets = ("--secret-env", "dsn=URL", "--secret-env", "primary_key=A", "--secret-env", "key_derivation_salt=B")
    done = go("doctor", "--root", str(root), *secrets, "--json", URL=f"sqlite3:{path}", A="one", B="two")
    found = {one["text"]: one["fix"] for one in items(done) if one["about"] == "legacy"}
    told = sorted(found)
    assert any(
        text.startswith("openai of acme is stored, and the same value still lies") and text.endswith("openai.api_key") for text in told
    ), told
    assert any(text.startswith("openai of acme was never migrated") and text.endswith("openai.organization_id") for text in told), told
    assert any(text.startswith("groq of acme was never migrated") for text in told), told
    assert any(text.startswith("google_maps of … was never migrated") for text in told), told
    assert sum("and 2 more: not encrypted" in text for text in told) == 1, told
    assert "integrations migrate rails-credentials --root ~/'my app' -w acme --dry-run" in found.values()
    assert f"integrations migrate rails-db --root ~/'my app' {' '.join(secrets)} --dry-run" in found.values()
    assert not any(key in done.out + done.err for key in (OPENAI, GROQ, SHARED))


def test_without_a_website_nothing_of_the_environment_is_guessed(go):
    assert go("website", "add", "beta").code == 0
    done = go("doctor", "--json", OPENAI_API_KEY=OPENAI)
    assert about(done, "legacy") == [("skipped", "not looked for: whose would they be?")]


def test_a_place_that_is_not_there_leaves_the_rest(go):
    done = go("doctor", "--dotenv", "/nowhere/x.env", "-w", "acme", "--json")
    assert ("problem" in {state for state, _ in about(done, "legacy")}, about(done, "credentials")[0][0]) == (True, "ok")
    assert about(go("doctor", "--json", INTEGRATIONS_WEBSITE="nowhere"), "legacy")[0][0] == "problem"


# ── completion and the network ──


def test_completion(go, home):
    assert (
        codes(go("doctor", "--json", SHELL="/bin/bash"))["completion", "skipped", "not_installed"]["fix"]
        == "integrations completion install bash"
    )
    assert go("completion", "install", "bash").code == 0
    done = go("doctor", "--json", SHELL="/bin/bash")
    assert about(done, "completion")[0][1].startswith("installed for bash, ")
    file = next(home.rglob("bash-completion/completions/integrations"))
    file.write_text(file.read_text() + "\n# older\n")
    assert ("completion", "warning", "outdated") in codes(go("doctor", "--json", SHELL="/bin/bash"))
    file.write_text("# mine\n")
    assert ("completion", "warning", "foreign_file") in codes(go("doctor", "--json", SHELL="/bin/bash"))


def test_the_network_is_asked_for_a_handshake_and_nothing_else(go, store, third_party):
    add(store, "acme", "groq")
    add(store, "acme", "mailchimp")  # its host is inside its key: another one of the vendor's stands for it
    done = go("doctor", "--network", "--json")
    assert about(done, "network")[0][1].startswith("3 hosts answered; the slowest is ")
    assert "no request and no key is sent" in done.err
    assert (done.code, third_party.requests, third_party.connections) == (0, [], 3)
    third_party.greet = lambda raw: raw.close()
    done = go("doctor", "--network", "--json")
    assert done.code == 23
    assert {text.partition(" ")[0] for state, text in about(done, "network") if state == "problem"} >= {"api.openai.com", "api.groq.com"}
    assert go("disable", "openai").code == go("disable", "groq").code == go("disable", "mailchimp").code == 0
    assert about(go("doctor", "--network", "--json"), "network")[0][0] == "skipped"


# ── for others ──


def test_the_bundle_holds_no_name_and_no_value(go, store, home, sql):
    slug, other = "zebra-realty", "umbrella-homes"
    secret = canary("sk-" + "proj-")
    for website in (slug, other):
        add(store, website, "openai", api_key=secret)
    add(store, slug, "stripe")
    sql("UPDATE integration SET settings = json_object('organization_id', ?), account = 'Zebra Ltd' WHERE provider = 'openai'", LIVE)
    sql("UPDATE integration SET provider = 'inhouse_thing' WHERE provider = 'stripe'")
    (home / ".local/share/integrations/zebra.bak").write_text("x")
    cards = json.loads(go("list", "-A", "--json").out)["items"]
    marks = [one[name] for card in cards for one in card["credentials"] for name in ("hint", "fingerprint") if one[name]]
    path = home / "report.json"
    done = go("doctor", "--deep", "-w", slug, "--bundle", str(path), "--json", GROQ_API_KEY=secret, INTEGRATIONS_WEBSITE=slug)
    assert done.code == 23
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    for word in (slug, other, "zebra", "Zebra", "inhouse", LIVE, str(home), os.uname().nodename, *marks):
        assert word not in text, word
    assert hits([secret, OPENAI], {"bundle": text.encode(), "out": (done.out + done.err).encode()}) == []
    data = json.loads(text)
    assert data["format"] == "integrations.bundle/1"
    assert data["variables"] == ["INTEGRATIONS_WEBSITE"]
    assert {one["website"] for one in data["integrations"]} == {1, 2, 3}
    assert {"about": "reuse", "state": "warning", "code": "key_reused", "website": 3, "provider": "openai"} in data["notes"]
    assert {one["provider"] for one in data["integrations"]} == {"openai", "plug_in"}
    again = go("doctor", "--bundle", str(path))
    assert (again.code, path.read_text() == text) == (4, True)
    assert json.loads(go("doctor", "--bundle", "-", "-q").out)["format"] == "integrations.bundle/1"


def test_annotations(go, home, sql):
    sql("UPDATE integration SET unreadable_since = '2026-01-01T00:00:00Z'")
    page = home / "summary.md"
    done = go("doctor", "--json", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    lines = [line for line in done.err.splitlines() if line.startswith("::")]
    assert lines[0] == "::error title=doctor credentials::openai of acme could not be opened. Fix: integrations rotate openai -w acme"
    assert lines[1].startswith("::warning title=doctor recovery::")
    assert "openai of acme could not be opened" in page.read_text()


def test_many_of_a_kind_are_counted_on_the_screen_and_all_there_as_data(go, store):
    with store.writing() as here:
        for number in range(30):
            here.websites.add(f"w{number}", None)
            here.integrations.mark_unreadable(
                here.integrations.add(f"w{number}", registry.get("groq"), {"api_key": Secret(canary("gsk_"))}, {})
            )
    screen = go("doctor", "--format", "table", COLUMNS="120")
    assert (screen.out.count("could not be opened"), "and 20 more" in screen.out) == (10, True)
    assert len(about(go("doctor", "--json"), "credentials")) == 30
    assert "30 problems" in screen.err


def test_no_form_of_it_shows_a_value(go, store, home, tmp_path_factory):
    secret = canary("sk-" + "proj-")
    add(store, "beta", "openai", api_key=secret)
    outputs = {}
    for form in ("table", "tsv", "csv", "json", "ndjson"):
        for words in ((), ("--deep", "--fix", "-y", "--debug", "-v")):
            ran = go("doctor", *words, "-w", "beta", "--format", form, GROQ_API_KEY=secret)
            outputs[f"{form} {words}"] = (ran.out + ran.err).encode()
    assert hits([secret, OPENAI], outputs | files_below(home)) == []


@pytest.mark.slow
def test_a_frozen_keyring_costs_its_deadline_and_no_more(run, go, sql, home, tmp_path_factory):
    """A session bus that accepts, and never says a word."""
    import socket
    import time

    place = tmp_path_factory.mktemp("b") / "bus"
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(place))
        bus.listen()
        sql("UPDATE key_slot SET kind = 'keyring', locator = 'Secret Service'")
        began = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={place}")
            done = run("doctor", "--json")
        assert time.monotonic() - began < 15
    assert (done.code, "no answer in 5 s" in about(done, "key")[0][1] or "no keyring" in about(done, "key")[0][1]) == (23, True)


def test_a_value_read_in_github_is_announced_before_anything_else(go):
    done = go("migrate", "env", "-w", "acme", "--dry-run", GITHUB_ACTIONS="true", GROQ_API_KEY=GROQ, OPENAI_ORG_ID="org-EXAMPLE1")
    lines = done.err.splitlines()
    masks = [line for line in lines if line.startswith("::add-mask::")]
    assert masks == [f"::add-mask::{GROQ}"]
    assert all(GROQ not in line for line in lines if line not in masks)
    assert GROQ not in done.out
    assert "add-mask" not in go("migrate", "env", "-w", "acme", "--dry-run", GROQ_API_KEY=GROQ).err
