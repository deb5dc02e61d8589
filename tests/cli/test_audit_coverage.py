"""Every command, and what it leaves in the log: each change, disclosure, test and denial; nothing for a look."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from tests import keys

from integrations_cli.cli import app

LOOKS = {
    *("list", "show", "get", "due", "doctor", "overview", "help", "history", "audit list", "audit verify", "audit checkpoint", "website list"),
    *("website show", "website use", "providers list", "providers show", "providers check", "usage show", "usage record", "key status"),
    *("store status", "completion show", "completion install", "completion remove", "demo", "access list", "key affected"),
}  # fmt: skip
ELSEWHERE = {  # they need a world of their own: tests/cli/test_store_*.py, test_migrate_*.py, test_rebind.py, tests/terminal
    *("key recovery", "store backup", "store restore", "store accept-restore", "store abandon-credentials", "store upgrade", "store sweep", "edit", "migrate apply", "rebind"),
    *("migrate airflow", "migrate column", "migrate file", "migrate rails", "migrate rails-credentials", "migrate rails-db", "migrate env"),
}  # fmt: skip
CHECK = ["check.started", "check.finished"]
K = {"K": keys.ANTHROPIC}
SECRET = ["--secret-env", "api_key=K"]
TABLE = (  # words, environment, status of the provider, exit code, actions
    ("init --slot file --no-recovery --website acme", {}, 200, 0, ["store.created", "website.added", "chain.started"]),
    ("website add beta", {}, 200, 0, ["website.added", "chain.started"]),
    ("website rename beta gamma --yes", {}, 200, 0, ["website.renamed"]),
    ("website remove gamma --confirm gamma", {}, 200, 0, ["website.removed", "chain.ended"]),
    ("add anthropic --secret-env api_key=K", K, 200, 0, [*CHECK, "integration.added"]),
    ("add openai --secret-env api_key=K", {"K": keys.GOOD["openai"]["api_key"]}, 401, 20, CHECK),
    ("add hubspot --no-test --secret-env api_key=K", {"K": keys.GOOD["hubspot"]["api_key"]}, 200, 0, ["integration.added"]),
    ("test anthropic", {}, 200, 0, CHECK),
    ("test hubspot", {}, 401, 20, CHECK),
    ("test --all", {}, 500, 21, ["check.started"] * 2 + ["check.finished"] * 2),
    ("set anthropic max_tokens=512", {}, 200, 0, ["settings.changed"]),
    ("set anthropic max_tokens=512", {}, 200, 0, []),
    ("set anthropic --unset default_model", {}, 200, 0, []),
    ("disable anthropic", {}, 200, 0, ["integration.disabled"]),
    ("disable anthropic", {}, 200, 0, []),
    ("enable anthropic", {}, 200, 0, ["integration.enabled"]),
    (
        "rotate anthropic --secret-env api_key=K", {"K": keys.ANTHROPIC_NEW}, 200, 0,
        ["rotation.started", *CHECK, "rotation.checked", "rotation.swapped", *CHECK, "rotation.confirmed"],
    ),
    ("rotate anthropic --secret-env api_key=K", K, 401, 20, ["rotation.started", *CHECK, "rotation.checked", "credential.destroyed"]),
    ("rollback anthropic --yes", {}, 200, 0, [*CHECK, "rotation.rolled_back", "credential.destroyed", *CHECK, "rotation.confirmed"]),
    ("get anthropic api_key --reveal --allow-reveal", {}, 200, 0, ["credential.revealed"]),
    ("get anthropic api_key --reveal", {"CI": "1"}, 200, 8, ["credential.revealed"]),
    ("env anthropic --reveal --allow-reveal", {}, 200, 0, ["credential.revealed"]),
    ("env anthropic --reveal", {"CLAUDECODE": "1"}, 200, 8, ["credential.revealed"]),
    ("exec anthropic -- true", {}, 200, 0, ["credential.revealed"]),
    ("export --out HOME/out.bundle --secret-env passphrase=K", {"K": "correct horse EXAMPLE battery"}, 200, 0, ["credentials.exported"] * 2),
    ("export --out HOME/out.jsonl --as jsonl --accept-plaintext", {}, 200, 0, ["credentials.exported"] * 2),
    ("export --out HOME/no.jsonl --plaintext", {"CI": "1"}, 200, 8, ["credentials.exported"] * 2),
    ("who-uses --file HOME/leaked.env", {}, 200, 0, ["leak.searched"]),
    ("audit export -A --to HOME/log.ndjson", {}, 200, 0, ["audit.exported"]),
    ("migrate dotenv HOME/x.env --dry-run --test before", {}, 200, 10, ["check.started", "check.finished"]),
    ("migrate file HOME/new.jsonl --create-websites --dry-run --test before", {}, 401, 11, ["check.started", "check.finished"]),
    ("migrate dotenv HOME/x.env --yes", {}, 200, 0, ["migrate.started", "integration.migrated", "migrate.finished"]),
    ("remove hubspot --confirm hubspot", {}, 200, 0, ["integration.removed"]),
    ("key slot add env --key-file HOME/slot.key", {}, 200, 0, ["key.slot_added"]),
    ("key slot remove env --confirm env", {}, 200, 0, ["key.slot_removed"]),
    ("key rotate --yes", {}, 200, 0, ["key.slot_rotated"]),
    ("key rotate --root --no-recovery --yes", {}, 200, 0, ["key.root_rotated"]),
    ("key rotate --reencrypt --yes", {}, 200, 0, ["epoch.started"] * 3 + ["key.reencryption_started", "key.reencrypted"]),
    ("access grant nobody viewer -w acme", {}, 200, 0, ["access.granted"] * 2),  # the first one makes who grants it an owner
    ("access revoke nobody -w acme --yes", {}, 200, 0, ["access.revoked"]),
)  # fmt: skip


def rows(home):
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        return [json.loads(row[0]) for row in connection.execute("SELECT body FROM audit_row ORDER BY rowid")]


def everything_else(home):
    """All tables but those of the log, the allowance of checks, and when something was last used."""
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'audit%'")]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}


@pytest.fixture
def go(run, home, third_party):
    (home / "leaked.env").write_text(keys.ANTHROPIC)
    (home / "x.env").write_text(f"OPENAI_API_KEY={keys.GOOD['openai']['api_key']}\n")
    new = {"website": "new-site", "provider": "openai", "credentials": {"api_key": keys.GOOD["openai"]["api_key"]}}
    (home / "new.jsonl").write_text(json.dumps(new) + "\n")

    def go(line, environ, status):
        third_party.says(status, b'{"data": []}' if status == 200 else b"{}")
        words = line.replace("HOME", str(home)).split()
        if words[0] != "exec":
            return run(*words, **environ)
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environ}
        return subprocess.run([sys.executable, "-m", "integrations_cli", *words], env=environ, capture_output=True, check=False, text=True)

    yield go
    for path in [*home.glob("out.*"), home / "new.jsonl"]:
        path.unlink()  # the keys are in it


def code(ran):
    return ran.returncode if isinstance(ran, subprocess.CompletedProcess) else ran.code


def test_every_command_is_in_the_table_or_changes_nothing():
    told = {" ".join(path) for path in app.paths()}
    covered = {next(name for name in told if f"{line} ".startswith(name + " ")) for line, *_ in TABLE}
    assert told == LOOKS | ELSEWHERE | covered


def test_every_change_disclosure_test_and_denial_leaves_its_entry(go, home):
    count, values = 0, [*keys.GOOD["openai"].values(), keys.ANTHROPIC, keys.ANTHROPIC_NEW, *keys.GOOD["hubspot"].values()]
    for line, environ, status, wanted, actions in TABLE:
        ran = go(line, environ, status)
        assert code(ran) == wanted, (line, ran)
        found = rows(home)
        assert sorted(one["action"] for one in found[count:]) == sorted(actions), line
        if wanted == 8:
            assert {one["outcome"] for one in found[count:]} == {"refused"}
        count = len(found)
    for line in ("list -A", "show anthropic", "get anthropic", "audit list -A", "audit verify --state", "doctor", "website list", "due -A"):
        go(line, {}, 200)
    assert len(rows(home)) == count
    assert code(go("audit verify --state", {}, 200)) == 0
    text = json.dumps(rows(home))
    for value in values:  # never values, never hints, never what the provider said
        assert value not in text
        assert value[-4:] not in text
    assert str(home) not in text


def test_what_cannot_be_recorded_does_not_happen(go, home, third_party):
    """The log refuses every entry, inside the database itself: nothing changes, nothing is shown, nobody is asked."""
    for line, environ, status, wanted, _ in TABLE[:8]:
        assert code(go(line, environ, status)) == wanted
    go("rotate anthropic --secret-env api_key=K", {"K": keys.ANTHROPIC_NEW}, 200)
    with sqlite3.connect(home / ".local/share/integrations/store.db") as connection:
        connection.execute("CREATE TRIGGER stop BEFORE INSERT ON audit_row BEGIN SELECT RAISE(FAIL, 'no'); END")
    before, asked = everything_else(home), len(third_party.requests)
    for line, environ, _, wanted, actions in TABLE[1:]:
        if not actions or line.startswith(("website re", "key slot remove", "enable", "access revoke")):
            continue
        if line.startswith("website add"):
            line = "website add delta"
        ran = go(line, environ, 200)
        out = ran.stdout if isinstance(ran, subprocess.CompletedProcess) else ran.out
        assert code(ran) == 8 if wanted == 8 else code(ran) not in {0, 1}, (line, ran)
        assert everything_else(home) == before, line
        assert not any(value in out for value in (keys.ANTHROPIC, keys.ANTHROPIC_NEW))
    assert len(third_party.requests) == asked
    assert not list(home.glob("out.*"))
    assert rows(home)
