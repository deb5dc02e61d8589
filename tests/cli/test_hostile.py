"""Hostile text in every stored and remote field, in every format: nothing acts on a terminal, nothing crashes."""

import json
import re
import sqlite3

import pyte
import pytest
from tests import keys
from tests.conftest import make_ready, typed
from tests.loopback import answers

from integrations_cli.masking import safe

PAYLOADS = [
    "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "\x1bP+q544e\x1b\\", "\x1b[2J\x1b[H", "\x1b[8m", "\x1b[?1049h", "\x1b[6n",
    "\x1bc", "\x1b(0", "\x9b31m", "\x9d0;t\x9c", "\x90q\x9c", "\x07", "\x08\x08\x08", "\r overwritten", "a\rb", "a\nb", "a\tb", "a\x0bb", "a\x0cb", "\x00", "\x7f", "\x85",
    "\u202eevil", "\u2066x\u2069", "\u200bzero", "\u200dzwj", "\ufeffbom", "\u2028line", "\u2029para", "\U000e0041tag", "\u061cx", "\u00adsoft", "[red]x[/red]", "[/x]",
    "[link=https://evil.example]x[/link]", "=cmd()", "+1", "-1", "@SUM(A1)", ":smile:", "::error::x", "##[error]x", "💥" * 50, "ａｂｃ", "e\u0301" * 40, "x" * 10_000,
    "'; DROP TABLE website; --", "../../etc/passwd", "%s%s%n", "{0}{__class__}", "${HOME}", "`id`", "\ud800",
]  # fmt: skip
COLUMNS = ["website.name", "integration.settings", "integration.account", "integration.provider", "integration.category", "integration.last_used_at", "credential_version.card",
           "credential_version.outcome", "credential_version.created_at"]  # fmt: skip
VIEWS = [
    ("list", "-A"),
    ("list", "-A", "--tree"),
    ("show", "anthropic", "-w", "acme"),
    ("website", "list"),
    ("website", "show", "acme"),
    ("audit", "list", "-A"),
]
FORMATS = ("table", "tsv", "csv", "json", "ndjson")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")


@pytest.fixture
def filled(home, template):
    def make(folder):
        make_ready(folder)
        typed(folder, "add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)

    template("hostile", make, home)
    database = home / ".local/share/integrations/store.db"

    def plant(payload):
        text = payload.encode("utf-8", "surrogatepass")
        with sqlite3.connect(database) as connection:
            for place in COLUMNS:
                table, column = place.split(".")
                value = (
                    json.dumps({"default_model": payload})
                    if column == "settings"
                    else json.dumps({"api_key": {"hint": payload[:4], "fp": payload}})
                    if column == "card"
                    else text
                )
                if place != "integration.provider" or "show" not in payload:
                    connection.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT)", (value,))

    return plant


def harmless(run, view, form):
    if form != "table" and view[-1] in {"--tree"}:
        return
    ran = run(*view, "--format", form, COLUMNS="80")
    assert ran.code in {0, 3}, (view, form, ran.err)  # 3: the provider of that name is no longer there
    assert "unexpected" not in ran.err, (view, form, ran.err)
    assert not CONTROL.search(ran.out + ran.err), (view, form)


@pytest.mark.parametrize("at", range(len(PAYLOADS)))
def test_a_hostile_row_is_harmless_in_every_view(run, filled, at):
    """As a table, and in one of the other formats, which take turns."""
    filled(PAYLOADS[at])
    for number, view in enumerate(VIEWS):
        harmless(run, view, "table")
        harmless(run, view, FORMATS[1:][(at + number) % 4])


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_hostile_row_is_harmless_in_every_view_and_format(run, filled, payload):
    filled(payload)
    for view in VIEWS:
        for form in FORMATS:
            harmless(run, view, form)


TRIAGE = [
    ("due", "-A", "--unused-for", "0s"),
    ("doctor", "-w", "acme"),
    ("doctor", "--deep"),
    ("who-uses",),
    ("who-uses", "--fingerprint", "0" * 8),
]


@pytest.mark.parametrize("at", range(0, len(PAYLOADS), 5))
def test_a_hostile_row_is_harmless_in_a_triage(run, filled, home, at):
    filled(PAYLOADS[at])
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("UPDATE integration SET expires_at = '2020-01-01T00:00:00Z'")
        connection.execute(
            "UPDATE audit_row SET body = replace(body, 'credential', CAST(? AS TEXT))", (PAYLOADS[at].encode("utf-8", "surrogatepass"),)
        )
    for number, view in enumerate(TRIAGE):
        ran = run(*view, "--format", FORMATS[(at + number) % len(FORMATS)], COLUMNS="40", stdin=b"x")
        assert ran.code in {0, 3, 7, 22, 23}, (view, ran.err)
        assert "unexpected" not in ran.err + ran.out, (view, ran.out, ran.err)
        assert not CONTROL.search(ran.out + ran.err), view


def test_what_is_made_safe_does_nothing_to_an_emulated_screen():
    for payload in PAYLOADS:
        screen = pyte.Screen(120, 10)
        stream = pyte.Stream(screen)
        stream.feed("before " + safe(payload, 60) + "\r\nafter")
        assert screen.display[0].startswith("before ")
        assert screen.display[1].startswith("after")
        assert screen.title == ""
        assert screen.cursor.y == 1


@pytest.mark.parametrize("payload", PAYLOADS[:30], ids=range(30))
def test_a_provider_that_answers_with_hostile_text(run, home, template, third_party, payload):
    def make(folder):
        make_ready(folder)
        typed(folder, "add", "hubspot", "--no-test", "--secret-env", "api_key=K", K=keys.GOOD["hubspot"]["api_key"])
        both = ("--secret-env", "secret_key=K", "--secret-env", "publishable_key=P")
        typed(folder, "add", "stripe", "--no-test", *both, K=keys.STRIPE_SECRET, P=keys.STRIPE_PUBLIC)

    template("answering", make, home)
    body = json.dumps(
        {"portalId": payload, "object": "account", "id": payload, "settings": {"dashboard": {"display_name": payload}}}
    ).encode()
    third_party.behave = answers(200, body)
    for provider in ("hubspot", "stripe"):
        for form in ("table", "tsv", "json"):
            ran = run("test", provider, "--format", form)
            assert not CONTROL.search(ran.out + ran.err)
    assert not CONTROL.search(run("show", "stripe", "--format", "table").out)


def test_csv_cells_are_no_formulas(ready):
    for slug, name in (("b", "=cmd()"), ("c", "+1"), ("d", "-1"), ("e", "@x")):
        ready("website", "add", slug, "--name", name)
    out = ready("website", "list", "--format", "csv").out
    assert [line.split(",")[1][:2] for line in out.splitlines()[2:]] == ["'=", "'+", "'-", "'@"]


def test_tsv_escapes_what_would_break_a_row(ready):
    ready("website", "add", "tabs", "--name", "a\tb\nc\\d")
    lines = ready("website", "list", "--no-header").out.splitlines()
    assert lines[1].split("\t")[1] == "a\\tb\\nc\\\\d"


def test_a_hostile_name_on_the_way_in(ready):
    for payload in PAYLOADS:
        if "\x00" in payload or "\ud800" in payload:
            continue
        ran = ready("website", "add", payload)
        assert ran.code in {2, 4, 0}, payload
        assert not CONTROL.search(ran.out + ran.err)
        ran = ready("show", payload, "-w", payload)
        assert ran.code in {2, 3}
        assert not CONTROL.search(ran.out + ran.err)


@pytest.mark.parametrize("words", [("set", "anthropic", "default_model=x\udcff"), ("website", "add", "gamma", "--name", "x\udcff")])
def test_bytes_that_are_no_text_are_refused(ready, words):
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    refused = ready(*words)
    assert (refused.code, "not text" in refused.err) == (2, True)


def test_text_of_others_gives_no_command_to_the_runner_of_github(ready):
    name = "::error::x ##[group] y"
    assert ready("website", "add", "evil", "--name", name, GITHUB_ACTIONS="true").code == 0
    commands = re.compile(r"^\s*::(?!add-mask::)|##\[", re.MULTILINE)
    for words in (
        ("website", "list"),
        ("website", "list", "--fields", "name", "--no-header"),
        ("website", "list", "--format", "csv", "--fields", "name", "--no-header"),
        ("website", "list", "--format", "table"),
        ("website", "show", "evil"),
        ("website", "show", "evil", "--format", "table"),
    ):
        done = ready(*words, GITHUB_ACTIONS="true")
        assert done.code == 0 and "y" in done.out and not commands.search(done.out + done.err), (words, done.out)
        assert words[-1] != "list" or name in ready(*words).out  # nowhere else is it touched
    for more in ({}, {"GITHUB_ACTIONS": "true"}):
        shown = ready("website", "list", "--json", **more).out
        assert not commands.search(shown) and json.loads(shown)["items"][1]["name"] == name


def test_what_the_runner_has_to_hide_is_told_to_it_as_it_is(ready):
    value = "##[::" + "0" * 20 + "EXAMPLE"
    done = ready(
        "add", "plausible", "-w", "acme", "--no-test", "site_id=acme.example", "--secret-env", "api_key=K", K=value, GITHUB_ACTIONS="true"
    )
    assert done.code == 0 and f"::add-mask::{value}\n" in done.err, done.err
