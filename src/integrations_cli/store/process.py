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
        with suppress(OSError, AttributeError, ImportError):
            _prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def _prctl(*words: int) -> None:
    """Call prctl(2) by the machinery in C: what `ctypes` makes of it at import costs twenty times as much as the call."""
    try:
        from _ctypes import call_function, dlopen, dlsym  # noqa: PLC0415  only for commands that open the vault

        call_function(dlsym(dlopen(None, os.RTLD_NOW), "prctl"), words)  # type: ignore[arg-type]  # None: this very program
    except (ImportError, AttributeError, TypeError):  # another Python
        import ctypes  # noqa: PLC0415

        ctypes.CDLL(None).prctl(*words)
