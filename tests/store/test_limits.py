"""The bucket of tokens per website and provider: shared by processes, kept over a kill, unmoved by a moved clock."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select
from tests.conftest import ROOT

from integrations_cli import registry
from integrations_cli.store import open_store
from integrations_cli.store.tables import CheckBucket

ANTHROPIC, ZOHO = registry.get("anthropic"), registry.get("zoho")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ask(store, made, clock):
    """Take a token in a process's own way: a store opened anew each time."""

    def take(definition=ANTHROPIC, website="acme", after=0.0, wait=None):
        clock.now += timedelta(seconds=after)
        with open_store(made, clock=clock) as opened, opened.writing() as here:
            owner = here.websites.get(website).id
            if wait is not None:
                return here.limits.wait(owner, definition, wait)
            return here.limits.take(owner, definition)

    return take


def test_ten_in_a_minute_then_one_every_six_seconds(ask):
    assert [ask() for _ in range(10)] == [None] * 10
    assert ask() == 6
    assert ask(after=4) == 2
    assert ask(after=2) is None
    assert ask() == 6
    assert [ask(after=60)] + [ask() for _ in range(10)] == [None] * 10 + [6]


def test_zoho_never_gives_more_than_ten_tokens_in_ten_minutes(ask):
    """A bucket of five, filled in ten minutes: whoever empties it and waits gets ten in any ten minutes, the vendor's own limit."""
    assert [ask(ZOHO) for _ in range(6)] == [None] * 5 + [120]
    later = [ask(ZOHO, after=60) for _ in range(9)]
    assert later.count(None) == 4
    assert [ask(ZOHO, after=60), ask(ZOHO)] == [None, 120]


def test_websites_and_providers_do_not_share_a_bucket(ask):
    assert [ask() for _ in range(11)][-1] == 6
    assert ask(website="beta") is None
    assert ask(ZOHO) is None


def test_a_clock_set_back_adds_nothing_and_stops_nothing_for_long(ask):
    assert [ask() for _ in range(11)][-1] == 6
    assert ask(after=-86400) == 6
    assert ask(after=6) is None


def test_a_clock_set_forward_fills_the_bucket_once(ask):
    assert [ask() for _ in range(11)][-1] == 6
    assert [ask(after=10 * 86400)] + [ask() for _ in range(10)] == [None] * 10 + [6]


def test_a_pause_that_the_provider_asked_for(ask):
    ask(wait=120)
    assert ask() == 120
    assert ask(after=100) == 20
    assert ask(after=20) is None


def test_nobody_is_locked_out_for_more_than_an_hour(ask):
    ask(wait=10**9)
    assert ask() == 3600


@pytest.mark.parametrize("text", ["", "nonsense", "9999-99-99T00:00:00Z"])
def test_a_damaged_time_adds_nothing_and_stops_nothing(store, ask, text):
    assert [ask() for _ in range(11)][-1] == 6
    with Session(store._engine.execution_options(write=True)) as session:
        row = session.exec(select(CheckBucket)).one()
        row.refilled_at = text
        session.add(row)
        session.commit()
    assert ask() == 6
    assert ask(after=6) is None


PROGRAM = """
import os, sys
sys.path.insert(0, sys.argv[1])
from integrations_cli import config, registry
from integrations_cli.store import open_store
with open_store(config.load({"HOME": sys.argv[2]})) as store:
    taken = 0
    for _ in range(6):
        with store.writing() as here:
            taken += here.limits.take(here.websites.get("acme").id, registry.get("zoho")) is None
        print(taken, flush=True)
"""


def test_processes_share_it(store, home):
    """Four processes want 24 tokens; five are there, and at most one more comes while they ask."""
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(ROOT / "src"), str(home)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    taken = sum(int(one.communicate(timeout=60)[0].split()[-1]) for one in running)
    assert all(one.returncode == 0 for one in running)
    assert 5 <= taken <= 6


def test_a_killed_process_gives_nothing_back(store, home, ask, clock):
    clock.now = datetime.now(UTC)
    for _ in range(4):
        assert ask(ZOHO) is None
    one = subprocess.Popen([sys.executable, "-c", PROGRAM, str(ROOT / "src"), str(home)], stdout=subprocess.PIPE, text=True)
    assert one.stdout.readline() == "1\n"
    os.kill(one.pid, signal.SIGKILL)
    one.wait()
    clock.now = datetime.now(UTC)
    assert ask(ZOHO) is not None


@pytest.mark.parametrize(("tokens", "waits"), [("abc", None), (b"\xff", None), (-1e12, 3600), (1e12, None), (float("inf"), None)])
def test_a_bucket_that_was_written_by_hand_stops_nothing_for_long(store, ask, tokens, waits):
    assert ask() is None
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE check_bucket SET tokens = ?", (tokens,))
    found = ask()
    assert (found is None) if waits is None else waits <= found <= waits + 6
    for _ in range(9):
        ask()
    assert ask() is not None
