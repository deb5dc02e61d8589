"""`integrations migrate`: many websites, reviewed plans, and what it says in CI."""

import hashlib
import json
import os
import shlex
import sqlite3
import threading

import pytest
from tests import keys

OPENAI, GROQ, BREVO = (keys.GOOD[name]["api_key"] for name in ("openai", "groq", "brevo"))


@pytest.fixture
def go(ready):
    assert ready("website", "add", "globex").code == 0
    return ready


def rows(home, *found, name="key"):
    path = home / name
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    path = path.rename(home / "key.jsonl")
    path.chmod(0o600)
    return str(path)


def row(website, provider, key, **more):
    return {"website": website, "provider": provider, "credentials": {"api_key": key}, **more}


def planned(done):
    return [(line["kind"], line["website"], line["provider"], line["reason"]) for line in json.loads(done.out)["lines"]]


def listed(go):
    return {(one["website"], one["provider"]): one["status"] for one in json.loads(go("list", "-A", "--json").out)["items"]}


@pytest.fixture(autouse=True)
def no_file_stays(home):
    yield
    for path in home.glob("key*"):
        path.unlink()


def test_many_websites_in_one_run(go, home):
    path = rows(home, row("acme", "openai", OPENAI), row("globex", "openai", OPENAI), row("globex", "groq", GROQ, enabled=False))
    done = go("migrate", "file", path, "--dry-run", "--json")
    assert (done.code, planned(done)) == (
        10,
        [("create", "acme", "openai", None), ("create", "globex", "groq", None), ("create", "globex", "openai", None)],
    )
    assert "same_value_as acme" in json.loads(done.out)["lines"][2]["notes"]
    assert go("migrate", "file", path, "--yes").code == 0
    assert listed(go) == {("acme", "openai"): "untested", ("globex", "groq"): "disabled", ("globex", "openai"): "untested"}
    assert go("migrate", "file", path, "--dry-run").code == 0


def test_a_website_that_is_not_there(go, home):
    path = rows(home, row("glomex", "openai", OPENAI))
    done = go("migrate", "file", path, "--dry-run", "--json")
    assert planned(done) == [("invalid", "glomex", "openai", "unknown_website")]
    assert "globex" in json.loads(done.out)["lines"][0]["detail"]
    done = go("migrate", "file", path, "--create-websites", "--dry-run", "--json")
    assert planned(done) == [("create", "glomex", "", None), ("create", "glomex", "openai", None)]
    assert go("migrate", "file", path, "--create-websites", "--yes").code == 0
    assert listed(go) == {("glomex", "openai"): "untested"}


def test_a_row_of_nobody_is_a_line_of_its_own_and_asks_for_no_website(go, home):
    for slug in ("beta", "gamma"):
        go("website", "add", slug)
    path = home / "keys.jsonl"
    path.write_text('{"website": "beta", "provider": "openai", "credentials": {"api_key": "sk-proj-0123456789abcdefEXAMPLE"}}\n[]\n')
    ran = go("migrate", "file", str(path), "--dry-run", "--json")
    assert ran.code == 11, ran.err
    assert [(line["website"], line["kind"]) for line in json.loads(ran.out)["lines"]] == [("", "invalid"), ("beta", "create")]
    assert go("migrate", "file", str(path), "--yes", "--continue-on-error").code == 12
    assert go("show", "openai", "-w", "beta").code == 0


def test_a_broken_line_of_a_long_or_short_file_stops_nothing_that_is_good_if_told_to_go_on(go, home):
    path, cut = home / "keys.jsonl", '{"website": "acme", "provider": "openai", "credentials": {"api_key": "' + OPENAI[:20]
    filler = "".join(json.dumps(row("acme", "groq", GROQ)) + " " * 1000 + "\n" for _ in range(1100))
    for text in (cut + "\n", cut + "\n" + filler + cut + "\n"):
        path.write_text(json.dumps(row("acme", "groq", GROQ)) + "\n" + text + json.dumps(row("globex", "brevo", BREVO)))
        path.chmod(0o600)
        done = go("migrate", "file", str(path), "--dry-run", "--json")
        assert (done.code, OPENAI[:12] in done.out + done.err) == (11, False)
        assert [one["reason"] for one in json.loads(done.out)["lines"] if one["kind"] == "unreadable"] == ["not_json"] * text.count(cut)
    assert go("migrate", "file", str(path), "--yes", "--continue-on-error").code == 12
    assert set(listed(go)) == {("acme", "groq"), ("globex", "brevo")}


def test_nothing_to_do_asks_for_no_website(go, home):
    path = home / "keys.csv"
    path.write_text("website,provider,field,value\n")
    assert (go("migrate", "file", str(path), "--yes").code, go("migrate", "env", "--yes").code) == (0, 0)
    path.write_text("website,provider,field,value\nacme,openai\n")
    done = go("migrate", "file", str(path), "--dry-run", "--json")
    assert (done.code, planned(done)) == (11, [("invalid", "", "", "syntax")])


def test_an_unknown_provider_and_an_unknown_field(go, home):
    path = rows(home, row("acme", "pipedrive", OPENAI), row("acme", "openai", OPENAI, settings={"color": "red"}))
    assert planned(go("migrate", "file", path, "--dry-run", "--json")) == [
        ("invalid", "acme", "pipedrive", "unknown_provider"),
        ("invalid", "acme", "openai", "unknown_field"),
    ]
    done = go("migrate", "file", path, "--unknown-fields", "drop", "--dry-run", "--json")
    assert planned(done)[1] == ("create", "acme", "openai", None)


