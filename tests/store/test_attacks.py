"""The table of attacks (SECURITY.md §3), cell by cell: what the chain finds, what this host's anchor, what a checkpoint elsewhere.

`?` is what somebody without the audit key does to the database, with all the SQL there is.
"""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions import audit as actions
from integrations_cli.actions.test import many
from integrations_cli.errors import BadValue, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.provider import ok
from integrations_cli.store import chain, checkup, create, glance, inspection, open_store, quick, recording
from integrations_cli.store.subject import Subject, old_row_mac
from integrations_cli.store.verifying import Verifier

ANTHROPIC = registry.get("anthropic")
REHEAD = """UPDATE audit_head SET (seq, mac) = (SELECT r.seq, r.mac FROM audit_row r WHERE r.chain = audit_head.chain ORDER BY r.seq DESC LIMIT 1)
    WHERE chain IN (SELECT chain FROM audit_row)"""


def sql(config, *statements):
    with sqlite3.connect(config.database) as connection:
        acme, beta = (
            "x'" + connection.execute("SELECT hex(id) FROM website WHERE slug = ?", (slug,)).fetchone()[0] + "'"
            for slug in ("acme", "beta")
        )
        for statement in statements:
            connection.execute(statement.replace("ACME", acme).replace("BETA", beta))


def change(store, count=4, website="acme"):
    for _ in range(count):
        with store.writing() as here:
            row = here.integrations.get(website, "anthropic")
            action = "integration.disabled" if row.enabled else "integration.enabled"
            here.integrations.change(row, ANTHROPIC, enabled=not row.enabled, action=action)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """acme and beta with some history, and a checkpoint of the middle of it."""
    home = tmp_path_factory.mktemp("kept")
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store:
        with store.writing() as here:
            for website in ("acme", "beta"):
                here.websites.add(website, None)
                here.integrations.add(website, ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC)}, {})
        change(store)
        line = inspection.mark(store).line()
        change(store)
    return home, line


@pytest.fixture
def kept(once, home, config):
    """A copy of it: where it is, and the checkpoint that was kept elsewhere."""
    shutil.copytree(once[0], home, dirs_exist_ok=True)
    return config, once[1]


def looked(config, *, anchor=False, since=None, state=False):
    """What is wrong, in words; [] when nothing is. Without the anchor: as on another host."""
    if not anchor:
        config.anchor.unlink(missing_ok=True)
    with open_store(config) as store:
        found = inspection.inspect(store, since=since, state=state)
    wrong = [f"{one.name}: {one.problem}" for one in found.reports if one.problem] + list(found.problems)
    assert (found.exit == 7) == bool(wrong)
    return wrong


def test_nothing_is_wrong_with_what_nobody_touched(kept):
    config, line = kept
    assert looked(config, anchor=True, since=line, state=True) == []
    assert looked(config, since=line, state=True) == []


EDITS = {
    "edit": "UPDATE audit_row SET body = replace(body, '\"ok\"', '\"no\"') WHERE chain = ACME AND seq = 3",
    "edit the time": "UPDATE audit_row SET at = '2020-01-01T00:00:00Z' WHERE chain = ACME AND seq = 3",
    "edit the MAC": "UPDATE audit_row SET mac = randomblob(32) WHERE chain = ACME AND seq = 3",
    "no MAC": "UPDATE audit_row SET mac = x'' WHERE chain = ACME AND seq = 3",
    "insert": "INSERT INTO audit_row SELECT chain, seq + 100, at, epoch, body, mac FROM audit_row WHERE chain = ACME AND seq = 3",
    "insert at the end": "INSERT INTO audit_row SELECT chain, (SELECT max(seq) + 1 FROM audit_row WHERE chain = ACME), at, epoch, body, mac FROM audit_row WHERE chain = ACME AND seq = 3",
    "delete": "DELETE FROM audit_row WHERE chain = ACME AND seq = 3",
    "delete the first": "DELETE FROM audit_row WHERE chain = ACME AND seq = 1",
    "reorder": "UPDATE audit_row SET body = (SELECT body FROM audit_row o WHERE o.chain = ACME AND o.seq = 5) WHERE chain = ACME AND seq = 3",
    "move to another chain": "UPDATE audit_row SET chain = BETA, seq = 3 WHERE chain = ACME AND seq = 3",
    "copy from another chain": "UPDATE audit_row SET (body, mac) = (SELECT body, mac FROM audit_row o WHERE o.chain = BETA AND o.seq = 2) WHERE chain = ACME AND seq = 2",
    "swap two chains": "UPDATE audit_row SET chain = CASE chain WHEN ACME THEN BETA WHEN BETA THEN ACME ELSE chain END",
    "delete a whole chain": "DELETE FROM audit_row WHERE chain = ACME",
    "another epoch": "UPDATE audit_row SET epoch = 2 WHERE chain = ACME",
    "a head of before": "UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit_row WHERE chain = ACME AND seq = 3) WHERE chain = ACME",
    "no head": "DELETE FROM audit_head WHERE chain = ACME",
    "relabel the chain": "UPDATE audit_row SET chain = x'00112233445566778899aabbccddeeff' WHERE chain = ACME",
}


