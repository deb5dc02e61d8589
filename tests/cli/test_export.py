"""`integrations export`, and the way back: sealed by default, plain only with consent, recorded before the first byte."""

import json

import pytest
from tests import keys
from tests.conftest import make_ready, typed

from integrations_cli.store.vault import key_text

PHRASE = "correct horse battery EXAMPLE"
OPENAI = keys.GOOD["openai"]["api_key"]
NAMES = ("openai", "stripe", "zoho")


@pytest.fixture
def filled(run, home, template):
    """Three integrations of acme, one with a setting, one switched off; a passphrase in a file called key."""

    def make(folder):
        make_ready(folder)
        for name in NAMES:
            words = [word for field, text in keys.GOOD[name].items() for word in ("--secret-env", f"{field}=K_{field}")]
            more = {f"K_{field}": text for field, text in keys.GOOD[name].items()}
            typed(folder, "add", name, "-w", "acme", "--no-test", *words, **more)
        typed(folder, "set", "openai", "max_tokens=8192", "-w", "acme")
        typed(folder, "disable", "zoho", "-w", "acme")

    template("export", make, home)
    (home / "key").write_text(PHRASE + "\n")
    return run


def sealed(go, home, *more, name="out.export"):
    done = go("export", "-w", "acme", "--out", str(home / name), "--secret-file", f"passphrase={home / 'key'}", *more)
    return home / name, done


def seen(go, website="acme"):
    items = json.loads(go("list", "-w", website, "--json").out)["items"]
    return {one["provider"]: (one["status"], [mark["hint"] for mark in one["credentials"]]) for one in items}


def test_another_store_opens_it(filled, home, run, environ):
    path, done = sealed(filled, home)
    assert done.code == 0, done.err
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"sk-" not in path.read_bytes() and OPENAI.encode() not in path.read_bytes()
    before = seen(filled)
    environ["HOME"] = str(home / "other")
    assert run("init", "--slot", "file", "--no-recovery", "--website", "acme").code == 0
    done = run("import", str(path), "--secret-file", f"passphrase={home / 'key'}", "--yes")
    assert done.code == 0, done.err
    assert seen(run) == before
    assert run("get", "openai", "max_tokens", "-w", "acme").out.strip() == "8192"
    again = run("migrate", "file", str(path), "--secret-file", f"passphrase={home / 'key'}", "--yes", "--json")
    assert json.loads(again.out)["summary"]["unchanged"] == 3


def test_a_key_text_seals_as_well(filled, home):
    text = key_text(bytes(range(32)))
    (home / "key").write_text(text)
    done = filled("export", "openai", "-w", "acme", "--out", str(home / "k.export"), "--secret-file", f"key={home / 'key'}")
    assert done.code == 0, done.err
    assert filled("migrate", "file", str(home / "k.export"), "--secret-file", f"key={home / 'key'}", "--dry-run").code == 0
    (home / "key").write_text(key_text(bytes(range(1, 33))))
    assert filled("migrate", "file", str(home / "k.export"), "--secret-file", f"key={home / 'key'}", "--dry-run").code == 7


@pytest.mark.parametrize("at", [0, 5, 40, 100, 180, -1])
def test_a_changed_byte_is_noticed(filled, home, at):
    path, _ = sealed(filled, home)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    done = filled("migrate", "file", str(path), "--secret-file", f"passphrase={home / 'key'}", "--dry-run")
    assert done.code == 7, done.err
    assert OPENAI not in done.err + done.out


def test_what_is_asked_and_missing(filled, home):
    done = filled("export", "-w", "acme", "--out", str(home / "x.export"))
    assert (done.code, "passphrase" in done.err) == (2, True)
    assert not (home / "x.export").exists()
    assert filled("export", "-w", "acme").code == 2
    path, _ = sealed(filled, home)
    assert filled("migrate", "file", str(path), "--dry-run").code == 2
    (home / "key").write_text("too short")
    assert sealed(filled, home, name="y.export")[1].code == 2
    assert not (home / "y.export").exists()


def test_an_existing_file_is_never_overwritten(filled, home):
    (home / "out.export").write_text("mine")
    assert sealed(filled, home)[1].code == 4
    assert (home / "out.export").read_text() == "mine"


def test_without_credentials_it_needs_no_key(filled, home):
    done = filled("export", "-w", "acme", "--out", "-", "--without-credentials", INTEGRATIONS_KEY="nonsense")
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert sorted(row["provider"] for row in rows) == sorted(NAMES)
    assert all("credentials" not in row for row in rows)


def test_a_plain_one_needs_consent(filled, home):
    path = home / "key.plain"
    assert filled("export", "-w", "acme", "--out", str(path), "--plaintext").code == 2
    assert filled("export", "-w", "acme", "--out", str(path), "--plaintext", "--confirm", "beta").code == 5
    for more in ({"CI": "true"}, {"CLAUDECODE": "1"}):
        assert filled("export", "-w", "acme", "--out", str(path), "--plaintext", "--confirm", "acme", **more).code == 8
    assert not path.exists()
    assert filled("export", "-w", "acme", "--out", str(path), "--plaintext", "--confirm", "acme").code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert OPENAI in path.read_text()
    path.unlink()
    assert filled("export", "-w", "acme", "--out", str(path), "--accept-plaintext", CI="true").code == 0
    path.unlink()
    actions = json.loads(filled("audit", "list", "-w", "acme", "--json").out)["items"]
    outcomes = [one["outcome"] for one in actions if one["action"] == "credentials.exported"]
    assert outcomes.count("refused") == 6
    assert outcomes.count("ok") == 6


def test_the_configuration_may_forbid_it(filled, home):
    for text in ("[export]\nplaintext = false", '[export]\nplaintext = "false"', "[export]\nplaintext = 0", "export = false"):
        (home / ".config" / "integrations" / "config.toml").write_text(text)
        done = filled("export", "-w", "acme", "--out", str(home / "x"), "--accept-plaintext")
        assert done.code == 8, "what is no `true` forbids it: a mistake opens nothing"


def test_a_dotenv_file_is_read_back(filled, home):
    path = home / "key.env"
    assert filled("export", "openai", "stripe", "-w", "acme", "--out", str(path), "--accept-plaintext", "--as", "dotenv").code == 0
    done = filled("migrate", "dotenv", str(path), "-w", "acme", "--dry-run", "--json")
    path.unlink()
    assert done.code == 0, done.out + done.err
    assert {line["kind"] for line in json.loads(done.out)["lines"]} == {"unchanged"}


def test_one_that_cannot_be_opened_is_left_out_and_named(filled, home):
    import sqlite3

    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute(
            "UPDATE credential_version SET blob = zeroblob(300) WHERE integration_id = (SELECT id FROM integration WHERE provider = 'zoho')"
        )
    path, done = sealed(filled, home)
    assert done.code == 7
    assert "zoho of acme" in done.err
    assert path.exists()
