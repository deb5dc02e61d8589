"""Runs commands of the tool with a fault at the n-th write-class call: a process that has everything loaded forks one child per point.

Started with the shim preloaded; reads one JSON object a line and answers with one: the child's exit code (negative: the signal), the
number of calls it made, and what it said.
"""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT


def shim(folder: Path) -> str:
    """The preload library, compiled."""
    path = folder / "killshim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", path, ROOT / "tests/faults/killshim.c", "-ldl"], check=True)
    return str(path)


class Forking:
    """The other process."""

    def __init__(self, folder: Path) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_PRELOAD": shim(folder),
        }
        command = [sys.executable, "-m", "tests.faults.forking"]
        self.process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(120)

    def run(self, home: Path, *words: str, fault: int = 0, number: int = 0, **environ: str) -> tuple[int, int, str]:
        """Exit code, number of calls, and what was said."""
        asked = {"words": words, "environ": {"HOME": str(home), "PATH": os.environ["PATH"], **environ}, "fault": fault, "number": number}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return tuple(json.loads(self.process.stdout.readline()))


def child(asked: dict, told: int) -> None:
    """One command, in this process, which ends with it."""
    from integrations_cli.cli import app
    from integrations_cli.cli.tools import Doors

    os.chdir(asked["environ"]["HOME"])
    library = ctypes.CDLL(None)
    library.fault_calls.restype = ctypes.c_long
    library.fault_arm(ctypes.c_long(asked["fault"]), asked["number"])
    code = app.run(asked["words"], Doors(environ=asked["environ"]))
    calls = library.fault_calls()
    library.fault_arm(ctypes.c_long(0), 0)
    os.write(told, str(calls).encode())
    os._exit(code)


def serve() -> None:
    # what commands import is imported once
    from integrations_cli.cli import app, giving_up, putting_back  # noqa: F401
    from integrations_cli.store import abandon, backup, create, key_slots, restore, store  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        read, write = os.pipe()
        with tempfile.TemporaryFile() as said:
            pid = os.fork()
            if pid == 0:
                nothing = os.open(os.devnull, os.O_RDONLY)
                for source, target in ((nothing, 0), (said.fileno(), 1), (said.fileno(), 2)):
                    os.dup2(source, target)
                child(asked, write)
            os.close(write)
            _, status = os.waitpid(pid, 0)
            calls = os.read(read, 32)
            os.close(read)
            said.seek(0)
            print(json.dumps([os.waitstatus_to_exitcode(status), int(calls or 0), said.read().decode(errors="replace")]), flush=True)


if __name__ == "__main__":
    serve()
