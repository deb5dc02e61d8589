"""The store: what is kept, what is refused, what a listing still shows."""

import json
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import BadValue, Conflict, Locked, NotFound, NotWritten, Refused, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, ok, rejected, unreachable
from integrations_cli.store import create, engine, glance, migrations, open_store, schema, trail

ANTHROPIC, PAYPAL = registry.get("anthropic"), registry.get("paypal")
KEY = {"api_key": Secret(keys.ANTHROPIC)}


def added(store, website="acme", definition=ANTHROPIC, values=None, settings=None):
    with store.writing() as here:
        return here.integrations.add(website, definition, values or KEY, settings or {})


def reveal(store, website="acme", provider="anthropic"):
    with store.reading() as here:
        return here.integrations.reveal(here.integrations.get(website, provider))


def sql(store, statement, *values):
    with sqlite3.connect(store.path) as connection:
        connection.execute(statement, values)


# ── records ──


def test_what_is_concealed_is_revealed_also_after_reopening(store, made):
    added(store)
    with open_store(made) as again:
        assert reveal(again) == KEY


def websites_of(store, *slugs):
    """Of these websites: their rows without ids and times, the scope of their keys, and what the log says, without ids, times and MACs."""
    with sqlite3.connect(store.path) as connection:
        found = []
        for slug in slugs:
            ident, name = connection.execute("SELECT id, name FROM website WHERE slug = ?", (slug,)).fetchone()
            keys_there = connection.execute(
                "SELECT scope, state, epoch, length(wrapped) FROM data_key WHERE scope_id = ?", (ident,)
            ).fetchall()
            bodies = "SELECT seq, body FROM audit_row WHERE chain = ? OR (chain = ? AND instr(body, ?)) ORDER BY rowid"
            rows = connection.execute(bodies, (ident, store.id, ident.hex())).fetchall()
            told = [
                (seq if at == 0 else "", {**json.loads(body), "at": "", "chain": "", "slug": ""}) for at, (seq, body) in enumerate(rows)
            ]
            found.append((name == slug, keys_there, told))
        return found


def test_many_websites_are_made_as_one_is(store, made):
    with store.writing() as here:
        here.websites.add("one", None)
    with store.writing() as here:
        assert here.websites.add_missing(["zeta", "acme", "gamma", "gamma", "one"]) == here.websites.ids(["gamma", "zeta"])
        assert here.websites.add_missing(["zeta", "acme"]) == {}
        here.integrations.add("zeta", ANTHROPIC, KEY, {})
    one, gamma, zeta = websites_of(store, "one", "gamma", "zeta")
    assert gamma == one
    assert (*zeta[:2], zeta[2][:2]) == one
    assert [entry["action"] for _, entry in zeta[2]] == ["website.added", "chain.started", "integration.added"]
    with open_store(made) as again:
        assert reveal(again, website="zeta") == KEY
        with again.reading() as here:
            assert not any(report.broken for report in here.audit.verify())


def test_of_many_websites_a_bad_name_is_refused_and_none_is_made(store):
    with pytest.raises(BadValue), store.writing() as here:
        here.websites.add_missing(["gamma", "Not a slug"])
    with store.reading() as here:
        assert [one.slug for one in here.websites.all()] == ["acme", "beta"]


def test_the_value_is_nowhere_in_the_database(store, made):
    added(store)
    everything = b"".join(path.read_bytes() for path in made.data_dir.parent.parent.rglob("*") if path.is_file())
    assert keys.ANTHROPIC.encode() not in everything
    assert b"LEAA" in made.database.read_bytes()  # the hint is there: the search looks at the right bytes


def test_twice_is_a_conflict_even_when_disabled(store):
    row = added(store)
    with store.writing() as here:
        here.integrations.change(here.integrations.get("acme", "anthropic"), ANTHROPIC, enabled=False, action="integration.disabled")
    with pytest.raises(Conflict):
        added(store)
    added(store, website="beta")
    assert len(row.id) == 16


