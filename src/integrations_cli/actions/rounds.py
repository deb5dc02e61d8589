"""One run of many checks: prepared and remembered by the thread that called, many at once; asked by workers, side by side."""

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, zip_longest
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from integrations_cli.actions.check import too_often
from integrations_cli.actions.rebind import unconfirmed
from integrations_cli.actions.turns import Turns
from integrations_cli.actions.unreadable import named
from integrations_cli.card import Card
from integrations_cli.errors import IntegrationsError, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider, unreachable, untestable

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.chain import Head
    from integrations_cli.store.store import Conversation
    from integrations_cli.store.tables import Integration

Check = Callable[[Provider, Mapping[str, Secret], Mapping[str, Any]], Outcome]
"""Asks the provider: `actions.check.run` with the network filled in."""

BATCH = 64  # checks that are prepared, or remembered, in one transaction
PAUSE = 0.5  # seconds after which what has come back is remembered, if anything has


@dataclass(frozen=True)
class Tested:
    """One result. `word` is the outcome's, or unreadable or disabled. `duration_ms` is None when nothing was sent.

    `cached`: an answer of before, from `at`. `error` is what makes it unreadable.
    """

    card: Card
    definition: Provider | None
    word: str
    outcome: Outcome
    at: datetime
    duration_ms: int | None = None
    cached: bool = False
    error: Unreadable | None = None

    @property
    def website(self) -> str:
        """The slug."""
        return self.card.website


@dataclass
class _Job:
    at: int
    card: Card
    definition: Provider
    credentials: Mapping[str, Secret]
    settings: Mapping[str, Any]
    version: int | None
    result: Tested | None = None
    stored: bool = False


_Todo = tuple[int, Card, Provider]
"""Its place among the results, and what is asked."""


