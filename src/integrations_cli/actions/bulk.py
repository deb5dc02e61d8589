"""A migration of any length, written: a source that was surveyed is read again, piece by piece.

When a piece says something else than before, nothing more is written. At any instant the store holds whole batches, and a second run
finds only what is missing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from integrations_cli.actions import batch
from integrations_cli.actions.batch import Words
from integrations_cli.actions.plan import Line, Policy, is_error
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.seen import Seen
from integrations_cli.actions.straight import Forms
from integrations_cli.actions.surveys import (
    Expected,
    Pieces,
    Survey,
    digest_of,
    is_written,
    must_be_comparable,
    planned_piece,
    source_of,
)
from integrations_cli.errors import Conflict, PlanErrors
from integrations_cli.sources.finding import Reading

if TYPE_CHECKING:
    from integrations_cli.store import Store

CHANGED = "the source or the store changed since the plan was made"
LONG = 10_000  # lines to write from which on a transaction takes more of them: what comes once in each is a tenth of the whole
_NOTHING = Expected(b"", 0)
BATCH = 4000  # of them: with what they change they fit into the cache of a batch (store/bulk.py)


@dataclass
class Done:
    """How far it came. `reached`: of the lines to write, those that are stored now, or have failed."""

    written: int = 0
    unchanged: int = 0
    failed: int = 0
    verified: int = 0
    reached: int = 0


def in_batches(policy: Policy, planned: Survey) -> Policy:
    """The policy with the size of a batch that suits the run, where nobody has chosen one.

    What is read from a database is planned line by line, which takes ten times as long, and more room: there it would not pay.
    """
    return replace(policy, batch=BATCH) if planned.writes >= LONG and planned.kind == "file" else policy


def carry_out(
    store: "Store",
    pieces: Pieces,
    planned: Survey,
    routes: Routes,
    policy: Policy,
    *,
    told: Callable[[int], None] = lambda done: None,
    report: Callable[[Done], None] = lambda done: None,
    ended: Callable[[Sequence[Line], Words], None] = lambda lines, words: None,
) -> Done:
    """Write what was planned, a batch in a transaction, read back in it and once more afterwards.

    `ended` hears once of every line what became of it: written, unless the words say otherwise (unchanged, kept, failed).
    `report` is called at the start and after each batch, always with the same object, which goes on counting.

    Raises PlanErrors (11) when lines are wrong, Conflict (4) when a piece is no longer as planned, and PartlyApplied (12) in its place
    when earlier batches were written, which stay.
    """
    if planned.wrong and not policy.continue_on_error:
        raise PlanErrors(f"{planned.wrong} lines are wrong; nothing was written", None, "fix them, or --continue-on-error")
    done, waiting, begun = Done(failed=planned.wrong), list[Line](), False

    def write(lines: Sequence[Line], *, last: bool) -> None:
        nonlocal begun
        words = _write(store, lines, planned, policy, done, first=not begun, last=last)
        begun = True
        report(done)
        told(done.reached)
        ended(lines, words)

    report(done)  # where it cannot be written, nothing is
    try:
        for wanted, others in _as_planned(store, pieces, planned, routes, policy, done):
            if others:
                ended(others, {line.key: _word(line, policy) for line in others})
            waiting += wanted
            while len(waiting) > policy.batch:
                some, waiting = waiting[: policy.batch], waiting[policy.batch :]
                write(some, last=False)
        if waiting:
            write(waiting, last=True)
    except Conflict as error:
        raise batch.after_others(error, done.written) from None
    return done


def _as_planned(
    store: "Store", pieces: Pieces, planned: Survey, routes: Routes, policy: Policy, done: Done
) -> Iterator[tuple[list[Line], list[Line]]]:
    """The lines to write, and the others, piece by piece, read again. Raises Conflict (4) when they are not what they were."""
    must_be_comparable(store)
    seen, expected, forms, rows = Seen(), iter(planned.pieces), None if planned.tested else Forms(), 0
    for piece in pieces():
        lines, digest, _ = planned_piece(store, piece, routes, policy, forms, seen, planned.once, second=True, unique=not planned.wrong)
        made_for_nothing = 0
        if planned.tested:
            made_for_nothing, lines = len(lines), planned.judged(lines)
            made_for_nothing -= len(lines)
            digest = digest_of(lines, planned.once, websites=False)
        wanted, before = [line for line in lines if is_written(line.kind, policy)], next(expected, _NOTHING)
        if digest != before.digest and wanted and not _others_wrote_some(before, piece, lines, planned.once):
            raise Conflict(f"{CHANGED}; nothing was written", f"it is among the rows {rows + 1} to {rows + piece.names} of the source")
        rows += piece.names
        done.unchanged += sum(line.kind == "unchanged" for line in lines)
        done.reached += before.writes - made_for_nothing - len(wanted)
        yield wanted, [line for line in lines if not is_written(line.kind, policy)] if len(wanted) < len(lines) else []
    if next(expected, None) is not None:
        raise Conflict("the source has become shorter since the plan was made; nothing was written")


def _word(line: Line, policy: Policy) -> str:
    """What becomes of a line that is not written."""
    return "failed" if is_error(line, policy) else "kept" if line.kind == "conflict" else "unchanged"


def _others_wrote_some(before: Expected, piece: Reading, lines: Sequence[Line], once: bytes) -> bool:
    """True if a source that is as it was has rows that were to be made, and of some the same is stored by now.

    What was stored then must still be: nothing is made that the plan did not say.
    """
    same = bool(before.source) and source_of(piece, once) == before.source
    plain = same and all(line.kind in {"create", "unchanged"} for line in lines)
    return plain and not any(before.was_stored(line) for line in lines if line.kind == "create")


def _write(store: "Store", lines: Sequence[Line], planned: Survey, policy: Policy, done: Done, *, first: bool, last: bool) -> Words:
    """One batch: all of it is read back before it is kept, and once more on a fresh connection. Raises Unreadable (7).

    Returns what became of those lines that were not written.
    """
    with store.writing() as here:
        if first:
            here.audit.record("migrate.started", source=planned.kind, count=planned.writes)
        written = batch.write(here, lines, going_on=policy.continue_on_error)
        if last:
            here.audit.record("migrate.finished", source=planned.kind, count=done.written + len(lines))
    words = Counter(written.others.values())
    done.unchanged += words["unchanged"]
    done.failed += words["failed"]
    done.written += len(lines) - words["unchanged"] - words["failed"]
    done.reached += len(lines)
    with store.reading() as here:
        done.verified += batch.verify(here, written)
    return {key: word for key, word in written.others.items() if word != "written"}
