"""`migrate rails-db` through the command: every row of the vectors on a real PostgreSQL server and on SQLite, read by a login with
SELECT only; what is refused is named, what is written is exact, and the source stays as it was."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from tests.postgres import server
from tests.sources.rails import vectors

from integrations_cli import registry
from integrations_cli.errors import NotFound
from integrations_cli.store import open_store

EXPECTED = vectors.expected()["deployments"]
REFUSED = {
    "authentication_failed", "no_key_for_reference", "bad_tag_length", "bad_base64", "bad_envelope", "inflate_failed", "inflate_too_big",
    "not_text", "not_json", "not_encrypted", "unknown_encoding",
}  # fmt: skip


@pytest.fixture(scope="session")
def postgres():
    with server() as running:
        yield running


def folder_of(name):
    vectors.needed()
    return vectors.FOLDER / Path(EXPECTED[name]["dir"]).name


@pytest.fixture
def database(request, tmp_path):
    """The options that name a deployment's database, loaded into a server or copied."""

    def there(name):
        folder = folder_of(name)
        if (folder / "db.sql").exists():
            running = request.getfixturevalue("postgres")
            if name not in running.sql("postgres", "SELECT datname FROM pg_database").split():
                running.load(name, folder / "db.sql")
            return ("--dsn", running.dsn(name, "reader"))
        return ("--db", str(shutil.copy(folder / "db.sqlite3", tmp_path / "legacy.sqlite3")))

    return there


def migrated(run, *words, **more):
    return run("migrate", "rails-db", *words, **more)


def shown(ran):
    assert "Traceback" not in ran.err, ran.err
    return json.loads(ran.out)


def by_row(data):
    """Row id → the lines and ignored places that name it; `table:7 field` and `table:7` both do."""
    found = {}
    places = [(one["from"], line) for line in data["lines"] for one in line["fields"] if one["from"]]
    places += [(one["from"], {"kind": "ignored", "reason": one["reason"]}) for one in data["ignored"]]
    for place, line in places:
        table, _, rest = place.partition(":")
        if table == "pwb_website_integrations":
            found.setdefault(int(rest.partition(" ")[0]), []).append(line)
    return found


def definition(name):
    try:
        return registry.get(name)
    except NotFound:
        return None


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_row_gives_what_rails_gave(ready, database, name):
    deployment = EXPECTED[name]
    ran = migrated(
        ready, *database(name), "--root", str(folder_of(name)), "--create-websites", "--no-legacy-columns", "--dry-run", "--json"
    )
    assert ran.code == 11
    data = shown(ran)
    lines = by_row(data)
    for row in deployment["rows"]:
        found = lines[row["id"]]
        told = {(line["kind"], line["reason"]) for line in found}
        note = f"{name}/{row['id']} {row['note']}: {told}"
        if row["expect"] in {"ok", "null"}:
            assert not any(kind == "unreadable" for kind, _ in told), note
        else:
            assert {kind for kind, _ in told} == {"unreadable"}, note
            assert {reason for _, reason in told} <= REFUSED, note
            assert row["expect"] != "plain" or ("unreadable", "not_encrypted") in told, note
    for value in secrets_of(deployment):
        assert value not in ran.out + ran.err


def secrets_of(deployment):
    for row in deployment["rows"]:
        if isinstance(row.get("credentials"), dict):
            known = definition(row["provider"])
            for field, value in row["credentials"].items():
                if isinstance(value, str) and len(value) >= 16 and known and all(one.name != field for one in known.settings):
                    yield value
    for website in deployment["websites"]:
        if len((website["maps_api_key"] or "").strip()) > 10:
            yield website["maps_api_key"].strip()
    section = deployment["production_credentials"]["parsed"]["active_record_encryption"]
    yield section["key_derivation_salt"]


