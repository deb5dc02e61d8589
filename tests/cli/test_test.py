"""`integrations test`: which integrations it takes, what it prints, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest
from tests import keys
from tests.actions.test_test import GOOD, HOSTS, by_host
from tests.conftest import ROOT, make_ready, typed
from tests.loopback import _read, answers

from integrations_cli import registry
from integrations_cli.store import glance
from integrations_cli.web import kept

PROVIDERS = ("brevo", "groq", "hubspot", "openai")


def field_of(name):
    return next(one.name for one in registry.get(name).credentials if one.required)


@pytest.fixture
def filled(run, home, template, third_party):
    """Four providers for acme, one of them switched off; openai for beta."""

    def make(folder):
        make_ready(folder)
        typed(folder, "website", "add", "beta")
        for website, names in (("acme", PROVIDERS), ("beta", ("openai",))):
            for name in names:
                field = field_of(name)
                typed(folder, "add", name, "-w", website, "--no-test", "--secret-env", f"{field}=K", K=keys.GOOD[name][field])
        typed(folder, "disable", "brevo", "-w", "acme")

    template("tested", make, home)
    by_host(third_party)
    return run


def outcomes(done):
    return {(one["website"], one["provider"]): one["outcome"] for one in json.loads(done.out)["results"]}


def test_all_of_a_website(filled):
    done = filled("test", "--all", "-w", "acme", "--json")
    assert done.code == 0
    assert outcomes(done) == {("acme", "brevo"): "disabled", **{("acme", name): "ok" for name in PROVIDERS if name != "brevo"}}


def test_all_of_all_websites(filled):
    done = filled("test", "--all", "-A", "--json")
    assert outcomes(done)["beta", "openai"] == "ok"
    assert json.loads(done.out)["summary"] | {"tested": 4, "ok": 4, "disabled": 1} == json.loads(done.out)["summary"]


def test_a_table_has_no_column_of_next_commands_where_there_is_none(filled):
    table = filled("test", "groq", "-w", "acme", "--format", "table")
    assert "groq" in table.out and "NEXT" not in table.out
    assert "hint" in filled("test", "groq", "-w", "acme", "--format", "tsv").out.split("\n")[0]
    assert "NEXT" in filled("test", "--all", "-w", "acme", "--format", "table", COLUMNS="200").out  # one is switched off


def test_one_provider_of_all_websites(filled):
    assert outcomes(filled("test", "openai", "-A", "--json")) == {("acme", "openai"): "ok", ("beta", "openai"): "ok"}


def test_checks_of_one_host_go_over_one_connection(filled, third_party, monkeypatch):
    monkeypatch.setattr(kept, "IDLE", 60.0)

    def stay(connection, request):
        answers(200, GOOD, {"connection": "keep-alive"})(connection, request)
        third_party.requests.append(_read(connection))
        answers(200, GOOD)(connection, request)

    third_party.behave, before = stay, third_party.connections
    assert outcomes(filled("test", "openai", "-A", "--jobs", "1", "--json")) == {("acme", "openai"): "ok", ("beta", "openai"): "ok"}
    assert third_party.connections == before + 1
    assert len(third_party.requests) == 2


def test_several_by_name_also_one_that_is_switched_off(filled):
    assert outcomes(filled("test", "brevo", "groq", "-w", "acme", "--json")) == {("acme", "brevo"): "ok", ("acme", "groq"): "ok"}


def test_a_category(filled):
    assert set(outcomes(filled("test", "--category", "ai", "-w", "acme", "--json"))) == {("acme", "groq"), ("acme", "openai")}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["test", "-w", "acme"], 2, "integrations test -w acme --all"),
        (["test", "stripe", "-w", "acme"], 3, "integrations add stripe"),
        (["test", "stripe", "-A"], 3, "any website"),
        (["test", "openai", "--all", "-w", "acme"], 2, "either names"),
        (["test", "--all", "-w", "acme", "--jobs", "0"], 2, "from 1 to 200"),
        (["test", "--all", "-w", "acme", "--fail-on", "rejcted"], 2, "rejected"),
        (["test", "--all", "-w", "acme", "--category", "payments"], 2, "payment"),
        (["test", "--all", "-w", "acme", "--report", "xml=a"], 2, "junit, json, markdown"),
        (["test", "--all", "-w", "acme", "--report", "junit=/no/such/folder/out.xml"], 2, "folder"),
        (["test", "--all", "-w", "acme", "--timeout", "fast"], 2, "10s"),
    ],
)
def test_what_it_refuses_before_anything_is_sent(filled, third_party, words, code, says):
    done = filled(*words)
    assert done.code == code, done.err
    assert says in done.err
    assert third_party.requests == []


@pytest.mark.parametrize(
    ("status", "options", "code"),
    [
        (401, [], 20),
        (503, [], 21),
        (429, [], 21),
        (401, ["--fail-on", "unreachable"], 0),
        (503, ["--fail-on", "rejected,misconfigured"], 0),
        (200, ["--fail-on", "disabled"], 21),
    ],
)
def test_the_worst_outcome_that_counts_decides(filled, third_party, status, options, code):
    by_host(third_party, groq=answers(status, b'{"data": []}'))
    assert filled("test", "--all", "-w", "acme", *options).code == code


def test_an_unreadable_row_wins(filled, third_party, home):
    import sqlite3

    by_host(third_party, groq=answers(401))
    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute(
            "UPDATE credential_version SET blob = zeroblob(300) WHERE integration_id = (SELECT id FROM integration WHERE provider = 'hubspot')"
        )
    done = filled("test", "--all", "-w", "acme", "--json")
    assert done.code == 7
    assert outcomes(done) == {
        ("acme", "brevo"): "disabled",
        ("acme", "groq"): "rejected",
        ("acme", "hubspot"): "unreadable",
        ("acme", "openai"): "ok",
    }


def test_nothing_is_sent_to_explain(filled, third_party):
    done = filled("test", "--all", "-A", "--explain", "--format", "tsv")
    assert done.code == 0
    assert third_party.requests == []
    rows = [line.split("\t") for line in done.out.splitlines()[1:]]
    assert {(row[0], row[1], row[3]) for row in rows} >= {("acme", "groq", HOSTS["groq"]), ("beta", "openai", HOSTS["openai"])}
    assert "nothing was sent" in done.err


def test_every_step_is_explained(filled, third_party):
    given = ("--no-test", "--secret-stdin", "api_key")
    assert filled("add", "anthropic", "-w", "acme", *given, stdin=keys.ANTHROPIC.encode()).code == 0
    done = filled("test", "anthropic", "-w", "acme", "--explain", "--json")
    steps = json.loads(done.out)["items"]
    assert [(one["path"].rpartition("/")[2], one["always"]) for one in steps] == [("models", True), ("claude-sonnet-5", False)]
    assert {(one["host"], *one["sends"], one["cost"]) for one in steps} == {
        ("api.anthropic.com", "api_key", registry.get("anthropic").cost)
    }
    seen = filled("test", "anthropic", "-w", "acme", "--explain", "--format", "table")
    assert [line.split()[-1] for line in seen.out.splitlines()[2:]] == ["always", "maybe"]
    assert f"cost of a test: {registry.get('anthropic').cost}" in seen.err
    assert third_party.requests == []


def test_reports_say_the_same_as_the_screen(filled, third_party, home):
    by_host(third_party, groq=answers(401), hubspot=answers(503))
    names = {kind: home / f"out.{kind}" for kind in ("junit", "json", "markdown")}
    done = filled("test", "--all", "-w", "acme", *(word for kind, path in names.items() for word in ("--report", f"{kind}={path}")))
    assert done.code == 20
    suite = ET.parse(names["junit"]).getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    assert suite.find("testcase[@name='groq']/failure").get("type") == "rejected"
    assert suite.find("testcase[@name='hubspot']/error").get("type") == "unreachable"
    assert suite.find("testcase[@name='groq']").get("classname") == "acme.ai"
    data = json.loads(names["json"].read_text())
    assert (data["exit"], data["format"]) == (20, "integrations.test/1")
    assert "| acme | groq | ✗ rejected |" in names["markdown"].read_text()
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in names.values())
    assert not any(keys.GOOD[name][field_of(name)] in path.read_text() for path in names.values() for name in PROVIDERS)


def test_a_report_that_cannot_be_written_is_an_error(filled, home):
    target = home / "out.xml"
    target.mkdir()
    assert filled("test", "--all", "-w", "acme", "--report", f"junit={target}").code == 2


def test_annotations_for_github(filled, third_party, home):
    by_host(third_party, groq=answers(401), hubspot=answers(503))
    page = home / "summary.md"
    done = filled("test", "--all", "-w", "acme", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    lines = [line for line in done.err.splitlines() if line.startswith("::")]
    assert [re.match(r"::(\w+) title=([^:]*)::", line).groups() for line in lines] == [
        ("error", "acme groq rejected"),
        ("warning", "acme hubspot unreachable"),
    ]
    assert "Fix: integrations rotate groq -w acme" in lines[0]
    assert "::" not in done.out
    assert "| acme | groq |" in page.read_text()
    assert "::" not in filled("test", "--all", "-w", "acme", "--annotate", "off", GITHUB_ACTIONS="true").err


def test_at_most_ten_annotations_of_a_kind():
    import io

    from integrations_cli.cli.view.annotations import Annotation, write

    stream = io.StringIO()
    write(stream, [Annotation("error", f"t{number}", "100% :: bad\nline\r2") for number in range(41)])
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::error title=more::and 32 more"
    assert "%25" in lines[0]


def test_younger_answers_are_shown_as_such(filled, third_party):
    filled("test", "--all", "-w", "acme")
    sent = len(third_party.requests)
    done = filled("test", "--all", "-w", "acme", "--max-age", "15m", "--json")
    assert {one["cached"] for one in json.loads(done.out)["results"] if one["outcome"] == "ok"} == {True}
    assert len(third_party.requests) == sent
    assert "from just now" in filled("test", "--all", "-w", "acme", "--max-age", "15m", "--format", "table").out


def test_the_eleventh_within_a_minute_says_when_the_next_is_allowed(filled, third_party):
    sent, done = 0, filled("test", "openai", "-w", "acme", "--format", "table")
    while done.code == 0 and sent < 60:  # the allowance grows meanwhile
        sent = len(third_party.requests)
        done = filled("test", "openai", "-w", "acme", "--format", "table")
    assert done.code == 21
    assert sent >= 10
    assert re.search(r"rate_limited.*\bagain in \d s", " ".join(done.out.split()))
    assert len(third_party.requests) == sent
    assert filled("test", "openai", "-w", "beta").code == 0


CHILD = """
import sys
sys.path[:0] = [{src!r}, {root!r}]
from tests.actions.test_test import by_host
from tests.loopback import ThirdParty
from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors
import os, pathlib, time