def test_the_platforms_keys_go_to_one_website_unless_copied_on_purpose(go):
    assert go("migrate", "env", "--dry-run", OPENAI_API_KEY=OPENAI).code == 2  # which website?
    done = go("migrate", "env", "--fan-out", "all", "--dry-run", "--json", OPENAI_API_KEY=OPENAI)
    assert planned(done) == [("create", "acme", "openai", None), ("create", "globex", "openai", None)]
    assert "one key for 2 websites" in go("migrate", "env", "--fan-out", "acme,globex", "--dry-run", OPENAI_API_KEY=OPENAI).err
    assert go("migrate", "env", "--fan-out", "nobody", "--dry-run", OPENAI_API_KEY=OPENAI).code == 3


def test_names_that_begin_with_a_website(go):
    names = {"ACME_OPENAI_API_KEY": OPENAI, "GLOBEX_OPENAI_API_KEY": OPENAI, "GROQ_API_KEY": GROQ}
    done = go("migrate", "env", "-w", "acme", "--by-prefix", "--dry-run", "--json", **names)
    assert planned(done) == [("create", "acme", "groq", None), ("create", "acme", "openai", None), ("create", "globex", "openai", None)]
    done = go("migrate", "env", "-w", "acme", "--dry-run", "--json", **names)
    assert planned(done) == [("create", "acme", "groq", None)]


def test_a_name_known_as_it_stands_is_never_split(go):
    assert go("website", "add", "open").code == 0
    done = go("migrate", "env", "-w", "acme", "--by-prefix", "--dry-run", "--json", OPEN_ROUTER_API_KEY=keys.GOOD["openrouter"]["api_key"])
    assert planned(done) == [("create", "acme", "openrouter", None)]


def test_a_name_that_two_websites_may_mean_is_nobodys(go, home):
    assert go("website", "add", "acme-google").code == 0
    maps = keys.GOOD["google_maps"]["api_key"]
    words = ("migrate", "env", "--by-prefix", "--dry-run", "--json")
    done = go(*words, ACME_GOOGLE_MAPS_API_KEY=maps, ACME_GOOGLE_OPENAI_API_KEY=OPENAI, ACME_GROQ_API_KEY=GROQ)
    assert (done.code, planned(done)) == (
        11,
        [
            ("create", "acme", "groq", None),
            ("conflict", "acme", "google_maps", "ambiguous_name"),
            ("create", "acme-google", "openai", None),
            ("conflict", "acme-google", "google_maps", "ambiguous_name"),
        ],
    )
    line = json.loads(done.out)["lines"][1]
    assert "acme or acme-google" in line["detail"]
    assert "--mapping" in line["detail"]
    rules = home / "map.toml"
    rules.write_text('version = 1\n[[map]]\nname = "ACME_GOOGLE_MAPS_API_KEY"\nto = "google_maps.api_key"\nwebsites = ["acme"]\n')
    assert planned(go(*words, "--mapping", str(rules), ACME_GOOGLE_MAPS_API_KEY=maps)) == [("create", "acme", "google_maps", None)]


def test_a_mapping_that_means_one_name_twice_is_refused(go, home):
    assert go("website", "add", "b-c").code == go("website", "add", "c").code == 0
    rules = home / "map.toml"
    for text in ('name = "A_B_{WEBSITE}"', 'name = "A_B_C"'):
        rules.write_text(f'version = 1\n[[map]]\nname = "A_{{WEBSITE}}"\nto = "openai.api_key"\n[[map]]\n{text}\nto = "groq.api_key"\n')
        done = go("migrate", "env", "--mapping", str(rules), "--dry-run", A_B_C=OPENAI)
        assert (done.code, "A_B_C is meant by two of its rules" in done.err) == (2, True)


def test_a_mapping_file(go, home):
    rules = home / "map.toml"
    rules.write_text(
        'version = 1\n[[map]]\nname = "AI_{WEBSITE}"\nto = "openai.api_key"\n'
        '[[map]]\nname = "MAILER"\nto = "brevo.api_key"\nwebsites = ["acme", "globex"]\n[[map]]\nname = "GROQ_API_KEY"\nignore = "not ours"\n'
    )
    names = {"AI_ACME": OPENAI, "AI_NOBODY": OPENAI, "MAILER": BREVO, "GROQ_API_KEY": GROQ}
    done = go("migrate", "env", "--mapping", str(rules), "--dry-run", "--json", **names)
    assert planned(done) == [("create", "acme", "openai", None), ("create", "acme", "brevo", None), ("create", "globex", "brevo", None)]


# ── how long a key lives ──


def ends(go, provider="openai"):
    (card,) = [one for one in json.loads(go("list", "-A", "--json").out)["items"] if one["provider"] == provider]
    return next(one["expires_at"] for one in card["credentials"] if one["name"] == "api_key")


def test_a_replaced_key_has_the_end_its_source_says(go, home):
    assert go("migrate", "file", rows(home, row("acme", "openai", OPENAI, expires_at="2027-01-31")), "--yes").code == 0
    assert ends(go) == "2027-01-31T23:59:59Z"
    path = rows(home, row("acme", "openai", OPENAI + "NEW", expires_at="2028-02-29"))
    assert go("migrate", "file", path, "--yes", "--on-conflict", "update").code == 0
    assert ends(go) == "2028-02-29T23:59:59Z"
    assert "1 unchanged" in go("migrate", "file", path, "--yes", "--on-conflict", "update").err
    assert go("migrate", "file", rows(home, row("acme", "openai", OPENAI)), "--yes", "--on-conflict", "update").code == 0
    assert ends(go) is None  # the end of another key says nothing about this one