@dataclass
class Rounds:
    """One run: prepared by the calling thread, asked by workers, remembered by the calling thread.

    `slower` gives the store that takes the place of a quick one where anything is unusual: a transaction that fails has left nothing.
    """

    store: "Store"
    check: Check
    clock: Callable[[], datetime]
    jobs: int
    told: Callable[[int, str], None]
    slower: "Callable[[], Store] | None" = None
    found: dict[int, Tested] = field(default_factory=dict)
    answered: SimpleQueue[_Job] = field(default_factory=SimpleQueue)
    workers: int = 0
    unsure: "tuple[Sequence[_Job], Mapping[bytes, Head]] | None" = None

    def run(self, todo: Sequence[_Todo]) -> None:
        """Ask for all of these; `found` has the results by number, those that came before a Ctrl-C as well."""
        self.turns: Turns[_Job] = Turns(self.jobs)
        self._hire(min(self.jobs, len(todo)))
        batches, running = _batches(todo, self.jobs), 0
        fresh: list[_Job] = []
        try:
            more, last = True, monotonic()
            while more or running or fresh:
                batch = next(batches, None) if more and self.turns.ready() < self.jobs else ()
                if batch is None:
                    more = False
                    self.turns.close()
                    continue
                self._hire(min(self.turns.hung(), self.jobs, len(todo)) + min(self.jobs, len(todo)))
                arrived = self._arrived(0 if batch or not running else 0.05)
                running, fresh = running - len(arrived), fresh + arrived
                if batch or (fresh and (len(fresh) >= BATCH or not running or monotonic() - last > PAUSE)):
                    running += self._written(fresh, batch)
                    fresh, last = [], monotonic()
        except KeyboardInterrupt:
            self.turns.close(forget=True)
            self._settle()
            self._written([job for job in [*fresh, *self._arrived(0)] if not job.stored], ())
            raise
        except BaseException:
            self.turns.close(forget=True)  # nothing more is sent
            raise

    def _hire(self, wanted: int) -> None:
        """So many workers: one for each job, and one more for each that waits in vain, up to twice as many."""
        for _ in range(wanted - self.workers):
            threading.Thread(target=self._work, daemon=True).start()
        self.workers = max(self.workers, wanted)

    def _written(self, fresh: Sequence[_Job], batch: Sequence[_Todo]) -> int:
        """Remember what has come back, and prepare the next ones: in one transaction. How many of these will be asked.

        If it fails because of one row, it is done again by halves, so that it costs no other row anything.
        """
        if not fresh and not batch:
            return 0
        try:
            jobs = self._together(fresh, batch)
        except IntegrationsError as error:
            if not isinstance(error, Unreadable) or self.store.refusal() is not None:
                raise  # no row is at fault
            if len(fresh) + len(batch) > 1:
                return self._by_halves(fresh, batch)
            self._give_up(fresh, batch, error)
            return 0
        except Exception:
            if len(fresh) + len(batch) == 1:
                raise
            return self._by_halves(fresh, batch)
        for job in jobs:
            self.turns.put(_destination(job), job)
        return len(jobs)

    def _by_halves(self, fresh: Sequence[_Job], batch: Sequence[_Todo]) -> int:
        """The second half also when the first one raises."""
        at = (len(fresh) + 1) // 2 if not batch else len(fresh)
        more = 0 if fresh else (len(batch) + 1) // 2
        try:
            done = self._written(fresh[:at], batch[:more])
        finally:
            rest = self._written(fresh[at:], batch[more:])
        return done + rest

    def _give_up(self, fresh: Sequence[_Job], batch: Sequence[_Todo], error: Unreadable) -> None:
        """The one row that cannot be written to."""
        for job in fresh:
            assert job.result is not None
            said = f"it was {job.result.word}, which cannot be stored: {error.why or error.what}"
            self.keep(job.at, _unreadable(job.card, job.definition, error, job.result.at, said))
        for at, card, definition in batch:
            self.keep(at, _unreadable(card, definition, error, self.clock()))

    def _together(self, fresh: Sequence[_Job], batch: Sequence[_Todo]) -> list[_Job]:
        try:
            return self._once(fresh, batch)
        except Exception:
            if self.slower is None:
                raise
            self.store, self.slower = self.slower(), None
            return self._once(fresh, batch)

    def _once(self, fresh: Sequence[_Job], batch: Sequence[_Todo]) -> list[_Job]:
        with self.store.writing() as here, here.audit.together():
            rows = here.checking.of([*(job.card for job in fresh), *(card for _, card, _ in batch)])
            here.limits.preload({row.website_id for row in rows if row is not None})
            for row, job in zip(rows, fresh, strict=False):
                assert job.result is not None
                self.keep(job.at, self._remembered(here, row, job, job.result) if row is not None else job.result)
            jobs = self._prepared(here, rows[len(fresh) :], batch)
            self.unsure = fresh, here.audit.moved
        self._stored(fresh)
        return jobs

    def _stored(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            job.stored = True
        self.unsure = None

    def _settle(self) -> None:
        """Interrupted about the commit: the log knows whether it was made, so that no answer is told there twice."""
        if self.unsure is None:
            return
        jobs, heads = self.unsure
        with self.store.reading() as here:
            if here.audit.has(heads):
                self._stored(jobs)

    def _prepared(self, here: "Conversation", rows: Sequence["Integration | None"], batch: Sequence[_Todo]) -> list[_Job]:
        """Open the credentials and take a token for each, and say so in the log, before anything is sent."""
        jobs: list[_Job] = []
        for row, (at, card, definition) in zip(rows, batch, strict=True):
            made = self._made(here, row, at, card, definition)
            if isinstance(made, _Job):
                jobs.append(made)
            else:
                self.keep(at, made)
        return jobs

    def _made(self, here: "Conversation", row: "Integration | None", at: int, card: Card, definition: Provider) -> "_Job | Tested":
        if row is None:
            return unsent(card, definition, untestable("it was removed meanwhile"), self.clock())
        try:
            credentials = here.checking.reveal(row)
        except Unreadable as error:
            here.checking.mark_unreadable(row)
            return _unreadable(card, definition, error, self.clock())
        missing = definition.missing({*credentials, *row.settings})
        if missing:
            return unsent(card, definition, untestable(f"missing: {', '.join(missing)}; nothing was sent"), self.clock())
        refused = unconfirmed(here.checking, row, definition) or too_often(here, row.website_id, definition)
        if refused is not None:
            return unsent(card, definition, refused, self.clock())
        here.audit.record("check.started", integration=row)
        return _Job(at, card, definition, credentials, dict(row.settings), here.checking.version(row))

    def _work(self) -> None:
        while True:
            turn = self.turns.take()
            if turn is None:
                return
            destination, job, wanted = turn
            began = perf_counter()
            outcome = (
                self.check(job.definition, job.credentials, job.settings)
                if wanted
                else unreachable("its host gave no answer to the checks before; not asked", "timeout")
            )
            took = int((perf_counter() - began) * 1000) if wanted and outcome.word != "untestable" else None
            job.result = Tested(job.card, job.definition, outcome.word, outcome, self.clock(), took)
            if wanted:
                self.turns.done(destination, answered=outcome.http_status is not None, timed_out=outcome.cause == "timeout")
            self.answered.put(job)

    def _arrived(self, seconds: float) -> list[_Job]:
        found: list[_Job] = []
        try:
            found.append(self.answered.get(timeout=seconds) if seconds else self.answered.get_nowait())
            while True:
                found.append(self.answered.get_nowait())
        except Empty:
            return found

    def _remembered(self, here: "Conversation", row: "Integration", job: _Job, result: Tested) -> Tested:
        if result.outcome.word == "rate_limited" and result.outcome.retry_after:
            here.limits.wait(row.website_id, job.definition, result.outcome.retry_after)
        before = here.checking.remember(row, result.outcome, result.at, job.version)
        return replace(result, outcome=result.outcome.noting(f"another account than before, which was {before}" if before else None))

    def keep(self, at: int, result: Tested) -> None:
        """This is the result of number `at`; whoever watches is told."""
        self.found[at] = result
        self.told(len(self.found), f"{result.website} {result.card.provider}")


def unsent(card: Card, definition: Provider | None, outcome: Outcome, at: datetime) -> Tested:
    """The result of one for which nothing was sent."""
    return Tested(card, definition, outcome.word, outcome, at)


def _unreadable(card: Card, definition: Provider, error: Unreadable, at: datetime, said: str | None = None) -> Tested:
    """`said`: what became of it, if something was sent."""
    outcome = Outcome("untestable", said or f"{error.why or error.what}; nothing was sent")
    return Tested(card, definition, "unreadable", outcome, at, error=named(error, card.website, card.provider))


def _destination(job: _Job) -> Hashable:
    """Checks of the same destination wait for each other when it does not answer."""
    return job.definition.name, *(str(job.settings.get(name)) for name in job.definition.destinations)


def _batches(todo: Sequence[_Todo], jobs: int) -> Iterator[list[_Todo]]:
    """Providers take turns, so that each batch holds many of them. The first one is small: nobody has anything to do before."""
    lanes: dict[str, list[_Todo]] = {}
    for one in todo:
        lanes.setdefault(one[2].name, []).append(one)
    mixed = [one for one in chain.from_iterable(zip_longest(*lanes.values())) if one is not None]
    first = min(BATCH, max(1, jobs // 2))
    yield mixed[:first]
    for start in range(first, len(mixed), BATCH):
        yield mixed[start : start + BATCH]
