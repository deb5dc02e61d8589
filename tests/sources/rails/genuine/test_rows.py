"""Rows of a genuine Rails: what it reads, `migrate rails-db` reads to the same; what it refuses is named and refused. And the way back.

Every deployment has eras, each a process of Rails with settings of its own (keys, digest, references); every row is declared in one of the
ways that Rails knows, and some are damaged. Its own reading, by the settings of its era or by the last ones, is what must come of a row.
"""

import base64
import json
import random
import re
import secrets
import sqlite3
from contextlib import closing
from urllib.parse import urlencode

import pytest
from tests import keys as good
from tests.postgres import server
from tests.sources.rails.genuine import rails

from integrations_cli import registry
from integrations_cli.errors import NotFound
from integrations_cli.store import open_store

OWN, FIXED, SALT = "own-key-EXAMPLE", "deterministic-key-EXAMPLE", "salt ünd-EXAMPLE"
ENCODINGS = {"UTF-8": "utf-8", "US-ASCII": "ascii", "ASCII-8BIT": "utf-8", "ISO-8859-1": "latin-1", "Windows-1252": "cp1252"}
WAYS = {
    "binary": ["documented", "serialized_first", "store", "deterministic", "own_key", "envelope", "uncompressed"],
    "jsonb": ["json_attribute", "of_the_column"],
    "json": ["json_attribute", "of_the_column"],
}  # what Rails itself can do in such a column
SECRETS = ("--secret-env", "primary_key=KEYS", "--secret-env", "deterministic_key=FIXED", "--secret-env", "key_derivation_salt=SALT")


@pytest.fixture(scope="session")
def running():
    with server() as one:
        yield one


@pytest.fixture
def database(request, tmp_path):
    """How Rails and how we name an empty database."""

    def made(kind, name):
        if kind == "sqlite":
            path = str(tmp_path / f"{name}.sqlite3")
            return {"adapter": "sqlite3", "database": path}, ("--db", path)
        running = request.getfixturevalue("running")
        running.sql("postgres", f'CREATE DATABASE "{name}"')
        return {"adapter": "postgresql", "host": str(running.folder), "username": "app", "database": name}, ("--dsn", running.dsn(name))

    return made


def written(where, seed, *, kind="text", rows=40, eras=2):
    """Row → what Rails read of it in its era, and by the last settings, which know all keys."""
    chance = random.Random(seed)
    keys = [f"primary-{seed}-{number}-EXAMPLE" for number in range(eras)]
    order = {"database": where, "own_key": OWN, "type": kind, "rows": rows, "harm": 0.4, "ways": WAYS.get(kind)}
    settings = {"deterministic_key": FIXED, "key_derivation_salt": SALT}
    first = {}
    for era in range(eras):
        now = {"primary_key": keys[: era + 1], "digest": chance.choice(["sha1", "sha256"]), "store_key_references": chance.random() < 0.5}
        first |= rails.ask("rows.rb", {**order, "seed": seed * 10 + era, "do": "write", "encryption": settings | now})
    ways = [(int(row), found["way"]) for row, found in first.items()]
    last = rails.ask("rows.rb", {**order, "do": "read", "ids": ways, "encryption": settings | {"primary_key": keys, "digest": "sha256"}})
    return keys, {row: found if "error" not in found else first[row] for row, found in last.items()}


def wanted(found):
    """The kinds of a plan's line that may come of it, and the key that is stored, or None."""
    if "value" in found:
        return of_value(found["value"])
    if "error" in found and found.get("raw") is None:
        return {"unreadable"}, None
    if found["raw"] is None:
        return {"incomplete"}, None
    try:
        return of_value(json.loads(base64.b64decode(found["raw"]).decode(ENCODINGS[found["encoding"]]) or "null"))
    except ValueError:
        return {"unreadable"}, None


def of_value(value, within=False):
    if isinstance(value, str) and value.strip() and not within:
        try:
            return of_value(json.loads(value), within=True)
        except ValueError:
            return {"invalid"}, None
    if not value and not isinstance(value, (int, list)):
        return {"incomplete"}, None
    if not isinstance(value, dict):
        return {"invalid"}, None
    key = value.get("api_key")
    if key is None or key == "":
        return {"incomplete"}, None
    if isinstance(key, str) and re.fullmatch(r"\s*k-[\w-]{8,200}-EXAMPLE\s*", key, re.ASCII):
        return {"create"}, key.strip()
    return {"create", "invalid", "incomplete"}, str(key).strip()  # the rules of a key decide, not the reading


