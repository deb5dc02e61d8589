"""What somebody who can write to the database, but has no key, may try; and what the audit log must know afterwards."""

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import BadValue, Locked, NotWritten, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import ok
from integrations_cli.store import create, glance, open_store

ANTHROPIC = registry.get("anthropic")
OLD, NEW = {"api_key": Secret(keys.ANTHROPIC)}, {"api_key": Secret(keys.ANTHROPIC_NEW)}


def sql(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def rotated(store):
    """acme's key was replaced: version 1 is previous, version 2 active."""
    with store.writing() as here:
        row = here.integrations.add("acme", ANTHROPIC, OLD, {})
        here.integrations.conceal(row, ANTHROPIC, NEW)
    return store


def reveal(store):
    with store.reading() as here:
        return here.integrations.reveal(here.integrations.get("acme", "anthropic"))


def bodies(store, action):
    with sqlite3.connect(store.path) as connection:
        found = [json.loads(row[0]) for row in connection.execute("SELECT body FROM audit_row ORDER BY at, seq")]
    return [body for body in found if body["action"] == action]


# ── versions ──


def test_a_replaced_key_put_back_as_the_active_one_is_not_sent_anywhere(rotated):
    assert reveal(rotated) == NEW
    sql(
        rotated.path,
        "UPDATE credential_version SET state = 'pending' WHERE version = 2",
        "UPDATE credential_version SET state = 'active' WHERE version = 1",
        "UPDATE credential_version SET state = 'previous' WHERE version = 2",
    )
    with pytest.raises(Unreadable) as refusal:
        reveal(rotated)
    assert (refusal.value.exit_code, refusal.value.reason) == (7, "altered_or_moved")
    assert len(glance.cards(rotated.path)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credential_version SET blob = x''",
        "UPDATE credential_version SET card = 'broken'",
        "UPDATE credential_version SET card = '{\"api_key\": 1}'",
        "UPDATE credential_version SET bound = '['",
        "UPDATE credential_version SET data_key_id = 'x'",
        "UPDATE credential_version SET version = 'x' WHERE state = 'active'",
        "UPDATE credential_version SET version = -7 WHERE state = 'active'",
        "UPDATE integration SET settings = 'x'",
    ],
)
def test_a_new_value_repairs_whatever_was_damaged(rotated, statement):
    sql(rotated.path, statement)
    with rotated.writing() as here:
        row = here.integrations.get("acme", "anthropic")
        here.integrations.conceal(row, ANTHROPIC, OLD, settings={})
    assert reveal(rotated) == OLD
    assert glance.cards(rotated.path)[0].status == "untested"


# ── keys ──


def test_one_damaged_slot_keeps_no_other_from_opening(config):
    draft = create.prepare(config, "file", recovery=True)
    draft.commit()
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE key_slot SET wrapped_root = zeroblob(131) WHERE position = 1")
    with open_store(config) as store, pytest.raises(Unreadable) as refusal:
        store.verify()
    assert "slot 1, key file" in refusal.value.why
    assert "slot 2, recovery key" in refusal.value.why
    said = []
    config.environ["INTEGRATIONS_KEY"] = draft.recovery_text.reveal()
    with open_store(config) as store:
        store.keys.notice = said.append
        store.verify()
    assert said


def test_an_unknown_slot_kind_is_named_not_fatal(made):
    sql(made.database, "UPDATE key_slot SET kind = 'later'")
    with open_store(made) as store, pytest.raises(Locked) as refusal:
        store.verify()
    assert "slot 1, later" in refusal.value.why
    assert [line.usable for line in create.key_status(made)] == [False]


def test_a_missing_key_is_not_made_anew(rotated, made):
    key = next(made.keys_dir.iterdir())
    moved = key.rename(made.config_dir / "elsewhere")
    with open_store(made) as store, pytest.raises(Locked) as refusal, store.writing():
        pass
    assert refusal.value.exit_code == 6
    assert refusal.value.tries == ("integrations key status",)
    assert list(made.keys_dir.iterdir()) == []
    assert glance.cards(made.database)[0].provider == "anthropic"
    moved.rename(key)
    assert reveal(rotated) == NEW


def test_another_stores_key_file_opens_nothing(made, tmp_path):
    from integrations_cli import config as configuration

    other = configuration.load({"HOME": str(tmp_path / "other")})
    create.prepare(other, "file", recovery=False).commit()
    mine, theirs = next(made.keys_dir.iterdir()), next(other.keys_dir.iterdir())
    words = theirs.read_text().split()
    mine.write_text(" ".join([words[0], mine.stem, words[2]]) + "\n")
    with open_store(made) as store, pytest.raises((Locked, Unreadable)) as refusal:
        store.verify()
    assert "another one" in refusal.value.why


# ── the audit log ──


def test_a_destroyed_version_is_in_the_log(made, rotated):
    with open_store(made, clock=lambda: datetime.now(UTC) + timedelta(hours=25)) as tomorrow:
        with tomorrow.writing() as here:
            here.websites.add("gamma", None)
        with tomorrow.reading() as here:
            assert [one.problem for one in here.audit.verify()] == [None] * 4
    assert [body["version"] for body in bodies(rotated, "credential.destroyed")] == [1]


def test_what_raises_after_a_sweep_destroys_nothing(made, rotated):
    with open_store(made, clock=lambda: datetime.now(UTC) + timedelta(hours=25)) as tomorrow:
        with pytest.raises(ZeroDivisionError), tomorrow.writing():
            raise ZeroDivisionError
        with tomorrow.reading() as here:
            assert here.integrations.reveal_previous(here.integrations.get("acme", "anthropic")) == OLD


