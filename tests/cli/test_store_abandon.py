"""`store abandon-credentials`: only when nothing opens the store, and then everything goes on with new keys."""

import json
import sqlite3

import pytest
from tests import keys
from tests.cli.test_store_backup import VALUES, add, full, listed, template  # noqa: F401  fixtures

from integrations_cli.store import engine

WORDS = ("store", "abandon-credentials", "--slot", "file", "--confirm", "abandon-credentials")


@pytest.fixture
def locked(full, home):  # noqa: F811
    """The key file is gone, and so is the paper."""
    for path in home.rglob("*.key"):
        path.unlink()
    (home / "paper").unlink()
    assert full("audit", "verify").code == 6
    return full


def test_everything_that_cannot_be_opened_is_given_up_and_the_rest_stays(locked, home):
    before = listed(locked)
    done = locked(*WORDS, "--recovery-file", str(home / "paper2"))
    assert done.code == 0, done.err
    assert sorted(done.out.splitlines()) == [
        "integrations edit paypal -w acme",
        "integrations set anthropic -w beta --secret-stdin api_key",
        "integrations set openai -w acme --secret-stdin api_key",
    ]
    after = listed(locked)
    assert [(one["website"], one["provider"], one["enabled"]) for one in after] == [
        (one["website"], one["provider"], one["enabled"]) for one in before
    ]
    assert {one["status"] for one in after} == {"not_configured"}
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        rows = connection.execute("SELECT state, ended_by, length(blob), card FROM credential_version").fetchall()
        assert set(rows) == {("destroyed", "lost", 0, "{}")}
        assert connection.execute("SELECT count(*) FROM data_key WHERE state != 'active' AND length(wrapped) > 0").fetchone() == (0,)
    done = locked("set", "openai", "-w", "acme", "--no-test", "--secret-stdin", "api_key", stdin=VALUES["openai"]["api_key"].encode())
    assert done.code == 0, done.err
    assert locked("get", "openai", "api_key", "-w", "acme", "--reveal", "--allow-reveal").out.strip() == VALUES["openai"]["api_key"]
    paper = {"INTEGRATIONS_KEY_FILE": str(home / "paper2")}
    assert locked("get", "openai", "api_key", "-w", "acme", "--reveal", "--allow-reveal", **paper).code == 0
    assert locked("website", "add", "gamma").code == 0
    assert locked("key", "rotate", "1", "--yes").code == 0


