"""`migrate … --test before|after`: what the providers say decides, is told, and stands in the report; Ctrl-C leaves nothing by halves.

The lines of the websites that are made are counted as well. Each of them twice: as a short source, whose plan names every line, and as a long one, which is read in pieces.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from tests import keys
from tests.cli.test_migrate_bulk import anthropic, refuse, stored
from tests.conftest import ROOT
from tests.loopback import answers

from integrations_cli.cli import long
from integrations_cli.store import glance


@pytest.fixture(autouse=True)
def no_file_stays(home):
    yield
    for path in home.glob("key*"):
        path.unlink()


def write(home, numbers, *more):
    path = home / "key.jsonl"
    rows = [{"website": f"site-{one}", "provider": "anthropic", "credentials": {"api_key": anthropic(one)}} for one in numbers]
    path.write_text("".join(json.dumps(row) + "\n" for row in (*rows, *more)))
    path.chmod(0o600)
    return str(path)


@pytest.fixture(params=["short", "long"])
def length(request, monkeypatch):
    from integrations_cli.actions import surveys

    if request.param == "long":
        monkeypatch.setattr(long, "LONG", 10)
        monkeypatch.setattr(surveys, "PIECE", 2)
    return request.param


@pytest.fixture
def go(ready, home, length):
    def run(numbers, *words, more=(), **environ):
        path, report = write(home, numbers, *more), home / "report.json"
        report.unlink(missing_ok=True)
        ended = ready("migrate", "file", path, "--create-websites", "--report", str(report), *words, **environ)
        return ended, json.loads(report.read_text()) if report.exists() else None

    return run


UNKNOWN = {"website": "site-0", "provider": "nobody", "credentials": {"x": "y"}}


# ── before ──


def test_a_refused_line_is_invalid_and_stops_all(go, third_party, home):
    refuse(third_party, 1)
    ended, report = go(range(4), "--yes", "--test", "before")
    assert (ended.code, stored(home)["rows"]) == (11, 0)
    assert (report["state"], report["exit"], report["summary"]["written"]) == ("refused", 11, 0)
    (line,) = [line for line in report["lines"] if line["kind"] == "invalid"]
    assert (line["website"], line["reason"]) == ("site-1", "rejected")
    assert "tested: 3 ok, 1 rejected" in ended.err
    assert report["tested"] == {"ok": 3, "rejected": 1}


def test_the_good_ones_are_written_if_told_so(go, third_party, home):
    refuse(third_party, 1)
    ended, report = go(range(4), "--yes", "--test", "before", "--continue-on-error")
    assert (ended.code, stored(home)["rows"]) == (12, 3)
    assert (report["state"], report["exit"], report["summary"]["written"], report["summary"]["failed"]) == (
        "finished",
        12,
        3 + 3,
        1,
    )


def test_no_website_is_made_for_what_was_refused(ready, third_party, home):
    refuse(third_party, 1)
    path = write(home, range(3))
    words = ["migrate", "file", path, "--create-websites", "--test", "before", "--continue-on-error"]
    plan = json.loads(ready(*words, "--dry-run", "--json").out)
    assert [line["website"] for line in plan["lines"] if not line["provider"]] == ["site-0", "site-2"]
    saved = str(home / "plan.json")
    assert ready(*words, "--plan-out", saved).code == 11
    assert ready("migrate", "apply", saved, "--yes").code == 12
    assert [one["website"] for one in json.loads(ready("website", "list", "--json").out)["items"]] == ["acme", "site-0", "site-2"]


def test_a_website_is_made_for_the_good_one_of_another_piece(ready, third_party, home, monkeypatch):
    """In pieces of two: the first one holds nothing good for site-1, and the second one does."""
    from integrations_cli.actions import surveys

    monkeypatch.setattr(long, "LONG", 10)
    monkeypatch.setattr(surveys, "PIECE", 2)
    refuse(third_party, 1)
    more = {"website": "site-1", "provider": "groq", "credentials": {"api_key": keys.GOOD["groq"]["api_key"]}}
    path = write(home, [1, 2], more, {"website": "site-3", "provider": "anthropic", "credentials": {"api_key": anthropic(1)}})
    ended = ready("migrate", "file", path, "--create-websites", "--yes", "--test", "before", "--continue-on-error")
    assert (ended.code, stored(home)["rows"]) == (12, 2), ended.err
    assert [one["website"] for one in json.loads(ready("website", "list", "--json").out)["items"]] == ["acme", "site-1", "site-2"]
    rows = [line.split("\t") for line in ended.out.splitlines()]
    assert [row[1] for row in rows if row[0] == "create" and not row[3]] == ["site-1", "site-2"]


def test_all_good(go, third_party, home):
    third_party.says(200, b'{"data": []}')
    ended, report = go(range(4), "--yes", "--test", "before")
    assert (ended.code, report["exit"], report["summary"]["written"], report["tested"]) == (0, 0, 4 + 4, {"ok": 4})
    assert "tested: 4 ok" in ended.err
    asked = len(third_party.requests)
    ended, report = go(range(4), "--yes", "--test", "before")
    assert (ended.code, len(third_party.requests)) == (0, asked)  # what is stored already is not asked again


@pytest.mark.parametrize("status", [503, 429])
def test_what_could_not_be_asked_is_told_and_no_error(go, third_party, home, status):
    """Only a refusal says anything about the key; but nobody must believe that it was proven."""
    third_party.says(status)
    ended, report = go([0], "--dry-run", "--test", "before")
    assert (ended.code, report["exit"]) == (10, 10)
    assert ("1 unreachable" if status == 503 else "1 rate_limited") in ended.err
    assert "site-0" in ended.err


def test_nothing_is_stored_of_what_is_only_looked_at(go, third_party, home):
    third_party.says(200, b'{"data": []}')
    ended, report = go(range(3), "--dry-run", "--test", "before")
    assert (ended.code, stored(home)["rows"], report["state"]) == (10, 0, "finished")


def test_with_the_other_fields_of_what_is_stored(go, third_party, home):
    """A changed field is asked together with those that stay."""
    third_party.says(200, b'{"data": []}')
    assert go([0], "--yes")[0].code == 0
    third_party.says(401)
    path = home / "key.jsonl"
    changed = {"website": "site-0", "provider": "anthropic", "settings": {"max_tokens": 4096}}
    ended, _ = go([], "--yes", "--test", "before", more=[changed])
    assert (ended.code, len(third_party.requests)) == (11, 1)
    assert third_party.requests[0].headers["x-api-key"] == anthropic(0)
    assert path.exists()


def test_a_stored_one_that_cannot_be_opened_is_not_asked_and_stops_nobody(go, third_party, home):
    import sqlite3

    third_party.says(200, b'{"data": []}')
    assert go([0, 1], "--yes")[0].code == 0
    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute(
            "UPDATE credential_version SET blob = zeroblob(length(blob)) WHERE integration_id = (SELECT min(integration_id) FROM credential_version)"
        )
    more = [{"website": f"site-{one}", "provider": "anthropic", "settings": {"max_tokens": 4096}} for one in (0, 1)]
    ended, _ = go([2], "--dry-run", "--test", "before", more=more)
    assert ended.code in {10, 11}, ended.err
    assert "Traceback" not in ended.err
    assert "2 ok" in ended.err


def test_a_provider_that_hangs_is_asked_a_few_times_and_not_for_every_line(go, third_party, home, monkeypatch):
    release, web = threading.Event(), third_party.web
    monkeypatch.setattr(third_party, "web", lambda deadline: web(0.5))
    third_party.behave = lambda connection, request: release.wait(60)
    try:
        ended, report = go(range(40), "--dry-run", "--test", "before")
    finally:
        release.set()
    assert (ended.code, report["tested"]) == (10, {"unreachable": 40})
    assert len(third_party.requests) <= 6


# ── after ──


def test_a_refusal_afterwards_is_the_code_everywhere(go, third_party, home):
    refuse(third_party, 1)
    ended, report = go(range(4), "--yes", "--test", "after")
    assert (ended.code, stored(home)["rows"]) == (20, 4)
    assert (report["state"], report["exit"], report["summary"]["written"], report["tested"]) == (
        "finished",
        20,
        4 + 4,
        {"ok": 3, "rejected": 1},
    )
    (refused,) = [line for line in ended.err.splitlines() if "rejected" in line and "tested:" not in line]
    assert "site-1" in refused


def test_unreachable_afterwards(go, third_party, home):
    third_party.says(503)
    ended, report = go([0], "--yes", "--test", "after")
    assert (ended.code, report["exit"], report["summary"]["written"]) == (21, 21, 1 + 1)


def test_the_report_on_standard_output_says_the_same(go, third_party, home):
    third_party.says(401)
    ended, report = go([0, 1], "--yes", "--test", "after", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["exit"], told["tested"]) == (20, 20, {"rejected": 2})
    assert told["started"] == report["started"]


def test_partly_written_comes_first_and_the_answers_are_told(go, third_party, home):
    third_party.says(401)
    ended, report = go([0, 1], "--yes", "--test", "after", "--continue-on-error", more=[UNKNOWN])
    assert (ended.code, report["exit"], report["tested"]) == (12, 12, {"rejected": 2})
    assert "tested: 2 rejected" in ended.err


def test_nothing_is_asked_when_nothing_was_written(go, third_party, home):
    third_party.says(200, b'{"data": []}')
    go([0], "--yes", "--test", "after")
    asked = len(third_party.requests)
    ended, report = go([0], "--yes", "--test", "after")
    assert (ended.code, len(third_party.requests)) == (0, asked)
    assert "tested" not in report


# ── a plan that is saved ──


@pytest.fixture
def plan(ready, home):
    def make(*words, numbers=range(3)):
        path = home / "plan.json"
        ended = ready("migrate", "file", write(home, numbers), "--create-websites", "--plan-out", str(path), *words)
        return ended, str(path)

    return make


def test_a_plan_that_was_tested_is_applied_without_asking_again(plan, ready, third_party, home):
    third_party.says(200, b'{"data": []}')
    ended, path = plan("--test", "before")
    assert (ended.code, "tested: 3 ok" in ended.err) == (10, True)
    asked = len(third_party.requests)
    assert ready("migrate", "apply", path, "--yes").code == 0
    assert (len(third_party.requests), stored(home)["rows"]) == (asked, 3)


def test_a_refused_line_stays_refused_in_the_plan(plan, ready, third_party, home):
    refuse(third_party, 1)
    ended, path = plan("--test", "before")
    assert ended.code == 11
    third_party.says(200, b'{"data": []}')
    assert (ready("migrate", "apply", path, "--yes").code, stored(home)["rows"]) == (11, 0)


def test_with_continue_on_error_the_plan_writes_the_others(plan, ready, third_party, home):
    refuse(third_party, 1)
    ended, path = plan("--test", "before", "--continue-on-error")
    assert (ended.code, ready("migrate", "apply", path, "--yes").code, stored(home)["rows"]) == (11, 12, 2)


def test_a_plan_that_is_to_be_tested_afterwards_is(plan, ready, third_party, home):
    ended, path = plan("--test", "after")
    assert (ended.code, third_party.requests) == (10, [])
    third_party.says(401)
    ended = ready("migrate", "apply", path, "--yes", "--report", str(home / "report.json"))
    assert (ended.code, stored(home)["rows"], json.loads((home / "report.json").read_text())["exit"]) == (20, 3, 20)


# ── Ctrl-C ──

CHILD = """
import sys
sys.path[:0] = [{src!r}, {root!r}]
import os, pathlib, time
from tests.loopback import ThirdParty, answers
from integrations_cli.actions import surveys
from integrations_cli.cli import app, long
from integrations_cli.cli.tools import Doors
long.LONG, surveys.PIECE = {long!r}, 2

