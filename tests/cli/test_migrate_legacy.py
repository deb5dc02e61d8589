"""`migrate rails-db`, `rails` and `column` on small databases: which website, which value wins, what is left alone, and hostile files."""

import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.postgres import server
from tests.sources.rails import legacy, vectors
from tests.sources.rails.legacy import GIVEN, KEYS, MAPS

from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources import rails_columns, rails_db
from integrations_cli.sources.database import rows, sqlite
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails.keyring import Keyring
from integrations_cli.store import open_store

SENDGRID = "SG." + "0123456789abcdefghijkl." + "0123456789abcdefghijklmnopqrstuvwxyz0123EXA"


def data(ran):
    assert "Traceback" not in ran.err, ran.err
    return json.loads(ran.out)


@pytest.fixture
def planned(ready):
    """The plan of a small database, as JSON."""

    def go(path, *words):
        return data(ready("migrate", "rails-db", "--db", path, *GIVEN, "--dry-run", "--json", *words, **KEYS))

    return go


def kinds(plan):
    return {(line["website"], line["provider"]): line["kind"] for line in plan["lines"] if line["provider"]}


def reasons(plan):
    return {one["from"]: one["reason"] for one in plan["ignored"]}


# ── which website, which value ──


def test_a_website_is_its_subdomain_else_its_domain_else_its_number_and_the_mapping_renames_all_three(planned, home):
    websites = (
        {"id": 1, "subdomain": "acme", "maps_api_key": MAPS.format(1)},
        {"id": 2, "subdomain": " ", "custom_domain": "beta.example", "maps_api_key": MAPS.format(2)},
        {"id": 3, "maps_api_key": MAPS.format(3)},
        {"id": 4, "subdomain": "delta", "maps_api_key": MAPS.format(4)},
    )
    path = legacy.database(home / "db", websites=websites)
    assert kinds(planned(path)) == {
        ("acme", "google_maps"): "create",
        ("beta.example", "google_maps"): "invalid",
        ("id:3", "google_maps"): "invalid",
        ("delta", "google_maps"): "invalid",
    }
    (home / "map.toml").write_text('version = 1\n[websites]\n"beta.example" = "beta"\n"id:3" = "gamma"\n"id:4" = "epsilon"\n')
    found = kinds(planned(path, "--mapping", str(home / "map.toml"), "--create-websites"))
    assert found == {(slug, "google_maps"): "create" for slug in ("acme", "beta", "gamma", "epsilon")}
    assert set(kinds(planned(path, "--website-column", "id", "--create-websites"))) == {(str(one), "google_maps") for one in (1, 2, 3, 4)}


def test_a_row_comes_before_its_column_and_the_column_fills_gaps(planned, home):
    websites = ({"id": 1, "subdomain": "acme", "maps_api_key": MAPS.format(1), "twilio_auth_token": "b" * 31 + "c", "twilio_enabled": 0},)
    rows = [
        (1, "maps", "google_maps", legacy.sealed({"api_key": MAPS.format(2)})),
        (1, "communication", "Twilio", legacy.sealed({"account_sid": "AC" + "5ca1ab1e0ddba11f" * 2})),
        (9, "ai", "openai", legacy.sealed({"api_key": "x"})),
    ]
    plan = planned(legacy.database(home / "db", websites=websites, rows=rows))
    maps, twilio = (next(line for line in plan["lines"] if line["provider"] == name) for name in ("google_maps", "twilio"))
    assert "row_wins" in maps["notes"]
    assert maps["fields"][0]["from"] == "pwb_website_integrations:1 api_key"
    assert reasons(plan)["pwb_websites:1 maps_api_key"] == "row_wins"
    assert [one["from"] for one in twilio["fields"]] == ["pwb_website_integrations:2 account_sid", "pwb_websites:1 twilio_auth_token"]
    assert [line["reason"] for line in plan["lines"] if not line["provider"]] == ["orphan"]