def test_the_clock_going_back_destroys_nothing(made, rotated):
    with open_store(made, clock=lambda: datetime.now(UTC) - timedelta(days=40)) as past:
        with past.writing() as here:
            here.websites.add("gamma", None)
        with past.reading() as here:
            assert here.integrations.reveal_previous(here.integrations.get("acme", "anthropic")) == OLD


def test_the_mac_of_a_row_covers_its_plain_columns_and_its_active_version(rotated):
    with rotated.writing() as here:
        row = here.integrations.get("acme", "anthropic")
        here.integrations.remember(row, ok(), datetime.now(UTC), 1)  # a late answer about the old version
        here.integrations.used(row, datetime.now(UTC))
    newest = bodies(rotated, "check.finished")[-1]["row"]

    def now():
        with rotated.reading() as here:
            return here.audit.row_mac(here.integrations.get("acme", "anthropic"))

    assert now() == newest
    for statement in (
        "UPDATE integration SET enabled = 0",
        "UPDATE integration SET enabled = 1, settings = '{\"x\": 1}'",
        "UPDATE integration SET settings = '{}', expires_at = '2040-01-01T00:00:00Z'",
        "UPDATE integration SET expires_at = NULL, account_id = '77'",
        "UPDATE integration SET account_id = NULL, website_id = (SELECT id FROM website WHERE slug = 'beta')",
    ):
        sql(rotated.path, statement)
        with rotated.reading() as here:
            assert here.audit.row_mac(here.integrations.all()[0]) != newest


def test_without_its_anchor_a_cut_store_is_not_noticed_and_with_it_it_is(made, rotated):
    """The limit that SECURITY.md admits, and the promise beside it."""
    whole = made.database.read_bytes()
    anchor = (made.config_dir / "anchor.json").read_bytes()
    with rotated.writing() as here:
        here.websites.add("gamma", None)
    newer = (made.config_dir / "anchor.json").read_bytes()
    made.database.write_bytes(whole)
    for text, refused in ((newer, True), (anchor, False)):
        (made.config_dir / "anchor.json").write_bytes(text)
        with open_store(made) as store:
            if refused:
                with pytest.raises(Unreadable) as refusal, store.writing():
                    pass
                assert refusal.value.reason == "restored"
            else:
                with store.writing() as here:
                    here.websites.add("delta", None)


@pytest.mark.parametrize(
    "change", [lambda text: text.replace(b'"heads":{', b'"heads":{"00":[1,"00"],'), lambda text: b"{", lambda text: b"[]"]
)
def test_a_changed_anchor_stops_writes_not_reads(made, rotated, change):
    path = made.config_dir / "anchor.json"
    path.write_bytes(change(path.read_bytes()))
    with open_store(made) as store, pytest.raises(Unreadable), store.writing():
        pass
    assert reveal(rotated) == NEW


def test_a_crash_between_commit_and_anchor_is_no_reason_to_stop(made, rotated):
    path = made.config_dir / "anchor.json"
    before = path.read_bytes()
    with rotated.writing() as here:
        here.websites.add("gamma", None)
    path.write_bytes(before)
    with open_store(made) as store, store.writing() as here:
        here.websites.add("delta", None)
    assert path.read_bytes() != before


# ── free pages ──


@pytest.mark.parametrize("end", ["removed", "shredded", "expired"])
def test_nothing_destroyed_is_left_in_free_pages(made, store, end):
    websites = [f"w{at}" for at in range(30)]
    with store.writing() as here:
        for slug in websites:
            here.websites.add(slug, None)
            here.integrations.add(slug, ANTHROPIC, OLD, {})
    with sqlite3.connect(store.path) as connection:
        blobs = [row[0] for row in connection.execute("SELECT blob FROM credential_version")]
    assert sum(blob in made.database.read_bytes() for blob in blobs) == 30  # the search finds what is there
    if end == "expired":
        with store.writing() as here:
            for row in here.integrations.all():
                here.integrations.conceal(row, ANTHROPIC, NEW)
    clock = (lambda: datetime.now(UTC) + timedelta(hours=25)) if end == "expired" else (lambda: datetime.now(UTC))
    with open_store(made, clock=clock) as later, later.writing() as here:
        for slug in websites:
            if end == "removed":
                here.integrations.remove(here.integrations.get(slug, "anthropic"))
            elif end == "shredded":
                here.websites.remove(slug)
    data = made.database.read_bytes()
    assert [blob for blob in blobs if blob in data] == []


def test_a_vacuum_that_could_not_run_is_made_up_for(made, rotated, monkeypatch):
    from integrations_cli.store.store import Store

    with monkeypatch.context() as held, rotated.writing() as here:
        held.setattr(Store, "_vacuum", lambda self: None)  # as after a kill in between
        here.integrations.remove(here.integrations.get("acme", "anthropic"))
    with sqlite3.connect(made.database) as connection:
        assert connection.execute("SELECT count(*) FROM key_operation WHERE kind = 'vacuum'").fetchone()[0] == 1
    with rotated.writing() as here:
        here.websites.add("gamma", None)
    with sqlite3.connect(made.database) as connection:
        assert connection.execute("SELECT count(*) FROM key_operation").fetchone()[0] == 0
        assert connection.execute("PRAGMA freelist_count").fetchone()[0] == 0


# ── names and places ──


def test_a_name_that_is_no_text_is_refused(store):
    with store.writing() as here, pytest.raises(BadValue):
        here.websites.add("gamma", "x\udcff")
    assert [line.slug for line in glance.websites(store.path)] == ["acme", "beta"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written(made, store):
    made.data_dir.chmod(0o500)
    try:
        with pytest.raises(NotWritten), store.writing() as here:
            here.websites.add("gamma", None)
    finally:
        made.data_dir.chmod(0o700)
    assert len(glance.websites(made.database)) == 2