def test_two_saves_at_once_give_one_and_a_conflict(made, store):
    def save(_):
        with open_store(made) as mine:
            try:
                added(mine)
            except Conflict as error:
                return error.exit_code
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, range(4))) == [0, 4, 4, 4]


def test_another_websites_integration_is_not_found(store):
    added(store)
    with store.reading() as here, pytest.raises(NotFound) as refusal:
        here.integrations.get("beta", "anthropic")
    assert "integrations add anthropic -w beta" in refusal.value.tries
    with store.reading() as here, pytest.raises(NotFound):
        here.integrations.get("nowhere", "anthropic")


@pytest.mark.parametrize("slug", ["", "A", "-a", "a-", "a b", "a" * 64, "ä", "a/b", "a\n"])
def test_a_bad_slug_is_refused(store, slug):
    with store.writing() as here, pytest.raises(BadValue):
        here.websites.add(slug, None)


def test_what_raises_is_forgotten(store):
    with pytest.raises(ZeroDivisionError), store.writing() as here:
        here.integrations.add("acme", ANTHROPIC, KEY, {})
        raise ZeroDivisionError
    assert glance.cards(store.path) == []


def test_renaming_a_website_seals_nothing_anew(store):
    added(store)
    with store.writing() as here:
        here.websites.rename("acme", "acme-realty")
    assert reveal(store, "acme-realty") == KEY


# ── versions ──


def test_a_new_value_keeps_the_old_one_for_a_day_and_then_destroys_it(made, store):
    added(store)
    with store.writing() as here:
        row = here.integrations.get("acme", "anthropic")
        assert here.integrations.conceal(row, ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW)}) == 2
    with store.reading() as here:
        row = here.integrations.get("acme", "anthropic")
        assert here.integrations.reveal_previous(row) == KEY
        old_blob = _blobs(store)[1]

    later = lambda: datetime.now(UTC) + timedelta(hours=25)  # noqa: E731
    with open_store(made, clock=later) as tomorrow:
        with tomorrow.writing() as here:
            here.websites.add("gamma", None)
        with tomorrow.reading() as here, pytest.raises(Conflict):
            here.integrations.reveal_previous(here.integrations.get("acme", "anthropic"))
        assert "credential.destroyed" in [row["action"] for row in trail.newest(made.database, trail.Wanted(), 20)]
        with tomorrow.reading() as here:
            assert not any(one.problem for one in here.audit.verify())
    assert old_blob not in made.database.read_bytes()
    assert _blobs(store)[1] == b""


def test_only_one_previous_version_is_kept(made, store):
    added(store)
    first = _blobs(store)[1]
    for text in (keys.ANTHROPIC_NEW, keys.ANTHROPIC + "THIRD"):
        with store.writing() as here:
            here.integrations.conceal(here.integrations.get("acme", "anthropic"), ANTHROPIC, {"api_key": Secret(text)})
    assert [bool(blob) for blob in _blobs(store).values()] == [False, True, True]
    assert first not in made.database.read_bytes()
    with store.reading() as here:
        assert here.integrations.reveal_previous(here.integrations.get("acme", "anthropic")) == {"api_key": Secret(keys.ANTHROPIC_NEW)}


def _blobs(store):
    with sqlite3.connect(store.path) as connection:
        return dict(connection.execute("SELECT version, blob FROM credential_version ORDER BY version").fetchall())


def test_an_error_belongs_to_the_version_it_was_found_with(store):
    added(store)
    now = datetime.now(UTC)
    with store.writing() as here:
        here.integrations.remember(here.integrations.get("acme", "anthropic"), rejected(), now, 1)
    assert glance.cards(store.path)[0].status == "error"
    with store.writing() as here:
        here.integrations.conceal(here.integrations.get("acme", "anthropic"), ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW)})
    assert glance.cards(store.path)[0].status == "untested"
    with store.writing() as here:  # a late answer about the old version changes nothing
        here.integrations.remember(here.integrations.get("acme", "anthropic"), rejected(), now, 1)
    assert glance.cards(store.path)[0].status == "untested"