def test_an_end_that_is_not_stored_yet_is_filled_in_and_another_one_replaces_it_only_on_request(go, home):
    assert go("migrate", "file", rows(home, row("acme", "openai", OPENAI)), "--yes").code == 0
    path = rows(home, row("acme", "openai", OPENAI, expires_at="2027-01-31"))
    done = go("migrate", "file", path, "--dry-run", "--json")
    assert planned(done) == [("change", "acme", "openai", None)]
    assert [one["name"] for one in json.loads(done.out)["lines"][0]["fields"] if one["change"] == "add"] == ["expires_at"]
    assert go("migrate", "file", path, "--yes").code == 0
    assert ends(go) == "2027-01-31T23:59:59Z"
    assert planned(go("migrate", "file", path, "--dry-run", "--json")) == [("unchanged", "acme", "openai", None)]
    path = rows(home, row("acme", "openai", OPENAI, expires_at="2029-01-01"))
    assert planned(go("migrate", "file", path, "--dry-run", "--json")) == [("unchanged", "acme", "openai", None)]
    assert go("migrate", "file", path, "--yes", "--on-conflict", "update").code == 0
    assert ends(go) == "2029-01-01T23:59:59Z"


def test_a_field_that_is_filled_in_leaves_the_end_alone(go, home):
    path = rows(home, row("acme", "mailgun", keys.GOOD["mailgun"]["api_key"], expires_at="2027-01-31"))
    assert go("migrate", "file", path, "--yes").code == 0
    path = rows(home, {"website": "acme", "provider": "mailgun", "settings": {"domain": "mg.acme.example"}})
    assert go("migrate", "file", path, "--yes").code == 0
    assert ends(go, "mailgun") == "2027-01-31T23:59:59Z"


# ── reviewed plans ──


def saved(go, home, *more, **names):
    path = home / "plan.json"
    done = go("migrate", "env", "-w", "acme", "--plan-out", str(path), *more, **names)
    return path, done


def test_a_plan_is_saved_reviewed_and_applied(go, home):
    path, done = saved(go, home, OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ)
    assert done.code == 10
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(key in path.read_text() for key in (OPENAI, GROQ))
    assert listed(go) == {}
    assert go("migrate", "apply", str(path), OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ).code == 2  # nobody to ask, no --yes
    assert go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ).code == 0
    assert set(listed(go)) == {("acme", "openai"), ("acme", "groq")}
    again = go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ)
    assert again.code == 0, again.err  # what is stored by now is fine: it was killed, or pressed twice
    assert [one["version"] for one in [json.loads(go("show", "openai", "-w", "acme", "--json").out)["item"]] if "version" in one] in (
        [],
        [1],
    )


def test_a_saved_plan_brings_the_values_of_an_integration_that_is_incomplete(go, home):
    names = {"ZOHO_CLIENT_ID": keys.GOOD["zoho"]["client_id"], "ZOHO_API_DOMAIN": "https://www.zohoapis.eu"}
    names["ZOHO_ACCOUNTS_URL"] = "https://accounts.zoho.eu"
    path, _ = saved(go, home, "--allow-incomplete", **names)
    assert go("migrate", "apply", str(path), "--yes", **names).code == 0
    assert listed(go) == {("acme", "zoho"): "incomplete"}
    assert go("get", "zoho", "api_domain", "-w", "acme").out.strip() == "https://www.zohoapis.eu"
    assert go("get", "zoho", "client_id", "-w", "acme", "--reveal", "--allow-reveal").out.strip() == names["ZOHO_CLIENT_ID"]


@pytest.mark.parametrize("change", ["value", "gone", "new"])
def test_a_line_that_was_unchanged_when_the_plan_was_made_still_has_to_be(go, home, change):
    assert go("add", "openai", "-w", "acme", "--no-test", "--secret-stdin", "api_key", stdin=OPENAI.encode()).code == 0
    names = {"OPENAI_API_KEY": OPENAI, "GROQ_API_KEY": GROQ}
    path, _ = saved(go, home, **names)
    more = {"value": {"OPENAI_API_KEY": OPENAI + "X"}, "gone": {"OPENAI_API_KEY": ""}, "new": {"BREVO_API_KEY": BREVO}}[change]
    done = go("migrate", "apply", str(path), "--yes", **names | more)
    assert (done.code, set(listed(go))) == (4, {("acme", "openai")})
    assert "try: integrations migrate env -w acme --plan-out ~/plan.json" in done.err
    assert go("migrate", "apply", str(path), "--yes", **names).code == 0


@pytest.mark.parametrize("change", ["value", "gone", "new", "store"])
def test_a_saved_plan_that_no_longer_fits_writes_nothing(go, home, change):
    path, _ = saved(go, home, OPENAI_API_KEY=OPENAI)
    names = {"OPENAI_API_KEY": OPENAI}
    if change == "value":
        names["OPENAI_API_KEY"] = OPENAI + "X"
    elif change == "gone":
        names = {}
    elif change == "new":
        names["GROQ_API_KEY"] = GROQ
    else:
        assert go("add", "openai", "-w", "acme", "--no-test", "--secret-stdin", "api_key", stdin=(OPENAI + "Y").encode()).code == 0
    before = listed(go)
    done = go("migrate", "apply", str(path), "--yes", **names)
    assert done.code == 4, done.err
    assert "nothing was written" in done.err
    assert listed(go) == before