def stored(config, website):
    with open_store(config) as store, store.reading() as here:
        try:
            row = here.integrations.find(website, registry.get("openai").name)
        except NotFound:
            return None
        return row and ({name: value.reveal() for name, value in here.integrations.reveal(row).items()}, bool(row.enabled))


QUICK = [("sqlite", "text"), ("postgres", "text")]
SLOW = [("sqlite", "binary"), ("sqlite", "json"), ("postgres", "binary"), ("postgres", "json"), ("postgres", "jsonb")]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
@pytest.mark.parametrize(("kind", "column"), [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW)])
def test_what_rails_reads_is_read(ready, config, database, seed, kind, column):
    rails.needed()
    where, words = database(kind, f"genuine-{kind}-{column}-{seed}")
    keys, rows = written(where, seed, kind=column)
    given = {"KEYS": "\n".join([*keys, OWN]), "FIXED": FIXED, "SALT": SALT}
    drop = ("--unknown-fields", "drop", "--create-websites", "--continue-on-error", "--yes", "--json")
    ran = ready("migrate", "rails-db", *words, *SECRETS, *drop, **given)
    assert "Traceback" not in ran.err, ran.err
    assert ran.code == 12, ran.err
    lines = {line["website"]: line for line in json.loads(ran.out)["lines"] if line["provider"]}
    for row, found in rows.items():
        line = lines[found["website"]]
        kinds, key = wanted(found)
        told = (row, line["kind"], line["reason"], found.get("error"), found)
        assert line["kind"] in kinds, told
        there = stored(config, found["website"])
        assert (there is not None) == (line["kind"] == "create"), told
        assert there is None or there == ({"api_key": key}, found["enabled"]), told
        assert not key or not key.endswith("-EXAMPLE") or key not in ran.out + ran.err, told
    assert sum(line["kind"] == "create" for line in lines.values()) > 5
    assert sum(line["kind"] == "unreadable" for line in lines.values()) > 2 or column != "text"


def executed(request, words, text):
    """What a person does with the file: sqlite3 or psql."""
    if words[0] == "--db":
        with closing(sqlite3.connect(words[1])) as connection:
            connection.executescript(text)
    else:
        request.getfixturevalue("running").sql(words[1].partition("@/")[2].partition("?")[0], text)


def application(folder, text):
    """The root of a Rails application whose credentials file Rails itself has written."""
    (folder / "config").mkdir(parents=True)
    (folder / "config/master.key").write_text(secrets.token_hex(16))
    one = {"content": str(folder / "config/credentials.yml.enc"), "key": str(folder / "config/master.key"), "how": "change"}
    rails.ask("files.rb", {"do": "write", "files": [{**one, "text": base64.b64encode(text.encode()).decode()}]})
    return str(folder)


