"""The store's keys in a real terminal: a new root key with its recovery key typed back, the proof of it, and Ctrl-C in the middle."""

import re
import sqlite3

import pytest
from tests import keys
from tests.terminal.test_story import Terminal

from integrations_cli import config as configuration


@pytest.fixture
def terminal(home, third_party):
    return Terminal(home, third_party)


def groups(child):
    """The recovery key on the screen; its last two groups are typed back, hidden."""
    child.expect(r"((?:[A-Z2-7]{4} ){13}[A-Z2-7]{4})")
    found = child.match[1].split(" ")
    child.expect("Type the last two groups")
    child.sendline("-".join(found[-2:]).lower())
    return found


def test_a_new_root_key_and_the_proof_of_the_new_recovery_key(terminal, home):
    terminal.run("init", "--slot", "file", "--recovery-file", str(home / "paper"), "--website", "acme")
    child = terminal.start("key", "rotate", "--root")
    child.expect("stays    key file, opened just now")
    child.expect("replaced recovery key")
    child.expect("drop every slot that does not stay")
    child.sendline("y")
    written = groups(child)
    assert "sealed under a new root key" in terminal.end(child)

    child = terminal.start("key", "recovery", "--test")
    child.expect("Recovery key")
    child.sendline(" ".join(written[:-1]) + " AAAA")
    child.expect("checksum is wrong")
    child.expect("Recovery key")
    child.sendline(" ".join(written))
    assert "the recovery key opens the store" in terminal.end(child)
    assert "proved on" in terminal.run("doctor", "-w", "acme", code=0)

    child = terminal.start("key", "recovery", "--test")
    child.expect("Recovery key")
    child.sendline((home / "paper").read_text().strip())
    assert "does not open the store" in terminal.end(child, 7)
    assert "".join(written) not in terminal.seen.replace(" ", "").replace("-", "").replace("".join(written), "", 1), "shown once"


def test_a_new_recovery_key_that_is_not_typed_back_is_none(terminal, home):
    terminal.run("init", "--slot", "file", "--no-recovery", "--website", "acme")
    child = terminal.start("key", "recovery")
    for _ in range(3):
        child.expect("Type the last two groups")
        child.sendline("AAAA AAAA")
    assert "not typed back" in terminal.end(child, 5)
    child = terminal.start("key", "recovery")
    groups(child)
    assert "the store has a new recovery key" in terminal.end(child)


def test_ctrl_c_in_the_middle_of_a_re_encryption(terminal, home):
    terminal.run("init", "--slot", "file", "--no-recovery", "--website", "acme")
    lines = [
        f'{{"website": "site-{number // 5}", "provider": "{provider}", "credentials": {{"api_key": "key-{number:06}-0123456789EXAMPLE"}}}}'
        for number in range(6000)
        for provider in [("openai", "groq", "mistral", "brevo", "sendgrid")[number % 5]]
    ]
    (home / "rows.jsonl").write_text("\n".join(lines))
    (home / "rows.jsonl").chmod(0o600)
    terminal.run("migrate", "file", str(home / "rows.jsonl"), "--create-websites", "--yes", "-q")
    database = configuration.load({"HOME": str(home)}).database

    def cursor():
        with sqlite3.connect(database) as connection:
            return connection.execute("SELECT cursor FROM key_operation WHERE kind = 'reencrypt'").fetchone()

    child = terminal.start("key", "rotate", "--reencrypt", "--yes")
    while not (found := cursor()) or not found[0]:
        assert child.isalive()
    child.sendintr()
    said = terminal.end(child, 130)
    assert "next: integrations key rotate --resume" in said and "interrupted" in said
    assert cursor(), "it is remembered"
    assert "integrations key rotate --resume" in terminal.run("key", "slot", "add", "file", code=4)
    assert terminal.run("get", "openai", "api_key", "-w", "site-0", "--reveal").strip() == "key-000000-0123456789EXAMPLE"
    said = terminal.run("key", "rotate", "--resume")
    assert re.search(r"[1-9][0-9]* versions are sealed anew and verified", said)
    assert cursor() is None
    assert keys.ANTHROPIC not in terminal.seen