CHANGED_SINCE: dict[
    str, list[tuple[str, ...]]
] = {  # what somebody does to the integration, or its website, between the plan and applying it
    "disabled": [("disable", "openai", "-w", "acme")],
    "the same setting": [("set", "openai", "organization_id=org-2", "-w", "acme", "--no-test")],
    "another setting": [("set", "openai", "default_model=gpt-5", "-w", "acme", "--no-test")],
    "removed": [("remove", "openai", "-w", "acme", "--confirm", "openai")],
    "removed and added": [
        ("remove", "openai", "-w", "acme", "--confirm", "openai"),
        ("add", "openai", "-w", "acme", "--no-test", "--secret-env", "api_key=OTHER"),
    ],
    "website renamed": [("website", "rename", "acme", "acme-realty", "--yes")],
    "website removed": [("website", "remove", "acme", "--confirm", "acme")],
    "website replaced": [("website", "remove", "acme", "--confirm", "acme"), ("website", "add", "acme")],
}


@pytest.mark.parametrize("policy", ["fail", "update", "skip"])
@pytest.mark.parametrize("change", CHANGED_SINCE)
def test_whatever_changed_since_the_plan_is_listed_and_nothing_is_written(go, home, change, policy):
    """Of an integration that the plan changes: a setting is filled in, and with `update` the key is replaced."""
    old = OPENAI + "OLD" if policy == "update" else OPENAI
    assert go("add", "openai", "-w", "acme", "--no-test", "--secret-env", "api_key=K", K=old).code == 0
    names = {"OPENAI_API_KEY": OPENAI, "OPENAI_ORG_ID": "org-1", "GROQ_API_KEY": GROQ}
    path, made = saved(go, home, "--on-conflict", policy, **names)
    assert made.code == 10, made.err
    for words in CHANGED_SINCE[change]:
        assert go(*words, OTHER=OPENAI + "THIRD").code == 0, words
    before = go("list", "-A", "--json").out
    done = go("migrate", "apply", str(path), "--yes", **names)
    assert done.code == 4, done.err
    assert "openai of acme: " in done.err
    assert ("groq of acme: " in done.err) == change.startswith("website")
    assert go("list", "-A", "--json").out == before


BROKEN = {
    "a.env": b'OPENAI_API_KEY="open\n',
    "b.env": b"OPENAI_API_KEY=\xff\xfe\n",
    "c.env": "OPENAI_API_KEY=x".encode("utf-16"),
    "a.csv": b'website,provider,api_key\nacme,openai,"open\n',
    "b.csv": b"website,provider,api_key\nacme,openai,\xff\xfe\n",
    "a.json": b'[{"website": "acme",]',
    "b.json": b'[{"website": "\xff"}]',
    "d.json": b"[" * 100_000,
    "a.jsonl": b'{"website": "acme",\n',
    "b.jsonl": b'{"website": "\xff"}\n',
    "c.jsonl": '{"website": "acme"}'.encode("utf-16"),
    "a.yaml": b"a: [\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_as_what_it_is_has_one_exit_code(go, home, name):
    """Of every form, as a whole or a line of it: the plan has errors."""
    (home / name).write_bytes(BROKEN[name])
    kind = "dotenv" if name.endswith(".env") else "file"
    report = home / "report.json"
    for more in (("--dry-run",), ("--yes",)):
        done = go("migrate", kind, str(home / name), "-w", "acme", *more, "--report", str(report))
        assert (done.code, listed(go)) == (11, {}), done.err
        assert json.loads(report.read_text())["exit"] == 11
        report.unlink()
    failed = go("migrate", kind, str(home / name), "-w", "acme", "--yes", "--json")
    counts = json.loads(failed.out)["summary"] if failed.out else {"error": json.loads(failed.err)["error"]["exit"] == 11}
    assert (failed.code, sum(counts.values())) == (11, 1)


def test_a_plan_of_another_store_or_an_edited_one_offers_a_command(go, home):
    """A command of ours, not what an edited plan says."""
    path, _ = saved(go, home, OPENAI_API_KEY=OPENAI)
    data = json.loads(path.read_text())
    for changed, code in (
        ({"store": "00" * 16}, 4),
        ({"created": "2020-01-01T00:00:00Z"}, 7),
        ({"source": {**data["source"], "options": {"website": "x; rm -rf ~"}}}, 7),
    ):
        path.write_text(json.dumps({**data, **changed}))
        done = go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY=OPENAI)
        assert (done.code, done.err.splitlines()[2:]) == (code, ["  try: integrations migrate env --dry-run --plan-out ~/plan.json"])
    for kind, told in (
        ("dotenv", "dotenv FILE --dry-run --plan-out ~/plan.json"),
        ("column", "column --help"),
        ("x; rm", "--help"),
        (3, "--help"),
    ):
        path.write_text(json.dumps({**data, "source": {**data["source"], "kind": kind}}))
        done = go("migrate", "apply", str(path), "--yes")
        assert (done.code, done.err.splitlines()[2:]) == (7, [f"  try: integrations migrate {told}"])
    path.write_text(json.dumps({"format": data["format"], "store": data["store"]}))
    assert go("migrate", "apply", str(path), "--yes").err.splitlines()[2:] == ["  try: integrations migrate --help"]


