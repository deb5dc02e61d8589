"""Leak triage on a real pseudo-terminal: the value is asked hidden, and never seen."""

import os
import re
import sys

import pexpect
import pytest
from tests import keys
from tests.conftest import ROOT

from integrations_cli import registry
from integrations_cli.masking import Secret


@pytest.fixture
def terminal(store, home):
    """Start a command on a terminal; everything that was on it is in `seen`."""
    with store.writing() as here:
        here.integrations.add("acme", registry.get("openai"), {"api_key": Secret(keys.GOOD["openai"]["api_key"])}, {})

    def start(*words, **more):
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1",
                   "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}  # fmt: skip
        child = pexpect.spawn(
            sys.executable, ["-m", "integrations_cli", *words], env=environ | more, dimensions=(40, 100), encoding="utf-8", timeout=120
        )
        child.delaybeforesend = None
        return child

    return start


def test_a_hidden_question_finds_it_and_shows_nothing(terminal):
    value = keys.GOOD["openai"]["api_key"]
    child = terminal("who-uses")
    child.expect("What leaked")
    child.sendline(value)
    child.expect(pexpect.EOF)
    child.close()
    seen = str(child.before)
    assert (child.exitstatus, value in seen) == (0, False)
    assert "acme" in seen and registry.get("openai").keys_url in seen


def test_nobody_may_be_asked(terminal):
    child = terminal("who-uses", "--no-input")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, "integrations who-uses --file FILE" in str(child.before)) == (2, True)


def test_ctrl_c_at_the_question(terminal):
    child = terminal("who-uses")
    child.expect("What leaked")
    child.sendcontrol("c")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def test_mending_asks_first(terminal, store):
    store.path.chmod(0o644)
    child = terminal("doctor", "--fix")
    child.expect(re.escape("[y/N]"))
    child.sendline("n")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, store.path.stat().st_mode & 0o777) == (5, 0o644)
    child = terminal("doctor", "--fix")
    child.expect(re.escape("[y/N]"))
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, store.path.stat().st_mode & 0o777) == (0, 0o600)
