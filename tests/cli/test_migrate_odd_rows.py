"""`migrate rails-db` on rows as they should not be: each is told by itself, none stops the others, and no value is shown."""

import json
import os

from tests.sources.rails import legacy
from tests.sources.rails.legacy import GIVEN, KEYS, MAPS

KEY = "sk-0123456789abcdefghijEXAMPLE"
ROWS = {  # what a row holds → provider, kind, reason
    ("ai", "openai", legacy.sealed('{"api_key":"\\ud800abcEXAMPLE0123456789"}')): ("openai", "invalid", "bad_value"),
    ("ai", "anthropic", legacy.sealed('{"api_key":NaN}')): ("anthropic", "unreadable", "not_json"),
    ("ai", "mistral", legacy.sealed(f'{{"api_key":"a","api_key":"{KEY}"}}')): ("mistral", "create", None),  # Rails takes the last, too
    ("ai", "deepseek", legacy.sealed(f'{{"\\ud800":"v","api_key":"{KEY}"}}')): ("deepseek", "invalid", "unknown_field"),
    ("ai", "openrouter", legacy.sealed("{" * 2000)): ("openrouter", "unreadable", "not_json"),
    ("ai", "google_ai", legacy.sealed({"api_key": {"a": [KEY]}})): ("google_ai", "invalid", "bad_type"),
    (None, "brevo", legacy.sealed({"api_key": KEY})): ("brevo", "create", None),
    ("crm", "hubspot", legacy.sealed({"api\x1b[31m_key": KEY, KEY: "x", f"{KEY} x": "y", "": "z"})): ("hubspot", "invalid", "unknown_field"),
    ("payment", "stripe", b"\xcc\x80\x82\xa1p\xc4\x02ab"): ("stripe", "unreadable", "bad_envelope"),
    ("payment", "paypal", 12345): ("paypal", "unreadable", "not_encrypted"),
    ("storage", "aws_s3", legacy.sealed('\ufeff{"access_key_id":"x"}')): ("aws_s3", "unreadable", "not_json"),
    ("storage", "cloudflare_r2", legacy.sealed('{"account_id":"x"} x')): ("cloudflare_r2", "unreadable", "not_json"),
    ("storage", "backblaze_b2", legacy.sealed("")): ("backblaze_b2", "incomplete", "missing_field"),
    ("comm", "vonage", legacy.sealed('{"api_key":' + "9" * 5000 + "}")): ("vonage", "unreadable", "not_json"),
    ("comm", "slack", legacy.sealed('{"bot_token":true}')): ("slack", "invalid", "bad_type"),
    ("crm", KEY, legacy.sealed({"api_key": KEY})): ("…", "invalid", "unknown_provider"),
    ("crm", b"\xff\xfe", legacy.sealed({"api_key": KEY})): ("", "unreadable", "not_text"),
}  # fmt: skip


def test_each_odd_row_is_told_by_itself(ready, home):
    rows = [(1, *row) for row in ROWS] + [(1, "crm", None, None)]
    websites = ({"id": 1, "subdomain": "acme"}, {"id": 2, "subdomain": KEY, "maps_api_key": MAPS.format(2)})
    path = legacy.database(home / "db", rows=rows, websites=websites)
    words = ("migrate", "rails-db", "--db", path, *GIVEN, "--show-ignored")
    told = ready(*words, "--dry-run", "--json", **KEYS)
    lines = json.loads(told.out)["lines"]
    found = {(line["provider"], line["kind"], line["reason"]) for line in lines if line["website"] == "acme"}
    assert found == {*ROWS.values(), ("", "invalid", "missing_field")}
    assert [line["reason"] for line in lines if line["website"] == "…"] == ["unknown_website"]
    done = ready(*words, "--yes", "--continue-on-error", "--create-websites", **KEYS)
    assert done.code == 12, done.err
    assert "2 written" in done.err + done.out
    for ran in (told, done):
        assert KEY not in ran.out + ran.err
        assert "\x1b" not in ran.out + ran.err