@pytest.mark.parametrize("more", [("--yes",), ("--dry-run",)])
def test_drift_of_a_plan_is_told_to_the_runner_and_the_next_command_can_be_pasted(go, home, more):
    names = {"OPENAI_API_KEY": OPENAI, "GROQ_API_KEY": GROQ}
    path, made = saved(go, home, "--only", "openai,groq", "--on-conflict", "update", **names)
    assert made.code == 10
    assert go("add", "openai", "-w", "acme", "--no-test", "--secret-env", "api_key=K", K=OPENAI + "Y").code == 0
    page = home / "page.md"
    runner = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    done = go("migrate", "apply", str(path), *more, **names | runner)
    assert done.code == 4
    assert (
        "::error title=migrate stopped%2C exit 4::something changed since the plan was made; nothing was written: openai of acme"
        in done.err
    )
    assert "stopped, exit 4" in page.read_text()
    again = "integrations migrate env --only openai,groq -w acme --on-conflict update --plan-out ~/plan.json"
    assert f"try: {again}" in done.err
    assert go(*shlex.split(again.replace("~", str(home)))[1:], **names).code == 10
    assert go("migrate", "apply", str(path), "--yes", **names).code == 0


def test_a_plan_of_unchanged_lines_is_compared_as_well(go, home):
    assert go("add", "openai", "-w", "acme", "--no-test", "--secret-env", "api_key=K", K=OPENAI).code == 0
    path, made = saved(go, home, OPENAI_API_KEY=OPENAI)
    assert made.code == 0
    assert go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY=OPENAI).code == 0
    assert go("remove", "openai", "-w", "acme", "--confirm", "openai").code == 0
    done = go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY=OPENAI)
    assert (done.code, "openai of acme: changed in the store" in done.err) == (4, True), done.err


def test_secrets_of_the_source_stand_in_the_next_command(go, home):
    database = home / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE shops (id INTEGER PRIMARY KEY, slug TEXT, mail_key TEXT)")
        connection.execute("INSERT INTO shops VALUES (1, 'acme', ?)", (OPENAI,))
    words = ("--table", "shops", "--website-column", "slug", "--column", "mail_key=openai.api_key", "--secret-env", "dsn=URL")
    made = go("migrate", "column", *words, "--plan-out", str(home / "plan.json"), URL=f"sqlite3:{database}")
    again = "integrations migrate apply ~/plan.json --secret-env dsn=URL --yes"
    assert (made.code, f"next: {again}" in made.err) == (10, True), made.err
    assert go(*shlex.split(again.replace("~", str(home)))[1:], URL=f"sqlite3:{database}").code == 0
    database.unlink()


def test_a_missing_website_has_its_next_step(go, home):
    told = "make missing websites with --create-websites"
    assert told in go("migrate", "file", rows(home, row("nowhere", "openai", OPENAI)), "--dry-run").err
    assert told not in go("migrate", "file", rows(home, row("No Slug", "openai", OPENAI)), "--create-websites", "--dry-run").err


@pytest.mark.parametrize("there", [(), ("openai",), ("openai", "groq")])
def test_a_plan_that_makes_a_website_may_be_applied_again(go, home, there):
    """As after a kill: the website is there by now, and perhaps some of its keys."""
    source, plan = rows(home, row("newer", "openai", OPENAI), row("newer", "groq", GROQ)), str(home / "plan.json")
    assert go("migrate", "file", source, "--create-websites", "--plan-out", plan).code == 10
    assert go("website", "add", "newer").code == 0
    for name in there:
        key = {"openai": OPENAI, "groq": GROQ}[name]
        assert go("add", name, "-w", "newer", "--no-test", "--secret-env", "api_key=K", K=key).code == 0
    done = go("migrate", "apply", plan, "--yes")
    assert done.code == 0, done.err
    assert set(listed(go)) == {("newer", "openai"), ("newer", "groq")}
    rows(home, row("newer", "openai", OPENAI), row("newer", "groq", GROQ + "X"))
    done = go("migrate", "apply", plan, "--yes")
    assert (done.code, "groq of newer: " in done.err) == (4, True), done.err


def test_a_website_of_the_plan_that_has_another_key_by_now(go, home):
    source, plan = rows(home, row("newer", "openai", OPENAI)), str(home / "plan.json")
    assert go("migrate", "file", source, "--create-websites", "--plan-out", plan).code == 10
    assert go("website", "add", "newer").code == 0
    assert go("add", "openai", "-w", "newer", "--no-test", "--secret-env", "api_key=K", K=OPENAI + "X").code == 0
    done = go("migrate", "apply", plan, "--yes")
    assert (done.code, "openai of newer: changed in the store" in done.err) == (4, True), done.err


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda text: text.replace('"acme"', '"globex"'), 7),
        (lambda text: text.replace('"on_conflict": "fail"', '"on_conflict": "update"'), 7),
        (lambda text: text.replace("integrations.plan/1", "integrations.plan/9"), 2),
        (lambda text: text[:-20], 2),
        (lambda text: "[]", 2),
    ],
)
def test_an_edited_plan_is_refused(go, home, edit, code):
    path, _ = saved(go, home, OPENAI_API_KEY=OPENAI)
    path.write_text(edit(path.read_text()))
    assert go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY=OPENAI).code == code
    assert listed(go) == {}


def test_the_same_input_gives_the_same_plan(go, home):
    def lines():
        path, _ = saved(go, home, OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ)
        data = json.loads(path.read_text())
        return json.dumps({key: value for key, value in data.items() if key not in {"created", "mac"}})

    assert lines() == lines()


def test_a_plan_with_errors_is_saved_and_says_so(go, home):
    path, done = saved(go, home, OPENAI_API_KEY="op://vault/item/key")
    assert done.code == 11
    assert json.loads(path.read_text())["summary"]["invalid"] == 1
    assert go("migrate", "apply", str(path), "--yes", OPENAI_API_KEY="op://vault/item/key").code == 11