def test_every_column_of_the_design_goes_where_it_says(planned, home):
    websites = (
        {
            "id": 1,
            "subdomain": "acme",
            "maps_api_key": "  ",
            "analytics_id": "UA-12345-1",
            "ga4_measurement_id": "GTM-ABC123",
            "twilio_account_sid": "AC" + "5ca1ab1e0ddba11f" * 2,
            "twilio_auth_token": "5ca1ab1e0ddba11f" * 2,
            "twilio_phone_number": "+34600000001",
            "twilio_enabled": 0,
            "ntfy_access_token": "tk_0123456789EXAMPLE",
            "recaptcha_key": "6Lc0123456789EXAMPLE",
            "external_feed_config": json.dumps({"api_key": "feed-0123456789EXAMPLE"}),
            "external_feed_provider": "resales_online",
        },
    )
    plan = planned(legacy.database(home / "db", websites=websites))
    (line,) = plan["lines"]
    assert (line["provider"], line["kind"], line["enabled"]) == ("twilio", "create", False)
    assert {one["name"] for one in line["fields"]} == {"account_sid", "auth_token", "from_number", "enabled"}
    found = {place.rpartition(" ")[2]: reason for place, reason in reasons(plan).items()}
    assert found == {
        "maps_api_key": "empty",
        "analytics_id": "retired_product",
        "ga4_measurement_id": "no_such_provider",
        "ntfy_access_token": "no_such_provider",
        "recaptcha_key": "never_migrated",
        "external_feed_config": "no_such_provider",
    }
    assert planned(legacy.database(home / "db2", websites=websites), "--no-legacy-columns")["lines"] == []
    assert set(rails_columns.FIELDS) >= {"maps_api_key", "analytics_id", "ga4_measurement_id", "posthog_api_key"}


def test_what_is_inside_a_row_decides(planned, home):
    key = "sk-0123456789abcdefghijEXAMPLE"
    rows = [
        (1, "ai", "openai", legacy.sealed(json.dumps(json.dumps({"api_key": key}))), None, None),
        (1, "ai", "anthropic", legacy.sealed("[1]")),
        (1, "ai", "mistral", legacy.sealed({"api_key": 7})),
        (1, "ai", "groq", legacy.sealed({"api_key": key}), "not json", 1),
        (1, "ai", "cohere", legacy.sealed({"api_key": "changeme"})),
        (1, "ai", "deepseek", legacy.sealed({"api_key": key}), '"{}"', "f"),
        (1, "ai", "openrouter", legacy.sealed("null")),
        (1, "ai", "nobody", legacy.sealed({"api_key": key})),
        (1, "spp", "single_property_pages", legacy.sealed({"api_key": key})),
        (1, "payment", "stripe", b"\xff\xfe"),
        (1, "crm", "hubspot", None, '{"portal_id": 4711, "extra": [1]}', 1),
    ]
    plan = planned(legacy.database(home / "db", rows=rows))
    found = {line["provider"]: (line["kind"], line["reason"]) for line in plan["lines"]}
    assert found == {
        "openai": ("create", None),
        "anthropic": ("invalid", "not_an_object"),
        "mistral": ("invalid", "bad_type"),
        "groq": ("unreadable", "not_json"),
        "cohere": ("incomplete", "missing_field"),
        "deepseek": ("create", None),
        "openrouter": ("incomplete", "missing_field"),
        "nobody": ("invalid", "unknown_provider"),
        "stripe": ("unreadable", "not_text"),
        "hubspot": ("invalid", "unknown_field"),
    }
    lines = {line["provider"]: line for line in plan["lines"]}
    assert lines["openai"]["notes"] == ["double_encoded", "enabled_is_null"]
    assert (lines["openai"]["enabled"], lines["deepseek"]["enabled"]) == (False, False)
    assert reasons(plan) == {
        "pwb_website_integrations:5 api_key": "placeholder",
        "pwb_website_integrations:9": "other_direction",
    }
    assert key not in json.dumps(plan)
    assert kinds(planned(legacy.database(home / "db3", rows=rows), "--only", "openai")) == {("acme", "openai"): "create"}


