"""Answers that a reader, a script or a spreadsheet takes at their word."""

import csv
import io
import json
import sqlite3

import pytest
from tests import keys

from integrations_cli import config as configuration
from integrations_cli.store import open_store
from integrations_cli.store.operations import Loose

SK, PK = "sk_test_" + "4eC39HqLyjEXAMPLE", "pk_test_" + "4eC39HqLyjEXAMPLE"
ENV = f"STRIPE_SECRET_KEY={SK}\nSTRIPE_PUBLISHABLE_KEY={PK}\n"


@pytest.fixture
def acme(ready, home):
    (home / "legacy.env").write_text(ENV)
    (home / "legacy.env").chmod(0o600)
    assert ready("migrate", "dotenv", str(home / "legacy.env"), "--yes").code == 0
    return ready


@pytest.mark.parametrize("words", [("show", "stripe"), ("website", "show", "acme"), ("providers", "show", "stripe"), ("store", "status")])
def test_one_thing_in_every_format(acme, words):
    rows = [line.split("\t") for line in acme(*words, "--format", "tsv").out.splitlines()]
    assert list(csv.reader(io.StringIO(acme(*words, "--format", "csv").out))) == [
        [name, value.replace("\\\\", "\\")] for name, value in rows
    ]
    whole, alone = json.loads(acme(*words, "--json").out), json.loads(acme(*words, "--format", "ndjson").out)
    assert whole["item"] == alone and whole["format"].endswith("/1")
    name = rows[0][0]
    assert acme(*words, "--fields", name).out == f"{name}\t{rows[0][1]}\n"
    assert json.loads(acme(*words, "--json", "--fields", name).out)["item"] == {name: alone[name]}
    for form in ("tsv", "json"):
        wrong = acme(*words, "--format", form, "--fields", "nothing")
        assert (wrong.code, wrong.out) == (2, ""), form


def test_a_person_reads_words_and_a_script_names(acme, home):
    words = [line[:20].rstrip() for line in acme("store", "status", "--format", "table").out.splitlines()]
    assert words == ["path", "mode", "schema", "newest schema", "websites", "integrations", "bytes", "made"]
    assert "reencryption_since\t" in acme("store", "status", "--format", "tsv").out
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("UPDATE store SET created_at = ?", ("2026\x1b[31m\u202e",))
    for form in ("table", "tsv", "csv", "json"):
        done = acme("store", "status", "-v", "--format", form)
        assert (done.code, "\x1b" in done.out, "\u202e" in done.out) == (0, False, False), form


def test_each_value_says_where_it_came_from(acme, home):
    def origins(*more, **environ):
        lines = acme("store", "status", "-v", "--format", "tsv", *more, **environ).out.splitlines()
        return {line.partition("\t")[0]: line.partition("\t")[2] for line in lines}

    bare = origins()
    assert [bare[name] for name in ("place from", "website", "website from", "key from", "plain from", "debug from")] == [
        "the system",
        "",
        "",
        "its slots",
        "",
        "",
    ]
    acme("website", "use", "acme")
    assert (origins()["website"], origins()["website from"]) == ("acme", "website use")
    told = origins("--debug", INTEGRATIONS_WEBSITE="beta", INTEGRATIONS_KEY_FILE="/nowhere", INTEGRATIONS_PLAIN="1")
    assert (told["website"], told["website from"], told["key from"]) == ("beta", "INTEGRATIONS_WEBSITE", "INTEGRATIONS_KEY_FILE")
    assert (told["plain from"], told["debug from"]) == ("INTEGRATIONS_PLAIN", "--debug")
    key = "-".join(["ABCD"] * 14)
    assert (
        key not in acme("store", "status", "-v", INTEGRATIONS_KEY=key).out
        and origins(INTEGRATIONS_KEY=key)["key from"] == "INTEGRATIONS_KEY"
    )


def test_the_environment_may_ask_for_the_place_of_an_error(acme):
    for environ, there in (({}, False), ({"INTEGRATIONS_DEBUG": "0"}, False), ({"INTEGRATIONS_DEBUG": "1"}, True)):
        assert (
            "which.py" in acme("list", "-w", "nope", **environ).err or "permitted.py" in acme("list", "-w", "nope", **environ).err
        ) is there


def test_nobody_is_called_as_all_are(acme, home):
    """Nor in a store from before that name was taken: what `--fan-out all` means there is not guessed."""
    for words in (("website", "add", "all"), ("website", "rename", "acme", "all", "--yes"), ("website", "add", "store")):
        assert acme(*words).code == 2, words
    (home / "rows.jsonl").write_text(
        json.dumps({"website": "all", "provider": "stripe", "credentials": {"secret_key": "sk_test_" + "0" * 16 + "EXAMPLE"}})
    )
    done = acme("migrate", "file", str(home / "rows.jsonl"), "--create-websites", "--dry-run")
    assert (done.code, "a website cannot be called so" in done.out + done.err) == (11, True), done
    with open_store(configuration.load({"HOME": str(home)})) as store, store.writing() as here:
        here.websites.add("almost")
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("UPDATE website SET slug = 'all' WHERE slug = 'almost'")
    done = acme("migrate", "dotenv", str(home / "legacy.env"), "--fan-out", "all", "--dry-run")
    assert (done.code, "integrations website rename all NEW" in done.err) == (2, True), done