@pytest.mark.parametrize("attack", EDITS)
def test_row_1_what_is_edited_inserted_deleted_or_reordered_without_the_key_is_found_by_the_chain(kept, attack):
    config, _ = kept
    if attack == "swap two chains":
        sql(config, "UPDATE audit_row SET seq = seq + 1000 WHERE chain = BETA", EDITS[attack])
    else:
        sql(config, EDITS[attack])
    assert looked(config)
    sql(config, REHEAD)  # and with the heads put right
    assert looked(config) or attack == "a head of before"


CUT = ("DELETE FROM audit_row WHERE chain = ACME AND seq > 4", REHEAD)


def test_row_2_a_cut_tail_is_not_found_by_the_chain_but_by_the_anchor_and_by_the_checkpoint(kept):
    config, line = kept
    sql(config, *CUT)
    assert looked(config, anchor=True) == ["acme: the end was cut, or an older store was restored: this host has written entry 10"]
    assert looked(config) == []  # the cell that says "not found"
    assert looked(config, since=line) != []


def test_row_2_a_tail_cut_behind_the_checkpoint_is_beyond_it(kept):
    config, line = kept
    sql(config, "DELETE FROM audit_row WHERE chain = ACME AND seq > 7", REHEAD)
    assert looked(config, since=line) == []  # it speaks of nothing behind it
    with open_store(config) as store:
        later = inspection.mark(store).line()
        change(store, 2)
    assert looked(config, since=later) == []


def test_row_2_a_chain_cut_and_written_on_is_found_by_the_checkpoint(kept):
    config, line = kept
    sql(config, *CUT)
    config.anchor.unlink()
    with open_store(config) as store:
        change(store, 9)
    assert looked(config, since=line)[0].startswith("since the checkpoint of 2")
    assert "written on" in looked(config, since=line)[0]


def test_row_2_a_restored_database(kept):
    config, _ = kept
    old, anchor = config.database.read_bytes(), config.anchor.read_bytes()
    with open_store(config) as store:
        change(store, 3)
        line = inspection.mark(store).line()
    newer = config.anchor.read_bytes()
    config.database.write_bytes(old)
    assert looked(config, anchor=True) == ["acme: the end was cut, or an older store was restored: this host has written entry 13"]
    assert looked(config, since=line)[0].endswith("it has 15 entries, and had 18")
    assert looked(config) == []  # the cell that says "not found"
    config.anchor.write_bytes(anchor)  # somebody who can also put the anchor of then back
    assert looked(config, anchor=True) == []
    config.anchor.write_bytes(newer)
    with open_store(config) as store, pytest.raises(Unreadable) as refusal, store.writing():
        pass
    assert refusal.value.reason == "restored"


def test_row_2_the_chain_of_a_website_that_is_deleted_altogether(kept):
    config, line = kept
    sql(config, "DELETE FROM audit_row WHERE chain = ACME", "DELETE FROM audit_head WHERE chain = ACME")
    assert any(one.startswith("acme: all of it is gone") for one in looked(config, anchor=True))
    assert any("was started is gone" in one for one in looked(config))  # the store's own chain knows
    assert looked(config, since=line)


