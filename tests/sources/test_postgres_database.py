"""Databases on PostgreSQL as they can be: any name, any type of column and key, any encoding, a view, a moment that stays."""

import pytest
from tests.postgres import server
from tests.sources.rails import encoder

from integrations_cli.errors import Conflict, NotFound, Refused, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources import column, rails_db
from integrations_cli.sources import database as databases
from integrations_cli.sources.database import postgres, rows, text_of, values_of
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails.keyring import Keyring

psycopg = pytest.importorskip("psycopg")
HOSTILE = ["Upper Case", "select", 'qu"ote', "semi; --", "per%cent %s {}", "ünï", "new\nline", "a.b", "'", "user"]
KEYS: dict = {
    "text": ["a", "B", "Á", "z", "", " ", "a b", "\u2028", "A"],
    'varchar COLLATE "C"': ["a", "B", "Á", "z", "Z"],
    "char(3)": ["a", "ab", "b", "B"],
    "uuid": [f"00000000-0000-4000-8000-00000000000{at}" for at in range(8)],
    "bigint": [-(2**63), -1, 0, 1, 2**63 - 1],
    "numeric": ["1.10", "1.2", "1e30", "-5", "0.000000001"],
    "double precision": ["0.1", "1e300", "-0.5", "3.3333333333333335", "5e-324"],
    "timestamptz": ["2027-01-01 00:00:00.000001+00", "2027-01-01 00:00:00.000002+00", "1999-12-31 23:59:59+09", "2027-06-01"],
    "date": ["2027-01-01", "2027-01-02", "1500-01-01", "2026-12-31"],
    "interval": ["1 day", "25 hours", "1 month", "-3 days"],
    "inet": ["10.0.0.1", "10.0.0.0/8", "::1", "192.168.0.1"],
    "bytea": ["\\x00", "\\x0001", "\\xff", "\\x61"],
    "boolean": ["true", "false"],
    "mood": ["sad", "ok", "happy"],
    "short": ["a", "b", "c", "d"],
}


@pytest.fixture(scope="module")
def running():
    with server() as one:
        one.sql("postgres", "CREATE DATABASE odd")
        one.sql("odd", "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN short AS text CHECK (length(value) < 9)")
        yield one