@pytest.mark.parametrize(
    "more", [("--only", "groq"), ("--on-conflict", "update"), ("--continue-on-error",), ("--mapping", "x"), ("--plan-out", "x")]
)
def test_what_was_decided_with_the_plan_is_not_decided_again(go, home, more):
    path, _ = saved(go, home, OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ)
    assert go("migrate", "apply", str(path), "--yes", *more, OPENAI_API_KEY=OPENAI, GROQ_API_KEY=GROQ).code == 2
    assert listed(go) == {}


def test_a_saved_plan_with_errors_says_what_would_be_needed(go, home):
    names = {"OPENAI_API_KEY": "op://vault/item/key", "GROQ_API_KEY": GROQ}
    path, _ = saved(go, home, **names)
    done = go("migrate", "apply", str(path), "--yes", **names)
    assert (done.code, "make it with --continue-on-error" in done.err, listed(go)) == (11, True, {})
    path, _ = saved(go, home, "--continue-on-error", **names)
    assert go("migrate", "apply", str(path), "--yes", **names).code == 12
    assert set(listed(go)) == {("acme", "groq")}


def test_a_plan_goes_through_a_pipe(go):
    done = go("migrate", "env", "-w", "acme", "--plan-out", "-", OPENAI_API_KEY=OPENAI)
    assert (done.code, json.loads(done.out)["summary"]["create"]) == (10, 1)
    assert go("migrate", "apply", "-", "--yes", stdin=done.out.encode(), OPENAI_API_KEY=OPENAI).code == 0
    assert set(listed(go)) == {("acme", "openai")}


def test_nothing_is_written_where_the_report_cannot_be(go, home):
    path, filler = home / "keys.jsonl", " " * 1024 * 1024
    for text in ("", filler):  # a short one, and one that is read in pieces
        path.write_text(json.dumps(row("acme", "openai", OPENAI)) + text + "\n")
        path.chmod(0o600)
        done = go("migrate", "file", str(path), "--yes", "--report", str(home / "nowhere" / "report.json"))
        assert (done.code, listed(go)) == (74, {})


def test_a_report_is_a_file(go, home, monkeypatch):
    monkeypatch.chdir(home)
    done = go("migrate", "env", "-w", "acme", "--yes", "--report", "-", OPENAI_API_KEY=OPENAI)
    assert (done.code, listed(go), "-" in os.listdir(home)) == (2, {}, False)


@pytest.mark.parametrize(
    ("batch", "told"), [("1", "1 line was written and kept, 1 not; the same command goes on"), ("all", "2 lines were")]
)
def test_ctrl_c_between_two_batches_says_what_is_done(go, home, monkeypatch, batch, told):
    from integrations_cli.actions import batch as batches

    verify = batches.verify

    def stopped(*words):
        verify(*words)
        raise KeyboardInterrupt

    names = {"OPENAI_API_KEY": OPENAI, "GROQ_API_KEY": GROQ}
    with monkeypatch.context() as interrupted:
        interrupted.setattr(batches, "verify", stopped)
        ended = go("migrate", "env", "-w", "acme", "--yes", "--batch", batch, **names)
    assert (ended.code, told in ended.err) == (130, True), ended.err
    assert len(listed(go)) == (1 if batch == "1" else 2)
    assert go("migrate", "env", "-w", "acme", "--yes", **names).code == 0
    assert len(listed(go)) == 2


def test_a_replaced_key_can_be_taken_back(go, home):
    names = {"OPENAI_API_KEY": OPENAI, "GROQ_API_KEY": GROQ}
    for name, key in (("openai", OPENAI + "OLD"), ("groq", GROQ + "OLD")):
        assert go("add", name, "-w", "acme", "--no-test", "--secret-env", "api_key=K", K=key).code == 0

    def key_of(name):
        return json.loads(go("show", name, "-w", "acme", "--json").out)["item"]["credentials"][0]["fingerprint"]

    words = ("migrate", "env", "-w", "acme", "--on-conflict", "update", "--yes")
    assert "2 credentials were replaced; the old ones are kept for a while" in go(*words, **names).err
    assert "undo" not in go(*words, **names).err
    old, undo = key_of("openai"), "integrations rollback openai -w acme"
    assert f"undo: {undo}" in go(*words, **names | {"OPENAI_API_KEY": OPENAI + "NEW"}).err.splitlines()
    assert key_of("openai") != old
    assert go(*undo.split()[1:], "--yes").code == 21  # its provider has no answer here; it is back all the same
    assert key_of("openai") == old


def test_annotations_and_summary_in_github(go, home):
    page = home / "page.md"
    done = go(
        "migrate", "env", "-w", "acme", "--dry-run", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page), OPENAI_API_KEY="op://vault/x/y"
    )
    assert done.code == 11
    assert "::error title=acme openai invalid::" in done.err
    assert "| invalid | 1 |" in page.read_text()


def test_standard_input(go):
    done = go("migrate", "dotenv", "-", "-w", "acme", "--yes", stdin=f"GROQ_API_KEY={GROQ}\n".encode())
    assert (done.code, "standard input:1 GROQ_API_KEY" in done.err) == (0, True), done.err
    assert "standard input:1: a NUL byte" in go("migrate", "dotenv", "-", "-w", "acme", stdin=b"A=\0").out
    assert go("remove", "groq", "-w", "acme", "--confirm", "groq").code == 0
    text = json.dumps([row("acme", "openai", OPENAI)]).encode()
    assert go("migrate", "file", "-", "--yes", stdin=text).code == 0
    assert set(listed(go)) == {("acme", "openai")}


