"""A migration of any length: the source is read in pieces, planned, and read again to be written; memory does not grow with it.

Each piece holds whole integrations. What a piece would write is remembered as a digest: when it is read again and says something
else, nothing more is written. At any instant the store holds whole batches, and a second run finds only what is missing.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from integrations_cli.actions import batch, comparing, straight
from integrations_cli.actions.asking import Before
from integrations_cli.actions.plan import Line, Policy, is_error
from integrations_cli.actions.planning import build
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.seen import Seen
from integrations_cli.actions.straight import Forms
from integrations_cli.errors import Conflict, PlanErrors
from integrations_cli.masking import Secret
from integrations_cli.sources.finding import Reading

if TYPE_CHECKING:
    from integrations_cli.store import Store

Pieces = Callable[[], Iterable[Reading]]
MOST = 1000  # lines that are wrong which are kept to be shown
FINE = ("create", "change", "unchanged")
WRITABLE = ("create", "change", "incomplete")
PIECE = 1000  # rows that are looked at together
LONG = 10_000  # lines to write from which on a transaction takes more of them: what comes once in each is a tenth of the whole
BATCH = 4000  # of them: with what they change they fit into the cache of a batch (store/bulk.py)


@dataclass
class Survey:
    """What a run would do. `counts` is by provider and kind, `digests` one per piece, `errors` the first lines that are wrong."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[Line] = field(default_factory=list)
    wrong: int = 0
    writes: int = 0
    rows: int = 0
    ignored: int = 0
    notes: set[str] = field(default_factory=set)
    digests: list[bytes] = field(default_factory=list)
    tested: bool = False  # every line was asked at its provider
    refused: set[int] = field(default_factory=set)  # keys of lines that a provider has refused, hashed
    kind: str = ""  # of the source
    once: bytes = field(default_factory=lambda: os.urandom(32), repr=False)  # a key that is gone after this run

    def kinds(self) -> Counter[str]:
        """Counts by kind."""
        found: Counter[str] = Counter()
        for (_, kind), count in self.counts.items():
            found[kind] += count
        return found

    def exit_code(self) -> int:
        """0 nothing to do, 10 changes pending, 11 errors."""
        return 11 if self.wrong else 10 if self.writes else 0


@dataclass
class Done:
    """How far it came."""

    written: int = 0
    unchanged: int = 0
    failed: int = 0
    verified: int = 0


def survey(
    store: "Store",
    pieces: Pieces,
    routes: Routes,
    policy: Policy,
    told: Callable[[int], None] = lambda rows: None,
    before: Before | None = None,
) -> Survey:
    """Plan every piece; needs the key (Locked 6), writes nothing. An integration that stands in two pieces is an error.

    With `before` every line to write is asked at its provider, and recorded; a refusal makes the line invalid.
    """
    store.audit_key()
    _must_be_comparable(store)
    found, seen = Survey(tested=before is not None), Seen()
    forms, empty = Forms(), set[int]()
    for piece in pieces():
        digest, lines = _planned(store, piece, routes, policy, forms if before is None else None, seen, found.once)
        if before is not None:
            asked = before.judged(lines, lambda website: _mark((website, "", "")) not in seen)
            found.refused |= {_mark(one.key) for one, line in zip(asked, lines, strict=True) if one is not line}
            digest, lines = _digest(asked, found.once, websites=False), asked
            empty |= {_mark(line.key) for line in lines if line.adds_website}
            empty -= {_mark((line.website, "", "")) for line in lines if line.provider and _is_written(line.kind, policy)}
        found.kind = piece.kind
        found.rows += piece.names
        found.ignored += len(piece.ignored)
        found.notes |= set(piece.notes)
        found.digests.append(digest)
        found.counts.update([(line.provider, line.kind) for line in lines])
        wrong = [line for line in lines if line.kind not in FINE and is_error(line, policy)]
        found.wrong += len(wrong)
        found.errors += wrong[: MOST - len(found.errors)]
        told(found.rows)
    if empty:  # websites that would be made for what was refused
        found.refused |= empty
        found.counts["", "create"] -= len(empty)
    found.writes = sum(count for (_, kind), count in found.counts.items() if _is_written(kind, policy))
    return found


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
    written: Callable[[Sequence[Line]], None] = lambda lines: None,
) -> Done:
    """Write what was planned, a batch in a transaction, read back in it and once more afterwards; then `written` hears of it.

    Raises PlanErrors (11) when lines are wrong, Conflict (4) when a piece is no longer as planned: what was written before stays.
    """
    if planned.wrong and not policy.continue_on_error:
        raise PlanErrors(f"{planned.wrong} lines are wrong; nothing was written", None, "fix them, or --continue-on-error")
    done, waiting = Done(failed=planned.wrong), list[Line]()

    def write(lines: Sequence[Line], *, last: bool) -> None:
        _write(store, lines, planned, done, last=last)
        report(done)
        told(done.written)
        written(lines)

    for piece in _as_planned(store, pieces, planned, routes, policy, done):
        waiting += piece
        while len(waiting) > policy.batch:
            some, waiting = waiting[: policy.batch], waiting[policy.batch :]
            write(some, last=False)
    if waiting:
        write(waiting, last=True)
    return done