@pytest.mark.parametrize(("kind", "digest", "defaults"), [("sqlite", "sha256", "7.1"), ("postgres", "sha1", "7.0")])
def test_what_we_write_an_application_reads_and_saves_and_we_read_again(request, ready, home, database, kind, digest, defaults):
    rails.needed()
    wrote = {}
    for name in ("openai", "stripe", "zoho", "twilio"):
        fields = good.GOOD[name]
        words = [word for field in fields for word in ("--secret-env", f"{field}=K_{field}")]
        assert ready("add", name, "-w", "acme", "--no-test", *words, **{f"K_{field}": fields[field] for field in fields}).code == 0
        wrote[name] = fields
    assert ready("set", "openai", "organization_id=org-<&>'\\u2028-EXAMPLE", "max_tokens=8192", "-w", "acme").code == 0
    assert ready("disable", "stripe", "-w", "acme").code == 0
    assert ready("website", "add", "other").code == 0
    assert ready("add", "openai", "-w", "other", "--no-test", "--secret-env", "api_key=K", K=good.GOOD["openai"]["api_key"]).code == 0
    where, words = database(kind, f"back-{kind}")
    keys = ["older-EXAMPLE", "newer é-EXAMPLE"]
    root = application(home / "app", json.dumps({"active_record_encryption": {"primary_key": keys, "key_derivation_salt": SALT}}))
    order = {"database": where, "root": root, "defaults": defaults}
    rails.ask("rows.rb", {**order, "do": "sites", "sites": ["other", "acme"]})
    for website, how in (("acme", digest), ("other", {"sha1": "sha256", "sha256": "sha1"}[digest])):
        out, given = home / f"{website}.sql", {"KEYS": "\n".join(keys), "SALT": SALT}
        export = ("export", "-w", website, "--out", str(out), "--as", "rails-db", "--digest", how, *SECRETS[:2], *SECRETS[4:])
        assert ready(*export, **given).code == 0
        executed(request, words, out.read_text())
    rows = rails.ask("rows.rb", {**order, "do": "all"})
    assert [row.get("error", False) for row in rows] == [row["website"] == "other" for row in rows]  # the digest of another application
    read = {row["provider"]: row for row in rows if row["website"] == "acme"}
    assert {name: row["enabled"] for name, row in read.items()} == {"openai": True, "stripe": False, "zoho": True, "twilio": True}
    assert read["openai"]["credentials"].pop("organization_id") == "org-<&>'\\u2028-EXAMPLE"
    assert read["openai"]["settings"] == {"max_tokens": 8192}
    assert {name: row["credentials"] for name, row in read.items()} == wrote
    saved = [row for row in rails.ask("rows.rb", {**order, "do": "save", "site": "acme"}) if row["website"] == "acme"]
    assert len(saved) == len(wrote)
    assert all(row["credentials"]["saved_again"] == "yes" for row in saved)
    back = ready("migrate", "rails-db", *words, "--root", root, "--unknown-fields", "drop", "--dry-run", "--json")
    told = {(line["website"], line["provider"], line["kind"]) for line in json.loads(back.out)["lines"]}
    assert told == {*(("acme", name, "unchanged") for name in wrote), ("other", "openai", "unchanged")}, back.out


SECTIONS = {
    "anchors": "x: &k anchored-EXAMPLE\ny: &s {key_derivation_salt: salt}\nKEYS:\n  <<: *s\n  primary_key: [*k, 'second EXAMPLE']\n",
    "spaces": "KEYS:\n  primary_key: ' k EXAMPLE '\n  key_derivation_salt: \"\\ts\\n\"\n",
    "blocks": "KEYS:\n  primary_key: |\n    k EXAMPLE\n  key_derivation_salt: >\n    folded\n    salt\n",
    "symbols": ":KEYS:\n  :primary_key: 'é EXAMPLE'\n  :key_derivation_salt: s\n  :deterministic_key: d\n",
    "escapes": 'KEYS:\n  primary_key: "a\\tb\\u00e9\\x41\\n"\n  key_derivation_salt: "\\0zero"\n',
    "binary": "KEYS:\n  primary_key: !binary |\n    a2V5LUVYQU1QTEU=\n  key_derivation_salt: s\n",
    "tags": "KEYS:\n  primary_key: !!str 0123456789\n  key_derivation_salt: !!str 2026-11-27\n",
    "like numbers": "KEYS:\n  primary_key: 67927759e12\n  key_derivation_salt: 0189\n",
    "twice": "KEYS:\n  primary_key: first\n  key_derivation_salt: s\n  primary_key: second-EXAMPLE\n",
    "sections": "KEYS:\n  primary_key: first\n  key_derivation_salt: s\nKEYS:\n  primary_key: other\n  key_derivation_salt: t\n",
    "documents": "KEYS:\n  primary_key: first\n  key_derivation_salt: s\n---\nKEYS:\n  primary_key: other\n  key_derivation_salt: t\n",
    "lines": "KEYS:\r\n  primary_key: EXAMPLE\r\n  key_derivation_salt: s\r\n",
}  # how the keys may stand in a credentials file