def test_a_row_without_credentials_brings_its_settings_only_if_allowed(go, home):
    path = rows(home, {"website": "acme", "provider": "openai", "settings": {"max_tokens": "8192"}})
    assert planned(go("migrate", "file", path, "--dry-run", "--json")) == [("incomplete", "acme", "openai", "missing_field")]
    assert go("migrate", "file", path, "--allow-incomplete", "--yes").code == 0
    assert listed(go) == {("acme", "openai"): "not_configured"}


def test_notes_about_what_will_stop_working(go, home):
    token = keys.GOOD["whatsapp"]["access_token"]
    whatsapp = {"provider": "whatsapp", "credentials": {"access_token": token}, "settings": {"phone_number_id": "123456789012345"}}
    anthropic = {
        "provider": "anthropic",
        "credentials": {"api_key": keys.ANTHROPIC},
        "settings": {"default_model": "claude-sonnet-4-20250514"},
    }
    path = rows(
        home,
        {"website": "acme", **whatsapp},
        {"website": "globex", **whatsapp, "expires_at": "2027-01-31"},
        {"website": "acme", **anthropic},
    )
    done = go("migrate", "file", path, "--dry-run", "--json")
    notes = {(line["website"], line["provider"]): line["notes"] for line in json.loads(done.out)["lines"]}
    assert notes == {
        ("acme", "anthropic"): ["retired_model"], ("acme", "whatsapp"): ["no_expiry_known"], ("globex", "whatsapp"): ["same_value_as acme"],
    }  # fmt: skip


def test_notes_are_shown_to_people_and_in_a_pipe_and_say_what_to_do(go, home):
    path = home / "key.env"
    path.write_text(f'OPENAI_API_KEY="{OPENAI}" # say "x"\nGROQ_API_KEY={GROQ}\n')
    path.chmod(0o600)
    done = go("migrate", "dotenv", str(path), "-w", "acme", "--dry-run")
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert [(line[3], line[-1]) for line in lines] == [("provider", "notes"), ("groq", ""), ("openai", "readers_disagree")]
    assert "! readers_disagree: other readers of .env files see another value: put it in single quotes" in done.err
    for columns, least in (("120", 2), ("80", 3), ("40", 4)):
        done = go("migrate", "dotenv", str(path), "-w", "acme", "--dry-run", "--format", "table", COLUMNS=columns)
        assert "OPENAI_API_KEY:1 · readers_disagree" in " ".join(done.out.split())
        assert len(done.out.splitlines()) >= least
        assert max(map(len, done.out.splitlines())) <= int(columns)


def test_a_line_that_is_longer_than_a_wide_screen_goes_on_below(go, home):
    path = home / "key.env"
    path.write_text(f"OPENAI_API_KEY={OPENAI}\nMAPBOX_TOKEN=pk.a;\n")
    path.chmod(0o600)
    done = go("migrate", "dotenv", str(path), "-w", "acme", "--dry-run", "--format", "table", COLUMNS="102")
    assert "quotes say whether it belongs to the value" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 102


def test_a_source_that_others_can_read_is_named(go, home):
    for name, mode in (("key-a.env", 0o644), ("key-b.env", 0o600)):
        (home / name).write_text(f"OPENAI_API_KEY={OPENAI}\n")
        (home / name).chmod(mode)
    plan = ("migrate", "dotenv", "-w", "acme", "--dry-run")
    assert "! key-a.env can be read by others" in go(*plan, str(home / "key-a.env")).err
    assert "can be read" not in go(*plan, str(home / "key-b.env")).err
    both = go(*plan, str(home / "key-a.env"), str(home / "key-b.env"), COLUMNS="200")
    assert "! a file of key-a.env, key-b.env can be read by others" in both.err
    assert json.loads(go(*plan, str(home / "key-a.env"), "--json").out)["notes"] == ["readable_by_others"]


# ── connections of Airflow ──


def test_connections_from_standard_input(go):
    """Kept, because it is read twice and can be read once."""
    text = json.dumps({"acme_openai": {"password": OPENAI}}).encode()
    done = go("migrate", "airflow", "-", "--yes", stdin=text)
    assert (done.code, done.out.splitlines()[1].split("\t")[:6]) == (
        0,
        ["create", "acme", "ai", "openai", "api_key", "standard input acme_openai"],
    )
    assert go("migrate", "airflow", "-", "--yes", stdin=f"acme_openai=http://:{OPENAI}@host\n".encode()).code == 0
    assert listed(go) == {("acme", "openai"): "untested"}


def test_a_table_of_connections_is_refused_with_the_next_command(go):
    done = go("migrate", "airflow", "-", "--yes", stdin=f"conn_id | password\n==+==\nopenai | {OPENAI}\n".encode())
    assert (done.code, OPENAI in done.err) == (11, False)
    assert "try: airflow connections export FILE --file-format json" in done.err


# ── what can be read only once ──

PIPED = {
    "dotenv": f"OPENAI_API_KEY={OPENAI}\n",
    "file": json.dumps({"OPENAI_API_KEY": OPENAI}),
    "airflow": json.dumps({"openai": {"password": OPENAI}}),
}


@pytest.fixture
def fifo(home):
    """A FIFO into which somebody writes once."""
    path = home / "fifo"
    os.mkfifo(path)
    writers = []

    def write(text):
        writers.append(threading.Thread(target=path.write_text, args=(text,)))
        writers[-1].start()
        return str(path)

    yield write
    for writer in writers:
        writer.join()


