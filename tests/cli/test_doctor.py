"""`integrations doctor`: what is wrong, what still lies about, and never a value."""

import json
import sqlite3

import pytest
from tests import keys
from tests.sources.rails import legacy

OPENAI, GROQ = keys.GOOD["openai"]["api_key"], keys.GOOD["groq"]["api_key"]
LIVE = "sk_live_" + "9876543210XEXAMPLE"


@pytest.fixture
def go(ready):
    assert ready("add", "openai", "-w", "acme", "--no-test", "--secret-stdin", "api_key", stdin=OPENAI.encode()).code == 0
    return ready


def notes(done):
    return [(one["about"], one["state"], one["text"]) for one in json.loads(done.out)["items"]]


def about(done, word):
    return [(state, text) for name, state, text in notes(done) if name == word]


def test_a_healthy_store(go):
    done = go("doctor", "--json")
    assert done.code == 0, done.out
    assert {state for _, state, _ in notes(done)} <= {"ok", "warning"}
    assert "no recovery key" in about(done, "recovery")[0][1]
    assert "nothing is wrong" in go("doctor", "--format", "tsv").err or "warning" in go("doctor", "--format", "tsv").err


def test_files_that_others_can_read(go, home):
    (next(home.rglob("store.db")).parent / "nightly.bak").write_text("x")
    (next(home.rglob("store.db")).parent / "nightly.bak").chmod(0o644)
    done = go("doctor", "--json")
    assert done.code == 23
    assert "nightly.bak can be read by others (0644)" in about(done, "files")[0][1]


def test_what_cannot_be_opened_is_found_by_a_deep_look(go, home):
    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute("UPDATE credential_version SET blob = zeroblob(300)")
    assert go("doctor").code == 0  # nobody has tried yet
    done = go("doctor", "--deep", "--json")
    assert done.code == 23
    assert about(done, "credentials")[-1] == ("problem", "openai of acme could not be opened")


def test_no_slot_that_opens_it(go, home):
    for path in (home / ".config" / "integrations" / "keys").iterdir():
        path.unlink()
    done = go("doctor", "--json")
    assert done.code == 23
    assert about(done, "key")[0][0] == "problem"
    assert go("doctor", "--deep").code == 6


def test_keys_for_tests_and_settings_that_hold_a_secret(go, home):
    words = [word for field in ("secret_key", "publishable_key") for word in ("--secret-env", f"{field}=K_{field}")]
    assert go("add", "stripe", "-w", "acme", "--no-test", *words, **{f"K_{n}": v for n, v in keys.GOOD["stripe"].items()}).code == 0
    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute("UPDATE integration SET settings = json_object('organization_id', ?) WHERE provider = 'openai'", (LIVE,))
    done = go("doctor", "--deep", "--json")
    assert about(done, "test keys") == [("warning", "stripe of acme has a key for tests")]
    assert about(done, "settings")[0][0] == "problem"
    assert LIVE not in done.out + done.err


def test_legacy_values_beside_what_is_stored_and_those_never_migrated(go, home):
    (home / "legacy.env").write_text(f"BREVO_API_KEY={keys.GOOD['brevo']['api_key']}\nOPENAI_API_KEY={OPENAI}\n")
    (home / "legacy.env").chmod(0o600)
    database = home / "app.sqlite3"
    legacy.database(database, websites=[{"id": 1, "subdomain": "acme", "maps_api_key": legacy.MAPS.format(1)}])
    done = go("doctor", "--dotenv", str(home / "legacy.env"), "--db", str(database), "--json", OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ)
    told = [text for _, text in about(done, "legacy")]
    assert "openai of acme is stored, and still lies in environment: OPENAI_API_KEY" in told
    assert "groq of acme was never migrated: GROQ_API_KEY" in told
    assert "openai of acme is stored, and still lies in legacy.env: legacy.env:2 OPENAI_API_KEY" in told
    assert any(text.startswith("brevo of acme was never migrated: legacy.env:1") for text in told)
    assert any(text.startswith("google_maps of acme was never migrated: pwb_websites:1 maps_api_key") for text in told)
    assert done.code == 0
    assert not any(key in done.out + done.err for key in (OPENAI, GROQ, keys.GOOD["brevo"]["api_key"], legacy.MAPS.format(1)))


def test_without_a_website_nothing_of_the_environment_is_guessed(go):
    assert go("website", "add", "beta").code == 0
    done = go("doctor", "--json", OPENAI_API_KEY=OPENAI)
    assert about(done, "legacy") == [("skipped", "not looked for: whose would they be?")]


def test_no_store_yet(run):
    assert run("doctor").code == 3


def test_a_value_read_in_github_is_announced_before_anything_else(go):
    done = go("migrate", "env", "-w", "acme", "--dry-run", GITHUB_ACTIONS="true", GROQ_API_KEY=GROQ, OPENAI_ORG_ID="org-EXAMPLE1")
    lines = done.err.splitlines()
    masks = [line for line in lines if line.startswith("::add-mask::")]
    assert masks == [f"::add-mask::{GROQ}"]
    assert all(GROQ not in line for line in lines if line not in masks)
    assert GROQ not in done.out
    assert "add-mask" not in go("migrate", "env", "-w", "acme", "--dry-run", GROQ_API_KEY=GROQ).err