def rewritten(config):
    """What somebody with the audit key can do: all of acme's entries anew, one of them left out."""
    with open_store(config) as store, store.reading() as here:
        signer = store.keys.signer(here.session)
    with sqlite3.connect(config.database) as connection:
        (acme,) = connection.execute("SELECT id FROM website WHERE slug = 'acme'").fetchone()
        rows = connection.execute("SELECT at, body FROM audit_row WHERE chain = ? ORDER BY seq", (acme,)).fetchall()
        connection.execute("DELETE FROM audit_row WHERE chain = ?", (acme,))
        connection.execute("DELETE FROM audit_head WHERE chain = ?", (acme,))
        entries = [(acme, datetime.fromisoformat(at), body.encode()) for number, (at, body) in enumerate(rows) if number != 2]
        chain.Log(connection, signer).append_many(entries)


def test_row_3_rewriting_with_the_audit_key_is_found_only_by_what_left_its_reach(kept):
    config, line = kept
    rewritten(config)
    assert looked(config, anchor=True) != []
    assert looked(config, since=line) != []
    assert looked(config) == []  # the cell that says "not found"


def test_row_4_a_key_used_by_somebodys_own_script_leaves_no_trace(kept):
    config, line = kept
    with open_store(config) as store, store.reading() as here:
        assert here.integrations.reveal(here.integrations.get("acme", "anthropic"))
    assert looked(config, anchor=True, since=line, state=True) == []


# ── relabelled: the rows the log speaks of ──

STATES = {
    "settings": "UPDATE integration SET settings = '{\"max_tokens\": 1}' WHERE website_id = ACME",
    "settings that are not ours": 'UPDATE integration SET settings = \'{"max_tokens": 1.5, "Ä": [1e999]}\' WHERE website_id = ACME',
    "settings that are no JSON": "UPDATE integration SET settings = 'x' WHERE website_id = ACME",
    "the switch": "UPDATE integration SET enabled = 1 - enabled WHERE website_id = ACME",
    "category": "UPDATE integration SET category = 'crm' WHERE website_id = ACME",
    "provider": "UPDATE integration SET provider = 'openai' WHERE website_id = ACME",
    "website of an integration": "UPDATE integration SET website_id = BETA, category = 'x' WHERE website_id = ACME",
    "when it ends": "UPDATE integration SET expires_at = '2040-01-01T00:00:00Z' WHERE website_id = ACME",
    "its account": "UPDATE integration SET account = 'Acme Realty' WHERE website_id = ACME",
    "the number of its account": "UPDATE integration SET account_id = '77' WHERE website_id = ACME",
    "when it was added": "UPDATE integration SET created_at = '2040-01-01T00:00:00Z' WHERE website_id = ACME",
    "when its key came": "UPDATE credential_version SET created_at = '2040-01-01T00:00:00Z' WHERE state = 'active'",
    "since when its key is there": "UPDATE credential_version SET card = json_set(card, '$.api_key.since', '2040-01-01T00:00:00Z') WHERE integration_id IN (SELECT id FROM integration WHERE website_id = ACME)",
    "what the last test said": "UPDATE credential_version SET outcome = 'ok', outcome_at = '2026-11-27T03:00:00Z' WHERE state = 'active'",
    "that it works": "UPDATE credential_version SET verdict = 'ok' WHERE state = 'active'",
    "a deleted integration": "DELETE FROM integration WHERE website_id = ACME",
    "an added integration": "INSERT INTO integration (id, website_id, category, provider, settings, enabled, created_at, updated_at) VALUES (x'01', ACME, 'crm', 'hubspot', '{}', 1, '', '')",
    "an integration of no website": "INSERT INTO integration (id, website_id, category, provider, settings, enabled, created_at, updated_at) VALUES (x'01', x'02', 'crm', 'hubspot', '{}', 1, '', '')",
    "version": "UPDATE credential_version SET version = 7 WHERE state = 'active'",
    "state": "UPDATE credential_version SET state = 'previous' WHERE state = 'active'",
    "slug": "UPDATE website SET slug = 'other' WHERE slug = 'acme'",
    "two slugs swapped": "UPDATE website SET slug = CASE slug WHEN 'acme' THEN 'beta' ELSE 'acme' END || 'x'",
    "an added website": "INSERT INTO website VALUES (x'03', 'gamma', 'Gamma', '')",
    "a deleted website": "DELETE FROM website WHERE slug = 'beta'",
}