@pytest.fixture
def made(running):
    """Statements in a schema of their own, and how to open it."""
    names = []

    def go(*statements, name="odd", schema="tenant"):
        names.append((name, schema))
        with psycopg.connect(running.dsn(name), autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{schema}"')
            connection.execute(f'SET search_path = "{schema}", public')
            for statement in statements:
                connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
            connection.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO reader')
        return Secret(running.dsn(name, "reader")), schema

    yield go
    for name, schema in names:
        running.sql(name, f'DROP SCHEMA "{schema}" CASCADE')


def test_any_name(made):
    statements = []
    for name in HOSTILE:
        quoted = '"' + name.replace('"', '""') + '"'
        statements.append(f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY, v text)")
        statements.append(f"INSERT INTO {quoted} VALUES (1, 'x'), (2, 'y')")
    with postgres.opened(*made(*statements, schema="Sche%ma s")) as opened:
        assert set(opened.tables()) == set(HOSTILE)
        for name in HOSTILE:
            assert opened.primary_key(name) == name
            assert [row["v"] for row in rows(opened, name, ["v"], name)] == ["x", "y"]
            assert [row["v"] for row in opened.page(name, ["v"], name, 1, 9)] == ["y"]
            assert [row["v"] for row in opened.among(name, ["v"], name, name, ["2"])] == ["y"]


def test_keys_of_any_type_give_every_row_once(made, monkeypatch):
    statements = []
    for number, (kind, keys) in enumerate(KEYS.items()):
        statements.append(f"CREATE TABLE t{number} (k {kind} PRIMARY KEY, v text)")
        statements += [(f"INSERT INTO t{number} VALUES (%s::text::{kind.split(' COLLATE')[0]}, 'x')", [str(key)]) for key in keys]
    monkeypatch.setattr(databases, "PAGE", 2)
    with postgres.opened(*made(*statements)) as opened:
        for number, (kind, keys) in enumerate(KEYS.items()):
            found = list(rows(opened, f"t{number}", ["v"], "k"))
            assert len(found) == len({str(row["k"]) for row in found}) == len(keys), kind
            assert [row["k"] for row in found] == list(values_of(opened, f"t{number}", "k"))


CELLS = {
    "text": ("'x'", "x"), "varchar(5)": ("'x'", "x"), "char(3)": ("'x'", "x  "), "bytea": ("'\\x78'", "x"), "jsonb": ("'{\"a\":1.50}'", '{"a": 1.50}'),
    "json": ("'{\"a\" :1}'", '{"a" :1}'), "uuid": ("'00000000-0000-4000-8000-000000000001'", "00000000-0000-4000-8000-000000000001"),
    "int": ("7", "7"), "numeric": ("1.50", "1.50"), "boolean": ("true", "true"), "mood": ("'ok'", "ok"), "short": ("'x'", "x"),
    "xml": ("'<a/>'", "<a/>"), "date": ("'2027-01-31'", "2027-01-31"), "inet": ("'10.0.0.1'", "10.0.0.1"), "name": ("'x'", "x"),
    "text[]": ("'{a,b}'", None), "int[]": ("'{1}'", None), "jsonb[]": ("'{1}'", None), "text[][]": ("'{{a}}'", None),
}  # fmt: skip


def test_a_cell_of_any_type_is_text_or_refused(made):
    table = ", ".join(f"c{at} {kind}" for at, kind in enumerate(CELLS))
    values = ", ".join(value for value, _ in CELLS.values())
    names = [f"c{at}" for at in range(len(CELLS))]
    where = made(f"CREATE TABLE t (id int PRIMARY KEY, {table})", f"INSERT INTO t VALUES (1, {values})", "INSERT INTO t (id) VALUES (2)")
    with postgres.opened(*where) as opened:
        first, second = rows(opened, "t", names, "id")
    for name, (kind, (_, wanted)) in zip(names, CELLS.items(), strict=True):
        if wanted is None:
            with pytest.raises(Unreadable):
                text_of(first[name])
        else:
            assert text_of(first[name]) == wanted, kind
        assert text_of(second[name]) is None


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "WIN1252", "EUC_JP"])
def test_a_database_in_another_encoding(running, made, encoding):
    running.sql("postgres", f"CREATE DATABASE d_{encoding.lower()} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    text = "日本" if encoding == "EUC_JP" else "Málaga"
    raw = {"SQL_ASCII": text.encode() + b"\xff", "EUC_JP": text.encode("euc_jp")}.get(encoding, text.encode("latin-1", "replace"))
    where = made(
        "SET client_encoding = SQL_ASCII" if encoding == "SQL_ASCII" else "SELECT 1",
        "CREATE TABLE t (k text PRIMARY KEY, v text)",
        ("INSERT INTO t VALUES ('a', convert_from(%b, %s)), ('b', 'plain')", [raw, encoding]),
        name=f"d_{encoding.lower()}",
    )
    with postgres.opened(*where) as opened:
        first, second = rows(opened, "t", ["v"], "k")
    assert second["v"] == "plain"
    if encoding == "SQL_ASCII":
        with pytest.raises(Unreadable):
            text_of(first["v"])
    else:
        assert first["v"] == text


def test_a_view_a_partition_and_a_composite_key(made):
    where = made(
        "CREATE TABLE t (a int, b text, v text, PRIMARY KEY (a, b)) PARTITION BY LIST (b)",
        "CREATE TABLE t_x PARTITION OF t FOR VALUES IN ('x')",
        "INSERT INTO t VALUES (1, 'x', 'v'), (2, 'x', 'w')",
        "CREATE VIEW seen AS SELECT a AS id, v FROM t WHERE b = 'x'",
        "CREATE MATERIALIZED VIEW kept AS SELECT a AS id, v FROM t",
    )
    with postgres.opened(*where) as opened:
        assert opened.primary_key("t") is None
        assert opened.primary_key("seen") is None
        for name in ("seen", "kept"):
            assert [row["v"] for row in rows(opened, name, ["v"], "id")] == ["v", "w"]


TWO = "CREATE TABLE pwb_websites (id int PRIMARY KEY, subdomain text)"


def test_tables_are_looked_for_where_rails_would_look(running, made):
    """By --schema, else by the address's schema_search_path, else by the server's search path for this login."""
    dsn, _ = made(TWO, "INSERT INTO pwb_websites VALUES (1, 'acme')", "CREATE TABLE public.pwb_websites (id int)")
    running.sql("odd", "GRANT SELECT ON public.pwb_websites TO reader; CREATE TABLE public.other (id int); GRANT SELECT ON other TO reader")

    def found(text="", schema=None):
        with postgres.opened(Secret(dsn.reveal() + text), schema) as opened:
            tables = opened.tables()
            return sorted(tables), len(tables.get("pwb_websites", ())), len(opened.page("pwb_websites", ["id"], "id", None, 9))

    try:
        assert found() == (["other", "pwb_websites"], 1, 0)
        assert found("", "tenant") == (["pwb_websites"], 2, 1)
        assert found("&schema_search_path=%22tenant%22%2C%20Public") == (["other", "pwb_websites"], 2, 1)
        assert found("&schema_search_path=$user,public,tenant&pool=5") == (["other", "pwb_websites"], 1, 0)
        running.sql("odd", "ALTER ROLE reader IN DATABASE odd SET search_path = tenant, public")
        assert found() == (["other", "pwb_websites"], 2, 1)
        running.sql("odd", "ALTER ROLE reader IN DATABASE odd SET search_path = ''")
        assert found() == (["other", "pwb_websites"], 1, 0)
    finally:
        running.sql("odd", "ALTER ROLE reader IN DATABASE odd RESET search_path; DROP TABLE public.pwb_websites, public.other")
    with pytest.raises(NotFound) as caught, postgres.opened(Secret(dsn.reveal())) as opened:
        rails_db.read(opened, rails_db.Where(), Keyring(), Wanted())
    assert caught.value.tries == ("--schema tenant",)
    with pytest.raises(NotFound) as caught, postgres.opened(Secret(dsn.reveal())) as opened:
        databases.columns_of(opened, "pwb_websites", [])
    assert caught.value.tries == ("--schema tenant",)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("REFERENCES sites (id)", "of-sites"),
        ("REFERENCES sites (number)", "of-websites"),
        ("REFERENCES public.sites (id)", "of-websites"),
        ("", "of-websites"),
    ],
)
def test_the_table_that_a_foreign_key_names_says_whose_the_rows_are(made, running, key, name):
    running.sql("odd", "CREATE TABLE public.sites (id int PRIMARY KEY); INSERT INTO sites VALUES (1)")
    where = made(
        "CREATE TABLE sites (id int PRIMARY KEY, number int UNIQUE, subdomain text)",
        "INSERT INTO sites VALUES (1, 1, 'of-sites')",
        "CREATE TABLE websites (id int PRIMARY KEY, subdomain text)",
        "INSERT INTO websites VALUES (1, 'of-websites')",
        "CREATE TABLE keys (id int PRIMARY KEY, category text, provider text, credentials text, by int REFERENCES websites)",
        f"ALTER TABLE keys ADD COLUMN website_id int {key}",
        "INSERT INTO keys VALUES (1, 'ai', 'openai', NULL, NULL, 1)",
    )
    try:
        with postgres.opened(*where) as opened:
            assert [one.website for one in rails_db.read(opened, rails_db.Where(), Keyring(), Wanted()).entries] == [name]
    finally:
        running.sql("odd", "DROP TABLE public.sites CASCADE")