@pytest.mark.parametrize("kind", PIPED)
def test_a_fifo_is_read_once_and_kept(go, fifo, kind):
    """`<(sops -d keys.env)` of a shell: a run reads its source twice."""
    done = go("migrate", kind, fifo(PIPED[kind]), "-w", "acme", "--yes")
    assert (done.code, listed(go)) == (0, {("acme", "openai"): "untested"})
    assert "fifo" in done.out


def test_a_fifo_of_a_saved_plan_is_read_again(go, fifo, home):
    path = str(home / "plan.json")
    assert go("migrate", "dotenv", fifo(PIPED["dotenv"]), "-w", "acme", "--plan-out", path).code == 10
    fifo(PIPED["dotenv"])
    assert go("migrate", "apply", path, "--yes").code == 0
    fifo(PIPED["dotenv"].replace(OPENAI, keys.GOOD["openai"]["api_key"] + "x"))
    assert go("migrate", "apply", path, "--yes").code == 4


def test_a_device_and_a_directory_are_refused(go, home):
    assert go("migrate", "dotenv", str(home), "--yes").code == 3
    assert "more than 16 MiB" in go("migrate", "dotenv", "/dev/zero", "--yes").err
    done = go("migrate", "env", "--yes", "-w", "acme", OPENAI_API_KEY_FILE="/dev/zero")
    assert (done.code, "it names a device" in done.out) == (11, True)


# ── websites that are made ──


@pytest.mark.parametrize("size", [10**9, 10], ids=["short", "long"])
def test_a_website_is_made_for_an_integration_that_is_saved_incomplete(go, home, monkeypatch, size):
    monkeypatch.setattr("integrations_cli.cli.long.LONG", size)
    path = rows(home, {"website": "new", "provider": "stripe", "credentials": {"publishable_key": "pk_test_0123456789abcdefEXAMPLE"}})
    assert go("migrate", "file", path, "--create-websites", "--yes").code == 11
    assert go("migrate", "file", path, "--create-websites", "--yes", "--allow-incomplete").code == 0
    assert listed(go) == {("new", "stripe"): "incomplete"}


def told(path):
    found = json.loads(path.read_text())
    return found["state"], found["exit"], found["summary"]["written"], found["plan"]


def test_a_run_that_stops_early_leaves_no_report_of_an_earlier_one(go, home):
    source, report, plan = rows(home, row("acme", "openai", OPENAI)), home / "report.json", home / "plan.json"
    assert go("migrate", "file", source, "--yes", "--report", str(report)).code == 0
    assert told(report) == ("finished", 0, 1, None)
    assert go("migrate", "file", str(home / "nowhere.jsonl"), "--yes", "--report", str(report)).code == 3
    assert told(report) == ("failed", 3, 0, None)
    rows(home, row("acme", "groq", GROQ))
    assert go("migrate", "file", source, "--report", str(report)).code == 2  # nobody can be asked
    assert told(report) == ("refused", 2, 0, None)
    assert go("migrate", "file", source, "--plan-out", str(plan)).code == 10
    saved = plan.read_bytes()
    plan.write_bytes(saved.replace(b"groq", b"brevo"))
    assert go("migrate", "apply", str(plan), "--yes", "--report", str(report)).code == 7
    assert told(report) == ("failed", 7, 0, None)
    plan.write_bytes(saved)
    assert go("migrate", "apply", str(plan), "--yes", "--report", str(report)).code == 0
    assert told(report) == ("finished", 0, 1, "sha256:" + hashlib.sha256(saved).hexdigest())


def test_going_on_in_spite_of_errors_ends_in_11_when_nothing_was_written(go, home):
    source = rows(home, row("acme", "openai", OPENAI), row("globex", "nobody", GROQ))
    assert go("migrate", "file", source, "--yes", "--continue-on-error").code == 12
    assert go("migrate", "file", source, "--yes", "--continue-on-error").code == 11


def test_foreign_names_of_the_environment_are_listed_only_if_asked_and_never_those_of_a_file(go, home):
    more = {"MY_OWN_NAME": "valueOfItEXAMPLE", "GROQ_API_KEY": GROQ}
    done = go("migrate", "env", "-w", "acme", "--dry-run", **more)
    assert "MY_OWN_NAME" not in done.out + done.err
    done = go("migrate", "env", "-w", "acme", "--dry-run", "--show-ignored", **more)
    assert "MY_OWN_NAME\t\tunknown_name" in done.out and "valueOfItEXAMPLE" not in done.out + done.err
    (home / "x.env").write_text("bXlzZWNyZXQ=\n")
    done = go("migrate", "dotenv", str(home / "x.env"), "-w", "acme", "--dry-run", "--show-ignored")
    assert "bXlzZWNyZXQ" not in done.out + done.err


@pytest.mark.parametrize("words", [("dotenv",), ("file",), ("airflow",), ("apply",)], ids=lambda words: words[0])
def test_a_key_that_was_pasted_as_the_name_of_a_file_is_not_repeated(go, words):
    for name in ("sk-" + "proj-" + "A1b2" * 8, "0123456789abcdef" * 2, "SG." + "a1b2c3." + "d4e5f6"):
        done = go("migrate", *words, name, "--dry-run")
        assert done.code == 3 and name[8:] not in done.out + done.err, done.err
        assert "…: cannot be read" in done.err
    assert "legacy.env: cannot be read" in go("migrate", *words, "legacy.env", "--dry-run").err