def test_published_keys_open_only_on_request_and_are_flagged(ready, home):
    from tests.sources.rails.test_formats import seal

    from integrations_cli.sources.rails.keyring import Keyring

    public = Keyring.derive([], None, public=True).keys[0]
    path = legacy.database(home / "db", rows=[(1, "ai", "groq", seal('{"api_key": "gsk_0123456789abcdefghijEXAMPLE"}', public))])
    words = ("migrate", "rails-db", "--db", path, "--dry-run", "--json")
    assert data(ready(*words))["lines"][0]["reason"] == "no_key"
    assert ready(*words, "--try-public-keys").code == ready(*words, "--try-published").code
    (line,) = data(ready(*words, "--try-published"))["lines"]
    assert (line["kind"], "public_key_material" in line["notes"]) == ("create", True)


# ── paging, and databases that are not as they should be ──


def test_every_row_is_read_once_over_many_pages(ready, home):
    websites = [{"id": number, "subdomain": f"site{number}", "maps_api_key": MAPS.format(number)} for number in range(1, 2502)]
    path = legacy.database(home / "db", websites=websites)
    plan = data(ready("migrate", "rails-db", "--db", path, "--create-websites", "--dry-run", "--json"))
    assert len(kinds(plan)) == 2501


def test_a_long_database_is_read_in_pieces_and_gives_the_same(ready, planned, home, monkeypatch):
    """Rows, columns and agencies of a website stay together; rows of nobody, and of a website in another case, are found as well."""
    websites = [{"id": at, "subdomain": f"site-{at:02}", "maps_api_key": MAPS.format(at) if at % 3 else None} for at in range(1, 24)]
    rows = [(24 - at, "ai", "openai", legacy.sealed({"api_key": f"sk-proj-{at:020}EXAMPLE"})) for at in range(1, 24)]
    rows += [
        (3, "maps", "google_maps", legacy.sealed({"api_key": MAPS.format(99)})),
        (77, "ai", "openai", legacy.sealed({"api_key": "k" * 30})),
    ]
    rows += [(5, "ai", "anthropic", "never encrypted"), (6, "ai", "anthropic", legacy.sealed({"api_key": "sk-ant-" + "k" * 90})[:-9])]
    agencies = "CREATE TABLE pwb_agencies (id INTEGER PRIMARY KEY, website_id INTEGER, analytics_id TEXT)"
    path = legacy.database(
        home / "db", rows=rows, websites=websites, more=[agencies, "INSERT INTO pwb_agencies VALUES (1, 23, 'G-ABCD1234')"]
    )
    whole = planned(path, "--create-websites", "--allow-incomplete")
    monkeypatch.setattr(rails_db, "TOGETHER", 4)
    assert planned(path, "--create-websites", "--allow-incomplete")["lines"] == whole["lines"]
    monkeypatch.setattr(rails_db, "LONG", 20)
    words = ("migrate", "rails-db", "--db", path, *GIVEN, "--create-websites", "--allow-incomplete", "--json")
    report = data(ready(*words, "--dry-run", **KEYS))
    assert report["summary"] == whole["summary"]
    page = home / "page.md"
    done = ready(*words, "--yes", "--continue-on-error", **KEYS, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    assert done.code == 12, done.err
    assert "::error title=site-05 anthropic unreadable::" in done.err
    assert "| written |" in page.read_text()
    monkeypatch.setattr(rails_db, "LONG", 5000)
    assert {line["kind"] for line in planned(path, "--create-websites", "--allow-incomplete")["lines"]} == {
        "unchanged",
        "unreadable",
        "invalid",
    }


def without_websites(path, rows):
    """An application's table, and nothing that says whose the rows are."""
    return legacy.database(path, rows=rows, websites=[], more=["DROP TABLE pwb_websites"])


def test_rows_without_a_table_of_websites_are_read_by_the_websites_that_they_name(home, ready, monkeypatch):
    """So many websites at a time; two rows of one integration stay together, however far apart they are."""
    key = legacy.sealed({"api_key": f"sk-proj-{'k' * 20}EXAMPLE"})
    rows = [(24 - at, "ai", "openai", key) for at in range(1, 24)] + [(None, "ai", "openai", key), (9, "ai", "OpenAI", key)]
    rows += [(9, "ai", "anthropic", "never encrypted")]
    path = without_websites(home / "db", rows)
    monkeypatch.setattr(rails_db, "TOGETHER", 4)
    ring = Keyring.derive([Secret(legacy.PRIMARY)], Secret(legacy.SALT))
    with sqlite.opened(Path(path)) as opened:
        found = list(rails_db.pieces(opened, rails_db.Where(), ring, Wanted()))
    whose = [{one.website for one in piece.entries} for piece in found]
    assert max(map(len, whose)) == 4
    assert sorted(website for some in whose for website in some) == sorted(f"id:{at}" for at in range(1, 24))
    assert [len([one for one in piece.entries if one.website == "id:9"]) for piece in found if "id:9" in str(piece.entries)] == [2]
    assert [(one.website, one.reason) for piece in found for one in piece.faults] == [("id:9", "not_encrypted"), (None, "orphan")]
    mapping = home / "map.toml"
    mapping.write_text("version = 1\n[websites]\n" + "".join(f'"id:{at}" = "site-{at:02}"\n' for at in range(1, 24)))
    words = ("migrate", "rails-db", "--db", path, *GIVEN, "--mapping", str(mapping), "--create-websites", "--json", "--dry-run")
    short = data(ready(*words, **KEYS))
    assert kinds(short)["site-09", "openai"] == "create"
    assert short["notes"] == ["no_table_of_websites_is_seen"]
    monkeypatch.setattr(rails_db, "LONG", 20)
    long = data(ready(*words, **KEYS))
    assert (long["summary"], kinds(long)) == (short["summary"], kinds(short))
    assert long["notes"] == short["notes"]


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000, 2001])
def test_a_page_ends_where_the_next_one_begins(home, size):
    with closing(sqlite3.connect(home / "db")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, twice, empty)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", ((number * 7, number // 2, number or None) for number in range(size)))
        connection.commit()
    with sqlite.opened(home / "db") as opened:
        assert [row["id"] for row in rows(opened, "t", ["twice"], "id")] == [number * 7 for number in range(size)]
        for column in ("twice", "empty") if size > 1 else ():
            with pytest.raises(UsageError):
                list(rows(opened, "t", ["id"], column))