@pytest.mark.parametrize(
    ("said", "status"),
    [("ok", "connected"), ("limited", "connected"), ("rejected", "error"), ("misconfigured", "error"), ("rate_limited", "connected"),
     ("unreachable", "connected"), ("untestable", "connected")],
)  # fmt: skip
def test_only_some_outcomes_speak_about_the_key(store, said, status):
    added(store)
    with store.writing() as here:
        row = here.integrations.get("acme", "anthropic")
        here.integrations.remember(row, ok(), datetime.now(UTC), 1)
        here.integrations.remember(row, Outcome(said), datetime.now(UTC), 1)
    card = glance.cards(store.path)[0]
    assert card.status == status
    assert card.last_test["outcome"] == said


def test_no_answer_leaves_a_stored_error_alone(store):
    added(store)
    with store.writing() as here:
        row = here.integrations.get("acme", "anthropic")
        here.integrations.remember(row, rejected(), datetime.now(UTC), 1)
        here.integrations.remember(row, unreachable("down"), datetime.now(UTC), 1)
    assert glance.cards(store.path)[0].status == "error"


# ── tampering ──


def test_a_changed_byte_in_the_stored_blob_is_refused_and_the_list_still_works(store):
    added(store)
    added(store, website="beta")
    blob = bytearray(_first_blob(store))
    for at in (0, 2, 5, 20, 60, 90, len(blob) - 1):
        changed = bytes(blob[:at]) + bytes([blob[at] ^ 1]) + bytes(blob[at + 1 :])
        sql(
            store,
            "UPDATE credential_version SET blob = ? WHERE integration_id = (SELECT id FROM integration WHERE website_id = (SELECT id FROM website WHERE slug = 'acme'))",
            changed,
        )
        with pytest.raises(Unreadable):
            reveal(store)
        assert len(glance.cards(store.path)) == 2
    assert reveal(store, "beta") == KEY


def _first_blob(store):
    with sqlite3.connect(store.path) as connection:
        return connection.execute(
            "SELECT v.blob FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id WHERE w.slug = 'acme'"
        ).fetchone()[0]


def test_swapped_rows_are_never_opened(store):
    """Website × provider × version: every pair of blobs (with their marks) exchanged."""
    sendgrid = registry.get("sendgrid")
    for website in ("acme", "beta"):
        added(store, website)
        added(store, website, sendgrid, {"api_key": Secret(keys.GOOD["sendgrid"]["api_key"])})
        with store.writing() as here:
            here.integrations.conceal(here.integrations.get(website, "anthropic"), ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW)})
    with sqlite3.connect(store.path) as connection:
        rows = connection.execute(
            "SELECT rowid, integration_id, version, state, blob, card, data_key_id, bound FROM credential_version"
        ).fetchall()
    active = [row for row in rows if row[3] == "active"]
    for target in active:
        for source in rows:
            if source[0] == target[0]:
                continue
            sql(
                store,
                "UPDATE credential_version SET blob = ?, card = ?, data_key_id = ?, bound = ? WHERE rowid = ?",
                *source[4:8],
                target[0],
            )
            with pytest.raises(Unreadable):
                _open_id(store, target[1])
            sql(
                store,
                "UPDATE credential_version SET blob = ?, card = ?, data_key_id = ?, bound = ? WHERE rowid = ?",
                *target[4:8],
                target[0],
            )
            _open_id(store, target[1])


def _open_id(store, ident):
    with store.reading() as here:
        row = next(one for one in here.integrations.all() if one.id == ident)
        return here.integrations.reveal(row)


def test_a_row_moved_to_another_website_is_unreadable(store):
    added(store)
    sql(store, "UPDATE integration SET website_id = (SELECT id FROM website WHERE slug = 'beta')")
    with pytest.raises(Unreadable):
        reveal(store, "beta")


def test_an_old_version_put_back_is_refused(store):
    added(store)
    with store.writing() as here:
        here.integrations.conceal(here.integrations.get("acme", "anthropic"), ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW)})
    sql(store, "UPDATE credential_version SET state = 'pending' WHERE version = 2")
    sql(store, "UPDATE credential_version SET state = 'active' WHERE version = 1")
    sql(store, "UPDATE credential_version SET state = 'previous' WHERE version = 2")
    with store.reading() as here, pytest.raises(Unreadable):
        here.integrations.reveal_previous(here.integrations.get("acme", "anthropic"))


