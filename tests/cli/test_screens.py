"""What people see: narrow screens, plain screens, next commands, and options that UX.md promises."""

import json
import os
import re

import pytest
from tests import keys
from tests.conftest import ROOT

from integrations_cli.cli import app
from integrations_cli.cli.view.layout import Column, cells, stacked, table, wrapped
from integrations_cli.errors import system_says


@pytest.fixture
def filled(ready):
    """anthropic, untested; the website beta beside it."""
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    return ready


# ── errors ──


def test_the_reasons_of_the_system_begin_small_everywhere():
    assert system_says(OSError(2, "No such file or directory")) == "no such file or directory"
    assert system_says(OSError(110, "RPC failed")) == "RPC failed"
    assert system_says(OSError()) == "input or output failed"
    own = {path.name for path in (ROOT / "src").rglob("*.py") if "strerror" in path.read_text()}
    assert own == {"errors.py"}


def test_a_file_that_cannot_be_read_is_not_said_to_be_written(ready, home):
    (home / ".config" / "integrations" / "website").mkdir()
    done = ready("website", "use", "acme")
    assert (done.code, "could not read or write ~/.config/integrations/website" in done.err) == (74, True), done.err
    assert "why: is a directory" in done.err and "try: integrations doctor" in done.err


def test_which_website_offers_all_of_them_where_that_can_be(ready):
    ready("website", "add", "beta")
    for words in (("list",), ("usage", "show"), ("due",), ("audit", "list"), ("test", "--all"), ("history", "anthropic")):
        done = ready(*words)
        told = " ".join(["integrations", *words])
        assert (done.code, f"try: {told} -w acme" in done.err, f"{told} -A" in done.err) == (2, True, True), done.err
    assert " -A" not in ready("show", "anthropic").err


def test_a_number_is_asked_for_by_name(filled):
    for value in ("abc", "0", "1.5"):
        done = filled("set", "anthropic", f"max_tokens={value}")
        assert (done.code, done.err.splitlines()) == (
            2,
            [
                "error: max_tokens is not accepted",
                "  why: a whole number from 1 to 9999999",
                "  try: integrations providers show anthropic",
            ],
        )
    assert filled("set", "anthropic", "max_tokens=333").code == 0  # no placeholder


def test_a_locale_of_ascii_gets_ascii_symbols_and_the_same_data(filled):
    shown = {locale: filled("list", "--format", "table", LC_ALL=locale) for locale in ("C", "POSIX", "C.UTF-8")}
    assert not shown["C.UTF-8"].out.isascii()
    assert all(shown[locale].out.isascii() and "untested" in shown[locale].out for locale in ("C", "POSIX"))
    assert filled("disable", "anthropic", LC_ALL="C").err.isascii()
    assert filled("list", "--json", LC_ALL="C").out == filled("list", "--json").out


# ── next ──


def test_an_integration_that_was_not_tested_says_how_to(ready):
    done = ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    assert done.err.endswith("is saved; it was not tested\nnext: integrations test anthropic -w acme\n"), done.err


# ── options ──


def test_what_could_be_added(filled):
    items = json.loads(filled("list", "--available", "--json").out)["items"]
    names = {one["provider"] for one in items}
    assert "anthropic" not in names and "openai" in names
    assert next(one for one in items if one["provider"] == "stripe")["needs"] == ["secret_key", "publishable_key"]
    assert {one["category"] for one in json.loads(filled("list", "--available", "--category", "crm", "--json").out)["items"]} == {"crm"}
    filled("website", "add", "beta")
    everywhere = json.loads(filled("list", "--available", "-A", "--json").out)["items"]
    assert {(one["website"], one["provider"]) for one in everywhere} >= {("beta", "anthropic"), ("acme", "openai")}
    assert len(everywhere) == 2 * len(items) + 1
    refused = filled("list", "--available", "-A", "--status", "error")
    assert (refused.code, "--category" in refused.err) == (2, True)


def test_why_something_was_switched_off_stands_in_the_log(filled):
    assert filled("disable", "anthropic", "--reason", "the bill is not paid").code == 0
    assert "because: the bill is not paid" in filled("history", "anthropic").out
    refused = filled("enable", "anthropic", "--reason", f"it was {keys.ANTHROPIC} before")
    assert (refused.code, keys.ANTHROPIC in refused.err) == (2, False)
    assert json.loads(filled("list", "--json").out)["items"][0]["status"] == "disabled"


