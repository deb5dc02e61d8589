"""The store's keys in a real terminal: a new root key with its recovery key typed back, the proof of it, and Ctrl-C in the middle."""

import re
import sqlite3
import time

import pytest
from tests.terminal.test_story import Terminal

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store
from integrations_cli.store.sealing import New


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_re_encryption(terminal, home):
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    providers = [one for one in registry.all() if len(one.credentials) == 1]
    with open_store(config) as store, store.writing() as here:
        ids = [here.websites.add(f"site-{number}").id for number in range(2500 // len(providers) + 1)]
        rows = [New(ident, one, {one.credentials[0].name: Secret(f"key-{ident.hex()}EXAMPLE")}, {}) for ident in ids for one in providers]
        here.bulk.add(rows, "integration.added")

    def cursor():
        with sqlite3.connect(config.database) as connection:
            return connection.execute("SELECT cursor FROM key_operation WHERE kind = 'reencrypt'").fetchone()

    child = terminal.start("key", "rotate", "--reencrypt", "--yes")
    while not (found := cursor()) or not found[0]:
        assert child.isalive()
        time.sleep(0.01)
    child.sendintr()
    said = terminal.end(child, 130)
    assert "next: integrations key rotate --resume" in said and "interrupted" in said
    assert cursor(), "it is remembered"
    assert "integrations key rotate --resume" in terminal.run("key", "slot", "add", "file", code=4)
    with open_store(config) as store, store.reading() as here:
        assert len([here.integrations.reveal(row) for row in here.integrations.all("site-0")]) == len(providers)
    said = terminal.run("key", "rotate", "--resume")
    assert re.search(r"sealed anew and verified: [1-9][0-9]* version", said)
    assert cursor() is None