@pytest.mark.parametrize("column", ["card", "bound"])
def test_marks_and_bound_settings_must_fit(store, column):
    values = {name: Secret(text) for name, text in keys.GOOD["paypal"].items()}
    added(store, definition=PAYPAL, values=values, settings={"environment": "live"})
    sql(
        store,
        f"UPDATE credential_version SET {column} = replace({column}, 'live', 'sandbox')"
        if column == "bound"
        else "UPDATE credential_version SET card = replace(card, 'MPLE', 'MPLF')",
    )
    with pytest.raises(Unreadable):
        reveal(store, "acme", "paypal")


def test_a_destination_setting_edited_in_sql_closes_the_credential(store):
    values = {name: Secret(text) for name, text in keys.GOOD["paypal"].items()}
    added(store, definition=PAYPAL, values=values, settings={"environment": "live"})
    sql(store, 'UPDATE integration SET settings = \'{"environment": "sandbox"}\'')
    with pytest.raises(Unreadable):
        reveal(store, "acme", "paypal")


def test_a_destination_setting_is_not_a_plain_setting(store):
    values = {name: Secret(text) for name, text in keys.GOOD["paypal"].items()}
    added(store, definition=PAYPAL, values=values)
    with store.writing() as here, pytest.raises(UsageError):
        here.integrations.change(
            here.integrations.get("acme", "paypal"), PAYPAL, settings={"environment": "live"}, action="settings.changed"
        )


def test_a_new_value_repairs_an_unreadable_row(store):
    added(store)
    sql(store, "UPDATE credential_version SET blob = x'00'")
    with store.writing() as here:
        here.integrations.mark_unreadable(here.integrations.get("acme", "anthropic"))
    assert glance.cards(store.path)[0].status == "unreadable"
    with store.writing() as here:
        here.integrations.conceal(here.integrations.get("acme", "anthropic"), ANTHROPIC, KEY)
    assert glance.cards(store.path)[0].status == "untested"
    assert reveal(store) == KEY


@pytest.mark.parametrize("table", ["data_key", "key_slot"])
def test_a_changed_wrapped_key_opens_nothing(made, store, table):
    added(store)
    added(store, website="beta")
    column = "wrapped" if table == "data_key" else "wrapped_root"
    with sqlite3.connect(store.path) as connection:
        rows = connection.execute(f"SELECT id, {column} FROM {table}").fetchall()
    for ident, wrapped in rows:
        for at in (2, 10, 30, 70, len(wrapped) - 1):
            sql(store, f"UPDATE {table} SET {column} = ? WHERE id = ?", wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], ident)
            with open_store(made) as again, pytest.raises((Unreadable, Locked)), again.writing() as here:
                for row in here.integrations.all():
                    here.integrations.reveal(row)
        sql(store, f"UPDATE {table} SET {column} = ? WHERE id = ?", wrapped, ident)
    with open_store(made) as again:
        assert reveal(again) == KEY


# ── the audit log ──


def test_every_change_leaves_an_entry_and_the_chain_holds(store):
    added(store)
    with store.reading() as here:
        reports = here.audit.verify()
        actions = [row["action"] for row in trail.newest(store.path, trail.Wanted(), 100)]
    assert [one.problem for one in reports] == [None] * 3
    assert {"store.created", "website.added", "integration.added"} <= set(actions)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_row SET body = replace(body, 'website.added', 'website.faked') WHERE seq = 1",
        "UPDATE audit_row SET at = '2020-01-01T00:00:00Z' WHERE seq = 1",
        "UPDATE audit_row SET mac = zeroblob(32) WHERE seq = 1",
        "DELETE FROM audit_row WHERE seq = 1",
        "UPDATE audit_row SET seq = seq + 10 WHERE seq = (SELECT max(seq) FROM audit_row)",
        "UPDATE audit_head SET seq = seq + 1",
        "INSERT INTO audit_row SELECT chain, seq + 50, at, epoch, body, mac FROM audit_row WHERE seq = 1",
    ],
)
def test_a_changed_log_is_found(store, statement):
    added(store)
    sql(store, statement)
    with store.reading() as here:
        assert any(one.problem for one in here.audit.verify())