def behave(connection, request):
    if any({hangs!r} in one for one in request.headers.values()):
        pathlib.Path({marker!r}).touch()
        time.sleep(250)
    answers(200, b'{{"data": []}}')(connection, request)

with ThirdParty(behave=behave) as third_party:
    code = app.run(sys.argv[1:], Doors(environ={{"HOME": {home!r}, "PATH": os.environ["PATH"]}}, web=lambda deadline: third_party.web(200)))
sys.stdout.flush()
os._exit(code)
"""


@pytest.fixture(params=["short", "long"])
def interrupted(ready, home, request):
    """Ctrl-C while the provider hangs at one of the keys; `until` says what has happened before."""

    def run(numbers, hangs, until, *words):
        marker, report = home / "asked", home / "report.json"
        program = CHILD.format(
            src=str(ROOT / "src"), root=str(ROOT), home=str(home), marker=str(marker), hangs=anthropic(hangs),
            long=10 if request.param == "long" else 10**9,
        )  # fmt: skip
        command = [
            sys.executable,
            "-c",
            program,
            "migrate",
            "file",
            write(home, numbers),
            "--create-websites",
            "--yes",
        ]
        child = subprocess.Popen(
            [*command, "--report", str(report), *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        )  # fmt: skip
        while not marker.exists() or not until(home):
            assert child.poll() is None, child.communicate()
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        assert (child.returncode, "Traceback" in err) == (130, False), err
        return err, json.loads(report.read_text()) if report.exists() else None

    return run


def test_ctrl_c_while_asking_before(interrupted, ready, home):
    _, report = interrupted(range(3), 1, lambda home: True, "--test", "before")
    assert stored(home)["rows"] == 0
    assert (report["state"], report["exit"], report["summary"]["written"]) == ("interrupted", 130, 0)
    audit = [one["action"] for one in json.loads(ready("audit", "list", "--json", "-A").out)["items"]]
    assert audit.count("check.started") >= 1
    assert ready("audit", "verify").code == 0


def connected(count):
    def check(home):
        database = next(home.rglob("store.db"))
        return [card.status for one in range(3) for card in glance.cards(database, f"site-{one}")].count("connected") >= count

    return check


def test_ctrl_c_while_asking_after(interrupted, ready, home, third_party):
    """All is written and verified, what has answered is remembered, the report is true, and the same command goes on."""
    _, report = interrupted([0, 1], 1, connected(1), "--test", "after")
    assert stored(home)["rows"] == 2
    assert (report["state"], report["exit"]) == ("interrupted", 130)
    assert (report["summary"]["written"], report["summary"]["not_reached"]) == (2 + 2, 0)
    assert report["summary"]["verified"] >= 2  # a long report counts integrations only
    assert ready("audit", "verify").code == 0
    third_party.says(200, b'{"data": []}')
    ended = ready("migrate", "file", str(home / "key.jsonl"), "--create-websites", "--yes", "--test", "after")
    assert (ended.code, stored(home)["rows"]) == (0, 2)


# ── long ones ──


@pytest.mark.parametrize("many", [60, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_two_of_many_are_refused(ready, third_party, home, monkeypatch, many, when):
    monkeypatch.setattr(long, "LONG", 1000)
    bad = {anthropic(7), anthropic(many - 3)}

    def behave(connection, request):
        answers(401 if bad & {*request.headers.values()} else 200, b'{"data": []}')(connection, request)

    third_party.behave = behave
    path, report = write(home, range(many)), home / "report.json"
    words = ["--create-websites", "--yes", "--test", when, "--report", str(report), "--continue-on-error"]
    ended = ready("migrate", "file", path, *words)
    left = many - 2 if when == "before" else many
    assert (ended.code, stored(home)["rows"]) == (12 if when == "before" else 20, left), ended.err[-2000:]
    told = json.loads(report.read_text())
    assert (told["exit"], told["summary"]["written"], told["tested"]) == (ended.code, 2 * left, {"ok": many - 2, "rejected": 2})
    assert f"tested: {many - 2} ok, 2 rejected" in ended.err
    assert ready("audit", "verify").code == 0