def _as_planned(store: "Store", pieces: Pieces, planned: Survey, routes: Routes, policy: Policy, done: Done) -> Iterator[list[Line]]:
    """The lines to write, piece by piece, read again. Raises Conflict (4) when they are others than before."""
    _must_be_comparable(store)
    seen, expected, forms = Seen(), iter(planned.digests), None if planned.tested else Forms()
    for piece in pieces():
        digest, lines = _planned(store, piece, routes, policy, forms, seen, planned.once, second=True, unique=not planned.wrong)
        if planned.tested:
            lines = [line for line in lines if _mark(line.key) not in planned.refused]
            digest = _digest(lines, planned.once, websites=False)
        wanted = [line for line in lines if _is_written(line.kind, policy)]
        if digest != next(expected, None) and wanted:  # nothing left: another run has written the same meanwhile
            raise Conflict("the source or the store changed since the plan was made", f"{done.written} were written before", ())
        done.unchanged += sum(line.kind == "unchanged" for line in lines)
        yield wanted
    if next(expected, None) is not None:
        raise Conflict("the source has become shorter since the plan was made", f"{done.written} were written before", ())


def _is_written(kind: str, policy: Policy) -> bool:
    return kind in {"create", "change"} or (kind == "incomplete" and policy.allow_incomplete)


def _planned(
    store: "Store",
    piece: Reading,
    routes: Routes,
    policy: Policy,
    forms: Forms | None,
    seen: Seen,
    once: bytes,
    *,
    second: bool = False,
    unique: bool = False,
) -> tuple[bytes, list[Line]]:
    """The lines of a piece, and the digest of what they would write. `second`: of what was planned; `unique`: where nothing came twice."""
    if forms is not None and piece.rows:
        lines = _straight(store, piece, routes, forms)
        if lines is not None and (unique or seen.add_all([_mark(line.key) for line in lines if line.provider])):
            lines = [line for line in lines if line.provider or seen.is_new(_mark(line.key))]
            return _stamp(piece, lines, once), lines
    lines = list(_once(_lines(store, piece.whole(), routes, policy, compares=not second), seen))
    return _digest(lines, once), lines


def _must_be_comparable(store: "Store") -> None:
    """Raises Conflict (4) in the middle of a re-encryption: asked at the start, and then wherever something is compared."""
    with store.reading() as here:
        here.fingerprints.must_be_comparable()


def _straight(store: "Store", piece: Reading, routes: Routes, forms: Forms) -> list[Line] | None:
    """The lines of rows of which there is nothing in the store and nothing odd to say."""
    with store.reading() as here:
        slugs = {name: slug for name in {row.website for row in piece.rows} for slug in routes.of(name)}
        ids = here.websites.ids(slugs.values())
        pairs = {(ids[slugs[row.website]], row.provider) for row in piece.rows if slugs[row.website] in ids} if ids else ()
        if pairs and here.bulk.has_any(sorted(pairs)):
            return None
        return straight.lines(piece.rows, replace(routes, known=ids), forms)


def _stamp(piece: Reading, lines: Sequence[Line], once: bytes) -> bytes:
    """As `_digest`, where what is written follows from the bytes of the piece and the websites that it makes."""
    found = hashlib.blake2b(piece.stamp, key=once, digest_size=32, person=b"straight")
    for line in lines:
        if line.adds_website:
            found.update(line.website.encode() + b" ")
    return found.digest()


def _lines(store: "Store", piece: Reading, routes: Routes, policy: Policy, *, compares: bool = True) -> list[Line]:
    with store.reading() as here:
        here.fingerprints.must_be_comparable()
        names = {(one.website, one.provider) for some in (piece.findings, piece.entries) for one in some}
        pairs = {(slug, provider) for name, provider in names for slug in routes.of(name)}
        ids = here.websites.ids({slug for slug, _ in pairs})
        routes = replace(routes, known=ids, similar=routes.similar or routes.known)
        made = here.bulk.fingerprint()

        def fingerprint(website: str, provider: str, name: str, value: Secret) -> str | None:
            return made(ids[website], provider, name, value) if website in ids else None

        return build(piece, routes, comparing.cards(here, piece, routes), fingerprint, policy, compares=compares).lines


def _mark(key: tuple[str, str, str]) -> int:
    """8 bytes that stand for a line in this process, never 0."""
    return hash(key) % 2**64 or 1


def _once(lines: Sequence[Line], seen: Seen) -> Iterator[Line]:
    """An integration may stand in one piece only; a website that an earlier piece makes is made once."""
    for line in lines:
        key = _mark(line.key)
        if line.adds_website and key in seen:
            continue
        if key in seen and line.provider:
            yield Line("conflict", *line.key, line.fields, "source_disagrees", "it stands in two places of the source, far apart")
            continue
        seen.add(key)
        yield line


def _digest(lines: Sequence[Line], once: bytes, *, websites: bool = True) -> bytes:
    """Of what would be written, under a key of this run; the order of the lines is that of the plan. `websites`: also those to be made."""
    found = hashlib.blake2b(key=once, digest_size=32)
    for line in lines:
        if line.kind == "create" and line.provider:
            found.update(repr((*line.key, line.enabled, line.expires_at, line.settings)).encode())
        elif line.kind in WRITABLE and (line.provider or websites):
            found.update(repr((*line.key, line.kind, line.expect, line.fields, line.settings)).encode())
        for name, value in line.credentials.items() if line.kind in WRITABLE else ():
            text = value.reveal().encode("utf-8", "surrogatepass")
            found.update(b"%s %d " % (name.encode(), len(text)) + text)
    return found.digest()


def _write(store: "Store", lines: Sequence[Line], planned: Survey, done: Done, *, last: bool = False) -> None:
    """One batch: all of it is read back before it is kept, and once more on a fresh connection. Raises Unreadable (7)."""
    with store.writing() as here:
        if not done.written:
            here.audit.record("migrate.started", source=planned.kind, count=planned.writes)
        written = batch.write(here, lines)
        if last:
            here.audit.record("migrate.finished", source=planned.kind, count=done.written + len(lines))
    done.written += len(lines)
    with store.reading() as here:
        done.verified += batch.verify(here, written)