def find(here, website, known):
    """The stored row, or None; a website without a good row was not made."""
    try:
        return here.integrations.find(website, known.name) if known else None
    except NotFound:
        return None


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_written_is_what_rails_decrypted(ready, config, database, name):
    deployment = EXPECTED[name]
    words = ("--root", str(folder_of(name)), "--create-websites", "--unknown-fields", "drop", "--no-legacy-columns")
    ran = migrated(ready, *database(name), *words, "--continue-on-error", "--yes", "--json")
    assert ran.code == 12, ran.err
    owners = {one["id"]: one["subdomain"] for one in deployment["websites"]}
    compared = 0
    with open_store(config) as store, store.reading() as here:
        for row in deployment["rows"]:
            known = definition(row["provider"])
            stored = find(here, owners[row["website_id"]], known)
            if row["expect"] != "ok":
                continue
            given = row.get("credentials")
            if isinstance(given, str) and given:
                given = json.loads(given)
            if stored is None or not isinstance(given, dict):
                continue
            values = {name: value.reveal() for name, value in here.integrations.reveal(stored).items()}
            for field, value in given.items():
                if known.is_credential(field) and isinstance(value, str):
                    assert values[field] == value, f"{name}/{row['id']} {field}"
                    compared += 1
            assert bool(stored.enabled) == bool(row["enabled"]), row["id"]
        refused = [row for row in deployment["rows"] if row["expect"] not in {"ok", "null"} and row["expect"] != "plain"]
        for row in refused:
            same = [one for one in deployment["rows"] if (one["website_id"], one["provider"]) == (row["website_id"], row["provider"])]
            assert len(same) > 1 or find(here, owners[row["website_id"]], definition(row["provider"])) is None
    assert compared >= 3

    again = shown(migrated(ready, *database(name), *words, "--dry-run", "--json"))
    assert again["summary"]["create"] == again["summary"]["change"] == 0
    written = [line for line in shown(ran)["lines"] if line["result"] == "written" and line["provider"]]
    assert again["summary"]["unchanged"] == len(written)


def test_the_long_rows_are_read_whole(database):
    from integrations_cli.masking import Secret
    from integrations_cli.sources.rails import envelope
    from integrations_cli.sources.rails.keyring import Keyring

    vectors.needed()
    option, dsn = database("a")
    assert option == "--dsn"
    import psycopg

    section = EXPECTED["a"]["production_credentials"]["parsed"]["active_record_encryption"]
    keyring = Keyring.derive([Secret(section["primary_key"])], Secret(section["key_derivation_salt"]))
    with psycopg.connect(dsn) as connection:
        columns = dict(connection.execute("SELECT id, credentials FROM pwb_website_integrations").fetchall())
    for row in EXPECTED["a"]["rows"]:
        if "inner_sha256" in row:
            text = envelope.read(columns[row["id"]], keyring).text.encode()
            assert (len(text), hashlib.sha256(text).hexdigest()) == (row["inner_bytes"], row["inner_sha256"])


def test_rows_that_were_never_encrypted_only_on_request(ready, database):
    words = (*database("d"), "--root", str(folder_of("d")), "--create-websites", "--no-legacy-columns", "--dry-run", "--json")
    lines = by_row(shown(migrated(ready, *words, "--allow-unencrypted-rows", "--unknown-fields", "drop")))
    for row in EXPECTED["d"]["rows"]:
        kinds = {line["kind"] for line in lines[row["id"]]}
        if row["expect"] == "plain":
            assert "unreadable" not in kinds, row
        elif row["expect"].startswith("plain_") or row["expect"] == "error":
            assert kinds == {"unreadable"}, row
    notes = [line["notes"] for line in lines[10]]
    assert any("was_not_encrypted" in note for note in notes)


