"""A process whose peak of memory is its own.

Linux keeps the peak of a child across its `exec`, and a child begins as a copy of who started it: a program that has built 100,000
rows would measure itself. So a small interpreter stands between them, which takes 10 MiB and waits.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

TOOL = "from integrations_cli.__main__ import main; main()"
_BETWEEN = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
_, status, usage = os.wait4(child.pid, 0)
print(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, os.waitstatus_to_exitcode(status)]))
"""


class Ended(NamedTuple):
    """Seconds of processor time, peak in MiB, exit code."""

    seconds: float
    peak: int
    code: int


class Started:
    """The tool, running; its output goes nowhere."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-S", "-E", "-c", _BETWEEN, sys.executable, "-c", TOOL, *words]
        self._between = subprocess.Popen(command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._between.stdout
        self._told = self._between.stdout
        self.pid = int(self._told.readline())

    def runs(self) -> bool:
        """True until it has ended."""
        return self._between.poll() is None

    def kill(self) -> None:
        """SIGKILL."""
        if self.runs():
            os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> Ended:
        """Wait for it."""
        told, _ = self._between.communicate()
        return Ended(*json.loads(told))
