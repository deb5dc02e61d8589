"""Long files: whole batches only, resumed after kill -9, two runs at once, a locked store; a sample here, 100,000 rows in `slow`."""

import fcntl
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.loopback import answers

PROVIDERS = ("openai", "groq", "mistral", "brevo", "sendgrid", "deepseek", "cohere", "klaviyo", "mailgun", "anthropic")
PADDING = "x" * 900  # so that a few rows are more than 1 MiB


@pytest.fixture(autouse=True)
def no_file_stays(home):
    yield
    for path in home.glob("key.*"):
        path.unlink()


@pytest.fixture
def tool(ready, home):
    """The real program in a process of its own."""

    def start(*words, **more):
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1", **more}
        command = [sys.executable, "-m", "integrations_cli", *words]
        return subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def written(home, rows, padding=PADDING):
    """A file with so many rows, ten to a website; more than 1 MiB, so that it is read in pieces."""
    path = home / "key.jsonl"
    with path.open("w") as file:
        for number in range(rows):
            row = {"website": f"site-{number // 10:05}", "provider": PROVIDERS[number % 10], "credentials": {"api_key": key(number)}}
            file.write(json.dumps(row) + " " * len(padding) + "\n")
    path.chmod(0o600)
    return str(path)


def as_a_list(path):
    """The same rows as a list in JSON."""
    rows = Path(path).read_text().splitlines()
    other = Path(path).with_suffix(".json")
    other.write_text(f"[{','.join(rows)}]")
    return other


def as_a_table(path):
    """The same rows as a table: `website,provider,api_key`, with spaces that are no part of it."""
    rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    lines = [f"{row['website']}{' ' * 900},{row['provider']},{row['credentials']['api_key']}\n" for row in rows]
    other = Path(path).with_suffix(".csv")
    other.write_text("website,provider,api_key\n" + "".join(lines))
    return other


def key(number):
    return f"k{number:07}-0123456789abcdefEXAMPLE"


