"""Answers that a reader, a script or a spreadsheet takes at their word."""

import csv
import io
import json

import pytest

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
