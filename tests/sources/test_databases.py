"""Databases of others as they can be: keys of any type, views that do not end or lead nowhere, files that are none."""

import os
import sqlite3
from contextlib import closing

import pytest

from integrations_cli.errors import Conflict, IntegrationsError, NotFound, Unreadable, UsageError
from integrations_cli.sources import rails_db
from integrations_cli.sources.database import PAGE, columns_of, rows, sqlite, text_of, values_of
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails.keyring import Keyring

HOSTILE = ['Upper Case', "select", 'qu"ote', "semi; --", "per%cent %s", "ünï", "new\nline", "a.b", "'"]  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """A database of these statements, and of rows for a table."""

    def go(*statements, many=()):
        path = tmp_path / "some.db"
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            for text, values in many:
                connection.executemany(text, values)
            connection.commit()
        return path

    return go


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("TEXT COLLATE NOCASE", [f"{letter}{at:04}" for at in range(PAGE) for letter in "aA"]),
        ("", [*range(PAGE - 1), 0.5, *(str(at) for at in range(PAGE)), *(bytes([at]) for at in range(9))]),
        ("TEXT", [f"k{at:04}" for at in range(PAGE - 1)] + ["ü", "z"]),
        ("BLOB", [bytes([at >> 8, at & 255]) for at in range(2 * PAGE + 1)]),
        ("REAL", [at / 7 for at in range(PAGE + 1)]),
    ],
    ids=["nocase", "any", "text", "blob", "real"],
)
def test_keys_of_any_type_give_every_row_once(made, kind, keys):
    path = made(f"CREATE TABLE t (k {kind}, v)", many=[("INSERT INTO t VALUES (?, 1)", [(key,) for key in keys])])
    with sqlite.opened(path) as opened:
        assert sorted(repr(row["k"]) for row in rows(opened, "t", ["v"], "k")) == sorted(map(repr, keys))


def test_keys_that_are_no_text_do_not_hide_what_lies_behind(made):
    keys = [b"\xff" + at.to_bytes(2, "big") for at in range(PAGE + 50)]
    path = made("CREATE TABLE t (k TEXT)", many=[("INSERT INTO t VALUES (CAST(? AS TEXT))", [(key,) for key in keys])])
    with sqlite.opened(path) as opened:
        assert [bytes(row["k"]) for row in rows(opened, "t", [], "k") if isinstance(row["k"], bytes)] == [
            key for key in keys if isinstance(sqlite._text(key), bytes)
        ]
        assert len(list(rows(opened, "t", [], "k"))) == len(keys)
        assert len(list(values_of(opened, "t", "k"))) == len(keys)


@pytest.mark.parametrize(
    ("kind", "given", "different"),
    [("INTEGER", [*range(PAGE + 5), None], PAGE + 5), ("TEXT COLLATE NOCASE", ["a", "A", None, "b"], 3), ("", [2, "2", 10, None], 2)],
    ids=["integer", "nocase", "any"],
)
def test_every_value_of_a_column_once(made, kind, given, different):
    """Values that look the same are the same, as they are where rows are looked for by them."""
    path = made(f"CREATE TABLE t (v {kind})", many=[("INSERT INTO t VALUES (?)", [(one,) for one in [*given, *given]])])
    with sqlite.opened(path) as opened:
        found = list(values_of(opened, "t", "v"))
    assert len(found) == len(set(found)) == different


def test_a_view_that_does_not_end_is_given_up(made, monkeypatch):
    endless = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n"
    path = made("CREATE TABLE t (id INTEGER PRIMARY KEY)", f"CREATE VIEW v AS {endless} WHERE id < 0")
    monkeypatch.setattr(sqlite, "LONGEST", 0.0)
    monkeypatch.setattr(sqlite, "STEPS", 1000)
    with pytest.raises(Conflict), sqlite.opened(path) as opened:
        list(rows(opened, "v", [], "id"))


def test_a_view_that_leads_nowhere_leaves_the_tables_readable(made):
    path = made(
        "CREATE TABLE gone (id)", "CREATE VIEW v AS SELECT * FROM gone", "CREATE TABLE t (id INTEGER PRIMARY KEY)", "DROP TABLE gone"
    )
    with sqlite.opened(path) as opened:
        assert opened.tables() == {"v": [], "t": ["id"]}
        with pytest.raises(NotFound):
            columns_of(opened, "v", ["id"])


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_of_a_table_and_a_column(made, name):
    quoted = sqlite._quoted(name)
    path = made(
        f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted} TEXT)", many=[(f"INSERT INTO {quoted} VALUES (?, ?)", [(1, "x")])]
    )
    with sqlite.opened(path) as opened:
        assert [dict(row) for row in rows(opened, name, [name], "id")] == [{"id": 1, name: "x"}]
        assert opened.among(name, [name], "id", name, ["x"]) == [{name: "x"}]


JSON = "json_extract(settings, '$.zoom')"


