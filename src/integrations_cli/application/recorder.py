"""Uses are counted in memory and written together, every few seconds and at the end; an application never waits for it."""

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations_cli.errors import IntegrationsError
from integrations_cli.store.usage import Tally


class Recorder:
    """One per connection. Counting costs microseconds; what could not be written is kept and tried again."""

    def __init__(self, database: Path, every: float, clock: Callable[[], datetime]) -> None:
        self._database, self._every, self._clock = database, every, clock
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._tally, self._pid, self._thread = Tally(), os.getpid(), False
        self._finally: Any = None

    def add(self, integration: str, action: str, status: str, **figures: Any) -> None:
        """Count one use (`calls` of them)."""
        with self._lock:
            if self._pid != os.getpid():  # a forked worker starts its own count: the parent writes what it had
                self._tally, self._pid, self._thread, self._wake = Tally(), os.getpid(), False, threading.Event()
            self._tally.add(integration, self._clock(), action, status, **figures)
            if not self._thread:
                self._thread = True
                self._finally = weakref.finalize(self, _write, self._database, self._tally, self._pid)
                threading.Thread(target=_flush_now_and_then, args=(weakref.ref(self), self._wake, self._every), daemon=True).start()

    def flush(self) -> None:
        """Write what was counted. Raises NotWritten (74); then nothing is lost, the next time takes it along."""
        with self._lock:
            if self._pid != os.getpid():
                return
            taken = Tally(dict(self._tally.sums), dict(self._tally.last))
            self._tally.sums.clear()  # the same object stays: the end of the process writes it
            self._tally.last.clear()
        try:
            taken.write(self._database)
        except BaseException:
            with self._lock:
                self._tally.merge(taken)
            raise

    def close(self) -> None:
        """Write the rest."""
        self._wake.set()
        self.flush()


def _flush_now_and_then(recorder: "weakref.ref[Recorder]", wake: threading.Event, every: float) -> None:
    while not wake.wait(every):
        alive = recorder()
        if alive is None:
            return
        with suppress(IntegrationsError):  # kept; the next time tries again, and `close` says so
            alive.flush()
        del alive


def _write(database: Path, tally: Tally, pid: int) -> None:
    """The last chance, when nobody has closed the connection: at the end of the process nobody can be told."""
    if pid == os.getpid():  # a forked child has a copy that is not its own
        with suppress(IntegrationsError):
            tally.write(database)