@pytest.mark.parametrize("name", ["anchors", *(pytest.param(one, marks=pytest.mark.slow) for one in list(SECTIONS)[1:])])
def test_the_keys_of_an_application_are_found_however_they_are_written(ready, config, database, tmp_path, name):
    rails.needed()
    where, words = database("sqlite", "keys")
    root = application(tmp_path / "app", SECTIONS[name].replace("KEYS", "active_record_encryption"))
    order = {
        "database": where,
        "root": root,
        "defaults": "7.1",
        "do": "give",
        "type": "text",
        "given": [{"api_key": f"k-{'x' * 20}-EXAMPLE"}],
    }
    assert [row.get("error") for row in rails.ask("rows.rb", order).values()] == [None]
    assert ready("migrate", "rails-db", *words, "--root", root, "--create-websites", "--yes").code == 0
    assert stored(config, "site-0") == ({"api_key": f"k-{'x' * 20}-EXAMPLE"}, True)


@pytest.mark.parametrize(
    ("kind", "ids", "schema", "login"),
    [
        ("postgres", "uuid", "tenant", "reader"),
        pytest.param("postgres", "bigint", None, "reader", marks=pytest.mark.slow),
        pytest.param("postgres", "uuid", "Schöner Tenant", "app", marks=pytest.mark.slow),
        pytest.param("sqlite", None, None, None, marks=pytest.mark.slow),
    ],
)
def test_an_application_of_other_names_and_ids_in_a_schema_of_its_own(request, ready, config, database, kind, ids, schema, login):
    """All is found without an option, by a login that may only read; the address is the one that Rails has."""
    rails.needed()
    where, words = database(kind, f"named-{ids}-{login}")
    order = {"tables": ["Sites of us", "site_keys"], "ids": ids, "do": "give", "type": "text"}
    path = {"schema_search_path": f'"{schema}"'} if schema else {}
    if kind == "postgres":
        running, name = request.getfixturevalue("running"), where["database"]
        running.sql(name, f'CREATE SCHEMA IF NOT EXISTS "{schema or "public"}"')
        words = ("--dsn", f"{running.dsn(name, login)}&{urlencode({'pool': 5, **path})}")
    settings = {"primary_key": ["one-EXAMPLE", "two-EXAMPLE"], "key_derivation_salt": SALT, "store_key_references": True}
    keys = [f"k-{sign * 20}-EXAMPLE" for sign in "abc"]
    found = rails.ask("rows.rb", {**order, "database": where | path, "encryption": settings, "given": [{"api_key": key} for key in keys]})
    assert [row.get("error") for row in found.values()] == [None] * 3
    if login == "reader":
        used = schema or "public"
        running.sql(name, f'GRANT USAGE ON SCHEMA "{used}" TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA "{used}" TO reader')
    given = {"KEYS": "one-EXAMPLE\ntwo-EXAMPLE", "SALT": SALT}
    ran = ready("migrate", "rails-db", *words, *SECRETS[:2], *SECRETS[4:], "--create-websites", "--yes", **given)
    assert ran.code == 0, ran.err
    for number, key in enumerate(keys):
        assert stored(config, f"site-{number}") == ({"api_key": key}, True)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_column_of_bytes_is_read_even_where_rails_itself_does_not(ready, config, database, kind):
    """Rails before 8.0 does not unescape a bytea column, and calls all of its own rows there unreadable; what it wrote is sound."""
    rails.needed()
    where, words = database(kind, f"bytes-{kind}")
    keys = [f"k-{sign * size}-EXAMPLE" for sign, size in (("a", 20), ("b", 112), ("c", 113), ("d", 180))]
    settings = {"primary_key": "one-EXAMPLE", "key_derivation_salt": SALT}
    order = {"database": where, "type": "binary", "encryption": settings, "as_it_is": True}
    found = rails.ask("rows.rb", {**order, "do": "give", "given": [{"api_key": key} for key in keys]})
    told = {row.get("error") for row in found.values()}
    assert told == {None} or (kind, told) == ("postgres", {"ActiveRecord::Encryption::Errors::Decryption"})
    given = {"KEYS": "one-EXAMPLE", "SALT": SALT}
    assert ready("migrate", "rails-db", *words, *SECRETS[:2], *SECRETS[4:], "--create-websites", "--yes", **given).code == 0
    for number, key in enumerate(keys):
        assert stored(config, f"site-{number}") == ({"api_key": key}, True)
