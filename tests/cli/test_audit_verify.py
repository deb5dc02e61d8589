"""`audit verify`, `audit checkpoint`, `audit export`: what a person types, and what comes out."""

import csv
import errno
import io
import json
import os
import re
import sqlite3

import pytest
from tests import keys

LINE = re.compile(r"integrations\.checkpoint/1 [0-9a-f]{32} \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 1 \d+ \d+ [0-9a-f]{64} [0-9a-f]{64}\n")


@pytest.fixture
def filled(ready):
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    return ready


def sql(home, statement):
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute(statement)


def test_verify_says_how_each_chain_is(filled, home):
    ran = filled("audit", "verify")
    assert ran.code == 0
    assert ran.out == (
        "✓ acme: 2 entries, unbroken; the head matches this host's anchor\n✓ store: 2 entries, unbroken; the head matches this host's anchor\n"
    )
    assert "only up to the last checkpoint that left their reach" in ran.err
    (home / ".config/integrations/anchor.json").unlink()
    assert "✓ acme: 2 entries, unbroken; this host has no anchor for it\n" in filled("audit", "verify").out
    sql(home, "UPDATE integration SET enabled = 0")
    assert filled("audit", "verify").code == 0
    ran = filled("audit", "verify", "--state")
    assert (ran.code, ran.out.splitlines()[0]) == (7, "✗ acme: outside of this tool: anthropic was changed")
    sql(home, "UPDATE audit_row SET body = replace(body, 'anthropic', 'openai') WHERE body LIKE '%integration.added%'")
    ran = filled("audit", "verify", "--json")
    data = json.loads(ran.out)
    assert (ran.code, data["exit"], data["format"]) == (7, 7, "integrations.audit_verify/1")
    assert data["chains"][0] == {
        "chain": "acme", "entries": 2, "ok": False, "broken": True, "problem": "entry 2 was changed", "anchor": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE credential_version SET blob = CAST(substr(blob, 1, 99) || x'00' || substr(blob, 101) AS BLOB)",
        "UPDATE credential_version SET card = json_replace(card, '$.api_key.hint', 'XXXX')",
        "UPDATE credential_version SET card = json_replace(card, '$.api_key.fp', '00000000000000000000000000000000')",
    ],
    ids=["sealed", "hint", "fingerprint"],
)
def test_what_state_does_not_compare_the_help_says_and_the_doctor_finds(filled, home, edit):
    """It opens nothing; what is sealed is proof of itself."""
    sql(home, edit)
    assert filled("audit", "verify", "--state").code == 0
    done = filled("doctor", "--deep", "--json")
    assert (done.code, "could not be opened" in done.out) == (23, True), done.out
    page = " ".join(filled("audit", "verify", "--help").out.split())
    assert "a credential that was damaged is found by `doctor --deep`" in page
    assert "settings, switches, names and versions" in page


def test_a_checkpoint_by_line_by_file_and_by_pipe(filled, home):
    ran = filled("audit", "checkpoint")
    assert ran.code == 0
    assert LINE.fullmatch(ran.out)
    database, log = home / ".local/share/integrations/store.db", home / "heads.log"
    old = database.read_bytes()
    filled("disable", "anthropic")
    log.write_text(ran.out + filled("audit", "checkpoint").out)
    for words, stdin in (((ran.out.strip(),), b""), ((str(log),), b""), (("-",), log.read_bytes())):
        found = filled("audit", "verify", "--since", *words, stdin=stdin)
        assert found.code == 0, found.out
        assert re.search(r"✓ since the checkpoint of .*Z: its [45] entries in 2 chains are still there, unchanged\n", found.out)
    database.write_bytes(old)
    (home / ".config/integrations/anchor.json").unlink()
    assert filled("audit", "verify").code == 0
    found = filled("audit", "verify", "--since", str(log))
    assert found.code == 7
    assert re.search(r"✗ since the checkpoint of .*Z: the log was cut or restored: it has 4 entries, and had 5\n", found.out)
    assert filled("audit", "verify", "--since", str(home / "nothing")).code == 3
    assert filled("audit", "verify", "--since", "-").code == 2


def test_without_a_key_nothing_is_called_unbroken(filled, home):
    next((home / ".config/integrations/keys").iterdir()).unlink()
    for words in (("verify",), ("checkpoint",), ("export", "-A", "--to", "-")):
        ran = filled("audit", *words)
        assert (ran.code, ran.out) == (6, "")


def test_export_is_private_whole_and_recorded(filled, home):
    path = home / "audit.ndjson"
    assert filled("audit", "export", "-A", "--to", str(path)).code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["action"] for one in found] == [
        "store.created", "website.added", "chain.started", "integration.added", "audit.exported",
    ]  # fmt: skip
    assert all(re.fullmatch("[0-9a-f]{64}", one["mac"]) and re.fullmatch("[0-9a-f]{32}", one["chain"]) for one in found)
    assert filled("audit", "export", "-A", "--to", str(path)).code == 0  # each night the same file
    assert len(path.read_text().splitlines()) == 6
    assert list(home.glob(".audit*")) == []


def test_export_as_csv_of_one_website(filled):
    ran = filled("audit", "export", "-w", "acme", "--format", "csv", "--to", "-")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(one["seq"], one["action"]) for one in rows] == [("1", "website.added"), ("2", "integration.added"), ("3", "audit.exported")]
    assert filled("audit", "export", "-A").code == 2
    assert filled("audit", "export", "-A", "--to", "/nowhere/x").code == 74
    assert filled("audit", "export", "-w", "nowhere", "--to", "-").code == 3


def test_an_export_that_cannot_be_written_leaves_the_old_one(filled, home, monkeypatch):
    path = home / "audit.ndjson"
    path.write_text("old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        sync = os.fsync
        patched.setattr(os, "fsync", lambda one: full(one) if ".audit.ndjson" in os.readlink(f"/proc/self/fd/{one}") else sync(one))
        assert filled("audit", "export", "-A", "--to", str(path)).code == 74
    assert path.read_text() == "old"
    assert list(home.glob(".audit*")) == []


def test_export_comes_in_pieces(filled, monkeypatch):
    from integrations_cli.store import trail

    monkeypatch.setattr(trail, "AT_ONCE", 2)
    for words in (["-A"], ["-w", "acme"]):
        found = [json.loads(line) for line in filled("audit", "export", *words, "--to", "-").out.splitlines()]
        assert len({(one["chain"], one["seq"]) for one in found}) == len(found) >= 3