def test_rows_that_are_only_in_the_wal_are_read_and_the_files_stay(ready, home):
    path = home / "live.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        legacy.database(path, websites=({"id": 1, "subdomain": "acme", "maps_api_key": MAPS.format(1)},))
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("INSERT INTO pwb_websites (id, subdomain, maps_api_key) VALUES (2, 'beta', ?)", [MAPS.format(2)])
        writer.commit()
        names = sorted(one.name for one in home.iterdir() if one.name.startswith("live"))
        before = {name: (home / name).read_bytes() for name in names}
        plan = data(ready("migrate", "rails-db", "--db", str(path), "--create-websites", "--dry-run", "--json"))
        assert set(kinds(plan)) == {("acme", "google_maps"), ("beta", "google_maps")}
        assert {
            name: (home / name).read_bytes() for name in sorted(one.name for one in home.iterdir() if one.name.startswith("live"))
        } == before


@pytest.mark.parametrize("content", [b"no database at all, but long enough for a header", b"SQLite format 3\0" + b"\xff" * 4000, b""])
def test_a_file_that_is_no_database_is_refused(ready, home, content):
    (home / "db").write_bytes(content)
    ran = ready("migrate", "rails-db", "--db", str(home / "db"), "--dry-run")
    assert ran.code in ({7} if content else {3})
    assert "Traceback" not in ran.err