def test_the_page_of_a_key_is_opened_in_the_persons_browser(run, home):
    (home / "browser").write_text('#!/bin/sh\necho "$1" > "$HOME/opened"\n')
    (home / "browser").chmod(0o755)
    before = dict(os.environ)
    os.environ |= {"BROWSER": str(home / "browser"), "HOME": str(home)}
    try:
        done = run("providers", "show", "stripe", "--open")
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert (done.code, "opened https://" in done.err, "credentials\tsecret_key,publishable_key" in done.out) == (0, True, True), done.err


# ── screens ──


def test_a_tree_that_was_narrowed_shows_only_what_was_asked_for(filled):
    whole = filled("list", "--tree", "--format", "table").out
    assert "OpenAI" in whole and "[Not configured]" in whole
    assert "Anthropic" not in filled("list", "--tree", "--status", "error", "--format", "table").out
    narrowed = filled("list", "--tree", "--status", "untested", "--format", "table").out
    assert narrowed.splitlines() == ["Integrations of acme", "└── AI Services", "    └── Anthropic  [Not tested]"]


def test_forty_columns_are_enough(filled):
    filled("website", "add", "beta")
    for words in (("list", "-w", "acme"), ("list", "-A"), ("list", "-w", "acme", "--tree"), ("show", "anthropic", "-w", "acme"),
                  ("list", "-w", "acme", "--available"), ("audit", "list", "-w", "acme"), ("website", "list")):  # fmt: skip
        shown = filled(*words, "--format", "table", COLUMNS="40").out
        commands = [line for line in shown.splitlines() if "integrations " in line]  # to be pasted: never broken
        assert [line for line in shown.splitlines() if cells(line) > 40 and line not in commands] == [], words
    page = filled("providers", "show", "zoho", "--format", "table", COLUMNS="40").out
    assert "  client_id\n    Client id, string, required\n" in page
    assert [line for line in page.splitlines() if cells(line) > 40 and "://" not in line] == []
    listed = filled("list", "-w", "acme", "--format", "table", COLUMNS="40").out
    assert listed.splitlines() == ["anthropic         ○ untested", "  key ••••••••LEAA  tested never"]


def test_sentences_of_forty_columns_are_broken_between_words(filled):
    filled("usage", "record", "anthropic", "--count", "12")
    assert "anthropic         12 calls\n" in filled("usage", "show", "--format", "table", COLUMNS="40").out
    filled("website", "rename", "acme", "a-website-with-quite-a-long-name", "--yes")
    shown = filled("website", "show", "--format", "table", COLUMNS="40").out
    assert shown.startswith("a-website-with-quite-a-long-name: acme\n")
    assert [line for line in shown.splitlines() if cells(line) > 40] == []


def test_a_command_at_the_end_of_a_sentence_is_not_broken():
    command = "integrations disable google_analytics -w acme"
    told = f"! this destroys 1 credential of google_analytics of acme; reversible instead: {command}"
    for width in (20, 40, 60, 80, 100):
        lines = wrapped(told, width, 2, links=True)
        assert lines[-1] == f"  {command}" and all(len(line) <= width for line in lines[:-1])
        assert " ".join(map(str.strip, lines)) == told
    assert wrapped(told, 200, 2, links=True) == [told]
    assert wrapped("6 integrations of all websites: 4 untested", 20, 2, links=True) == [
        "6 integrations of",
        "  all websites: 4",
        "  untested",
    ]


def test_a_fingerprint_stays_beside_its_name_on_eighty_columns(filled):
    assert re.search(r" api_key fp [0-9a-f]{8}\n", filled("audit", "list", "--format", "table", COLUMNS="80").out)


def test_a_card_of_forty_columns_breaks_no_mask_and_no_word(filled):
    """Its longest name leaves no room beside it."""
    filled("add", "hubspot", "--no-test", "--secret-env", "api_key=K", K=keys.GOOD["hubspot"]["api_key"])
    shown = filled("show", "hubspot", "--format", "table", COLUMNS="40").out
    assert "│ Access token or service key:         │\n│   ••••••••MPLE  fp " in shown
    assert "│ Last used:                           │\n│   never                              │\n" in shown


def test_a_fingerprint_is_not_torn_from_its_sign_on_a_narrow_card(filled):
    shown = filled("show", "anthropic", "--format", "table", COLUMNS="40").out
    assert re.search(r"│   ••••••••LEAA  fp [0-9a-f]{8}, ", shown), shown
    assert "│ API key:       ••••••••LEAA  fp" in filled("show", "anthropic", "--format", "table", COLUMNS="80").out