@pytest.mark.parametrize("attack", STATES)
def test_what_was_edited_in_sql_is_found_with_state_and_only_with_it(kept, attack):
    config, line = kept
    sql(config, STATES[attack])
    assert looked(config, anchor=True, since=line) == []
    found = looked(config, anchor=True, state=True)
    assert found
    assert all("outside of this tool" in one for one in found)


@pytest.mark.parametrize("attack", STATES)
def test_a_new_epoch_says_of_which_websites_it_was(kept, attack):
    """It looks at all rows in one go. What no chain speaks of is for `audit verify`: no chain can say it."""
    config, _ = kept
    sql(config, STATES[attack])
    with open_store(config) as store, store.reading() as here:
        changed, broken = here.audit._as_told()
    assert broken is None
    assert bool(changed) == (attack not in ("an added website", "an integration of no website"))


OTHERS = {
    "a replaced one deleted": ("DELETE FROM credential_version WHERE version = 2", "version 2 of anthropic was deleted"),
    "a replaced one emptied": (
        "UPDATE credential_version SET state = 'destroyed', blob = x'', destroy_after = NULL WHERE version = 2",
        "version 2 of anthropic was deleted",
    ),
    "a destroyed one put back": (
        "UPDATE credential_version SET state = 'previous' WHERE version = 1 AND state = 'destroyed'",
        "version 1 of anthropic was put back",
    ),
    "one that never was": (
        "INSERT INTO credential_version SELECT integration_id, 7, 'pending', ended_by, data_key_id, blob, bound, card, outcome, outcome_cause, "
        "outcome_http, outcome_at, verdict, destroy_after, created_at, actor FROM credential_version WHERE version = 2",
        "version 7 of anthropic was put back",
    ),
    "a replaced one that waits now": (
        "UPDATE credential_version SET state = 'pending', destroy_after = NULL WHERE version = 2",
        "version 2 of anthropic was put in another place",
    ),
}


@pytest.mark.parametrize("attack", OTHERS)
def test_versions_that_are_not_in_use_are_those_that_the_log_says(kept, attack):
    config, _ = kept
    with open_store(config) as store, store.writing() as here:
        row = here.integrations.get("acme", "anthropic")
        for value in (keys.ANTHROPIC_NEW, keys.ANTHROPIC):
            here.integrations.conceal(row, ANTHROPIC, {"api_key": Secret(value)})
    assert looked(config, anchor=True, state=True) == []
    statement, told = OTHERS[attack]
    sql(config, statement)
    assert looked(config, anchor=True, state=True) == [f"acme: outside of this tool: {told}"]


def test_what_was_edited_is_found_also_after_something_was_recorded_since(kept):
    config, _ = kept
    sql(config, "UPDATE integration SET settings = '{\"max_tokens\": 1}' WHERE website_id = ACME")
    with open_store(config) as store, store.writing() as here:
        here.integrations.remember(here.integrations.get("acme", "anthropic"), ok(), datetime.now(UTC), 1)
    assert looked(config, anchor=True, state=True) == ["acme: anthropic was changed outside of this tool before entry 11"]


def test_state_knows_what_was_removed_renamed_and_shredded(kept):
    config, _ = kept
    with open_store(config) as store:
        with store.writing() as here:
            here.integrations.remove(here.integrations.get("beta", "anthropic"))
            here.websites.rename("acme", "acme-realty")
            here.websites.add("gamma", None)
        with store.writing() as here:
            here.websites.remove("gamma")
            here.audit.new_epoch()
    assert looked(config, anchor=True, state=True) == []
    with open_store(config) as store:
        change(store, 1, "acme-realty")
    assert looked(config, anchor=True, state=True) == []