@pytest.mark.parametrize("text", ["a;b", '"a', "a,,b", "a b"])
def test_a_search_path_that_is_none(running, text):
    with pytest.raises(UsageError), postgres.opened(Secret(f"{running.dsn('odd')}&schema_search_path={text}")):
        pass


def test_rows_that_a_policy_hides_are_not_passed_over_in_silence(made):
    """A row that this login may not see is missing without an error: the plan says that this may be so."""
    row = "INSERT INTO pwb_website_integrations VALUES (1, 1, 'ai', 'openai', NULL), (2, 1, 'ai', 'anthropic', NULL)"
    table = "CREATE TABLE pwb_website_integrations (id int PRIMARY KEY, website_id int, category text, provider text, credentials text)"
    policy = "CREATE POLICY first ON pwb_website_integrations FOR SELECT TO reader USING (id = 1)"
    active = "ALTER TABLE pwb_website_integrations ENABLE ROW LEVEL SECURITY"
    for statements, providers, notes in (((), 2, []), ((active, policy), 1, ["row_security_may_hide_rows"])):
        with postgres.opened(
            *made(TWO, "INSERT INTO pwb_websites VALUES (1, 'acme')", table, row, *statements, schema=f"s{providers}")
        ) as opened:
            reading = rails_db.read(opened, rails_db.Where(), Keyring(), Wanted())
            columns = column.read(opened, column.Columns("pwb_website_integrations", ["provider=openai.api_key"]), Wanted())
        assert (len(reading.entries), reading.notes, columns.notes) == (providers, notes, notes)


