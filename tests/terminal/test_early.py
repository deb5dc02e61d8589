"""What is typed before there is a question: not shown where a secret may be asked for, and the terminal is whole again for everybody else."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import termios

import pexpect
import pytest
from tests import keys
from tests.terminal.test_story import plain

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store

TELLS = """
import os, sys, termios
def hook(event, facts):
    if event == "import" and facts[0] == "integrations_cli.cli.tools":
        os.write(2, b"echo is on;" if termios.tcgetattr(0)[3] & termios.ECHO else b"echo is off;")
sys.addaudithook(hook)
from integrations_cli.__main__ import main
main()
"""

PAUSES = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
def hook(event, facts):
    if event == "import" and facts[0] == "integrations_cli.cli.tools":
        os.write(2, b".")
        signal.sigwait([signal.SIGUSR1])
sys.addaudithook(hook)
from integrations_cli.__main__ import main
main()
"""


@pytest.fixture
def environ(home):
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def stored(home):
    """A store that opens by itself, with an integration."""
    create.prepare(configuration.load({"HOME": str(home)}), "file", recovery=False).commit()
    with open_store(configuration.load({"HOME": str(home)})) as store, store.writing() as here:
        here.websites.add("acme")
        here.integrations.add("acme", registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})


@pytest.mark.parametrize(
    "words",
    ["add", "import FILE", "export", "exec anthropic -- true", "get anthropic api_key --reveal", "env --reveal", "enable anthropic", "rollback anthropic",
     "rebind anthropic", "access grant maria admin", "audit verify", "store upgrade", "doctor --deep", "who-uses"],
)  # fmt: skip
def test_a_command_that_may_ask_for_a_secret_is_quiet_before_anything_slow_is_imported(environ, words):
    ours, theirs = pty.openpty()
    ran = subprocess.run([sys.executable, "-c", TELLS, *words.split()], env=environ, stdin=theirs, capture_output=True, text=True)
    assert ran.stderr.startswith("echo is off;")
    assert termios.tcgetattr(theirs)[3] & termios.ECHO, "it is on again at the end"
    os.close(ours), os.close(theirs)


@pytest.mark.parametrize(
    "how", [[], ["--mask", "on"], ["--file", "api_key"]], ids=["takes our place", "a terminal of its own", "beside us"]
)
def test_a_command_that_exec_starts_finds_the_terminal_as_it_was(stored, environ, how):
    words = ["-m", "integrations_cli", "exec", "anthropic", "-w", "acme", *how, "--", "stty", "-a"]
    child = pexpect.spawn(sys.executable, words, env=environ, encoding="utf-8", timeout=60)
    child.expect(pexpect.EOF)
    assert " echo " in plain(child.before)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_a_command_in_the_background_is_not_stopped_by_the_terminal(environ):
    """Whoever is not in front may not change the terminal: the system stops it (SIGTTOU of signal(7))."""
    script = f'set -m; "{sys.executable}" -m integrations_cli set --help > page & wait $!; echo "it ended with $?"'
    child = pexpect.spawn("bash", ["-c", script], env=environ, cwd=environ["HOME"], encoding="utf-8", timeout=60)
    child.expect("it ended with ([0-9]+)")
    assert child.match[1] == "0"


def test_a_pager_behind_the_pipe_keeps_the_modes_that_it_has_set(environ):
    """It sets its own while we are at work; at our end only the echo is put back."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-c", PAUSES, "audit", "verify"], env=environ, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert ran.stderr.read(1) == b"."
    modes = termios.tcgetattr(theirs)
    termios.tcsetattr(theirs, termios.TCSANOW, [*modes[:3], modes[3] & ~termios.ICANON, *modes[4:]])
    ran.send_signal(signal.SIGUSR1)
    ran.communicate(timeout=60)
    assert termios.tcgetattr(theirs)[3] & (termios.ECHO | termios.ICANON) == termios.ECHO
    os.close(ours), os.close(theirs)