def stored(home):
    database = next(home.rglob("store.db"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        counts = connection.execute("SELECT count(*), count(DISTINCT website_id || provider) FROM integration").fetchone()
        versions = connection.execute("SELECT count(*), max(version) FROM credential_version WHERE state = 'active'").fetchone()
        return {"rows": counts[0], "distinct": counts[1], "versions": versions[0], "latest": versions[1]}


def logged(home):
    """What the store's own chain says of migrations, in order."""
    with sqlite3.connect(f"file:{next(home.rglob('store.db'))}?mode=ro", uri=True) as connection:
        actions = [json.loads(body)["action"] for (body,) in connection.execute("SELECT body FROM audit_row ORDER BY chain, seq")]
    return [action for action in actions if action.startswith("migrate.")]


def done(process, timeout=120):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def goes_on(process):
    """Whether it still runs; what it prints meanwhile is taken from it: it prints a row for each line, and a full pipe would stop it."""
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=0.01)
    return process.returncode is None


def here(run, *words, **more):
    """The same in this process, where nothing is killed, and nobody looks meanwhile."""
    ran = run(*words, **more)
    return ran.code, ran.out, ran.err


def all_right(run, home, rows):
    assert stored(home) == {"rows": rows, "distinct": rows, "versions": rows, "latest": 1}
    assert here(run, "audit", "verify", "-q")[0] == 0
    assert not any(key(number).encode() in next(home.rglob("store.db")).read_bytes() for number in (0, rows - 1))


ROWS = 1300


def test_it_is_read_in_pieces_and_a_second_run_finds_nothing(tool, run, home):
    path, report = written(home, ROWS), home / "report.json"
    code, out, err = done(tool("migrate", "file", path, "--create-websites", "--yes", "--report", str(report)))
    assert code == 0, err
    assert f"{ROWS} read back and compared" in err
    all_right(run, home, ROWS)
    data = json.loads(report.read_text())
    assert (data["state"], data["summary"]["verified"], data["summary"]["failed"]) == ("finished", ROWS, 0)
    assert key(0) not in out + err + report.read_text()
    code, out, err = done(tool("migrate", "file", path, "--yes"))
    assert (code, "nothing to do" in err) == (0, True)


@pytest.mark.parametrize("form", [as_a_list, as_a_table])
def test_a_long_list_or_table_is_read_in_pieces_as_well(ready, run, home, form, monkeypatch):
    from integrations_cli.sources import file

    path = form(written(home, ROWS))
    path.chmod(0o600)
    monkeypatch.setattr(file, "read", None)  # would read it as a whole
    code, _, err = here(run, "migrate", "file", str(path), "--create-websites", "--yes")
    assert (code, f"{ROWS} read back and compared" in err) == (0, True), err
    all_right(run, home, ROWS)
    code, _, err = here(run, "migrate", "file", str(path), "--yes")
    assert (code, "nothing to do" in err) == (0, True), err


def test_a_long_table_with_rows_of_one_integration_far_apart_is_read_as_a_whole(ready, run, home):
    path = as_a_table(written(home, ROWS))
    with path.open("a") as file:
        file.write("site-00000,stripe,\n" + "site-00000,openai,\n")
    path.chmod(0o600)
    _, _, err = here(run, "migrate", "file", str(path), "--create-websites", "--yes", "--continue-on-error")
    assert stored(home)["rows"] == ROWS, err


def test_websites_whose_rows_stand_far_apart(ready, run, home):
    """The website of a row in the last piece was made by an earlier one."""
    path = home / "key.jsonl"
    with path.open("w") as file:
        for number in range(ROWS):
            row = {"website": f"site-{number % 300}", "provider": PROVIDERS[number // 300], "credentials": {"api_key": key(number)}}
            file.write(json.dumps(row) + " " * 900 + "\n")
    path.chmod(0o600)
    code, _, err = here(run, "migrate", "file", str(path), "--create-websites", "--yes", "--batch", "700")
    assert (code, f"{ROWS} read back and compared" in err) == (0, True), err
    all_right(run, home, ROWS)
    assert logged(home) == ["migrate.started", "migrate.finished"]


def test_all_in_one_transaction_if_asked(tool, run, home):
    path = written(home, ROWS)
    with open(path, "a") as file:
        file.write("[]\n")
    running = tool("migrate", "file", path, "--create-websites", "--yes", "--continue-on-error", "--batch", "all")
    seen = set()
    while goes_on(running):
        seen.add(stored(home)["rows"])
    assert running.returncode == 12
    assert seen <= {0, ROWS}
    all_right(run, home, ROWS)


def test_dry_run_and_nobody_to_ask_write_nothing(ready, run, home):
    path = written(home, ROWS)
    assert here(run, "migrate", "file", path, "--create-websites", "--dry-run")[0] == 10
    assert here(run, "migrate", "file", path, "--create-websites")[0] == 2
    assert here(run, "migrate", "file", path, "--dry-run")[0] == 11  # no such websites
    assert stored(home)["rows"] == 0


@pytest.mark.parametrize("after", [300, 1050])
def test_killed_and_started_again(tool, run, home, after):
    path = written(home, ROWS)
    running = tool("migrate", "file", path, "--create-websites", "--yes", "--batch", "100")
    until = time.monotonic() + 60
    while stored(home)["rows"] < after and time.monotonic() < until and goes_on(running):
        pass
    running.send_signal(signal.SIGKILL)
    running.communicate()
    left = stored(home)
    assert left["rows"] == left["distinct"] == left["versions"]
    code, _, err = done(tool("migrate", "file", path, "--create-websites", "--yes"))
    assert code == 0, err
    all_right(run, home, ROWS)


def test_under_github_every_value_is_announced_before_anything_else_of_it(ready, run, home):
    path = written(home, ROWS)
    bad = "k-of-nobody-0123456789-EXAMPLE"
    with open(path, "a") as file:
        for provider, value in (("nobody", bad), ("nobody", "short"), ("openai", "tiny")):
            file.write(json.dumps({"website": "site-99999", "provider": provider, "credentials": {"api_key": value}}) + "\n")
    code, out, err = here(run, "migrate", "file", path, "--create-websites", "--yes", "--continue-on-error", GITHUB_ACTIONS="true")
    assert code == 12, err
    lines = err.splitlines()
    masks = [line for line in lines if line.startswith("::add-mask::")]
    values = [*(key(number) for number in range(ROWS)), bad]
    assert sorted(masks) == sorted(f"::add-mask::{value}" for value in values)
    assert lines[: len(masks)] == masks
    assert sum("fewer than" in line for line in lines) == 1
    assert not any(value in out + "\n".join(lines[len(masks) :]) for value in values)
    assert "add-mask" not in here(run, "migrate", "file", path, "--dry-run")[2]


@pytest.fixture
def piecemeal(ready, home, monkeypatch):
    """Four keys of anthropic, one of which the provider refuses, read in pieces of three rows."""
    from integrations_cli.actions import surveys
    from integrations_cli.cli import long

    monkeypatch.setattr(long, "LONG", 10)
    monkeypatch.setattr(surveys, "PIECE", 3)
    path = home / "key.jsonl"
    with path.open("w") as file:
        for number in range(4):
            row = {"website": f"site-{number}", "provider": "anthropic", "credentials": {"api_key": anthropic(number)}}
            file.write(json.dumps(row) + "\n")
    path.chmod(0o600)
    return lambda *words: ready("migrate", "file", str(path), "--create-websites", "--yes", *words)


def anthropic(number):
    return f"sk-ant-api03-{number:024}EXAMPLE"


def refuse(third_party, number):
    """One of them; the others are good."""

    def behave(connection, request):
        refused = anthropic(number) in request.headers.values()
        answers(401 if refused else 200, b'{"data": []}')(connection, request)

    third_party.behave = behave


def test_tested_before_anything_is_written(piecemeal, third_party, home):
    refuse(third_party, 1)
    ran = piecemeal("--test", "before")
    assert (ran.code, stored(home)["rows"], "rejected" in ran.out + ran.err or "revoked" in ran.out + ran.err) == (11, 0, True), ran.err
    ran = piecemeal("--test", "before", "--continue-on-error")
    assert (ran.code, stored(home)["rows"], "3 read back" in ran.err) == (12, 3, True), ran.err
    assert anthropic(1) not in ran.out + ran.err


def test_tested_after_it_was_written(piecemeal, third_party, home):
    refuse(third_party, 2)
    ran = piecemeal("--test", "after", "--batch", "2")
    assert (ran.code, stored(home)["rows"]) == (20, 4), ran.err
    assert "tested: 3 ok, 1 rejected" in ran.err
    assert "site-2" in ran.err


def test_two_at_once(tool, run, home):
    path = written(home, ROWS)
    both = [tool("migrate", "file", path, "--create-websites", "--yes", "--batch", "100") for _ in range(2)]
    ends = [done(one) for one in both]
    codes = sorted(code for code, _, _ in ends)
    assert codes[0] == 0 and codes[1] in {0, 4, 12}, ends  # drift, where both were in the same piece in a way nobody thought of
    assert "Traceback" not in "".join(err for _, _, err in ends)
    assert done(tool("migrate", "file", path, "--create-websites", "--yes"))[0] == 0
    all_right(run, home, ROWS)


def test_one_bad_row_stops_all_unless_told_otherwise(ready, run, home):
    path = written(home, ROWS)
    with open(path, "a") as file:
        file.write('{"website": "site-00000", "provider": "nobody", "credentials": {"x": "y"}}\n[]\n')
    code, _, err = here(run, "migrate", "file", path, "--create-websites", "--yes")
    assert (code, stored(home)["rows"]) == (11, 0), err
    assert here(run, "migrate", "file", path, "--create-websites", "--yes", "--continue-on-error")[0] == 12
    all_right(run, home, ROWS)


def test_a_row_that_comes_again_far_below_is_a_conflict(ready, run, home):
    path = written(home, ROWS)
    with open(path, "a") as file:
        file.write(
            json.dumps({"website": "site-00000", "provider": "openai", "credentials": {"api_key": "another-0123456789-EXAMPLE"}}) + "\n"
        )
    code, out, err = here(run, "migrate", "file", path, "--create-websites", "--dry-run")
    assert code == 11
    assert re.search(r"conflict\s+site-00000", out + err)


def test_a_file_that_changes_between_plan_and_writing(ready, home, monkeypatch):
    from integrations_cli.actions import surveys

    path, survey = written(home, ROWS), surveys.survey

    def changed(*words, **more):
        found = survey(*words, **more)
        file = Path(path)
        file.write_text(file.read_text().replace(key(5), key(9999999)))
        return found

    monkeypatch.setattr("integrations_cli.cli.long.surveys.survey", changed)
    ended = ready("migrate", "file", path, "--create-websites", "--yes")
    assert ended.code == 4, ended.err
    assert stored(home)["rows"] == 0


@pytest.mark.parametrize(("number", "code", "written", "left"), [(1, 4, 0, 8), (3, 12, 4, 4)])
def test_the_report_of_a_run_that_met_drift(piecemeal, home, monkeypatch, number, code, written, left):
    """4 when nothing was written, 12 after a batch: two websites and their keys."""
    from integrations_cli.actions import surveys

    path, survey = home / "key.jsonl", surveys.survey

    def changed(*words, **more):
        found = survey(*words, **more)
        path.write_text(path.read_text().replace(anthropic(number), anthropic(9)))
        return found

    monkeypatch.setattr("integrations_cli.cli.long.surveys.survey", changed)
    report = home / "report.json"
    ended = piecemeal("--batch", "4", "--report", str(report))
    assert ended.code == code, ended.err
    assert ("nothing was written" in ended.err, "4 lines of earlier batches were written" in ended.err) == (code == 4, code == 12)
    data = json.loads(report.read_text())
    assert (data["state"], data["exit"]) == ("failed", code)
    assert (data["summary"]["written"], data["summary"]["not_reached"], stored(home)["rows"]) == (written, left, written // 2)


def test_the_report_of_a_run_that_was_interrupted(piecemeal, home, monkeypatch):
    from integrations_cli.actions import batch

    verify, report = batch.verify, home / "report.json"

    def stopped(*words):
        verify(*words)
        raise KeyboardInterrupt

    assert piecemeal("--batch", "4", "--dry-run").code == 10
    monkeypatch.setattr(batch, "verify", stopped)
    ended = piecemeal("--batch", "4", "--report", str(report))
    data = json.loads(report.read_text())
    assert (ended.code, data["state"], data["exit"]) == (130, "interrupted", 130)
    assert stored(home)["rows"] == 2
    assert (data["summary"]["written"], data["summary"]["not_reached"]) == (4, 4)
    assert "4 lines were written and kept, 4 not; the same command goes on" in ended.err


def test_a_store_that_somebody_holds(ready, run, home, monkeypatch):
    from integrations_cli.store import turn

    monkeypatch.setattr(turn, "BUSY", 0.5)
    path = written(home, ROWS)
    database = next(home.rglob("store.db"))
    with open(f"{database}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, _, err = here(run, "migrate", "file", path, "--create-websites", "--yes")
    assert code == 74, err
    assert "busy" in err
    assert stored(home)["rows"] == 0


def test_a_full_disk_keeps_whole_batches(tool, run, home):
    """The size of a file is bounded for the process: SQLite sees what it would see on a full disk."""
    path = written(home, ROWS)
    limit = next(home.rglob("store.db")).stat().st_size + 400_000
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "from integrations_cli.cli import app; sys.exit(app.run(sys.argv[1:]))"
    )
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    words = ["migrate", "file", path, "--create-websites", "--yes", "--batch", "100"]
    ended = subprocess.run(
        [sys.executable, "-c", program, *words], env=environ, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 74, ended.stderr
    left = stored(home)
    assert 0 < left["rows"] < ROWS
    assert left["rows"] == left["distinct"] == left["versions"]
    assert done(tool("migrate", "file", path, "--create-websites", "--yes"))[0] == 0
    all_right(run, home, ROWS)


@pytest.mark.slow
@pytest.mark.parametrize("form", [Path, as_a_list, as_a_table])
def test_a_hundred_thousand_rows_in_flat_memory(tool, home, form):
    peaks = []
    for rows in (10_000, 100_000):
        path = str(form(written(home, rows, "")))
        process = tool("migrate", "file", path, "--create-websites", "--yes")
        peak = 0
        while goes_on(process):
            with suppress(OSError, TypeError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(re.search(r"VmHWM:\s+(\d+)", status)[1]))
        assert process.returncode == 0
        peaks.append(peak // 1024)
    assert peaks[1] <= min(128, peaks[0] + 32), peaks
    assert stored(home)["rows"] == 100_000


def test_a_table_of_many_pieces(ready, home, monkeypatch):
    from integrations_cli.actions import surveys

    monkeypatch.setattr(surveys, "PIECE", 10)
    database = home / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE shops (id INTEGER PRIMARY KEY, slug TEXT, mail_key TEXT)")
        connection.executemany("INSERT INTO shops VALUES (?, ?, ?)", ((n, f"shop-{n:05}", key(n)) for n in range(53)))
    words = ("--table", "shops", "--website-column", "slug", "--column", "mail_key=sendgrid.api_key", "--create-websites")
    ran = ready("migrate", "column", "--db", str(database), *words, "--yes")
    assert (ran.code, "53 read back and compared" in ran.err) == (0, True), ran.err
    assert "nothing to do" in ready("migrate", "column", "--db", str(database), *words, "--yes").err
    database.unlink()


@pytest.mark.slow
def test_a_long_table_of_a_database(tool, run, home):
    database, rows = home / "shop.db", 5200
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE shops (id INTEGER PRIMARY KEY, slug TEXT, mail_key TEXT)")
        connection.executemany("INSERT INTO shops VALUES (?, ?, ?)", ((n, f"shop-{n:05}", key(n)) for n in range(rows)))
    words = ("--table", "shops", "--website-column", "slug", "--column", "mail_key=sendgrid.api_key", "--create-websites")
    code, _, err = done(tool("migrate", "column", "--db", str(database), *words, "--yes"))
    assert code == 0, err
    assert f"{rows} read back and compared" in err
    all_right(run, home, rows)
    assert "nothing to do" in done(tool("migrate", "column", "--db", str(database), *words, "--yes"))[2]
    database.unlink()