def silent(connection, request):
    pathlib.Path({marker!r}).touch()
    time.sleep(250)

with ThirdParty() as third_party:
    by_host(third_party, hubspot=silent)
    code = app.run(sys.argv[1:], Doors(environ={{"HOME": {home!r}, "PATH": os.environ["PATH"]}}, web=third_party.web))
sys.stdout.flush()
os._exit(code)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_prints_what_is_finished(filled, home, number):
    marker = home / "asked"
    program = CHILD.format(src=str(ROOT / "src"), root=str(ROOT), home=str(home), marker=str(marker))
    child = subprocess.Popen(
        [sys.executable, "-c", program, "test", "--all", "-w", "acme", "--timeout", "200s", "--format", "tsv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    database = home / ".local/share/integrations/store.db"
    while (
        not marker.exists() or [card.status for card in glance.cards(database, "acme")].count("connected") < 2
    ):  # the others have answered
        assert child.poll() is None
        time.sleep(0.05)
    child.send_signal(number)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert {line.split("\t")[2]: line.split("\t")[3] for line in out.splitlines()[1:]} == {"groq": "ok", "openai": "ok"}
    assert "2 of 3 were finished" in err
    assert json.loads(filled("list", "-w", "acme", "--json").out)["items"][1]["status"] == "connected"
