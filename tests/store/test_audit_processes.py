"""Many processes writing at once, some of them killed at any moment: no error, no entry lost, no gap; and the sink has them all."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import inspection, open_store

WRITERS = """
import os, random, sys
from integrations_cli import config, registry
from integrations_cli.actions import hand_out
from integrations_cli.provider import ok
from integrations_cli.masking import Secret
from integrations_cli.store import open_store

home, processes, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
key = sys.stdin.readline().strip()
definition = registry.get("anthropic")


def write(store, website, what, name):
    if what == 0:
        with store.writing() as here:
            row = here.integrations.get(website, "anthropic")
            here.integrations.change(row, definition, enabled=True, action="integration.enabled")
    elif what == 1:
        with store.writing() as here:
            here.integrations.conceal(here.integrations.get(website, "anthropic"), definition, {"api_key": Secret(key)})
    elif what == 2:
        hand_out.hand_out(store, website, ["anthropic"], "env")
    elif what == 3:
        with store.writing() as here:
            here.integrations.remember(here.integrations.get(website, "anthropic"), ok(), store.clock(), None)
    else:
        with store.writing() as here:
            here.websites.add(name, None)


def run(number):
    chosen = random.Random(number)
    told = os.open(f"{home}/told-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open_store(config.load({"HOME": home})) as store:
        for at in range(rounds):
            write(store, chosen.choice(["acme", "beta"]), chosen.randrange(5), f"w{number}-{at}")
            os.write(told, b".")


children = []
for number in range(processes):
    child = os.fork()
    if not child:
        try:
            run(number)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    children.append(child)
print(*children, flush=True)
print(*[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], flush=True)
"""


def crowd(config, processes, rounds, kills, seconds):
    """Let them write; kill some at a random moment. How many writes were acknowledged."""
    home, chosen = config.data_dir.parents[2], random.Random(11)
    crowd = subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(home), str(processes), str(rounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    crowd.stdin.write(keys.ANTHROPIC.encode() + b"\n")
    crowd.stdin.flush()
    children = [int(word) for word in crowd.stdout.readline().split()]
    told = [home / f"told-{number}" for number in range(processes)]
    for number in range(kills):
        while not told[number].exists() or not told[number].stat().st_size:
            time.sleep(0.01)  # each has written at least once
        time.sleep(chosen.random() * seconds)
        os.kill(children[number], signal.SIGKILL)
    codes = [int(word) for word in crowd.stdout.readline().split()]
    _, errors = crowd.communicate(timeout=60)
    assert errors == b""
    assert all(code in (-signal.SIGKILL, 0) for code in codes[:kills])
    assert codes[kills:] == [0] * (processes - kills)
    assert [path.stat().st_size for path in told[kills:]] == [rounds] * (processes - kills)
    return sum(path.stat().st_size for path in told)


def whole(config, before, acknowledged, kills):
    """Nothing lost, at most one unacknowledged write for each kill; the chains, the anchor, the rows and the sink agree."""
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        stored = connection.execute("SELECT hex(chain), seq, body, hex(mac) FROM audit_row ORDER BY rowid").fetchall()
        heads = dict(connection.execute("SELECT hex(chain), seq FROM audit_head").fetchall())
    for chain, last in heads.items():
        assert sorted(seq for name, seq, _, _ in stored if name == chain) == list(range(1, last + 1))
    second = ('"chain.started"', '"credential.destroyed"')  # further entries of one write
    writes = len([1 for *_, body, _ in stored[before:] if not any(one in body for one in second)])
    assert acknowledged <= writes <= acknowledged + kills
    with open_store(config) as store:
        found = inspection.inspect(store, state=True)
        assert [one for one in found.reports if one.problem] == []
        assert found.problems == ()
        with store.reading() as here:
            for slug in ("acme", "beta"):
                assert here.integrations.reveal(here.integrations.get(slug, "anthropic")) == {"api_key": Secret(keys.ANTHROPIC)}
        with store.writing() as here:  # and it goes on
            here.websites.add("afterwards", None)
    told = [json.loads(line) for line in (config.config_dir / "log.ndjson").read_text().splitlines()]
    sunk = {(one["chain"].upper(), one["seq"], one["mac"].upper()) for one in told}
    assert {(chain, seq, mac) for chain, seq, _, mac in stored[before:]} <= sunk


@pytest.fixture
def shared(made, store):
    """acme and beta with an integration each; every further entry has to be in a file as well."""
    with store.writing() as here:
        for slug in ("acme", "beta"):
            here.integrations.add(slug, registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
    made.file.write_text(f'[audit]\nrequire = "{made.config_dir / "log.ndjson"}"\n')
    return configuration.load({"HOME": str(made.data_dir.parents[2])})


def run(config, processes, rounds, kills, seconds):
    with sqlite3.connect(config.database) as connection:
        before = connection.execute("SELECT count(*) FROM audit_row").fetchone()[0]
    acknowledged = crowd(config, processes, rounds, kills, seconds)
    whole(config, before, acknowledged, kills)


def test_eight_processes_with_kills(shared):
    run(shared, 8, 15, kills=3, seconds=0.3)


@pytest.mark.slow
def test_eight_processes_with_many_writes_and_kills(shared):
    run(shared, 8, 250, kills=3, seconds=5)


@pytest.mark.slow
def test_thirty_two_processes_with_many_writes_and_kills(shared):
    run(shared, 32, 250, kills=8, seconds=5)
