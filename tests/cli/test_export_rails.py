"""`export --as rails-db`: rows that the Rails application reads. Proof: with a vector's text, key and IV the writer gives the same bytes."""

import base64
import json
import re
import sqlite3
import zlib

import pytest
from tests import keys, postgres
from tests.sources.rails import encoder, legacy, vectors

from integrations_cli.masking import Secret
from integrations_cli.sources.rails import envelope, writer
from integrations_cli.sources.rails.keyring import Key, Keyring

MOMENTS = [f"ALTER TABLE pwb_website_integrations ADD COLUMN {name} TEXT" for name in ("created_at", "updated_at")]


def columns():
    """Every genuine column of the SQLite vectors with its expected text."""
    vectors.needed()
    for name in ("deploy_c_rails70_sqlite", "deploy_d_mixed_sqlite"):
        deployment = next(one for one in vectors.expected()["deployments"].values() if one["dir"] == name)
        told = {row["id"]: row for row in deployment["rows"] if row["expect"] == "ok" and "inner_text" in row}
        data = (vectors.FOLDER / name / "db.sqlite3").read_bytes()
        with sqlite3.connect(":memory:") as connection:
            connection.deserialize(data[:18] + b"\x01\x01" + data[20:])  # out of WAL mode: a copy in memory has no second file
            for ident, column in connection.execute("SELECT id, credentials FROM pwb_website_integrations"):
                if ident in told:
                    yield deployment, told[ident], column


def test_the_writer_gives_what_rails_gave():
    checked = 0
    for deployment, row, column in columns():
        message = json.loads(column)
        iv = base64.b64decode(message["h"]["iv"])
        for found in deployment["derived_keys"].values():
            for data in _keys(found):
                made = json.loads(writer.column(row["inner_text"], Key(data, "0000", "sha256"), iv))
                if row["compressed"]:
                    clear = envelope.inflate(zlib.compress(row["inner_text"].encode()))
                    assert clear.decode() == row["inner_text"] and made["h"]["c"] is True
                    checked += 1
                elif (made["p"], made["h"]["at"]) == (message["p"], message["h"]["at"]):
                    assert made["h"].keys() == {"iv", "at"}
                    checked += 1
    assert checked


def _keys(found):
    return [bytes.fromhex(one["derived_hex"]) for one in found["keys"]]


@pytest.mark.parametrize("size", [0, 100, 139, 140, 141, 5000])
def test_what_is_written_reads_back(size):
    key = Keyring.derive([Secret("primary")], Secret("salt")).keys[0]
    text = writer.json_text({"k": "ü<&>\u2028" + "x" * size})
    assert "\\u003c\\u0026\\u003e\\u2028" in text
    column = writer.column(text, key, reference=True)
    assert envelope.read(column, Keyring((key,))).text == text
    assert ("c" in json.loads(column)["h"]) == (len(text.encode()) > 140)


def test_there_and_back(ready, home):
    """From a store into the application's database, and from there into another plan: nothing is lost."""
    for name, fields in (("openai", ("api_key",)), ("stripe", ("secret_key", "publishable_key"))):
        words = [word for field in fields for word in ("--secret-env", f"{field}=K_{field}")]
        more = {f"K_{field}": keys.GOOD[name][field] for field in fields}
        assert ready("add", name, "-w", "acme", "--no-test", *words, **more).code == 0
    assert ready("set", "openai", "organization_id=org-EXAMPLE", "max_tokens=8192", "-w", "acme").code == 0
    (home / "key").write_text(f"older\n{legacy.PRIMARY}\n")
    (home / "salt").write_text(legacy.SALT)
    secrets = ("--secret-file", f"primary_key={home / 'key'}", "--secret-file", f"key_derivation_salt={home / 'salt'}")
    assert ready("export", "-w", "acme", "--out", str(home / "rows.sql"), "--as", "rails-db").code == 2
    done = ready("export", "-w", "acme", "--out", str(home / "rows.sql"), "--as", "rails-db", *secrets)
    assert done.code == 0, done.err
    text = (home / "rows.sql").read_text()
    assert not any(value in text for value in (*keys.GOOD["openai"].values(), *keys.GOOD["stripe"].values()))
    database = home / "app.sqlite3"
    legacy.database(database, websites=[{"id": 7, "subdomain": "acme"}], more=MOMENTS)
    with sqlite3.connect(database) as connection:
        connection.executescript(text)
        connection.executescript(text)  # a row that is there stays as it is
        assert connection.execute("SELECT count(*) FROM pwb_website_integrations").fetchone() == (2,)
    back = ready("migrate", "rails-db", "--db", str(database), "--dry-run", "--json", *secrets)
    lines = json.loads(back.out)["lines"]
    assert {(line["provider"], line["kind"]) for line in lines} == {("openai", "unchanged"), ("stripe", "unchanged")}, lines