# ── checkpoints ──


def test_a_checkpoint_is_one_short_line_whatever_the_number_of_websites(made, store):
    with store.writing() as here:
        for number in range(300):
            here.websites.add(f"site-{number}", None)
    line = inspection.mark(store).line()
    assert "\n" not in line
    assert len(line) < 300
    assert looked(made, anchor=True, since=f"some text\n{line}\nmore of it\n") == []


def test_a_changed_checkpoint_is_refused(kept):
    config, line = kept
    words = line.split(" ")
    for at in (2, 3, 4, 5, 6, 7):
        where = -2 if at == 2 else -1  # a time ends in Z
        digit = "1" if words[at][where] != "1" else "2"
        ending = words[at][where:].replace(words[at][where], digit, 1)
        changed = " ".join([*words[:at], words[at][:where] + ending, *words[at + 1 :]])
        assert changed != line
        if at == 3:  # an epoch that there is not
            assert "cannot be verified" in looked(config, anchor=True, since=changed)[0]
            continue
        with pytest.raises(Unreadable) as refusal:
            looked(config, anchor=True, since=changed)
        assert refusal.value.reason == "checkpoint"


@pytest.mark.parametrize("text", ["", "x", "integrations.checkpoint/1", "integrations.checkpoint/2 " + "0" * 32])
def test_what_is_no_checkpoint_is_said_to_be_none(kept, text):
    with pytest.raises(UsageError):
        looked(kept[0], since=text)


def test_a_checkpoint_of_another_store(kept, tmp_path):
    other = configuration.load({"HOME": str(tmp_path / "other")})
    create.prepare(other, "file", recovery=False).commit()
    with open_store(other) as store, pytest.raises(UsageError) as refusal:
        inspection.inspect(store, since=kept[1])
    assert refusal.value.why == "there is one, of another store"


def test_a_checkpoint_outlives_epochs_and_vacuum(kept):
    config, line = kept
    with open_store(config) as store:
        with store.writing() as here:
            here.audit.new_epoch()
        change(store, 2)
        with store.writing() as here:
            here.integrations.remove(here.integrations.get("beta", "anthropic"))  # and VACUUM
    assert looked(config, anchor=True, since=line) == []
    with open_store(config) as store:
        assert looked(config, anchor=True, since=inspection.mark(store).line()) == []


# ── each byte ──


def every_byte(config, chains):
    """Flip one bit in every byte of every cell of five entries of so many chains, one at a time: each is found."""
    now = datetime.now(UTC)
    with open_store(config) as store, store.writing() as here:
        log = here.audit.log
        idents = [bytes([7, number]) * 8 for number in range(chains)]
        facts = {"fields": ["api_key"], "version": 3, "fp": {"api_key": "3f9a7c2e"}, "cause": "in_ci"}
        for number in range(5):
            subjects = [Subject(ident, ident, "ai", "anthropic", {"max_tokens": number}, True, number) for ident in idents]
            entries = [chain.body(log.signer, now, "rotation.swapped", "ok", facts, subject) for subject in subjects]
            log.append_many(zip(idents, [now] * chains, entries, strict=True))
        signer = log.signer
    missed, flips = [], 0
    for ident in idents:
        with sqlite3.connect(":memory:") as memory:
            memory.execute("ATTACH ? AS disk", (str(config.database),))
            for table in ("audit_row", "audit_head"):
                memory.execute(f"CREATE TABLE {table} AS SELECT * FROM disk.{table} WHERE chain = ?", (ident,))
            memory.execute("CREATE TABLE website (id, slug)")
            memory.execute("CREATE INDEX i ON audit_row (chain, seq)")
            verifier = Verifier(memory, signer.store_id, 1, {1: signer.key}.get)
            assert [one.entries for one in verifier.reports() if not one.problem] == [5]
            names = [row[1] for row in memory.execute("PRAGMA table_info(audit_row)")]
            for rowid, *cells in memory.execute("SELECT rowid, * FROM audit_row").fetchall():
                for name, cell in zip(names, cells, strict=True):
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    for at in range(len(data)):
                        flips += 1
                        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
                        value = changed if isinstance(cell, bytes) else changed.decode() if isinstance(cell, str) else int(changed)
                        memory.execute(f"UPDATE audit_row SET {name} = ? WHERE rowid = ?", (value, rowid))
                        if not any(one.broken for one in verifier.reports()):
                            missed.append((rowid, name, at))
                    memory.execute(f"UPDATE audit_row SET {name} = ? WHERE rowid = ?", (cell, rowid))
            assert not any(one.problem for one in verifier.reports())
    assert missed == []
    assert flips > chains * 5 * 350