def test_a_restored_or_cut_store_is_not_written_to(made, store):
    before = made.database.read_bytes()
    added(store)
    after = made.database.read_bytes()
    made.database.write_bytes(before)
    with open_store(made) as old, pytest.raises(Unreadable) as refusal, old.writing():
        pass
    assert refusal.value.exit_code == 7
    assert glance.websites(made.database)  # reading goes on
    made.database.write_bytes(after)
    with open_store(made) as again, again.writing() as here:
        here.websites.add("gamma", None)
    (made.config_dir / "anchor.json").write_text("{}")
    sql(store, "DELETE FROM audit_row WHERE chain = (SELECT id FROM website WHERE slug = 'gamma')")


def test_the_log_holds_no_value_hint_or_length(store):
    added(store)
    with sqlite3.connect(store.path) as connection:
        bodies = " ".join(row[0] for row in connection.execute("SELECT body FROM audit_row"))
    assert keys.ANTHROPIC not in bodies
    assert "LEAA" not in bodies


# ── files and locks ──


def test_files_are_private(made, store):
    assert stat.S_IMODE(made.database.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.keys_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.keys_dir.iterdir()} == {0o600}


def test_a_store_that_others_can_read_is_not_written_to(made, store):
    made.database.chmod(0o644)
    with pytest.raises(Refused), store.writing():
        pass


def test_a_damaged_file_is_said_to_be_damaged(made, store):
    made.database.write_bytes(b"not a database" * 500)
    for attempt in (lambda: glance.cards(made.database), lambda: open_store(made)):
        with pytest.raises(Unreadable):
            attempt()


def test_a_newer_store_is_not_touched(made, store):
    sql(store, "UPDATE store SET format = 99")
    with pytest.raises(Unreadable):
        open_store(made)
    with pytest.raises(Unreadable):
        create.pending_steps(made)


def test_a_store_that_was_upgraded_while_it_was_open_is_not_written_in_the_old_way(made, store):
    """Another process has a newer version of the tool."""
    sql(store, "UPDATE store SET format = 99")
    with pytest.raises(Unreadable) as refusal, store.writing() as here:
        here.websites.add("gamma")
    assert refusal.value.reason == "newer"
    with sqlite3.connect(made.database) as connection:
        assert connection.execute("SELECT count(*) FROM website WHERE slug = 'gamma'").fetchone() == (0,)


@pytest.mark.parametrize(("meanwhile", "ran"), [(migrations.LATEST, []), (99, None)])
def test_of_two_who_upgrade_at_once_the_second_does_what_is_left(made, store, meanwhile, ran):
    """It has seen an old schema, and waits for its turn, while the other one upgrades."""
    sql(store, f"UPDATE store SET format = {migrations.LATEST - 1}")
    with ThreadPoolExecutor() as threads:
        with engine.queue(made.database):
            second = threads.submit(schema.upgrade, made)
            while not waits_for(made.database.with_name("store.db.lock")):
                time.sleep(0.01)
            sql(store, f"UPDATE store SET format = {meanwhile}")
        if ran is None:
            with pytest.raises(Unreadable):
                second.result(60)
        else:
            assert second.result(60) == ran
    with sqlite3.connect(made.database) as connection:
        assert connection.execute("SELECT format FROM store").fetchone() == (meanwhile,)


def waits_for(lock):
    """Somebody stands in line for it, as the kernel says."""
    inode = f":{lock.stat().st_ino} "
    return any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


def test_settings_of_the_database(store):
    with store.reading() as here:
        found = {
            name: here.session.connection().exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store")
        }
    assert found == {"journal_mode": "truncate", "synchronous": 3, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}


