"""`[audit] require`: an entry that cannot be put there first does not happen, nor does what it speaks of, nor is anything shown."""

import json
import os
import resource
import socket
import sqlite3
import stat

import pytest
from tests import keys


@pytest.fixture
def required(ready, home):
    """A store whose entries have to be in a file as well."""
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)

    def require(place):
        (home / ".config/integrations/config.toml").write_text(f'[audit]\nrequire = "{place}"\n')
        return ready

    return require


def rows(home):
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        return connection.execute("SELECT hex(chain), seq, body, hex(mac) FROM audit_row ORDER BY rowid").fetchall()


def test_every_entry_is_in_the_file_as_it_was_signed(required, home):
    run, path = required(home / "log.ndjson"), home / "log.ndjson"
    before = len(rows(home))
    assert run("disable", "anthropic").code == 0
    assert run("enable", "anthropic").code == 0
    assert run("get", "anthropic", "api_key", "--reveal", "--allow-reveal").code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["entry"]["action"] for one in told] == ["integration.disabled", "integration.enabled", "credential.revealed"]
    assert [(one["chain"].upper(), one["seq"], one["mac"].upper()) for one in told] == [
        (row[0], row[1], row[3]) for row in rows(home)[before:]
    ]
    for line, row in zip(path.read_text().splitlines(), rows(home)[before:], strict=True):
        assert f'"entry":{row[2]},' in line
    assert keys.ANTHROPIC not in path.read_text()


DEAD = ["/nowhere/log.ndjson", "syslog:/nowhere/log", "/dev/full"]


@pytest.mark.parametrize("place", DEAD)
def test_a_dead_sink_stops_changes_disclosures_and_tests(required, home, third_party, place):
    run, before = required(place), rows(home)
    asked = len(third_party.requests)
    for words in (
        ("disable", "anthropic"),
        ("get", "anthropic", "api_key", "--reveal", "--allow-reveal"),
        ("exec", "anthropic", "--", "env"),
        ("env", "anthropic", "--reveal", "--allow-reveal"),
        ("test", "anthropic"),
        ("website", "add", "gamma"),
        ("export", "--out", str(home / "x.jsonl"), "--as", "jsonl", "--accept-plaintext"),
        ("audit", "export", "-A", "--to", "-"),
    ):
        ran = run(*words)
        assert (ran.code, ran.out) == (74, ""), words
        assert place.removeprefix("syslog:") in ran.err
        assert keys.ANTHROPIC not in ran.err
    assert rows(home) == before
    assert len(third_party.requests) == asked
    assert not (home / "x.jsonl").exists()
    for words in (("list",), ("show", "anthropic"), ("audit", "list"), ("audit", "verify"), ("website", "list")):
        assert run(*words).code == 0, words  # looking goes on
    refused = run("get", "anthropic", "api_key", "--reveal", CI="1")
    assert refused.code == 8  # a denial that cannot be recorded stays one


def test_a_full_disk_leaves_no_half_line(required, home):
    path = home / "log.ndjson"
    run = required(path)
    assert run("disable", "anthropic").code == 0
    whole = path.read_bytes()
    path.write_bytes(whole * 400)
    size, before = path.stat().st_size, rows(home)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))  # room for a part of a line; the database is smaller
    try:
        assert size > (home / ".local/share/integrations/store.db").stat().st_size
        ran = run("enable", "anthropic")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert ran.code == 74
    assert path.stat().st_size == size
    assert rows(home) == before
    assert run("enable", "anthropic").code == 0


def test_syslog(required, home):
    place = str(home / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(place)
        listener.settimeout(5)
        assert required(f"syslog:{place}")("disable", "anthropic").code == 0
        text = listener.recv(65536)
    head, _, entry = text.partition(b": ")
    assert head == b"<86>integrations[%d]" % os.getpid()
    assert json.loads(entry)["entry"]["action"] == "integration.disabled"


@pytest.mark.parametrize("place", ["log.ndjson", "", "http://example.com", "syslog:x"])
def test_what_is_no_place_is_refused(required, home, place):
    before = rows(home)
    ran = required(place)("disable", "anthropic")
    assert ran.code == 2
    assert "[audit] require cannot be used" in ran.err
    assert rows(home) == before


def test_a_link_is_not_followed(required, home):
    (home / "log.ndjson").symlink_to(home / "elsewhere")
    assert required(home / "log.ndjson")("disable", "anthropic").code == 74
    assert not (home / "elsewhere").exists()