def test_what_is_so_already_is_not_written_again(acme):
    """A plain setting, one that decides where credentials are sent, what was never set, and by `add`; one that changes is written."""
    secrets = ("--secret-env", "client_id=K", "--secret-env", "client_secret=K")
    assert acme("add", "paypal", "--no-test", *secrets, "environment=sandbox", K="A" + "EXAMPLE" * 12).code == 0
    assert acme("add", "anthropic", "--no-test", "--secret-env", "api_key=K", "max_tokens=512", K=keys.ANTHROPIC).code == 0
    before = acme("audit", "list").out
    for provider, *words in (
        ("anthropic", "set", "max_tokens=512"),
        ("anthropic", "set", "--unset", "default_model"),
        ("paypal", "set", "environment=sandbox"),
        ("paypal", "set", "environment=sandbox", "--no-test"),
        ("paypal", "add", "environment=sandbox", "--on-conflict", "update"),
    ):
        done = acme(words[0], provider, *words[1:])
        assert (done.code, done.err.splitlines()[-1]) == (0, f"✓ {provider} of acme is unchanged"), words
    assert acme("audit", "list").out == before
    assert acme("set", "anthropic", "max_tokens=513").err.splitlines()[-1] == "✓ anthropic of acme is saved"
    assert acme("audit", "list").out.count("settings.changed") == 1


def test_revealed_values_have_one_form(acme):
    for more in (("--json",), ("--format", "csv"), ("--fields", "name")):
        done = acme("env", "stripe", "--reveal", *more)
        assert done.code == 2 and SK not in done.out + done.err, done
    assert "credential.revealed" not in acme("history", "stripe").out


def test_a_saved_plan_and_its_report_say_what_they_are_about(acme, home):
    plan, report = str(home / "plan.json"), home / "report.json"
    assert acme("migrate", "dotenv", str(home / "legacy.env"), "--plan-out", plan).code == 0
    done = acme("migrate", "apply", plan, "--yes", "--report", str(report))
    assert "Source   legacy.env · 2 names used\n" in done.err, done.err
    told = json.loads(report.read_text())
    assert (told["summary"]["unchanged"], told["summary"]["not_reached"], told["lines"][0]["result"]) == (1, 0, "unchanged")


def test_one_good_line_is_one(acme, home):
    (home / "legacy.env").write_text(ENV + "no assignment\nHUBSPOT_API_KEY=" + "pat-na1-" + "01234567-0123-0123-0123-01234EXAMPLE\n")
    assert "or write the 1 good line with" in acme("migrate", "dotenv", str(home / "legacy.env"), "--dry-run").err


def test_a_slot_with_a_new_key_was_not_renamed_to_nothing(acme):
    assert acme("key", "rotate", "1", "--yes").code == 0
    line = next(line for line in acme("audit", "list", "-A").out.splitlines() if "key.slot_rotated" in line)
    assert "None" not in line, line


def test_a_backup_that_is_not_there_is_not_found(acme, home):
    for more in ((), ("--drill",)):
        assert acme("store", "restore", str(home / "nothing.bak"), *more).code == 3


def test_where_there_is_no_keyring_nothing_is_left_to_be_mended(acme, monkeypatch):
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    done = acme("key", "slot", "add", "keyring")
    assert (done.code, "no D-Bus session" in done.err, "could not be destroyed" in done.err) == (6, True, False), done.err
    assert "loose_slot_key" not in acme("doctor").out


def test_what_the_doctor_offers_for_an_old_slot_key_mends_it(acme, config):
    ident = b"\1" * 16
    with open_store(config) as store, store.writing() as here:
        here.session.add(Loose(ident, "file", f"{ident.hex()}.key").row("made", store.clock(), here.audit.log.signer))
    row = next(line for line in acme("doctor").out.splitlines() if "loose_slot_key" in line)
    assert acme(*row.split("\t")[3].split(" ")[1:]).code == 0
    assert "loose_slot_key" not in acme("doctor").out


def test_the_chains_of_the_log_as_data(acme):
    lines = acme("audit", "verify", "--format", "tsv").out.splitlines()
    assert lines[0] == "chain\tentries\tok\tbroken\tproblem\tanchor"
    assert [line.split("\t")[::2] for line in lines[1:]] == [["acme", "true", ""], ["store", "true", ""]], lines
    assert acme("audit", "verify", "--fields", "chain", "--no-header").out == "acme\nstore\n"
    assert [json.loads(line)["chain"] for line in acme("audit", "verify", "--format", "ndjson").out.splitlines()] == ["acme", "store"]


def test_an_option_that_is_missing_is_named_as_it_is_typed(acme):
    assert "error: missing: --table NAME" in acme("migrate", "column").err
    assert "error: missing: PROVIDER" in acme("show").err