def test_each_byte_of_fifty_entries(made):
    every_byte(made, 10)


@pytest.mark.slow
def test_each_byte_of_a_thousand_entries(made):
    every_byte(made, 200)


# ── a website that is called like the store's own chain ──


def test_no_new_website_is_called_like_the_stores_own_chain(store):
    for make in (
        lambda here: here.websites.add("store"),
        lambda here: here.websites.add_missing(["gamma", "store"]),
        lambda here: here.websites.rename("acme", "store"),
    ):
        with pytest.raises(BadValue), store.writing() as here:
            make(here)


def test_one_of_before_has_a_chain_and_a_name_of_its_own(kept):
    config, _ = kept
    with open_store(config) as store:
        with store.writing() as here:
            here.websites.rename("acme", "acme2")
            here.audit.record("website.renamed", website=here.websites.get("acme2").id, slug="store", was="acme2")
            here.session.connection().exec_driver_sql("UPDATE website SET slug = 'store' WHERE slug = 'acme2'")
        every = actions.verify(store, state=True)
        mine = actions.verify(store, websites=["store"])
    assert [one.name for one in every.reports] == ["beta", "website store", "store"]
    assert [one.name for one in mine.reports] == ["website store"]
    assert every.exit == 0


# ── covering up an edit by a change that somebody makes afterwards ──


def settle(here, row):
    here.integrations.change(row, ANTHROPIC, settings={"default_model": "x"}, action="settings.changed")


LATER = {
    "a setting": settle,
    "the switch": lambda here, row: here.integrations.change(row, ANTHROPIC, enabled=False, action="integration.disabled"),
    "a new value": lambda here, row: here.integrations.conceal(row, ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW)}),
    "a rotation": lambda here, row: rotated(here, row),
    "its end": lambda here, row: here.integrations.remove(row),
}
COVERED = {
    "a setting": "UPDATE integration SET settings = '{\"max_tokens\": 666}' WHERE website_id = ACME",
    "the switch": "UPDATE integration SET enabled = 1 - enabled WHERE website_id = ACME",
    "category": "UPDATE integration SET category = 'crm' WHERE website_id = ACME",
    "when it ends": "UPDATE integration SET expires_at = '2040-01-01T00:00:00Z' WHERE website_id = ACME",
    "the number of its account": "UPDATE integration SET account_id = '77' WHERE website_id = ACME",
    "since when its key is there": "UPDATE credential_version SET card = json_set(card, '$.api_key.since', '2040-01-01T00:00:00Z') WHERE integration_id IN (SELECT id FROM integration WHERE website_id = ACME)",
}


def rotated(here, row):
    version = here.rotations.start(row, ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW)}, row.settings, timedelta(hours=1))
    here.rotations.swap(row, ANTHROPIC, version, proof_follows=False, reason="test")


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("edit", COVERED)
def test_a_change_does_not_cover_up_what_was_edited_before(kept, edit, later):
    config, _ = kept
    sql(config, COVERED[edit])
    with open_store(config) as store, store.writing() as here:
        LATER[later](here, here.integrations.get("acme", "anthropic"))
    assert looked(config, anchor=True, state=True) == ["acme: anthropic was changed outside of this tool before entry 11"]


