"""What a process gives up before it holds a key, seen from outside and from another process of the same user."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = str(Path(__file__).parents[2] / "src")
linux = pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_DUMPABLE is Linux's")
# As root `/proc` refuses nothing, so both processes become nobody, once they have loaded what nobody may not read;
# changing the user makes a process undumpable, which is taken back: what is measured is `harden` alone.
PRELUDE = """
import ctypes, os, sys
from integrations_cli.store.process import harden
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
"""
HOLDER = """
if sys.argv[1] == "hardened":
    harden()
print("ready", flush=True)
sys.stdin.read()
"""
READER = """
for name in ("environ", "mem"):
    try:
        open(f"/proc/{sys.argv[1]}/{name}", "rb").close()
        print(name, "open")
    except PermissionError:
        print(name, "refused")
"""
CRASHER = """
import os
from integrations_cli.store.process import harden
harden()
open("made", "w").close()
os.abort()
"""
ENVIRON = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "CANARY": "EXAMPLE"}


@linux
@pytest.mark.parametrize("how, expected", [("hardened", "refused"), ("as it was", "open")])
def test_another_process_of_the_same_user_reads_neither_environment_nor_memory(how, expected):
    holding = [sys.executable, "-c", PRELUDE + HOLDER, how]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRON) as holder:
        assert holder.stdout.readline() == "ready\n"
        reading = [sys.executable, "-c", PRELUDE + READER, str(holder.pid)]
        seen = subprocess.run(reading, capture_output=True, text=True, env=ENVIRON, check=False)
        holder.stdin.close()
    if how == "as it was" and seen.stdout == "environ refused\nmem refused\n":
        pytest.skip("this machine lets no process read another one at all (ptrace scope)")
    assert seen.stdout == f"environ {expected}\nmem {expected}\n", seen.stderr


def test_no_core_file_and_no_file_for_others(tmp_path):
    def allow() -> None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (2**20, 2**20))
        os.umask(0)

    done = subprocess.run([sys.executable, "-c", CRASHER], cwd=tmp_path, env=ENVIRON, capture_output=True, check=False, preexec_fn=allow)
    assert done.returncode == -signal.SIGABRT
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600


ASK = """
import ctypes, os, resource, sys
from integrations_cli import config
from integrations_cli.store import create, open_store
home = config.load({"HOME": sys.argv[1]})
def state(): return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)
before = state()
if sys.argv[2] == "init":
    create.prepare(home, "file", recovery=False).commit()
else:
    with open_store(home) as store:
        store.verify()
print(before[0], *state()[:1], state()[1])
"""


@linux
def test_making_and_opening_a_vault_hardens_the_process(home):
    for what in ("init", "open"):
        done = subprocess.run(
            [sys.executable, "-c", ASK, str(home), what],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": SOURCE, "PATH": os.environ["PATH"]},
            check=False,
        )
        assert done.stdout == "1 0 (0, 0)\n", done.stderr