def test_the_column_that_is_wrong_is_named_and_blanks_of_a_fixed_width_say_nothing(ready, home):
    """`char(20)` fills up; settings may be broken where credentials are not; switches are words, too."""
    good = legacy.sealed({"api_key": KEY})
    rows: list = [(1, "ai", "openai", good, "[]", 1), (1, "ai", "mistral", good, "x: y", 1), (1, "ai", "deepseek", "{}", "{}", 1)]
    rows += [(1, "ai ", "Groq   ", good, "{}", "off"), (1, "crm ", "zoho_crm2 ", good, "{}", 1), (1, "other", "   ", good, "{}", 1)]
    path = legacy.database(home / "db", rows=rows)
    (home / "map.toml").write_text('version = 1\n[providers]\n"crm/zoho_crm2" = "ignore"\n')
    ran = ready("migrate", "rails-db", "--db", path, *GIVEN, "--dry-run", "--json", "--mapping", str(home / "map.toml"), **KEYS)
    lines = {line["provider"]: line for line in json.loads(ran.out)["lines"]}
    told = {provider: (line["kind"], line["reason"], line["fields"][0]["name"]) for provider, line in lines.items() if line["fields"]}
    assert told == {
        "openai": ("invalid", "not_an_object", "settings"),
        "mistral": ("unreadable", "not_json", "settings"),
        "deepseek": ("unreadable", "not_encrypted", "credentials"),
        "groq": ("create", None, "api_key"),
        "": ("invalid", "missing_field", ""),
    }
    assert (lines["groq"]["enabled"], "enabled_is_null" in lines["groq"]["notes"]) == (False, False)


def test_a_website_that_cannot_be_called_so_is_a_line_and_not_the_end(ready, home):
    names = ["beta", "Bad Slug!", "x_y", "www.villas.example", "ünï", "-", "a" * 70]
    websites = [{"id": at, "subdomain": name, "maps_api_key": MAPS.format(at)} for at, name in enumerate(names, 1)]
    path = legacy.database(home / "db", websites=websites)
    ran = ready("migrate", "rails-db", "--db", path, "--create-websites", "--continue-on-error", "--yes", "--json")
    assert ran.code == 12, ran.err
    lines = json.loads(ran.out)["lines"]
    assert {line["website"] for line in lines if line["result"] == "written"} == {"beta"}
    assert {line["reason"] for line in lines if line["result"] == "failed"} == {"unknown_website"}


def test_half_characters_of_json_reach_no_screen(ready, home):
    rows = [
        '{"website":"acme\\ud800","provider":"openai","credentials":{"api_key":"\\udfff"}}',
        '{"website":"acme","provider":"open\\ud800ai","credentials":{"api_key":"x"}}',
        '{"website":"acme","provider":"openai","credentials":{"api_key":"\\ud800","a\\udc00":"y"},"settings":{"organization_id":"\\ud800"}}',
    ]
    (home / "k.jsonl").write_text("\n".join(rows))
    (home / "k.json").write_text('{"OPENAI_API_KEY":"\\ud800","a\\ud800_API_KEY":"x"}')
    for name in ("k.jsonl", "k.json"):
        for more in (("--json",), (), ("--show-ignored",), ("--plan-out", str(home / f"{name}.plan"))):
            ran = ready(
                "migrate",
                "file",
                str(home / name),
                "-w",
                "acme",
                "--create-websites",
                *more,
                *([] if "plan" in str(more) else ["--dry-run"]),
            )
            assert ran.code == 11, ran.err
            assert "Traceback" not in ran.err
    ran = ready("migrate", "file", str(home / "k.jsonl"), "--create-websites", "--continue-on-error", "--yes", "--report", str(home / "r"))
    assert ran.code in {11, 12}, ran.err


def test_a_file_whose_name_is_no_text_is_read_planned_and_applied(ready, home):
    name = os.fsdecode(os.fsencode(str(home)) + b"/\xff\x1b[31m.env")
    with open(name, "w") as file:
        file.write(f"OPENAI_API_KEY={KEY}\n")
    plan = str(home / "plan")
    assert ready("migrate", "dotenv", name, "-w", "acme", "--plan-out", plan).code == 10
    ran = ready("migrate", "apply", plan, "--yes")
    assert (ran.code, "1 written" in ran.err + ran.out) == (0, True)
    assert "\x1b" not in ran.err + ran.out