def test_rows_of_a_materialized_view(made):
    named = "website_id, category, provider, credentials"
    where = made(
        TWO,
        "INSERT INTO pwb_websites VALUES (1, 'acme')",
        "CREATE MATERIALIZED VIEW kept AS SELECT 5 AS id, 1 AS website_id, 'ai' AS category, 'openai' AS provider, NULL::text AS credentials",
        f"CREATE VIEW seen AS SELECT id, {named} FROM kept",
    )
    for table in ("kept", "seen"):
        with postgres.opened(*where) as opened:
            reading = rails_db.read(opened, rails_db.Where(table=table), Keyring(), Wanted())
        assert [(one.website, one.provider, one.place) for one in reading.entries] == [("acme", "openai", f"{table}:5")]


def test_what_is_written_meanwhile_is_not_seen(running, made, monkeypatch):
    where = made("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT generate_series(1, 10)")
    monkeypatch.setattr(databases, "PAGE", 2)
    with postgres.opened(*where) as opened:
        found = rows(opened, "t", [], "id")
        assert next(found)["id"] == 1
        running.sql("odd", "DELETE FROM tenant.t WHERE id > 5; INSERT INTO tenant.t VALUES (50); UPDATE tenant.t SET id = 60 WHERE id = 3")
        assert [row["id"] for row in found] == list(range(2, 11))


