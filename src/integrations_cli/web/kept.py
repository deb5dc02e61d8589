"""Connections that have given a whole and clean answer, kept for the next question to the same host: for one run of many checks.

What is kept is the connection, as any browser keeps it: no cookie, no header, no byte of an answer. Between two checks it must have been
silent: one that says something when nobody has asked is closed, so that nothing of one check can pass for the answer to another.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations_cli.web.wire import Deadline, Wire

Place = tuple[str, int]
"""Host and port."""

IDLE = 2.0  # seconds without work; servers give up after five at the earliest
LIFE = 30.0  # seconds since it was made: as long as a name that was looked up is believed
MOST = 128  # connections in all


class Kept:
    """Free connections by place; the one that was used last is used first. For many threads."""

    def __init__(self) -> None:
        self._free: dict[Place, list[tuple[Wire, float]]] = {}
        self._count, self._closed, self._lock = 0, False, Lock()

    def take(self, place: Place, deadline: Deadline) -> Wire | None:
        """A connection that was silent since its last answer, now under this deadline; None when there is none."""
        while True:
            with self._lock:
                free = self._free.get(place)
                if not free:
                    return None
                wire, since = free.pop()
                self._count -= 1
            now = monotonic()
            if now - since < IDLE and now - wire.since < LIFE and wire.is_silent():
                return wire.under(deadline)
            wire.close()

    def put(self, place: Place, wire: Wire) -> None:
        """It is free; closed if there are too many, or the run is over."""
        with self._lock:
            if not self._closed and self._count < MOST:
                self._free.setdefault(place, []).append((wire, monotonic()))
                self._count += 1
                return
        wire.close()

    def close(self) -> None:
        """Hang up everywhere; nothing is kept any more."""
        with self._lock:
            self._closed, free = True, self._free
            self._free = {}
        for some in free.values():
            for wire, _ in some:
                wire.close()
