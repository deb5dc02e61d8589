"""Whatever is written into the database by hand: nothing opens in the wrong place, every refusal is one of ours, lists go on."""

import sqlite3

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import IntegrationsError, Locked, NotFound, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import glance, open_store, operations

PAYPAL = registry.get("paypal")
VALUES = {name: Secret(text) for name, text in keys.GOOD["paypal"].items()}
NEW = {name: Secret(text[:-7] + "NEWEXAMPLE") for name, text in keys.GOOD["paypal"].items()}
ODD = (
    "", "x", "{", "[]", "[1]", '{"a": 1}', '{"a": {}}', '{"client_id": {"hint": 1, "fp": 2}}', '{"environment": 1.5}', '{"environment": "\\ud800"}',
    "NaN", 0, -1, 1 << 62, 1.5, b"", b"\x00", b"\xff\xfe", "\u202e\x1b[31m", "[" * 100_000,
)  # fmt: skip
COLUMNS = [
    ("credential_version", name)
    for name in ("version", "state", "data_key_id", "blob", "bound", "card", "outcome", "outcome_http", "verdict", "destroy_after", "created_at")
] + [
    ("integration", name)
    for name in ("id", "website_id", "category", "provider", "settings", "enabled", "last_error_version", "unreadable_since", "account")
] + [("data_key", name) for name in ("id", "scope", "scope_id", "state", "root_key_id", "wrapped")] + [
    ("key_slot", name) for name in ("id", "kind", "locator", "params", "position", "state", "root_key_id", "wrapped_root")
]  # fmt: skip


@pytest.fixture
def filled(store):
    """Two websites with PayPal; acme's was rotated once."""
    with store.writing() as here:
        for website in ("acme", "beta"):
            here.integrations.add(website, PAYPAL, VALUES, {"environment": "live"})
        here.integrations.conceal(here.integrations.get("acme", "paypal"), PAYPAL, NEW)
    return store


def sql(store, statement, *values):
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = on")
        connection.execute(statement, values)


def opened(config):
    """What can still be opened, by website; each refusal must be one of ours."""
    found = {}
    with open_store(config) as store:
        for website in ("acme", "beta"):
            try:
                with store.reading() as here:
                    found[website] = here.integrations.reveal(here.integrations.get(website, "paypal"))
            except (Unreadable, Locked, NotFound):
                found[website] = None
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_odd_value_in_every_column_never_hands_out_another_credential(made, filled, table, column):
    spoil(made, filled, table, column, ODD)


@pytest.mark.parametrize("first", range(6))
def test_an_odd_value_in_a_column_never_hands_out_another_credential(made, filled, first):
    for at, (table, column) in enumerate(COLUMNS[first::6]):
        spoil(made, filled, table, column, ODD[(first + at) % 9 :: 9])


def spoil(made, filled, table, column, values):
    """Write each value into the newest row by hand, then open, list and write."""
    whole = made.database.read_bytes()
    for odd in values:
        try:
            sql(filled, f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT max(rowid) FROM {table})", odd)
        except sqlite3.IntegrityError:
            continue  # the database itself refuses it
        for website, right in (("acme", NEW), ("beta", VALUES)):
            assert opened(made)[website] in (None, {}, right), (odd, website)
        assert isinstance(glance.cards(made.database), list)
        try:
            with open_store(made) as store, store.writing() as here:
                here.websites.add("gamma", None)
        except IntegrationsError as refusal:
            assert refusal.exit_code in {6, 7, 74}, odd
        made.database.write_bytes(whole)
        (made.config_dir / "anchor.json").unlink(missing_ok=True)
    assert opened(made) == {"acme": NEW, "beta": VALUES}


SEALS = (("credential_version", "blob"), ("data_key", "wrapped"), ("key_slot", "wrapped_root"))


def bend(made, filled, step):
    """Change one bit of every `step`-th byte of every seal in the store; nothing may open that should not, and lists go on."""
    tried = 0
    for table, column in SEALS:
        with sqlite3.connect(made.database) as connection:
            rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
        for rowid, seal in rows:
            for at in range(tried % step, len(seal), step):
                sql(
                    filled, f"UPDATE {table} SET {column} = ? WHERE rowid = ?", seal[:at] + bytes([seal[at] ^ 0x40]) + seal[at + 1 :], rowid
                )
                found = opened(made)
                assert found["acme"] in (None, NEW)
                assert found["beta"] in (None, VALUES)
                with open_store(made) as store, store.reading() as here:
                    try:
                        here.integrations.reveal_previous(here.integrations.get("acme", "paypal"))
                        store.verify()
                    except (Unreadable, Locked):
                        found["previous"] = None
                assert None in found.values(), (table, at)
                assert len(glance.cards(made.database)) == 2
                tried += 1
            sql(filled, f"UPDATE {table} SET {column} = ? WHERE rowid = ?", seal, rowid)
    assert opened(made) == {"acme": NEW, "beta": VALUES}
    return tried


def test_one_bit_of_some_bytes_of_every_seal(made, filled):
    assert bend(made, filled, 41) > 30


@pytest.mark.slow
def test_one_bit_of_every_byte_of_every_seal(made, filled):
    assert bend(made, filled, 1) > 1000


@pytest.mark.parametrize("action", ["chain.started", "website.added"])
def test_an_entry_of_the_log_that_is_nested_without_end_is_a_changed_entry(made, filled, action):
    sql(filled, "UPDATE audit_row SET body = ? WHERE body LIKE ?", "[" * 100_000, f'%"action":"{action}"%')
    with open_store(made) as store, store.reading() as here:
        assert any(one.problem for one in here.audit.verify())


def test_a_note_about_a_key_that_is_nested_without_end_is_none_of_ours(filled):
    sql(
        filled,
        "INSERT INTO key_operation (id, kind, step, cursor, started_at, host, pid) VALUES (x'00', 'slot_key', '', ?, '', '', 1)",
        "[" * 100_000,
    )
    with filled.reading() as here:
        assert operations.loose(here.session) == {}