def test_what_was_never_used_says_so(filled):
    assert filled("list", "--format", "table", COLUMNS="140").out.splitlines()[2].split()[-4:] == ["never", "never", "–", "–"]


@pytest.mark.parametrize("group", app.GROUPS)
def test_the_page_of_a_group_is_in_the_words_of_the_others(filled, group):
    page = filled(group, "--help").out
    assert page.startswith(f"Usage: integrations {group} COMMAND [ARGUMENTS] [OPTIONS]\n") and "Show this message" not in page
    assert max(map(len, page.splitlines())) <= 80
    for path in app.paths():
        assert path[0] != group or f"\n  {path[1]} " in page
    assert (f"\nAlone: integrations {group} {app.GROUPS[group][0]}\n" in page) is bool(app.GROUPS[group][0])


def test_an_error_before_the_line_is_understood_is_json_where_json_was_asked_for(filled):
    for words in (("--json",), ("--format", "json"), ("--format=ndjson",)):
        done = filled("list", "--frob", *words)
        assert (done.code, done.out, json.loads(done.err)["error"]["code"]) == (2, "", "usage")


def test_a_plain_screen_draws_no_box(filled):
    for more in ({"INTEGRATIONS_PLAIN": "1"}, {"TERM": "dumb"}):
        shown = filled("show", "anthropic", "--format", "table", **more).out
        assert shown.startswith("Anthropic: Not tested\n") and "API key: ••••••••LEAA" in shown
        assert not set("┌│└─") & set(shown)


def test_who_did_it_stays_on_eighty_columns(filled):
    shown = filled("audit", "list", "--format", "table", COLUMNS="80").out
    assert "WHO" in shown and "DETAIL" in shown
    assert max(map(cells, shown.splitlines())) <= 80


def test_a_text_goes_on_below_before_its_column_goes():
    columns = [Column("a", "A", keep=9), Column("b", "B", keep=5, least=8), Column("c", "C", keep=3)]
    row = [("name", None), ("日本語 and more text", None), ("last", None)]
    lines = ["".join(text for text, _ in line).rstrip() for line in table(columns, [row], 20)]
    assert lines == [" A     B", " " + "─" * 18, " name  日本語 and", "       more text"]
    assert "last" in "".join(text for text, _ in table(columns, [row], 60)[-1])


def test_narrow_rows_name_what_they_show_and_break_between_words():
    columns = [Column("a", "WHO", keep=10), Column("b", "STATE", keep=9), Column("c", "WHY", keep=5), Column("d", "FP", keep=3)]
    rows = [[("maria", None), ("ok", "blue"), ("because of a long story that goes on and on", None), ("3f", None)]]
    lines = ["".join(text for text, _ in line) for line in stacked(columns, rows, 30)]
    assert lines == ["maria             ok", "  why because of a long story", "    that goes on and on"]


def test_wide_characters_are_counted_as_they_are_seen():
    pieces = wrapped("日本語日本語日本語 wide", 10, 2)
    assert all(cells(piece) <= 10 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == "日本語日本語日本語wide"


# ── help ──


def test_every_page_of_help_names_things_as_they_are_typed_and_explains_them(run):
    page = run("rotate", "--help").out
    assert page.startswith("Usage: integrations rotate [OPTIONS] PROVIDER [FIELD]...\n")
    assert page.endswith("-h, --help                   show this page\n")
    for path in app.paths():
        command = app.load(path)
        context = command.make_context(path[-1], [], resilient_parsing=True)
        page = command.get_help(context)
        assert not {"<str>", "list[", "{"} & set(page.replace("\n", " ").split()) and "<list" not in page and "<str" not in page, path
        assert all(getattr(one, "help", None) for one in command.params), path


def test_an_address_stays_whole_so_that_it_can_be_copied():
    address = "https://platform.example.com/settings/organisation/keys"
    lines = wrapped(f"revoke the old key at {address} or wait a day", 40, 2, links=True)
    assert lines == ["revoke the old key at", f"  {address}", "  or wait a day"]
    assert wrapped(f"at {address}", 40, 2, links=True) == [f"at {address}"]
    assert max(map(len, wrapped("x" * 100, 40, 2, links=True))) == 40
