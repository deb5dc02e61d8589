"""A migration of any length: the source is read in pieces, planned, and read again to be written; memory does not grow with it.

Each piece holds whole integrations. What a piece would write is remembered as a digest: when it is read again and says something
else, nothing more is written. At any instant the store holds whole batches, and a second run finds only what is missing.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from integrations_cli.actions import batch
from integrations_cli.actions.migrate import not_yet
from integrations_cli.actions.plan import Line, Policy, is_error
from integrations_cli.actions.planning import build
from integrations_cli.actions.routes import Routes
from integrations_cli.card import Card
from integrations_cli.errors import Conflict, PlanErrors
from integrations_cli.masking import Secret
from integrations_cli.registry import get
from integrations_cli.sources.finding import Entry, Finding, Reading

if TYPE_CHECKING:
    from integrations_cli.store import Store

Pieces = Callable[[], Iterable[Reading]]
MOST = 1000  # lines that are wrong which are kept to be shown
PIECE = 1000  # rows that are looked at together


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


class Seen:
    """Numbers of 8 bytes, in a table of their own: a set of Python's takes six times as much room, and there may be a million of them."""

    def __init__(self) -> None:
        self._slots, self._count = array("Q", bytes(8 * 4096)), 0

    def __contains__(self, number: int) -> bool:
        return self._slots[self._place(number)] == number

    def add(self, number: int) -> None:
        """It may be there already; 0 never is."""
        place = self._place(number)
        if self._slots[place] == 0:
            self._slots[place], self._count = number, self._count + 1
            if self._count * 3 > len(self._slots) * 2:
                self._grow()

    def _place(self, number: int) -> int:
        slots, most = self._slots, len(self._slots) - 1
        place = number & most
        while slots[place] not in (0, number):
            place = (place + 1) & most
        return place

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", bytes(16 * len(before)))
        for number in before:
            if number:
                self._slots[self._place(number)] = number


def survey(store: "Store", pieces: Pieces, routes: Routes, policy: Policy, told: Callable[[int], None] = lambda rows: None) -> Survey:
    """Plan every piece; needs the key (Locked 6), writes nothing. An integration that stands in two pieces is an error."""
    store.audit_key()
    found, seen = Survey(), Seen()
    for piece in pieces():
        lines = list(_once(_lines(store, piece, routes, policy, seen), seen))
        found.rows += piece.names
        found.ignored += len(piece.ignored)
        found.notes |= set(piece.notes)
        found.digests.append(_digest(lines))
        for line in lines:
            found.counts[line.provider, line.kind] += 1
            found.writes += _to_write(line, policy)
            if is_error(line, policy):
                found.wrong += 1
                if len(found.errors) < MOST:
                    found.errors.append(line)
        told(found.rows)
    return found


def carry_out(
    store: "Store",
    pieces: Pieces,
    planned: Survey,
    routes: Routes,
    policy: Policy,
    *,
    told: Callable[[int], None] = lambda done: None,
    report: Callable[[Done], None] = lambda done: None,
) -> Done:
    """Write what was planned, a batch in a transaction, read back in it and once more afterwards.

    Raises PlanErrors (11) when lines are wrong, Conflict (4) when a piece is no longer as planned: what was written before stays.
    """
    if planned.wrong and not policy.continue_on_error:
        raise PlanErrors(f"{planned.wrong} lines are wrong; nothing was written", None, "fix them, or --continue-on-error")
    done, seen, expected = Done(failed=planned.wrong), Seen(), iter(planned.digests)
    for piece in pieces():
        lines = list(_once(_lines(store, piece, routes, policy, seen), seen))
        if _digest(lines) != next(expected, None) and not _all_there(lines, policy):
            raise Conflict("the source or the store changed since the plan was made", f"{done.written} were written before", ())
        done.unchanged += sum(line.kind == "unchanged" for line in lines)
        wanted = [line for line in lines if _to_write(line, policy)]
        for at in range(0, len(wanted), policy.batch):
            _write(store, wanted[at : at + policy.batch])
            done.written += len(wanted[at : at + policy.batch])
            report(done)
            told(done.written)
        done.verified += _verify(store, wanted)
    if next(expected, None) is not None:
        raise Conflict("the source has become shorter since the plan was made", f"{done.written} were written before", ())
    return done


def _to_write(line: Line, policy: Policy) -> bool:
    return line.writes or (line.kind == "incomplete" and policy.allow_incomplete)


def _all_there(lines: Sequence[Line], policy: Policy) -> bool:
    """Another run has written the same meanwhile."""
    return not any(_to_write(line, policy) for line in lines)


def _lines(store: "Store", piece: Reading, routes: Routes, policy: Policy, seen: Seen) -> list[Line]:
    with store.reading() as here:
        here.fingerprints.must_be_comparable()
        everything: list[Finding | Entry] = [*piece.findings, *piece.entries]
        ids = here.websites.ids({slug for one in everything for slug in routes.of(one.website)})
        routes = replace(routes, known={*ids}, similar=routes.similar or routes.known)
        pairs = {(ids[slug], one.provider) for one in everything for slug in routes.of(one.website) if slug in ids}
        slugs = {ident: slug for slug, ident in ids.items()}
        cards: dict[str, dict[str, Card]] = {}
        for (ident, provider), row in here.bulk.find(sorted(pairs)).items():
            cards.setdefault(slugs[ident], {})[provider] = here.integrations.card(row, get(provider))

        def fingerprint(website: str, provider: str, name: str, value: Secret) -> str:
            # a website that an earlier piece has made was not there yet when this piece was planned
            ident = None if _mark((website, "", "")) in seen else ids.get(website)
            return here.integrations.fingerprint(ident or not_yet(website), provider, name, value)

        return build(piece, routes, lambda website: cards.get(website, {}), fingerprint, policy).lines


def _mark(key: tuple[str, str, str]) -> int:
    """8 bytes that stand for a line, never 0."""
    return int.from_bytes(hashlib.blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=8).digest()) or 1


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


def _digest(lines: Sequence[Line]) -> bytes:
    """Of what would be written; the order of the lines is that of the plan."""
    found = hashlib.sha256()
    for line in lines:
        if line.writes:
            found.update(repr(_written(line)).encode())  # compared in this process only, so it need not be JSON
    return found.digest()


def _written(line: Line) -> tuple[object, ...]:
    """Everything that a plan says of a line."""
    fields = [(one.name, one.secret, one.change, one.place, one.fp, one.old, one.value) for one in line.fields]
    return (*line.key, line.kind, line.enabled, line.expires_at, line.expect, line.reason, line.detail, line.notes, fields)


def _write(store: "Store", lines: Sequence[Line]) -> None:
    """One batch; all of it is read back before it is kept."""
    with store.writing() as here:
        batch.write(here, lines)


def _verify(store: "Store", lines: Sequence[Line]) -> int:
    """On a fresh connection. Raises Unreadable (7)."""
    with store.reading() as here:
        batch.read_back(here, lines)
    return sum(bool(line.provider) for line in lines)
