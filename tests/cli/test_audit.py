"""`audit list` and `history`: who did what, without a key."""

import ast
import getpass
import json
import os
import re
import shutil
import sqlite3
import sys
from pathlib import Path

import pexpect
import pytest
from tests import keys
from tests.loopback import ThirdParty

from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors
from integrations_cli.store import deeds

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "audit.json").read_text())


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A home in which acme and beta saw a few changes, a test and a refusal."""
    home = tmp_path_factory.mktemp("busy")
    with ThirdParty() as third_party:
        third_party.says(200, b'{"data": []}')

        def go(line, code=0, **environ):
            doors = Doors(environ={"HOME": str(home), "PATH": os.environ["PATH"], **environ}, web=third_party.web)
            assert app.run(line.split(), doors) == code

        go("init --slot file --no-recovery --website acme")
        go("website add beta")
        go("add anthropic -w acme --no-test --secret-env api_key=K", K=keys.ANTHROPIC)
        go("add anthropic -w beta --no-test --secret-env api_key=K", K=keys.ANTHROPIC)
        go("test anthropic -w acme")
        go("set anthropic max_tokens=512 -w acme")
        go("rotate anthropic -w acme --secret-env api_key=K", K=keys.ANTHROPIC_NEW)
        go("get anthropic api_key --reveal -w acme", 8, CI="1")
    return home


@pytest.fixture
def busy(once, home, run):
    """Commands in a copy of it."""
    shutil.copytree(once, home, dirs_exist_ok=True)
    return run


def items(ran):
    assert ran.code == 0, ran.err
    data = json.loads(ran.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    return data["items"]


def actions(ran):
    return [one["action"] for one in items(ran)]


def test_newest_first_of_one_website_or_of_all(busy):
    mine = items(busy("audit", "list", "-w", "acme", "--json"))
    assert [one["seq"] for one in mine] == sorted((one["seq"] for one in mine), reverse=True)
    assert {one["website"] for one in mine} == {"acme"}
    assert mine[0]["action"] == "credential.revealed"
    assert (mine[0]["outcome"], mine[0]["cause"]) == ("refused", "in_ci")
    everything = items(busy("audit", "list", "-A", "--json"))
    assert [one["at"] for one in everything] == sorted((one["at"] for one in everything), reverse=True)
    assert {one["website"] for one in everything} == {"acme", "beta", None}  # None: the store's own chain
    assert everything[-1]["action"] == "store.created"


def test_filters(busy):
    revealed = items(busy("audit", "list", "-A", "--action", "rotation", "--json"))
    assert {"rotation.swapped"} <= {one["action"] for one in revealed}
    assert all(one["action"].startswith("rotation.") for one in revealed)
    assert set(actions(busy("audit", "list", "-A", "--action", "check.started", "--json"))) == {"check.started"}
    assert busy("audit", "list", "-A", "--action", "rotat", "--json").code == 2
    assert len(items(busy("audit", "list", "-A", "--limit", "3", "--json"))) == 3
    me = getpass.getuser()
    whole = items(busy("audit", "list", "-A", "--json"))
    assert items(busy("audit", "list", "-A", "--who", me, "--json")) == whole
    assert items(busy("audit", "list", "-A", "--who", f"{me}@{whole[0]['host']}", "--json")) == whole
    assert items(busy("audit", "list", "-A", "--who", "somebody", "--json")) == []
    assert items(busy("audit", "list", "-A", "--since", "1h", "--json")) == whole


def test_since_is_a_bound_in_time(busy, made_later):
    assert items(busy("audit", "list", "-A", "--since", "2d", "--json")) == []
    assert len(items(busy("audit", "list", "-A", "--since", "9d", "--json"))) > 5


@pytest.fixture
def made_later(busy, home):
    """All of it a week ago."""
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("UPDATE audit_row SET at = strftime('%Y-%m-%dT%H:%M:%SZ', at, '-7 days')")


def test_history_is_of_one_integration_and_outlives_it(busy):
    before = items(busy("history", "anthropic", "-w", "acme", "--json"))
    assert {one["provider"] for one in before} == {"anthropic"}
    assert "website.added" not in {one["action"] for one in before}
    busy("remove", "anthropic", "-w", "acme", "--confirm", "anthropic")
    after = items(busy("history", "anthropic", "-w", "acme", "--json"))
    assert after[0]["action"] == "integration.removed"
    assert after[1:] == before
    assert busy("history", "nonsense", "-w", "acme").code == 3
    assert busy("history", "anthropic", "-w", "nowhere").code == 3


@pytest.mark.parametrize("limit", ["0", "x", "-1", "9999999999999", "1.5", ""])
def test_a_limit_is_a_number(busy, limit):
    assert busy("audit", "list", "-A", f"--limit={limit}").code == 2


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv", "tsv"])
def test_every_format(busy, form):
    ran = busy("audit", "list", "-A", "--format", form)
    assert ran.code == 0
    assert "rotation.swapped" in ran.out
    assert len(ran.out.splitlines()) > 5 or form == "json"


def test_a_person_sees_who_what_and_the_fingerprints_before_and_after(busy):
    ran = busy("audit", "list", "-w", "acme", "--format", "table", COLUMNS="140")
    assert ran.out.splitlines()[0].split() == ["SEQ", "WHEN", "WHO", "WHAT", "PROVIDER", "RESULT", "DETAIL"]
    assert re.search(r"rotation\.swapped +anthropic +ok +api_key fp [0-9a-f]{8} → [0-9a-f]{8}\n", ran.out)
    assert re.search(r"credential\.revealed +anthropic +refused +api_key; in CI, without --allow-reveal\n", ran.out)
    assert " WEBSITE " in busy("audit", "list", "-A", "--format", "table", COLUMNS="140").out


def test_damaged_entries_are_still_listed(busy, home):
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("UPDATE audit_row SET body = '[1]' WHERE seq = 1")
        connection.execute("UPDATE audit_row SET body = x'ff' WHERE seq = 2")
        connection.execute('UPDATE audit_row SET body = \'{"actor": 7, "fp": [1], "fields": 3, "action": "\x1b[2J"}\' WHERE seq = 3')
    for form in ("table", "json", "ndjson", "csv", "tsv"):
        ran = busy("audit", "list", "-A", "--format", form)
        assert ran.code == 0, ran.err
        assert "unreadable" in ran.out
        assert "\x1b" not in ran.out


def test_an_empty_answer_says_so(busy):
    ran = busy("audit", "list", "-A", "--action", "leak")
    assert (ran.code, ran.err) == (0, "nothing in the log fits\n")


def test_no_key_is_needed_and_nothing_heavy_is_imported(busy, home, environ):
    (next((home / ".config/integrations/keys").iterdir())).unlink()
    for words in (["audit", "list", "-A"], ["history", "anthropic", "-w", "acme"]):
        program = f"import sys; from integrations_cli.cli import front; code = front.answer({words!r}); print('HEAVY', sorted({{'typer', 'sqlmodel', 'sqlalchemy', 'cryptography', 'rich'}} & set(sys.modules)), code)"
        ran = pexpect.run(f'{sys.executable} -c "{program}"', env=environ, encoding="utf-8")
        assert "HEAVY [] 0" in ran


def in_a_terminal(home, words, rows, **environ):
    return pexpect.spawn(
        sys.executable, ["-m", "integrations_cli", *words], dimensions=(rows, 120), encoding="utf-8", timeout=120,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8", **environ},
    )  # fmt: skip


def test_a_pager_only_for_what_is_longer_than_the_screen(busy, home):
    (home / "page").write_text("#!/bin/sh\necho PAGED\ncat\n")
    (home / "page").chmod(0o700)
    pager = {"PAGER": str(home / "page"), "PYTHONPATH": ":".join(sys.path)}
    for words, rows, paged in (
        (["audit", "list", "-A"], 8, True),
        (["history", "anthropic", "-A"], 8, True),
        (["audit", "list", "-A"], 60, False),
        (["audit", "list", "-A", "--no-pager"], 8, False),
        (["audit", "list", "-A", "--json"], 8, False),
    ):
        child = in_a_terminal(home, words, rows, **pager)
        child.expect(pexpect.EOF)
        child.close()
        assert (child.exitstatus, "PAGED" in child.before, "rotation.swapped" in child.before) == (0, paged, True), words


def test_a_pager_that_is_not_there_or_is_left_early_is_no_failure(busy, home):
    for pager in ("/nowhere/pager", "'", "head -1"):
        child = in_a_terminal(home, ["audit", "list", "-A"], 8, PAGER=pager, PYTHONPATH=":".join(sys.path))
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        assert "SEQ" in child.before


def test_reads_warn_when_the_store_is_older_than_what_this_host_wrote(busy, home):
    database = home / ".local/share/integrations/store.db"
    old = database.read_bytes()
    assert busy("disable", "anthropic", "-w", "acme").code == 0
    assert "older" not in busy("list", "-w", "acme").err
    database.write_bytes(old)
    for words in (("list", "-w", "acme"), ("show", "anthropic", "-w", "acme"), ("audit", "list", "-A"), ("website", "list")):
        ran = busy(*words)
        assert ran.code == 0
        assert "! the store is older than what this host has written: it was restored, or the end of its log was cut\n" in ran.err
    assert busy("disable", "anthropic", "-w", "acme").code == 7


# ── the words of the log ──


def test_every_action_that_the_code_records_is_known_and_no_other():
    root = Path(deeds.__file__).parents[1]
    found = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                group, _, rest = node.value.partition(".")
                if group in deeds.ACTIONS and re.fullmatch("[a-z_]+", rest) and rest not in {"db", "id"}:
                    found.add(node.value)
    assert found == {f"{group}.{rest}" for group, known in deeds.ACTIONS.items() for rest in known}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (
            "credential.reveald",
            "the closest is credential.revealed; there are: credential.destroyed, credential.rebound, credential.revealed, ",
        ),
        ("rotaton", "the closest is rotation; there are: access, audit, chain, "),
        ("x", "there are: access, audit, chain, "),
    ],
)
def test_an_action_that_there_is_not_is_refused_with_those_there_are(ready, typed, why):
    for words in (("audit", "list"), ("history",)):
        ran = ready(*words, "--action", typed)
        assert (ran.code, why in " ".join(ran.err.split())) == (2, True), ran.err


@pytest.mark.parametrize("typed", ["rotation", "rotation.swapped", "credential"])
def test_an_action_of_which_there_is_no_entry_finds_nothing(ready, typed):
    ran = ready("audit", "list", "--action", typed, "--format", "table")
    assert (ran.code, "nothing in the log fits" in ran.err) == (0, True)
