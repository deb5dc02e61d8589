"""Bring legacy keys in: read, plan, and only then write, in whole batches that are read back before they are kept."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.actions import asking, batch, comparing
from integrations_cli.actions.answers import Answers
from integrations_cli.actions.asking import Before
from integrations_cli.actions.plan import Line, Plan, Policy, is_error, with_reason
from integrations_cli.actions.planning import build
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.test import Check
from integrations_cli.errors import INTERRUPTED, BadValue, Conflict, IntegrationsError, PlanErrors
from integrations_cli.masking import Secret, counted
from integrations_cli.sources.finding import Reading

if TYPE_CHECKING:
    from integrations_cli.store import Store

ANEW = "make the plan anew: --plan-out"
UNKNOWN = "the catalogue has no provider of that name"
SHOWN = 10  # lines that have drifted and are told
Read = Callable[[], Reading]
"""Reads the source again: the same path for planning and applying, so nothing is kept in memory meanwhile."""


@dataclass
class Result:
    """What became of each line: written, unchanged, kept, failed or not_reached; `state` as in the report."""

    plan: Plan
    results: dict[tuple[str, str, str], str] = field(default_factory=dict)
    reasons: dict[tuple[str, str, str], str] = field(default_factory=dict)
    verified: set[tuple[str, str, str]] = field(default_factory=set)
    state: str = "running"
    ended: int | None = None  # the exit code of what stopped it
    tested: dict[str, int] = field(default_factory=dict)  # what providers said, by word

    def count(self, word: str) -> int:
        """How many lines ended like this."""
        return sum(one == word for one in self.results.values())

    def exit_code(self) -> int:
        """That of what stopped it; else 12 when something was left out (11 when nothing was written), else 0."""
        if self.ended is not None:
            return self.ended
        left_out = self.count("failed") or self.count("not_reached")
        return (12 if self.count("written") else 11) if left_out else 0


def plan(store: "Store", read: Read, routes: Routes | str, policy: Policy, before: Before | None = None) -> Plan:
    """Compare the source with the store by keyed fingerprints. Needs the key (Locked 6); writes nothing but what was asked of whom.

    Raises Conflict (4) in the middle of a re-encryption, which makes the fingerprints anew.

    `routes` may be the slug of the one website everything goes to. With `before` every line to write is asked at its provider first;
    a refusal makes the line invalid.
    """
    reading = read()
    store.audit_key()
    with store.reading() as here:
        here.fingerprints.must_be_comparable()
        ids = {one.slug: one.id for one in here.websites.all()}
        if isinstance(routes, str):
            here.websites.get(routes)
            routes = Routes(routes, ids)
        fingerprints = here.bulk.fingerprint()

        def fingerprint(website: str, provider: str, name: str, value: Secret) -> str:
            return fingerprints(ids.get(website) or not_yet(website), provider, name, value)

        made = build(reading, routes, comparing.cards(here, reading, routes), fingerprint, policy)
    if before is not None:
        made.lines = with_reason(before.judged(made.lines, lambda website: website in ids), policy)
    return made


def not_yet(website: str) -> bytes:
    """What stands for the id of a website that is still to be made, in its fingerprints."""
    return hashlib.sha256(f"new website {website}".encode()).digest()[:16]


def apply(
    store: "Store",
    planned: Plan,
    read: Read,
    *,
    routes: Routes | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    report: Callable[[Result], None] = lambda result: None,
) -> Result:
    """Carry out exactly this plan: re-read, compare (Conflict 4 on drift), write, read back, verify.

    At any instant the store holds whole batches. Raises PlanErrors (11) when lines are wrong and nothing was written.
    """
    result = Result(planned)
    try:
        if planned.errors() and not planned.policy.continue_on_error:
            result.state = "refused"
            raise PlanErrors(
                f"{counted(len(planned.errors()), 'faulty line')}; nothing was written", None, "fix them, or --continue-on-error"
            )
        fresh = guarded(store, planned, read, routes or planned.website)
        planned.lines = with_values(planned, fresh)
        settle_others(result)
        report(result)  # where it cannot be written, nothing is
        _write_all(store, result, progress, report)
        result.state = "finished"
    except KeyboardInterrupt:
        result.state, result.ended = "interrupted", INTERRUPTED
        raise
    except IntegrationsError as error:
        result.state = "failed" if result.state == "running" else result.state
        stopped = batch.after_others(error, result.count("written"))
        result.ended = stopped.exit_code
        raise stopped from None
    finally:
        for line in planned.lines:
            result.results.setdefault(line.key, "failed" if is_error(line, planned.policy) else "not_reached")
        report(result)
    return result


def guarded(store: "Store", planned: Plan, read: Read, routes: Routes | str) -> Plan:
    """The plan as it would be made now. Raises Conflict (4) when it is another one, with the lines that have drifted."""
    fresh = plan(store, read, routes, planned.policy)
    made = {line.website for line in planned.lines if line.adds_website}
    must_not_drift(planned, fresh, _as_if_absent(store, fresh, routes, made) if isinstance(routes, Routes) and made else None)
    return fresh


def _as_if_absent(store: "Store", fresh: Plan, routes: Routes, made: Collection[str]) -> Plan:
    """The plan as it was before its websites were made: what it says of these, and of no others, is right."""
    with store.reading() as here:
        fingerprints = here.bulk.fingerprint()

        def fingerprint(website: str, provider: str, name: str, value: Secret) -> str:
            return fingerprints(not_yet(website), provider, name, value)

        absent = replace(routes, known={slug for slug in routes.known if slug not in made}, create=True)
        found = build(fresh.reading, absent, lambda website: {}, fingerprint, fresh.policy, compares=False)
    return replace(found, lines=[line for line in found.lines if line.website in made])


def must_not_drift(planned: Plan, fresh: Plan, absent: Plan | None = None) -> None:
    """Raises Conflict (4) with the lines that are no longer as planned; values that are stored by now are fine.

    `absent`: as it was before the websites of the plan were made, of which some may be there by now.
    """
    now = {line.key: line for line in fresh.lines}
    before = {line.key: line for line in absent.lines} if absent else {}
    same = [line for line in planned.lines if line.kind == "unchanged"]
    drifted = [line.key for line in (*planned.writes(), *same) if not _as_planned(line, now.get(line.key), before.get(line.key))]
    known = {line.key for line in planned.lines}
    sites = {line.website for line in planned.writes()}  # a website of which nothing is written is not made either
    new = [line for line in fresh.lines if line.key not in known and line.kind != "unchanged"]
    drifted += [line.key for line in new if not line.adds_website or line.website in sites]
    if drifted:
        lines = {line.key: line for line in planned.lines}
        raise has_drifted([_drifted(key, lines.get(key), now.get(key)) for key in drifted])


def has_drifted(told: Sequence[str]) -> Conflict:
    """4, with the first lines that have drifted."""
    shown = [*told[:SHOWN], *([f"and {len(told) - SHOWN} more"] if len(told) > SHOWN else [])]
    return Conflict("something changed since the plan was made; nothing was written", "; ".join(shown), ANEW)


def _drifted(key: tuple[str, str, str], planned: Line | None, fresh: Line | None) -> str:
    """`openai of acme: changed in the store`."""
    name = " of ".join(part for part in (key[2], key[0]) if part) or "a line of nobody"
    if planned is None:
        return f"{name}: new in the source"
    if fresh is None:
        return f"{name}: {'gone from the source' if key[2] in ('', *registry.names()) else UNKNOWN}"
    if fresh.kind in {"invalid", "unreadable"} and fresh.detail:
        return f"{name}: {fresh.detail}"
    return (
        f"{name}: {'changed in the store' if (planned.expect, planned.state) != (fresh.expect, fresh.state) else 'changed in the source'}"
    )


def _as_planned(line: Line, fresh: Line | None, before: Line | None) -> bool:
    if fresh is None:
        return line.adds_website  # it is there by now
    if before is not None and replace(before, notes=line.notes) == line:
        return fresh.kind in {"unchanged", line.kind}
    if fresh.kind == "unchanged":
        return [change.fp for change in fresh.fields] == [change.fp for change in line.fields if change.change != "missing"]
    return replace(fresh, notes=line.notes) == line


def with_values(planned: Plan, fresh: Plan) -> list[Line]:
    """The planned lines, with the values that the source has now: a saved plan holds none."""
    now, wanted = {line.key: line for line in fresh.lines}, {line.key for line in planned.writes()}
    return [
        replace(line, credentials=now[line.key].credentials, settings=now[line.key].settings)
        if line.key in wanted and line.key in now
        else line
        for line in planned.lines
    ]


def settle_others(result: Result) -> None:
    """What is known of the lines before anything is written: unchanged, kept, failed."""
    words = {"unchanged": "unchanged", "conflict": "kept"}
    for line in result.plan.lines:
        if is_error(line, result.plan.policy):
            result.results[line.key] = "failed"
            result.reasons[line.key] = line.reason or line.kind
        elif not line.writes and line.kind in words:
            result.results[line.key] = words[line.kind]


def _write_all(store: "Store", result: Result, progress: Callable[[int, int], None], report: Callable[[Result], None]) -> None:
    lines = [line for line in result.plan.writes() if line.key not in result.results]
    if not lines:
        return  # an unchanged source leaves no trace: it has changed nothing
    done = 0
    for some in _batches(lines, result.plan.policy.batch):
        with store.writing() as here:
            if done == 0:
                here.audit.record("migrate.started", source=result.plan.reading.kind, count=len(lines))
            written = batch.write(here, some, going_on=result.plan.policy.continue_on_error)
            if done + len(some) == len(lines):
                here.audit.record("migrate.finished", source=result.plan.reading.kind, count=len(lines))
        result.results |= written.words
        moved = {line.key for line in some if result.results[line.key] == "failed"}
        result.reasons |= dict.fromkeys(moved, "changed_meanwhile")
        with store.reading() as here:  # a fresh connection
            batch.verify(here, written)
        result.verified |= {line.key for line in some} - moved
        done += len(some)
        progress(done, len(lines))
        report(result)


def _batches(lines: Sequence[Line], size: int) -> Iterator[Sequence[Line]]:
    for at in range(0, len(lines), size):
        yield lines[at : at + size]


def tested(
    store: "Store", result: Result, check: Check, clock: Callable[[], datetime], answers: Answers, told: Callable[[int], None]
) -> None:
    """`--test after`: ask for every written line, and remember the answers. Ctrl-C keeps what is finished."""
    asking.after(store, check, [line for line in result.plan.lines if result.results.get(line.key) == "written"], clock, answers, told)


def policy_of(on_conflict: str, continue_on_error: bool, allow_incomplete: bool, batch: str, unknown_fields: str = "fail") -> Policy:
    """From the words of the command line; no `batch`: 1,000. Raises BadValue (2)."""
    batch = batch or str(Policy().batch)
    if batch != "all" and not (batch.isascii() and batch.isdigit() and 0 < int(batch) <= 10**9):
        raise BadValue("--batch", "a number, or all")
    return Policy(on_conflict, continue_on_error, allow_incomplete, unknown_fields, 10**9 if batch == "all" else int(batch))