def test_writers_in_several_processes_queue_up(made, store):
    program = """
import sys
from integrations_cli import config
from integrations_cli.store import open_store
with open_store(config.load({"HOME": sys.argv[1]})) as store:
    for at in range(10):
        with store.writing() as here:
            here.websites.add(f"w{sys.argv[2]}-{at}", None)
"""
    home = str(made.data_dir.parents[2])
    running = [subprocess.Popen([sys.executable, "-c", program, home, str(at)], stderr=subprocess.PIPE) for at in range(4)]
    for one in running:
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    assert len(glance.websites(made.database)) == 42
    with store.reading() as here:
        assert [one.problem for one in here.audit.verify()] == [None] * len(here.audit.verify())


def test_a_held_lock_is_waited_for_only_so_long(made, store, monkeypatch):
    from integrations_cli.store import engine, turn

    monkeypatch.setattr(turn, "BUSY", 0.2)
    with engine.queue(made.database), pytest.raises(NotWritten), store.writing():
        pass


def test_shredding_leaves_nothing_readable(made, store):
    added(store)
    blob = _first_blob(store)
    assert blob in made.database.read_bytes()
    with store.writing() as here:
        here.websites.remove("acme")
    data = made.database.read_bytes()
    assert blob not in data
    assert b"LEAA" not in data
    with store.reading() as here:
        assert [one.problem for one in here.audit.verify()] == [None] * 3  # its history stays


def test_a_network_file_system_is_known_by_its_mount(tmp_path):
    from integrations_cli.store import engine, files

    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 8:1 / / rw - ext4 /dev/root rw\n30 22 0:40 / {tmp_path} rw shared:1 - nfs4 server:/x rw\n")
    assert files.file_system(tmp_path, mounts) in engine.NETWORKED
    assert files.file_system(tmp_path.parent, mounts) == "ext4"
    assert files.file_system(tmp_path, tmp_path / "nothing") is None


def _later_step(monkeypatch, statement):
    import types

    from integrations_cli.store import migrations, store

    number = migrations.LATEST + 1
    step = types.ModuleType(f"step_{number:04}")
    vars(step)["upgrade"] = lambda op: op.execute(statement)
    monkeypatch.setitem(sys.modules, f"integrations_cli.store.migrations.step_{number:04}", step)
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, (number, "a later step")))
    for module in (migrations, store):
        monkeypatch.setattr(module, "LATEST", number)
    return number


def test_a_later_schema_is_reached_by_its_step(made, store, monkeypatch):

    added(store)
    number = _later_step(monkeypatch, "CREATE TABLE later (x INTEGER)")
    with pytest.raises(NotWritten) as refusal:
        open_store(made)
    assert refusal.value.tries == ("integrations store upgrade",)
    assert create.pending_steps(made) == [f"{number}: a later step"]
    assert create.upgrade(made) == [f"{number}: a later step"]
    assert create.pending_steps(made) == []
    with open_store(made) as again:
        assert reveal(again) == KEY


@pytest.mark.parametrize("statement", ["CREATE TABLE website (x INTEGER)", "DELETE FROM integration"])
def test_a_step_that_fails_or_loses_rows_leaves_the_old_schema_whole(made, store, monkeypatch, statement):
    added(store)
    _later_step(monkeypatch, statement)
    with pytest.raises(NotWritten):
        create.upgrade(made)
    monkeypatch.undo()
    with open_store(made) as again:
        assert reveal(again) == KEY


def test_the_schema_of_the_steps_is_the_one_of_the_models(made):
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable
    from sqlmodel import SQLModel

    from integrations_cli.store import tables

    assert tables.Integration.__tablename__ == "integration"
    wanted = {}
    for table in SQLModel.metadata.sorted_tables:
        wanted[table.name] = str(CreateTable(table).compile(dialect=sqlite.dialect()))
        wanted |= {str(index.name): str(CreateIndex(index).compile(dialect=sqlite.dialect())) for index in table.indexes}
    with sqlite3.connect(made.database) as connection:
        found = dict(
            connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')").fetchall()
        )
    assert {name: "".join(text.split()) for name, text in found.items()} == {name: "".join(text.split()) for name, text in wanted.items()}