def test_a_test_that_tells_another_account_does_not_cover_up_what_was_edited_before(kept):
    config, _ = kept
    sql(config, COVERED["when it ends"])

    def check(definition, credentials, settings):
        return ok(account="Acme", account_id="1")

    with open_store(config) as store:
        store.needs = "use"
        many(store, check, glance.cards(config.database), lambda: datetime.now(UTC))
    assert looked(config, anchor=True, state=True) == ["acme: anthropic was changed outside of this tool before entry 11"]


def test_what_a_test_says_of_the_account_is_what_it_is(kept):
    config, _ = kept
    for account in ("1", "2"):
        answer = ok(account=f"Acme {account}", account_id=account)
        with open_store(config) as store:
            store.needs = "use"
            many(store, lambda *_, answer=answer: answer, glance.cards(config.database), lambda: datetime.now(UTC))
            with store.writing() as here:
                here.integrations.remember(here.integrations.get("acme", "anthropic"), ok(account_id="3"), datetime.now(UTC), 1)
    assert looked(config, anchor=True, state=True) == []
    sql(config, "UPDATE integration SET account_id = '2' WHERE website_id = ACME")  # as it was once
    assert looked(config, anchor=True, state=True) == ["acme: outside of this tool: anthropic was changed"]


def test_entries_of_before_cover_what_they_covered_and_new_ones_follow_them(kept, monkeypatch):
    """A row was 16 digits once, without its end, its account and its age."""
    config, _ = kept
    with monkeypatch.context() as then:
        for room in (recording, chain):
            then.setattr(room, "row_mac", old_row_mac)
        with open_store(config) as store:
            with store.writing() as here:
                here.integrations.add("acme", registry.get("groq"), {"api_key": Secret(keys.GOOD["groq"]["api_key"])}, {})
            for enabled in (False, True):
                with store.writing() as here:
                    here.integrations.change(here.integrations.get("acme", "groq"), registry.get("groq"), enabled=enabled, action="x.y")
    of_groq = "UPDATE integration SET {} WHERE provider = 'groq'".format
    assert looked(config, anchor=True, state=True) == []
    sql(config, of_groq("enabled = 0"))
    assert looked(config, anchor=True, state=True) == ["acme: outside of this tool: groq was changed"]
    sql(config, of_groq("enabled = 1"), of_groq("account = 'x'"))
    assert looked(config, anchor=True, state=True) == []  # it was never covered
    with open_store(config) as store, store.writing() as here:
        here.integrations.change(here.integrations.get("acme", "groq"), registry.get("groq"), enabled=False, action="integration.disabled")
    assert looked(config, anchor=True, state=True) == []
    sql(config, of_groq("account = 'y'"))
    assert looked(config, anchor=True, state=True) == ["acme: outside of this tool: groq was changed"]


def test_the_quick_way_does_not_cover_it_up_either(kept):
    config, _ = kept
    sql(config, COVERED["when it ends"])
    with quick.QuickStore(config, lambda: datetime.now(UTC)).writing() as here:
        here.integrations.change(here.integrations.get("acme", "anthropic"), ANTHROPIC, enabled=False, action="integration.disabled")
        settle(here, here.integrations.get("acme", "anthropic"))
    assert looked(config, anchor=True, state=True) == ["acme: anthropic was changed outside of this tool before entry 11"]


def test_another_version_put_back_shows_after_the_next_change(kept):
    config, _ = kept
    with open_store(config) as store, store.writing() as here:
        LATER["a new value"](here, here.integrations.get("acme", "anthropic"))
    sql(
        config,
        "UPDATE credential_version SET state = 'destroyed' WHERE state = 'active' AND version = 2",
        "UPDATE credential_version SET state = 'active' WHERE state = 'previous'",
    )
    with open_store(config) as store, store.writing() as here:
        LATER["a new value"](here, here.integrations.get("acme", "anthropic"))
    assert "outside of this tool" in looked(config, anchor=True, state=True)[0]


def test_a_name_put_on_a_website_shows_after_the_next_one(kept):
    config, _ = kept
    sql(config, "UPDATE website SET slug = 'evil' WHERE slug = 'acme'")
    with open_store(config) as store, store.writing() as here:
        here.websites.rename("evil", "acme")
    assert "renamed outside of this tool" in looked(config, anchor=True, state=True)[0]