def test_a_website_that_the_application_has_not_under_that_subdomain_is_named(ready, home):
    given = ("--secret-env", "api_key=K", "--no-test")
    for number in range(10):
        ready("website", "add", f"site-{number}")
        assert ready("add", "openai", "-w", f"site-{number}", *given, K=keys.GOOD["openai"]["api_key"]).code == 0
    words = ("export", "-A", "--as", "rails-db", *legacy.GIVEN, "--out")
    done = ready(*words, str(home / "rows.sql"), **legacy.KEYS)
    told = (
        "for 10 websites of the application, found by subdomain: site-0, site-1, site-2, site-3, site-4, site-5, site-6, site-7 and 2 more;"
    )
    assert (done.code, done.err.count(told)) == (0, 1), done.err
    assert "one without that subdomain gets no row, and running the file prints its name" in done.err
    piped = ready(*words, "-", **legacy.KEYS)
    assert "found by subdomain" in piped.err and "found by subdomain" not in piped.out
    websites = [{"id": at + 1, "subdomain": f"site-{at}" if at != 4 else None, "custom_domain": f"site-{at}"} for at in range(9)]
    database = home / "app.sqlite3"
    legacy.database(database, websites=websites, more=MOMENTS)
    assert _ran(database, (home / "rows.sql").read_text()) == ["site-4", "site-9"]
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM pwb_website_integrations").fetchone() == (8,)


def _ran(database, text):
    """What `sqlite3 app.sqlite3 < rows.sql` prints."""
    with sqlite3.connect(database) as connection:
        return [value for line in text.splitlines() for (value,) in connection.execute(line).fetchall()]


def test_the_rows_run_on_postgresql(ready, home):
    given = ("--secret-env", "api_key=K", "--no-test")
    ready("website", "add", "beta")
    for slug in ("acme", "beta"):
        assert ready("add", "openai", "-w", slug, *given, K=keys.GOOD["openai"]["api_key"]).code == 0
    assert ready("export", "-A", "--as", "rails-db", *legacy.GIVEN, "--out", str(home / "rows.sql"), **legacy.KEYS).code == 0
    columns = "website_id bigint, category text, provider text, credentials text, settings text, enabled boolean"
    with postgres.server() as server:
        server.sql(
            "postgres",
            "CREATE TABLE pwb_websites (id bigint PRIMARY KEY, subdomain text); INSERT INTO pwb_websites VALUES (1, 'beta'), (2, NULL);"
            f"CREATE TABLE pwb_website_integrations ({columns}, created_at timestamp, updated_at timestamp)",
        )
        assert server.sql("postgres", (home / "rows.sql").read_text()) == "acme\n"
        assert server.sql("postgres", "SELECT website_id, provider FROM pwb_website_integrations") == "1|openai\n"


def test_an_application_with_older_defaults_derives_with_sha1(ready, home):
    """Rails 7.0, and every later one with `load_defaults` of 7.0 or before: rows under SHA-256 would not open there."""
    given = ("--secret-env", "api_key=K", "--no-test")
    assert ready("add", "openai", "-w", "acme", *given, K=keys.GOOD["openai"]["api_key"]).code == 0
    words = ("export", "-w", "acme", "--as", "rails-db", *legacy.GIVEN, "--out")
    for digest, more in (("sha256", ()), ("sha1", ("--digest", "sha1"))):
        path = home / f"{digest}.sql"
        assert ready(*words, str(path), *more, **legacy.KEYS).code == 0
        column = re.search(r"'(\{\"p\".*?\})'", path.read_text()).group(1)
        assert keys.GOOD["openai"]["api_key"] in encoder.read(column, [encoder.derive(legacy.PRIMARY, legacy.SALT, digest)]).decode()
    refused = ready("export", "-w", "acme", "--digest", "sha1", "--out", str(home / "x"))
    assert (refused.code, (home / "x").exists()) == (2, False)
    assert "--as rails-db" in refused.err
