"""`--test` of a migration: providers are asked side by side, so many lines at a time; memory does not grow with the source."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from integrations_cli.actions.answers import Answers
from integrations_cli.actions.check import too_often
from integrations_cli.actions.plan import Line, judged
from integrations_cli.actions.test import Check, many
from integrations_cli.actions.turns import Turns
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider, unreachable, untestable
from integrations_cli.registry import get

if TYPE_CHECKING:
    from integrations_cli.store import Conversation, Store

JOBS = 10  # checks side by side
BATCH = 64  # checks that are announced in the log, or recorded there, in one transaction


@dataclass(eq=False)
class _Job:
    line: Line
    definition: Provider
    chain: bytes | None  # the website, if it is there already
    credentials: Mapping[str, Secret]
    settings: Mapping[str, Any]
    outcome: Outcome | None = None


class Before:
    """`--test before`: lines are judged by their providers. Nothing of them is stored.

    A provider that hangs is asked a few times only: workers do nothing but ask, so that Ctrl-C need not wait for them.
    """

    def __init__(self, store: "Store", check: Check, answers: Answers, told: Callable[[int], None] = lambda done: None) -> None:
        self._store, self._check, self._answers, self._told = store, check, answers, told
        self._turns: Turns[_Job] = Turns(JOBS)
        self._answered: SimpleQueue[_Job] = SimpleQueue()
        self._workers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._turns.close(forget=True)

    def judged(self, lines: Sequence[Line], known: Callable[[str], bool]) -> list[Line]:
        """The lines, those that would be written judged: a refusal makes one invalid. `known`: whether a website is there already.

        Raises what writing to the store raises; then nothing was sent, or nothing is done with the answers.
        """
        outcomes: dict[int, Outcome] = {}
        todo = [line for line in lines if line.writes and line.provider]
        for start in range(0, len(todo), BATCH):
            for line, outcome in self._asked(todo[start : start + BATCH], known):
                outcomes[id(line)] = outcome
                self._answers.add(line.website, line.provider, outcome)
            self._told(self._answers.words.total())
        return [judged(line, outcomes[id(line)]) if id(line) in outcomes else line for line in lines]

    def _asked(self, lines: Sequence[Line], known: Callable[[str], bool]) -> Iterator[tuple[Line, Outcome]]:
        with self._store.writing() as here, here.audit.together():
            made = [(line, self._prepared(here, line, known(line.website))) for line in lines]
        jobs = [one for _, one in made if isinstance(one, _Job)]
        for job in jobs:
            self._turns.put(_destination(job), job)
        self._hire(min(JOBS, len(jobs)))
        done: list[_Job] = []
        try:
            while len(done) < len(jobs):
                done.append(self._answered.get())
        finally:  # also of those that have answered before Ctrl-C
            self._record(done)
        for line, one in made:
            outcome = one.outcome if isinstance(one, _Job) else one
            if outcome is not None:
                yield line, outcome

    def _prepared(self, here: "Conversation", line: Line, known: bool) -> "_Job | Outcome":
        """Take a token of the website for it, and say so in the log, before anything is sent."""
        credentials, settings, definition = dict(line.credentials), dict(line.settings), get(line.provider)
        if line.expect is not None:
            row = here.integrations.get(line.website, line.provider)
            try:
                credentials, settings = {**here.integrations.reveal(row), **credentials}, {**row.settings, **settings}
            except Unreadable as error:
                return untestable(f"what is stored cannot be opened: {error.why or error.what}; nothing was sent")
        chain = here.websites.get(line.website).id if known else None  # one that is still to be made has no allowance yet
        refused = too_often(here, chain, definition) if chain is not None else None
        if refused is not None:
            return refused
        here.audit.record("check.started", website=chain, provider=definition.name)
        return _Job(line, definition, chain, credentials, settings)

    def _record(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        with self._store.writing() as here, here.audit.together():
            for job in jobs:
                assert job.outcome is not None
                word, cause = job.outcome.word, job.outcome.cause
                here.audit.record("check.finished", website=job.chain, outcome=word, cause=cause, provider=job.definition.name)

    def _hire(self, wanted: int) -> None:
        for _ in range(wanted - self._workers):
            threading.Thread(target=self._work, daemon=True).start()
        self._workers = max(self._workers, wanted)

    def _work(self) -> None:
        while (turn := self._turns.take()) is not None:
            destination, job, wanted = turn
            job.outcome = unreachable("its host gave no answer to the checks before; not asked", "timeout")
            if wanted:
                job.outcome = self._check(job.definition, job.credentials, job.settings)
                self._turns.done(destination, answered=job.outcome.http_status is not None, timed_out=job.outcome.cause == "timeout")
            self._answered.put(job)


def _destination(job: _Job) -> tuple[str, ...]:
    return job.definition.name, *(str(job.settings.get(name)) for name in job.definition.destinations)


def after(
    store: "Store",
    check: Check,
    lines: Sequence[Line],
    clock: Callable[[], datetime],
    answers: Answers,
    told: Callable[[int], None] = lambda done: None,
) -> None:
    """Ask for lines that were written, and remember the answers; in their order. Ctrl-C keeps what is finished."""
    with store.reading() as here:
        ids = here.websites.ids({line.website for line in lines})
        pairs = [(ids[line.website], line.provider) for line in lines if line.provider and line.website in ids]
        rows = here.bulk.find(pairs)
        cards = [here.integrations.card(rows[pair], get(pair[1])) for pair in pairs if pair in rows]
    done = many(store, check, cards, clock, jobs=JOBS, told=lambda count, what: told(count))
    for one in done.results:
        answers.add(one.website, one.card.provider, one.outcome)
    if done.interrupted:
        raise KeyboardInterrupt
