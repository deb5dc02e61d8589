"""Several processes at one store: nobody is lost, nobody waits for ever, and a kill in the middle harms only the killed."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import NotWritten
from integrations_cli.masking import Secret
from integrations_cli.store import glance, open_store, turn

WRITER = """
import sys
from integrations_cli import config, registry
from integrations_cli.masking import Secret
from integrations_cli.store import open_store

home, name, rounds, key = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.stdin.readline().strip()
definition = registry.get("anthropic")
with open_store(config.load({"HOME": home})) as store:
    for at in range(rounds):
        with store.writing() as here:
            here.websites.add(f"{name}-{at}", None)
            row = here.integrations.add(f"{name}-{at}", definition, {"api_key": Secret(key)}, {})
        with store.writing() as here:
            here.integrations.conceal(here.integrations.get(f"{name}-{at}", "anthropic"), definition, {"api_key": Secret(key[::-1])})
        print(at, flush=True)
"""


def start(config, name, rounds):
    home = str(config.data_dir.parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, home, name, str(rounds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdin.write(keys.ANTHROPIC.encode() + b"\n")
    process.stdin.flush()
    return process


def whole(config):
    """Every chain holds and every credential opens; returns the websites."""
    with sqlite3.connect(config.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    with open_store(config) as store, store.reading() as here:
        assert {one.problem for one in here.audit.verify()} == {None}
        for row in here.integrations.all():
            assert here.integrations.reveal(row)["api_key"].reveal() in (keys.ANTHROPIC, keys.ANTHROPIC[::-1])
        return [one.slug for one in here.websites.all()]


def crowd(config, processes, rounds, kills):
    chosen = random.Random(7)
    running = [start(config, f"p{at}", rounds) for at in range(processes)]
    for victim in running[:kills]:
        victim.stdout.readline()
        time.sleep(chosen.random() / 10)
        victim.send_signal(signal.SIGKILL)
    acknowledged = 0
    for at, one in enumerate(running):
        out, err = one.communicate(timeout=120)
        assert one.returncode == (-signal.SIGKILL if at < kills else 0), err
        if at >= kills:
            acknowledged += len(out.split())
    assert acknowledged == (processes - kills) * rounds
    found = whole(config)
    for at in range(kills, processes):
        assert {f"p{at}-{number}" for number in range(rounds)} <= set(found)
    with open_store(config) as store, store.writing() as here:  # and it goes on
        here.websites.add("afterwards", None)


def test_four_writers_and_one_kill(made):
    crowd(made, 4, 5, kills=1)


@pytest.mark.slow
def test_eight_writers_and_three_kills(made):
    crowd(made, 8, 60, kills=3)


def test_two_who_replace_the_same_key(made, store):
    """Each takes the version it has seen; whoever comes second is told."""
    from integrations_cli.errors import Conflict

    definition = registry.get("anthropic")
    with store.writing() as here:
        here.integrations.add("acme", definition, {"api_key": Secret(keys.ANTHROPIC)}, {})

    def replace(at):
        with open_store(made) as mine:
            try:
                with mine.writing() as here:
                    row = here.integrations.get("acme", "anthropic")
                    here.integrations.expect(row, 1)
                    here.integrations.conceal(row, definition, {"api_key": Secret(keys.ANTHROPIC_NEW)})
            except Conflict as error:
                return error.exit_code
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(replace, range(4))) == [0, 4, 4, 4]
    assert glance.cards(made.database)[0].version == 2


def test_a_reader_never_waits_for_a_writer_that_has_not_committed(store):
    with store.writing() as here:
        here.websites.add("gamma", None)
        assert [line.slug for line in glance.websites(store.path)] == ["acme", "beta"], "who has to wait is told so, and raises"
    assert len(glance.websites(store.path)) == 3


def test_a_reader_is_told_that_somebody_is_writing(store):
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(NotWritten) as refusal, glance.reading(store.path):
            pass
        assert refusal.value.why == "somebody else is writing"
        other.execute("ROLLBACK")


def test_the_queue_is_free_at_once_after_a_kill(made, store):
    program = """
import sys, time
from pathlib import Path
from integrations_cli.store import engine
with engine.queue(Path(sys.argv[1])):
    print("in", flush=True)
    time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", program, str(made.database)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"in\n"
    holder.kill()
    holder.communicate()
    with store.writing() as here:  # else it would raise after a while
        here.websites.add("gamma", None)
    assert len(glance.websites(store.path)) == 3


def test_a_file_that_cannot_be_opened_is_not_called_busy(tmp_path):
    (tmp_path / "store.db").mkdir()
    with pytest.raises(NotWritten) as refusal:
        glance.cards(tmp_path / "store.db")
    assert refusal.value.why == "the database file cannot be opened"


def test_whoever_waits_gives_up_only_when_the_line_does_not_move(made, store, monkeypatch):
    """Each turn is shorter than the patience; all of them together are longer."""
    monkeypatch.setattr(turn, "BUSY", 2.0)

    def write(_):
        with turn.queue(made.database):
            time.sleep(0.6)
        return True

    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(write, range(5)))