def test_the_plan_of_deployment_a_with_the_columns(ready, database):
    ran = migrated(ready, *database("a"), "--root", str(folder_of("a")), "--create-websites", "--dry-run", "--json", "--show-ignored")
    data = shown(ran)
    maps = {line["website"].removeprefix("labo-site"): line for line in data["lines"] if line["provider"] == "google_maps"}
    assert {number: line["kind"] for number, line in maps.items()} == {
        **dict.fromkeys(["1", "8", "9", "12", "13", "17", "21", "34"], "create"),
        "55": "invalid",
    }
    assert "same_value_as labo-site1" in maps["12"]["notes"]
    assert "trimmed" in maps["8"]["notes"]
    assert "trimmed" in maps["9"]["notes"]
    assert "row_wins" in maps["17"]["notes"]
    assert maps["17"]["fields"][0]["from"] == "pwb_website_integrations:17 api_key"
    assert {one["name"]: one.get("value") for one in maps["21"]["fields"]}["enabled"] is False
    assert maps["21"]["fields"][0]["from"] == "pwb_websites:21 maps_api_key"
    rows = by_row(data)
    reasons = {number: {line["reason"] for line in found} for number, found in rows.items()}
    for number in (8, 11, 13, 34):
        assert reasons[number] == {"unknown_field"}, number
    for number in (15, 20):
        assert reasons[number] == {"other_direction"}
    assert reasons[30] == {"not_an_object"}
    assert reasons[41] == {"too_large"}
    assert "double_encoded" in rows[29][0]["notes"]
    assert {line["kind"] for line in rows[14]} == {line["kind"] for line in rows[31]} == {"incomplete"}
    organization = next(one for line in rows[2] for one in line["fields"] if one["name"] == "organization_id")
    assert not organization["secret"]


def test_the_key_of_another_row_is_not_tried(ready, database):
    """Row 15 of deployment b names one key and is sealed with another: it stays unreadable, as in Rails."""
    data = shown(migrated(ready, *database("b"), "--root", str(folder_of("b")), "--create-websites", "--dry-run", "--json"))
    assert {line["reason"] for line in by_row(data)[15]} == {"authentication_failed"}


def test_keys_may_be_given_without_the_credentials_file(ready, database, home):
    vectors.needed()
    section = EXPECTED["b"]["production_credentials"]["parsed"]["active_record_encryption"]
    (home / "primary").write_text("\n".join(section["primary_key"]) + "\n")
    words = ("--create-websites", "--no-legacy-columns", "--dry-run", "--json")
    given = ("--secret-file", f"primary_key={home}/primary", "--secret-env", "key_derivation_salt=SALT")
    data = shown(migrated(ready, *database("b"), *given, *words, SALT=section["key_derivation_salt"]))
    wanted = sum(row["expect"] == "error" for row in EXPECTED["b"]["rows"])
    assert data["summary"]["unreadable"] == wanted
    assert migrated(ready, *database("b"), *given[:2], *words).code == 2
    assert "no_keys_were_given" in shown(migrated(ready, *database("b"), *words))["notes"]


def test_another_environment_s_keys_give_one_hint(ready, database, home):
    words = ("--secret-env", "primary_key=ONE", "--secret-env", "key_derivation_salt=TWO", "--create-websites", "--dry-run", "--json")
    data = shown(migrated(ready, *database("c"), *words, ONE="x" * 32, TWO="y" * 32))
    assert data["notes"] == ["no_row_opens_with_these_keys"]


def test_the_statement_log_holds_nothing_but_reading(ready, database, postgres):
    database("a")
    before = len(postgres.log())
    migrated(
        ready, "--dsn", postgres.dsn("a", "reader"), "--root", str(folder_of("a")), "--create-websites", "--continue-on-error", "--yes"
    )
    said = [
        line.split(": ", 2)[2]
        for line in postgres.log()[before:].splitlines()
        if " LOG: " in line and ("statement:" in line or "execute" in line)
    ]
    verbs = {text.partition(": ")[2].split()[0].upper() if text.startswith("execute") else text.split()[0].upper() for text in said}
    assert verbs
    assert verbs <= {"SELECT", "SET", "BEGIN", "COMMIT", "ROLLBACK"}


@pytest.mark.parametrize("name", [name for name in ("c", "d") if name in EXPECTED])
def test_an_sqlite_file_and_what_lies_beside_it_stay_as_they_are(ready, database, name, tmp_path):
    path = Path(database(name)[1])
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("legacy")))
    migrated(ready, "--db", str(path), "--root", str(folder_of(name)), "--create-websites", "--continue-on-error", "--yes")
    assert before == (
        path.read_bytes(),
        path.stat().st_mtime_ns,
        sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("legacy")),
    )