def test_what_is_known_of_keys_that_lie_about_outlives_it(locked, home):
    """Nobody can say any more whether it is true, so nothing is destroyed for it, and that is said."""
    stray = home / ".config/integrations/keys" / ("07" * 16 + ".key")
    stray.write_text("x")
    stray.chmod(0o600)
    cursor = json.dumps({"id": "07" * 16, "kind": "file", "locator": stray.name, "epoch": 1, "mac": "00" * 32})
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        for kind in ("slot_key", "reencrypt"):
            row = (kind.encode(), kind, "old", cursor, "2026-11-26T00:00:00Z", "here", 1)
            connection.execute("INSERT INTO key_operation VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    assert locked(*WORDS, "--recovery-file", str(home / "paper2")).code == 0
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        assert connection.execute("SELECT kind FROM key_operation").fetchall() == [("slot_key",)]
    done = locked("key", "rotate", "1", "--yes")
    assert (done.code, "was not written by this tool" in done.err, stray.exists()) == (0, True, True), done.err


def test_an_end_after_the_commit_takes_no_key_away_that_the_store_has(locked, home, monkeypatch):
    def ended(cursor, path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine, "vacuum", ended)
        assert locked(*WORDS, "--recovery-file", str(home / "paper2")).code == 130
    assert locked("website", "add", "gamma").code == 0
    assert locked("website", "add", "delta", INTEGRATIONS_KEY_FILE=str(home / "paper2")).code == 0


def test_audit_verify_never_says_ok_of_what_the_lost_key_signed(locked):
    assert locked(*WORDS, "--no-recovery").code == 0
    done = locked("audit", "verify")
    assert "epoch 1 cannot be verified: its key is lost" in done.out + done.err
    assert "was changed" not in done.out + done.err
    with sqlite3.connect(next(iter(_database(locked)))) as connection:
        assert connection.execute("SELECT count(*) FROM audit_row WHERE body LIKE '%store.credentials_abandoned%'").fetchone() == (1,)
        connection.execute("UPDATE audit_row SET body = replace(body, 'ok', 'no') WHERE body LIKE '%store.credentials_abandoned%'")
    done = locked("audit", "verify")
    assert (done.code, "was changed" in done.out + done.err) == (7, True)


def _database(run):
    yield json.loads(run("store", "status", "--json").out)["item"]["path"]


def test_not_while_a_slot_opens_it(full, home):  # noqa: F811
    before = listed(full)
    done = full(*WORDS, "--no-recovery")
    assert (done.code, "by its key file" in done.err) == (4, True)
    (home / "wrong").write_text((home / "paper").read_text())
    next(home.rglob("*.key")).unlink()
    done = full(*WORDS, "--no-recovery", INTEGRATIONS_KEY_FILE=str(home / "paper"))
    assert (done.code, "by its recovery key" in done.err) == (4, True)
    assert listed(full) == before


def test_a_wrong_key_that_came_with_the_call_is_no_reason(full):  # noqa: F811
    from integrations_cli.store.vault import key_text

    wrong = key_text(b"\x07" * 32)
    assert full("audit", "verify", INTEGRATIONS_KEY=wrong).code == 6
    assert full(*WORDS, "--no-recovery", INTEGRATIONS_KEY=wrong).code == 4
    assert full("audit", "verify").code == 0


def test_it_names_what_is_lost_and_wants_it_typed(locked, home):
    done = locked("store", "abandon-credentials", "--slot", "file", "--no-recovery")
    assert done.code == 2
    assert "3 integrations" in done.err and "store backup" in done.err and "is missing" in done.err
    assert locked("store", "abandon-credentials", "--slot", "file", "--no-recovery", "--confirm", "acme").code == 5
    assert locked("store", "abandon-credentials", "--confirm", "abandon-credentials").code == 2  # which slot?
    assert locked("store", "abandon-credentials", "--slot", "later", "--confirm", "abandon-credentials").code == 2
    assert {one["status"] for one in listed(locked)} == {"untested"}
    assert list(home.rglob("*.key")) == []


def test_a_failure_takes_the_new_keys_away_again(locked, home):
    (home / "there").write_text("x")
    assert locked(*WORDS, "--recovery-file", str(home / "there")).code == 4
    assert list(home.rglob("*.key")) == []
    assert {one["status"] for one in listed(locked)} == {"untested"}


def test_a_restored_store_whose_keys_are_lost(full, home):  # noqa: F811
    assert full("store", "backup", str(home / "b")).code == 0
    assert full("store", "restore", str(home / "b"), "--confirm", "b").code == 0
    for path in home.rglob("*.key"):
        path.unlink()
    assert full(*WORDS, "--no-recovery").code == 0
    assert full("website", "add", "gamma").code == 0
    add(full, "openai", "gamma")


def test_nothing_of_the_old_ciphertexts_is_left_in_the_file(locked, home):
    database = home / ".local/share/integrations/store.db"
    with sqlite3.connect(database) as connection:
        blobs = [row[0] for row in connection.execute("SELECT blob FROM credential_version UNION SELECT wrapped FROM data_key")]
    assert sum(blob in database.read_bytes() for blob in blobs) == len(blobs)
    assert locked(*WORDS, "--no-recovery").code == 0
    assert [blob for blob in blobs if blob in database.read_bytes()] == []
    assert keys.ANTHROPIC not in database.read_text(errors="replace")
