"""Whose turn it is when many checks run side by side: a provider that hangs costs its own deadline and nothing else."""

import threading
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")

PROBES = 3  # at once, at a destination that has not answered yet or is slow to; as many time-outs in a row end asking it
SLOW = 2.0  # seconds without an answer after which a destination counts as slow


@dataclass
class _Destination(Generic[Job]):
    waiting: deque[Job] = field(default_factory=deque)
    since: dict[int, float] = field(default_factory=dict)  # worker → when it began
    answered: bool = False
    silent: int = 0  # time-outs in a row

    def doubtful(self, now: float) -> bool:
        return not self.answered or any(now - began > SLOW for began in self.since.values())

    def ready(self, now: float) -> int:
        free = PROBES - self.silent - len(self.since) if self.silent < PROBES and self.doubtful(now) else len(self.waiting)
        return min(len(self.waiting), max(0, free))

    def hung(self, now: float) -> int:
        return sum(now - began > SLOW for began in self.since.values())


class Turns(Generic[Job]):
    """Waiting checks by destination. Workers `take` and then `done`; the one who prepares them calls `put` and at last `close`.

    At most `workers` checks run at once, not counted those that are slow: there may be more workers than that, to take their place.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._places: dict[Hashable, _Destination[Job]] = {}
        self._change = threading.Condition()
        self._closed = False

    def put(self, destination: Hashable, job: Job) -> None:
        """One more check for a destination."""
        with self._change:
            self._places.setdefault(destination, _Destination()).waiting.append(job)
            self._change.notify()

    def ready(self) -> int:
        """How many checks workers could take now."""
        with self._change:
            now = time.monotonic()
            return sum(place.ready(now) for place in self._places.values())

    def hung(self) -> int:
        """How many checks are slow now: as many further workers have something to do."""
        with self._change:
            now = time.monotonic()
            return sum(place.hung(now) for place in self._places.values())

    def take(self) -> tuple[Hashable, Job, bool] | None:
        """The next check, and whether to send it: False once its destination was silent too often. Blocks; None at the end."""
        with self._change:
            while True:
                found = self._next()
                if found is not None:
                    return found
                if self._closed and not any(place.waiting for place in self._places.values()):
                    return None
                self._change.wait(SLOW / 4)

    def done(self, destination: Hashable, *, answered: bool, timed_out: bool = False) -> None:
        """The check this thread took has ended, and the thread will take another."""
        with self._change:
            place = self._places[destination]
            doubtful = place.doubtful(time.monotonic())
            place.since.pop(threading.get_ident(), None)
            place.answered = place.answered or answered
            place.silent = 0 if answered else place.silent + timed_out
            if doubtful:  # more may be sent there now, or nothing any more; otherwise there is work for this thread only
                self._change.notify_all()

    def close(self, *, forget: bool = False) -> None:
        """Nothing more is put; `forget` drops what waits."""
        with self._change:
            self._closed = True
            if forget:
                for place in self._places.values():
                    place.waiting.clear()
            self._change.notify_all()

    def _next(self) -> tuple[Hashable, Job, bool] | None:
        now = time.monotonic()
        running = [(place, len(place.since) - place.hung(now)) for place in self._places.values() if place.since]
        full = sum(count for _, count in running) >= self._workers
        doubtful = sum(count for place, count in running if place.doubtful(now))
        for name, place in sorted(
            ((name, place) for name, place in self._places.items() if place.waiting), key=lambda pair: len(pair[1].since)
        ):
            if place.silent >= PROBES:
                return name, place.waiting.popleft(), False
            if full:
                continue
            if not place.doubtful(now) or (place.ready(now) and doubtful < max(1, self._workers // 2)):
                place.since[threading.get_ident()] = now
                return name, place.waiting.popleft(), True
        return None