def test_a_truncated_database_is_refused(ready, home):
    path = legacy.database(home / "db", websites=[{"id": n, "subdomain": f"s{n}", "maps_api_key": MAPS.format(n)} for n in range(1, 900)])
    os.truncate(path, os.path.getsize(path) // 2)
    assert ready("migrate", "rails-db", "--db", path, "--dry-run").code == 7


def test_what_is_not_there_is_named(ready, home):
    path = legacy.database(home / "db")
    for words, code in (
        (("--db", str(home / "nothing")), 3),
        (("--db", path, "--table", "nothing"), 3),
        (("--db", path, "--websites-table", "nothing"), 3),
        (("--db", path, "--website-column", "nothing"), 3),
        ((), 2),
        (("--db", path, "--dsn", "postgresql:///x"), 2),
        (("--dsn", "mysql2://host/db"), 2),
        (("--db", path, "--secret-env", "api_key=HOME"), 2),
    ):
        ran = ready("migrate", "rails-db", *words, "--dry-run")
        assert ran.code == code, (words, ran.err)
    with closing(sqlite3.connect(home / "other")) as other:
        other.execute("CREATE TABLE shops (id INTEGER PRIMARY KEY)")
    ran = ready("migrate", "rails-db", "--db", str(home / "other"), "--dry-run")
    assert (ran.code, "there are shops" in ran.err) == (3, True)


def test_a_password_on_the_command_line_is_refused_and_not_repeated(ready):
    for dsn in ("postgresql://app:hunter2EXAMPLE@localhost/x", "host=localhost password=hunter2EXAMPLE", "postgres://:hunter2EXAMPLE@h/x"):
        ran = ready("migrate", "rails-db", "--dsn", dsn, "--dry-run")
        assert ran.code == 2
        assert "hunter2" not in ran.out + ran.err


@pytest.mark.parametrize(
    "dsn", ["postgresql://app:hunter2@EXAMPLE@127.0.0.1:1/x", "postgresql://app:hunter2EXAMPLE@[::x/db?y", "postgres://app:hunter2EXAMPLE@127.0.0.1:notaport/x", "host='hunter2EXAMPLE", "postgresql://app:hunter2EXAMPLE@127.0.0.1:1/x?sslmode=hunter2EXAMPLE"]
)  # fmt: skip
def test_no_error_repeats_a_piece_of_the_address(ready, dsn):
    pytest.importorskip("psycopg")
    ran = ready("migrate", "rails-db", "--secret-env", "dsn=URL", "--dry-run", "--debug", URL=dsn)
    assert ran.code in {2, 3}
    assert "hunter2" not in ran.out + ran.err
    assert "EXAMPLE" not in ran.out + ran.err


def test_without_the_extra_it_says_what_to_install(ready, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    ran = ready("migrate", "rails-db", "--dsn", "postgresql:///x", "--dry-run")
    assert ran.code == 2
    assert "pip install 'integrations-cli[postgres]'" in ran.err


# ── column ──


SHOPS = (
    "CREATE TABLE shops (id INTEGER PRIMARY KEY, slug TEXT, mail_key TEXT, config TEXT, blob BLOB, twice TEXT)",
    f"INSERT INTO shops VALUES (1, 'acme', '{SENDGRID}', '{{\"maps\": {{\"key\": \"{MAPS.format(1)}\"}}}}', x'ff', 'x')",
    "INSERT INTO shops VALUES (2, 'acme2', NULL, '{\"maps\": 7}', NULL, 'x')",
    "INSERT INTO shops VALUES (3, NULL, 'changeme', 'no json', NULL, NULL)",
    "INSERT INTO shops VALUES (4, 'beta', 'changeme', 'no json', NULL, 'y')",
)
COLUMNS = ("--column", "mail_key=sendgrid.api_key", "--column", "config.maps.key=google_maps.api_key")


def test_columns_of_any_table(ready, home, config):
    path = legacy.database(home / "db", more=SHOPS)
    words = ("migrate", "column", "--db", path, "--table", "shops", "--website-column", "slug", *COLUMNS)
    plan = data(ready(*words, "--dry-run", "--json"))
    assert kinds(plan) == {
        ("acme", "sendgrid"): "create",
        ("acme", "google_maps"): "create",
        ("beta", "google_maps"): "invalid",  # the website is not there, which comes first
    }
    assert [line["reason"] for line in plan["lines"] if not line["provider"]] == ["no_website"]
    assert reasons(plan) == {"shops:4 mail_key": "placeholder"}
    assert ready(*words, "--yes", "--continue-on-error").code == 12
    with open_store(config) as store, store.reading() as here:
        assert here.integrations.reveal(here.integrations.get("acme", "sendgrid"))["api_key"].reveal() == SENDGRID
    again = data(ready(*words, "--dry-run", "--json"))
    assert (again["summary"]["create"], again["summary"]["unchanged"]) == (0, 2)


def test_a_column_is_named_exactly_or_refused(ready, home):
    path = legacy.database(home / "db", more=SHOPS)
    words = ("migrate", "column", "--db", path, "--dry-run", "-w", "acme")
    for more, code in (
        (("--table", "nothing", *COLUMNS), 3),
        (("--table", "shops", "--column", "nothing=sendgrid.api_key"), 3),
        (("--table", "shops", "--column", "mail_key=nobody.api_key"), 3),
        (("--table", "shops", "--column", "mail_key=sendgrid.nothing"), 3),
        (("--table", "shops", "--column", "mail_key"), 2),
        (("--table", "shops", "--id-column", "twice", *COLUMNS), 2),
        (("--table", 'shops"; DROP TABLE shops; --', *COLUMNS), 3),
        (("--table", "shops", "--column", "blob=sendgrid.api_key", "--json"), 11),
    ):
        ran = ready(*words, *more)
        assert ran.code == code, (more, ran.err)
    assert data(ready(*words, *more))["lines"][0]["reason"] == "not_text"


# ── rails: all in one plan ──


def test_file_environment_and_database_in_one_plan(ready, home):
    zoho = {"client_id": "1000.ABCDEFGHEXAMPLE", "client_secret": "0a1b2c3d4e" * 3, "refresh_token": "1000.0a1b.2c3dEXAMPLE"}
    root = vectors.application(
        home / "app",
        f"zoho: {{client_id: {zoho['client_id']}, client_secret: {zoho['client_secret']}}}\ngoogle_maps: {{api_key: {MAPS.format(1)}}}\n"
        f"active_record_encryption: {{primary_key: [other, {legacy.PRIMARY}], key_derivation_salt: {legacy.SALT}}}\n",
    )
    path = legacy.database(home / "db", rows=[(1, "ai", "groq", legacy.sealed({"api_key": "gsk_0123456789abcdefghijEXAMPLE"}))])
    environ = {"ZOHO_REFRESH_TOKEN": zoho["refresh_token"], "GMAPS_API_KEY": MAPS.format(2)}
    words = ("migrate", "rails", "--root", str(root), "-w", "acme", "--db", path, "--dry-run", "--json")
    plan = data(ready(*words, **environ))
    lines = {line["provider"]: line for line in plan["lines"]}
    assert {name: line["kind"] for name, line in lines.items()} == {"zoho": "create", "google_maps": "create", "groq": "create"}
    assert {one["name"]: one["from"] for one in lines["zoho"]["fields"]}["refresh_token"] == "ZOHO_REFRESH_TOKEN"
    assert lines["google_maps"]["fields"][0]["from"] == "config/credentials.yml.enc google_maps.api_key"
    assert "env_differs" in lines["google_maps"]["notes"]
    turned = {line["provider"]: line for line in data(ready(*words, "--prefer", "env", **environ))["lines"]}
    assert turned["google_maps"]["fields"][0]["from"] == "GMAPS_API_KEY"
    undecided = {line["provider"]: line for line in data(ready(*words, "--prefer", "none", **environ))["lines"]}
    assert (undecided["google_maps"]["kind"], undecided["google_maps"]["reason"]) == ("conflict", "source_disagrees")


def test_a_saved_plan_is_carried_out_with_the_secrets_given_again(ready, home):
    path = legacy.database(home / "db", rows=[(1, "ai", "groq", legacy.sealed({"api_key": "gsk_0123456789abcdefghijEXAMPLE"}))])
    plan = str(home / "plan.json")
    assert ready("migrate", "rails-db", "--db", path, *GIVEN, "--plan-out", plan, **KEYS).code == 10
    text = (home / "plan.json").read_text()
    assert not any(secret in text for secret in (legacy.PRIMARY, legacy.SALT, "gsk_0123"))
    assert ready("migrate", "apply", plan, *GIVEN, "--yes", **KEYS).code == 0
    assert ready("migrate", "apply", plan, *GIVEN, "--yes", **KEYS).code == 0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE pwb_website_integrations SET credentials = ?", [legacy.sealed({"api_key": "gsk_another0123456789EXAMPLE"})]
        )
        connection.commit()
    assert ready("migrate", "apply", plan, *GIVEN, "--yes", **KEYS).code == 4


# ── PostgreSQL ──


@pytest.fixture(scope="module")
def postgres():
    with server() as running:
        yield running


OF_SHOPS = ("migrate", "column", "--table", "shops", "--column", "k=groq.api_key", "-w", "acme", "--dry-run")


def test_a_login_without_select_is_told_so(ready, postgres):
    postgres.sql("postgres", "CREATE DATABASE locked")
    postgres.sql("locked", "CREATE TABLE shops (id int PRIMARY KEY, k text, v text); GRANT INSERT ON shops TO reader")
    ran = ready(*OF_SHOPS, "--dsn", postgres.dsn("locked", "reader"))
    assert ran.code == 8, ran.err
    ran = ready("migrate", "rails-db", "--dsn", postgres.dsn("nothing", "reader"), "--dry-run")
    assert (ran.code, "there is no database of that name" in ran.err) == (3, True)
    ran = ready("migrate", "rails-db", "--dsn", postgres.dsn("postgres", "nobody_here"), "--dry-run")
    assert (ran.code, "refuses this user" in ran.err) == (3, True)


def test_a_url_as_rails_writes_it_and_another_schema(ready, postgres):
    postgres.sql("postgres", "CREATE DATABASE shop")
    postgres.sql(
        "shop",
        "CREATE SCHEMA tenant; CREATE TABLE tenant.shops (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), slug text, conf jsonb, raw bytea);"
        f"INSERT INTO tenant.shops (slug, conf, raw) SELECT 'acme', '{{\"a\": {{\"k\": \"{MAPS.format(7)}\"}}}}', '\\xff';"
        "GRANT USAGE ON SCHEMA tenant TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA tenant TO reader",
    )
    url = postgres.dsn("shop", "reader").replace("postgresql", "postgis") + "&pool=5&prepared_statements=false"
    words = ("migrate", "column", "--secret-env", "dsn=DATABASE_URL", "--table", "shops", "--schema", "tenant", "--website-column", "slug")
    plan = data(
        ready(*words, "--column", "conf.a.k=google_maps.api_key", "--column", "raw=groq.api_key", "--dry-run", "--json", DATABASE_URL=url)
    )
    assert kinds(plan) == {("acme", "google_maps"): "create", ("acme", "groq"): "unreadable"}


def test_a_locked_table_ends_with_a_timeout_and_not_with_waiting(ready, postgres):
    psycopg = pytest.importorskip("psycopg")
    postgres.sql("postgres", "CREATE DATABASE busy")
    postgres.sql("busy", "CREATE TABLE shops (id int PRIMARY KEY, k text); GRANT SELECT ON shops TO reader")
    with psycopg.connect(postgres.dsn("busy")) as holder:
        holder.execute("LOCK TABLE shops IN ACCESS EXCLUSIVE MODE")
        ran = ready(*OF_SHOPS, "--dsn", postgres.dsn("busy", "reader"))
    assert ran.code == 4, ran.err


@pytest.mark.parametrize(
    ("rest", "file"),
    [("db/x.db", "db/x.db"), ("/a/x.db", "/a/x.db"), ("///a/x.db", "/a/x.db"), ("//x.db", "x.db"), ("/a/x.db?timeout=5", "/a/x.db")],
)
def test_an_sqlite_address_is_read_as_rails_reads_it(rest, file):
    from integrations_cli.cli.legacy import _sqlite_file

    assert _sqlite_file(rest) == file