def test_a_connection_that_is_lost_and_a_column_that_may_not_be_read(running, made):
    where = made("CREATE TABLE t (id int PRIMARY KEY, v text, w text)", "REVOKE ALL ON ALL TABLES IN SCHEMA tenant FROM reader")
    running.sql("odd", "REVOKE SELECT ON tenant.t FROM reader; GRANT SELECT (id, v) ON tenant.t TO reader")
    with postgres.opened(*where) as opened:
        assert opened.tables() == {"t": ["id", "v"]}
        assert list(rows(opened, "t", ["v"], "id")) == []
    with pytest.raises(Refused), postgres.opened(*where) as opened:
        list(rows(opened, "t", ["w"], "id"))
    with pytest.raises((NotFound, Conflict)), postgres.opened(*where) as opened:
        running.sql("odd", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
        opened.tables()


@pytest.mark.parametrize("kind", ["bigint", "uuid", "text", "numeric", "varchar(40)"])
def test_rows_are_found_by_their_website_whatever_its_type(made, kind):
    one = {"uuid": "00000000-0000-4000-8000-000000000001"}.get(kind, "1")
    where = made(
        f"CREATE TABLE pwb_websites (id {kind} PRIMARY KEY, subdomain text)",
        f"CREATE TABLE pwb_website_integrations (id serial PRIMARY KEY, website_id {kind}, category int, provider text, credentials bytea)",
        f"INSERT INTO pwb_websites VALUES ('{one}', 'acme')",
        f"INSERT INTO pwb_website_integrations (website_id, category, provider) VALUES ('{one}', 3, 'openai'), (NULL, 3, 'openai')",
    )
    with postgres.opened(*where) as opened:
        reading = rails_db.read(opened, rails_db.Where(), Keyring(), Wanted())
    assert [(one.website, one.provider) for one in reading.entries] == [("acme", "openai")]
    assert [one.reason for one in reading.faults] == ["orphan"]


SECRETS = [encoder.derive("primary-EXAMPLE", "salt-EXAMPLE")]
RING = Keyring.derive([Secret("primary-EXAMPLE")], Secret("salt-EXAMPLE"))
GOOD = '{"api_key":"sk-😀-ünï-EXAMPLE-0123456789"}'


@pytest.mark.parametrize("kind", ["text", "varchar", "json", "jsonb", "bytea"])
def test_rows_in_a_column_of_any_type(made, kind):
    """Each row is readable, empty, or refused by its word, whatever type the column has."""
    sealed = encoder.Writer(SECRETS).column
    columns = {
        1: sealed(GOOD),
        2: encoder.Writer(SECRETS, store_key_references=True).column(GOOD * 9),
        3: None,
        4: encoder.Writer([encoder.derive("other", "salt-EXAMPLE")]).column(GOOD),
        5: sealed(GOOD).replace('"at":"', '"at":"A', 1),
        6: GOOD,
        7: "null",
        8: '"text"' if "json" in kind else "",
        9: sealed(GOOD).replace("{", '{"p":"","p":"AAAA",', 1),  # of a name given twice the last counts, in Ruby and in PostgreSQL
    }
    where = made(
        "CREATE TABLE pwb_websites (id bigint PRIMARY KEY, subdomain text)",
        f"CREATE TABLE pwb_website_integrations (id int PRIMARY KEY, website_id bigint, category text, provider text, credentials {kind})",
        "INSERT INTO pwb_websites VALUES (1, 'acme')",
        *(
            (f"INSERT INTO pwb_website_integrations VALUES (%s, 1, 'ai', 'openai', %s::{kind})", [at, one.encode() if kind == "bytea" and one else one])
            for at, one in columns.items()
        ),
    )  # fmt: skip
    with postgres.opened(*where) as opened:
        reading = rails_db.read(opened, rails_db.Where(), RING, Wanted())
        plain = rails_db.read(opened, rails_db.Where(allow_plain=True), RING, Wanted())
    refused = {one.place.rpartition(":")[2]: one.reason for one in reading.faults}
    assert refused.pop("5") in {"bad_base64", "bad_tag_length"}
    assert refused == {"2": "not_json", "4": "authentication_failed", **dict.fromkeys("678", "not_encrypted")}
    assert {one.place.rpartition(":")[2].split()[0] for one in reading.findings} == {"1", "9"}
    assert {one.value.reveal() for one in reading.findings} == {"sk-😀-ünï-EXAMPLE-0123456789"}
    assert {one.place.rpartition(":")[2] for one in reading.entries} == {"1", "3", "9"}
    more = {one.place.rpartition(":")[2].split()[0] for one in plain.findings}
    assert more == {"1", "6", "9"}
    assert {one.place.rpartition(":")[2]: one.reason for one in plain.faults}.get("8") == ("not_json" if "json" in kind else None)
