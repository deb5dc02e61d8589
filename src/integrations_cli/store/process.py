"""What a process gives up before it holds a key: others of the same user cannot read it, and no core file is written."""

import os
import sys
from contextlib import suppress

_SET_DUMPABLE = 4  # prctl(2)


def harden() -> None:
    """umask 077, no core file, and on Linux not dumpable: `/proc/PID/environ` and `mem` are refused. Never fails the command."""
    os.umask(0o077)
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  not there on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  only for commands that open the vault

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