@pytest.mark.parametrize(
    ("column", "more"),
    [
        ("x", f"CREATE INDEX of_json ON t ({JSON})"),
        ("x", f"CREATE INDEX some ON t (v) WHERE {JSON} IS NOT NULL"),
        (f"x GENERATED ALWAYS AS ({JSON}) VIRTUAL", "SELECT 1"),
        (f"x GENERATED ALWAYS AS ({JSON}) STORED", "SELECT 1"),
        ("x, CHECK (json_valid(settings))", "SELECT 1"),
        ("x", f"CREATE VIEW odd AS SELECT id, {JSON} AS v FROM t"),
    ],
    ids=["index", "partial", "virtual", "stored", "check", "view"],
)
def test_json_in_an_index_or_a_check_spoils_nothing(made, column, more):
    """SQLite calls some of its own functions unsafe in a schema; what does not need them is read all the same."""
    path = made(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, v, settings, {column})",
        more,
        """INSERT INTO t (id, v, settings) VALUES (1, 'a', '{"zoom": 5}')""",
    )
    with sqlite.opened(path) as opened:
        assert [row["settings"] for row in rows(opened, "t", ["v", "settings"], "id")] == ['{"zoom": 5}']
        assert not opened.without_key("t", "v")


def test_a_view_that_calls_what_is_not_trusted_is_refused_by_its_reason(made):
    path = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
        "CREATE VIEW odd AS SELECT id, load_extension(v) AS v FROM t",
        "INSERT INTO t VALUES (1, 'x')",
    )
    with pytest.raises(Unreadable) as caught, sqlite.opened(path) as opened:
        list(rows(opened, "odd", ["v"], "id"))
    assert caught.value.reason == "untrusted_function"


def test_a_folder_a_pipe_and_a_text_are_no_databases(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("x" * 5000)
    for path, error in ((tmp_path, NotFound), (tmp_path / "pipe", NotFound), (tmp_path / "text", Unreadable)):
        with pytest.raises(error) as caught, sqlite.opened(path):
            pass
        assert isinstance(caught.value, IntegrationsError)


ROWS = "CREATE TABLE pwb_website_integrations (id INTEGER PRIMARY KEY, website_id, category, provider, credentials)"


@pytest.mark.parametrize(("ident", "owner"), [(b"\1", b"\1"), (b"\1", 1), ("1 ", "1 "), (1, 1), ("a-b", "a-b"), (1, "1")], ids=repr)
def test_rows_are_found_by_their_website_or_the_run_is_refused(made, ident, owner):
    """Whatever type the ids have: no row is left out in silence."""
    path = made(
        "CREATE TABLE pwb_websites (id, subdomain)",
        ROWS,
        many=[
            ("INSERT INTO pwb_websites VALUES (?, 'acme')", [(ident,)]),
            ("INSERT INTO pwb_website_integrations VALUES (1, ?, 'ai', 'openai', NULL)", [(owner,)]),
        ],
    )
    with sqlite.opened(path) as opened:
        try:
            reading = rails_db.read(opened, rails_db.Where(), Keyring(), Wanted())
        except UsageError as refused:
            assert isinstance(ident, bytes), refused.what
            return
    assert len(reading.entries) + len(reading.faults) == 1


SITES = "CREATE TABLE sites (id INTEGER PRIMARY KEY, subdomain)"
ELSE = "CREATE TABLE websites (id INTEGER PRIMARY KEY, subdomain)"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("REFERENCES sites (id)", "of-sites"),
        ("REFERENCES sites", "of-sites"),
        ("REFERENCES sites (subdomain)", "of-websites"),  # not by its id
        ("REFERENCES gone (id)", "of-websites"),
        ("", "of-websites"),
    ],
)
def test_the_table_that_a_foreign_key_names_says_whose_the_rows_are(made, key, name):
    path = made(
        *(SITES, ELSE, "INSERT INTO sites VALUES (1, 'of-sites')", "INSERT INTO websites VALUES (1, 'of-websites')"),
        f"CREATE TABLE keys (id INTEGER PRIMARY KEY, website_id INTEGER {key}, category, provider, credentials, creator REFERENCES websites)",
        "INSERT INTO keys VALUES (1, 1, 'ai', 'openai', NULL, NULL)",
    )
    with sqlite.opened(path) as opened:
        assert [one.website for one in rails_db.read(opened, rails_db.Where(), Keyring(), Wanted()).entries] == [name]
        named = rails_db.read(opened, rails_db.Where(websites="websites"), Keyring(), Wanted())
    assert [one.website for one in named.entries] == ["of-websites"]


def test_a_missing_table_of_integrations_is_told(made):
    with sqlite.opened(made("CREATE TABLE pwb_websites (id INTEGER PRIMARY KEY, subdomain)")) as opened:
        assert rails_db.read(opened, rails_db.Where(), Keyring(), Wanted()).notes == ["no_table_of_integrations_is_seen"]


def test_a_schema_in_the_name_of_a_table_has_an_option_of_its_own(made):
    with sqlite.opened(made("CREATE TABLE t (id)")) as opened, pytest.raises(NotFound) as caught:
        columns_of(opened, "tenant.shops", [])
    assert caught.value.tries == ("--schema tenant --table shops",)


def test_an_array_is_no_text_and_no_value_is_made_of_it():
    for value in (["a"], ("a",), {"a": 1}):
        with pytest.raises(Unreadable):
            text_of(value)
    assert (text_of(True), text_of(7), text_of(None), text_of(memoryview(b"x"))) == ("true", "7", None, "x")