def test_many_changes_of_one_integration_in_one_go_are_what_they_are(kept):
    config, _ = kept
    with open_store(config) as store:
        with store.writing() as here:
            row = here.integrations.get("acme", "anthropic")
            for name in ("a setting", "the switch", "a new value"):
                LATER[name](here, row)
            here.websites.rename("acme", "acme2")
            here.integrations.add("acme2", registry.get("groq"), {"api_key": Secret(keys.GOOD["groq"]["api_key"])}, {})
            settle(here, here.integrations.get("acme2", "anthropic"))
        with store.writing() as here:
            rotated(here, here.integrations.get("acme2", "anthropic"))
            here.rotations.bring_back(here.integrations.get("acme2", "anthropic"), ANTHROPIC, ok(), proof_follows=False)
    with quick.QuickStore(config, lambda: datetime.now(UTC)).writing() as here:
        for enabled in (True, False):
            row = here.integrations.get("acme2", "anthropic")
            here.integrations.change(row, ANTHROPIC, enabled=enabled, action="integration.enabled")
            here.integrations.change(row, ANTHROPIC, settings={"max_tokens": 5}, action="settings.changed")
    assert looked(config, anchor=True, state=True) == []


# ── what acts in the database by itself ──

LISTS = "SELECT * FROM card"
ACTING = {
    "a trigger": ("CREATE TRIGGER t AFTER UPDATE ON integration BEGIN DELETE FROM usage; END",),
    "another view": (f"CREATE VIEW other AS {LISTS}",),
    "another view in the place of ours": ("DROP VIEW card", "CREATE VIEW card AS SELECT 'acme' AS website"),
    "no view": ("DROP VIEW card",),
}


@pytest.mark.parametrize("attack", ACTING)
def test_what_acts_by_itself_and_is_not_ours_is_found(kept, attack):
    config, _ = kept
    assert checkup.foreign(config.database) == []
    sql(config, *ACTING[attack])
    assert len(checkup.foreign(config.database)) == 1
    assert looked(config, state=True) == checkup.foreign(config.database)


@pytest.mark.parametrize("lie", ["provider", "website"])
def test_a_view_that_lies_sends_no_key_to_another_provider_and_none_for_another_website(kept, lie):
    """`test --all` goes by what the lists show: the row is believed, and not the view."""
    config, _ = kept
    with open_store(config) as store, store.writing() as here:
        here.integrations.add("acme", registry.get("groq"), {"api_key": Secret(keys.GOOD["groq"]["api_key"])}, {})
    with sqlite3.connect(config.database) as connection:
        (view,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'card'").fetchone()
        connection.execute("DROP VIEW card")
        connection.execute(
            view.replace("i.provider, lower", "'groq' AS provider, lower" if lie == "provider" else "i.provider, lower").replace(
                "w.slug AS website", "'beta' AS website" if lie == "website" else "w.slug AS website"
            )
        )
    asked = []

    def check(definition, credentials, settings):
        asked.append((definition.name, credentials["api_key"].reveal()))
        return ok()

    with open_store(config) as store:
        store.needs = "use"
        found = glance.cards(config.database)
        round_ = many(store, check, found, lambda: datetime.now(UTC))
        with store.reading() as here:
            rows = here.integrations.of(found)
    assert len(found) == len(round_.results) == 3
    if lie == "provider":
        assert asked == [("groq", keys.GOOD["groq"]["api_key"])]
    else:
        assert sum(row is not None for row in rows) == len(asked) == 1


def test_a_new_epoch_does_not_cover_up_what_was_edited_before(kept):
    config, _ = kept
    sql(config, COVERED["a setting"])
    with open_store(config) as store:
        with store.writing() as here:
            here.audit.new_epoch()
        change(store, 1)
    assert looked(config, anchor=True, state=True) == ["acme: it was changed outside of this tool before entry 11"]
    with open_store(config) as store, store.writing() as here:  # and the next one goes on
        here.audit.new_epoch()
    assert looked(config, anchor=True) == []
    assert looked(config, anchor=True, state=True) == ["acme: it was changed outside of this tool before entry 11"]
