"""What a refusal offers to type next, and what a line counts: read with fresh eyes."""

import json
import subprocess

import pytest

from integrations_cli import registry
from integrations_cli.errors import NotFound


def test_a_key_on_the_command_line_of_add_leads_back_to_add(ready):
    done = ready("add", "mapbox", "access_token=abc", "-w", "acme")
    assert (done.code, "then integrations add mapbox -w acme" in done.err, "rotate" in done.err) == (2, True, False), done.err


def test_a_list_that_was_narrowed_to_nothing_offers_the_whole_one(ready):
    assert "next: integrations add -w acme" in ready("list", "-w", "acme").err
    for words in (("--status", "error"), ("--category", "maps"), ("--expiring", "14d")):
        done = ready("list", "-w", "acme", *words)
        assert done.err.endswith("next: integrations list -w acme\n"), done.err


def test_a_name_that_is_only_a_little_alike_is_not_offered():
    with pytest.raises(NotFound) as nothing:
        registry.get("nope")
    assert nothing.value.why is None
    with pytest.raises(NotFound) as close:
        registry.get("hubsopt")
    assert close.value.why == "the closest name is hubspot"


def test_exec_without_a_command_offers_what_was_typed(ready):
    assert "try: integrations exec mapbox -w acme -- COMMAND" in ready("exec", "mapbox", "-w", "acme").err


def test_an_export_and_a_backup_that_are_there_say_what_to_type(ready, home):
    for words in (("store", "backup"), ("export", "-w", "acme", "--without-credentials", "--out")):
        assert ready(*words, str(home / "taken")).code == 0
        done = ready(*words, str(home / "taken"))
        assert done.code == 4 and "try: integrations " + words[0] in done.err, done.err
        (home / "taken").unlink()


def test_the_log_as_csv_is_not_offered_under_another_name(ready):
    assert "--to audit.csv" in ready("audit", "export", "-A", "--format", "csv").err


def test_the_head_of_a_plan_names_the_website_that_is_written_to(ready, home):
    ready("website", "add", "beta")
    row = {"website": "beta", "provider": "mapbox", "credentials": {"access_token": "pk." + "x" * 30 + "EXAMPLE"}, "settings": {}}
    (home / "keys.jsonl").write_text(json.dumps(row) + "\n")
    done = ready("import", str(home / "keys.jsonl"), "-w", "acme", "--dry-run")
    assert "Website  beta (from the source)" in done.err, done.err
    assert "Source   keys.jsonl · 1 of 1 names used" in done.err
    asked = ready("import", str(home / "keys.jsonl"), "-w", "acme")
    assert (asked.code, "error: 1 change is planned, and nobody can be asked" in asked.err) == (2, True), asked.err


def test_a_printed_command_can_be_pasted_whatever_the_file_is_called(ready, home):
    done = ready("store", "backup", str(home / "my file's.bak"))
    line = done.err.partition("next: ")[2].strip()
    words = subprocess.run(
        ["sh", "-c", f'printf "%s\\n" {line}'], env={"HOME": str(home)}, capture_output=True, text=True, check=True
    ).stdout
    assert words.splitlines() == ["integrations", "store", "restore", "--drill", str(home / "my file's.bak")]


def test_init_again_offers_no_website_that_is_there(ready):
    assert "next:" not in ready("init").err
