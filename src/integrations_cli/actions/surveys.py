"""What a migration of any length would do: the source is read and planned in pieces, and memory does not grow with it.

Each piece holds whole integrations. What it would write is remembered as a digest: `bulk` reads it again to write it.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from integrations_cli.actions.asking import Before
from integrations_cli.actions.pieces import Look
from integrations_cli.actions.plan import Line, Policy, is_error
from integrations_cli.actions.planning import SHORTEST
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.seen import Seen
from integrations_cli.actions.straight import Forms
from integrations_cli.sources.finding import Ignored, Reading

if TYPE_CHECKING:
    from integrations_cli.store import Store

Pieces = Callable[[], Iterable[Reading]]
MOST = 1000  # lines that are wrong which are kept to be shown
PIECE = 1000  # rows that are looked at together
FINE = ("create", "change", "unchanged")
WRITABLE = ("create", "change", "incomplete")
SHARED = "same_value_as"  # the note, with the website behind it


class Expected(NamedTuple):
    """What a piece would write, and how many lines that are.

    `source` stands for what it says where all of it is simply to be made, or stored already; `stored` are the marks of the latter.
    """

    digest: bytes
    writes: int
    source: bytes = b""
    stored: bytes = b""

    def was_stored(self, line: Line) -> bool:
        """True if that line had nothing to be made."""
        mark = _octets(line)
        at = self.stored.find(mark)
        while at % 8 and at >= 0:  # across two of them
            at = self.stored.find(mark, at + 1)
        return at >= 0


class Planned(NamedTuple):
    """What there is to say of a piece: its lines, the digest of what they would write, and what is ignored."""

    lines: list[Line]
    digest: bytes
    ignored: Sequence[Ignored]


@dataclass
class Survey:
    """What a run would do. `counts` is by provider and kind, `pieces` says it of each, `errors` are the first lines that are wrong."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[Line] = field(default_factory=list)
    wrong: int = 0
    kept: int = 0  # conflicts in which the store wins
    writes: int = 0
    rows: int = 0
    ignored: int = 0
    notes: set[str] = field(default_factory=set)
    noted: Counter[str] = field(default_factory=Counter)  # how many lines have which note
    pieces: list[Expected] = field(default_factory=list)
    tested: bool = False  # every line was asked at its provider
    refused: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)  # by the key, hashed: what a provider said of a line
    empty: set[int] = field(default_factory=set)  # keys of websites that would be made for what was refused, hashed
    kind: str = ""  # of the source
    once: bytes = field(default_factory=lambda: os.urandom(32), repr=False)  # a key that is gone after this run

    def kinds(self) -> Counter[str]:
        """Counts by kind."""
        found: Counter[str] = Counter()
        for (_, kind), count in self.counts.items():
            found[kind] += count
        return found

    def judged(self, lines: list[Line]) -> list[Line]:
        """Lines that were read again, with what the providers said of them the first time; no website is made for what they refused."""
        lines = [line for line in lines if not (line.adds_website and mark(line.key) in self.empty)]
        said = [self.refused.get(mark(line.key)) if line.writes else None for line in lines]
        return [
            line if why is None else replace(line, kind="invalid", reason=why[0], detail=why[1])
            for line, why in zip(lines, said, strict=True)
        ]

    def exit_code(self) -> int:
        """0 nothing to do, 10 changes pending, 11 errors."""
        return 11 if self.wrong else 10 if self.writes else 0


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
    must_be_comparable(store)
    found, seen, forms, values = Survey(tested=before is not None), Seen(), Forms(), Seen()
    for piece in pieces():
        lines, digest, ignored = planned_piece(store, piece, routes, policy, forms if before is None else None, seen, found.once)
        if before is not None:
            asked = before.judged(lines, lambda website: mark((website, "", "")) not in seen)
            found.refused |= {mark(one.key): (one.reason, one.detail) for one, line in zip(asked, lines, strict=True) if one is not line}
            digest, lines = digest_of(asked, found.once, websites=False), asked
            found.empty |= {mark(line.key) for line in lines if line.adds_website}
            found.empty -= {mark((line.website, "", "")) for line in lines if line.provider and is_written(line.kind, policy)}
        found.kind = piece.kind
        found.rows += piece.names
        found.ignored += len(ignored)
        found.notes |= set(piece.notes)
        found.noted += _noted(lines, values)
        writes = sum(is_written(line.kind, policy) for line in lines)
        found.pieces.append(_expected(piece, digest, writes, lines, found.once))
        found.counts.update([(line.provider, line.kind) for line in lines])
        wrong = [line for line in lines if line.kind not in FINE and is_error(line, policy)]
        found.wrong += len(wrong)
        found.kept += sum(line.kind == "conflict" for line in lines) - sum(line.kind == "conflict" for line in wrong)
        found.errors += wrong[: MOST - len(found.errors)]
        told(found.rows)
    if found.empty:
        found.counts["", "create"] -= len(found.empty)
    found.writes = sum(one.writes for one in found.pieces) - len(found.empty)
    return found


def each(store: "Store", pieces: Pieces, planned: Survey, routes: Routes, policy: Policy) -> Iterator[tuple[list[Line], Sequence[Ignored]]]:
    """Every line of what was surveyed, with all there is to say of it, and what is ignored; the source is read once more."""
    seen, forms = Seen(), Forms()
    for piece in pieces():
        with store.reading() as here:
            look = Look(here, piece, routes, policy, forms)
            lines = look.lines()
        yield planned.judged(_once(lines, seen)), look.ignored


def _expected(piece: Reading, digest: bytes, writes: int, lines: Sequence[Line], once: bytes) -> Expected:
    if not writes or not all(line.kind in {"create", "unchanged"} for line in lines):
        return Expected(digest, writes)
    return Expected(digest, writes, source_of(piece, once), b"".join(_octets(line) for line in lines if line.kind == "unchanged"))


def _octets(line: Line) -> bytes:
    return mark(line.key).to_bytes(8, "big")


def _noted(lines: Sequence[Line], values: Seen) -> Counter[str]:
    """How many of the lines have which note. `values` are those of the lines before: one that comes again serves several websites."""
    found: Counter[str] = Counter()
    for notes, count in Counter([line.notes for line in lines if line.notes]).items():  # most have none, or the same
        for word in {note.partition(" ")[0] for note in notes}:
            found[word] += count
    for line in lines:
        if _comes_again(line, values) and not any(note.startswith(SHARED) for note in line.notes):
            found[SHARED] += 1
    return found


def _comes_again(line: Line, values: Seen) -> bool:
    """True if a value of the line was seen before; from now on all of them were."""
    comes = False
    for name, value in line.credentials.items():
        text = value.reveal()
        if len(text) >= SHORTEST and not values.is_new(hash((line.provider, name, text)) % 2**64 or 1):
            comes = True
    return comes


def is_written(kind: str, policy: Policy) -> bool:
    """True for a line that changes the store."""
    return kind in {"create", "change"} or (kind == "incomplete" and policy.allow_incomplete)


def planned_piece(
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
) -> Planned:
    """What there is to say of a piece. `second`: of what was planned; `unique`: where nothing came twice."""
    with store.reading() as here:
        look = Look(here, piece, routes, policy, forms)
        lines = look.new()
        if lines is not None and (unique or seen.add_all([mark(line.key) for line in lines if line.provider])):
            lines = [line for line in lines if line.provider or seen.is_new(mark(line.key))]
            return Planned(lines, _stamp(piece, lines, once), [])
        lines = _once(look.lines(compares=not second), seen)
    return Planned(lines, digest_of(lines, once), look.ignored)


def must_be_comparable(store: "Store") -> None:
    """Raises Conflict (4) in the middle of a re-encryption: asked at the start, and then wherever something is compared."""
    with store.reading() as here:
        here.fingerprints.must_be_comparable()


def source_of(piece: Reading, once: bytes) -> bytes:
    """Stands for what a piece says, whatever is stored of it."""
    found = hashlib.blake2b(piece.stamp, key=once, digest_size=32, person=b"source")
    if not piece.stamp:
        for one in piece.findings:
            text = one.value.reveal().encode("utf-8", "surrogatepass")
            found.update(repr((one.provider, one.field, one.website, len(text))).encode() + text)
        found.update(repr((piece.entries, piece.faults)).encode())
    return found.digest()


def _stamp(piece: Reading, lines: Sequence[Line], once: bytes) -> bytes:
    """As `_digest`, where what is written follows from the bytes of the piece and the websites that it makes."""
    found = hashlib.blake2b(source_of(piece, once), key=once, digest_size=32, person=b"straight")
    for line in lines:
        if line.adds_website:
            found.update(line.website.encode() + b" ")
    return found.digest()


def mark(key: tuple[str, str, str]) -> int:
    """8 bytes that stand for a line in this process, never 0."""
    return hash(key) % 2**64 or 1


def _once(lines: Sequence[Line], seen: Seen) -> list[Line]:
    """An integration may stand in one piece only; a website that an earlier piece makes is made once."""
    if seen.add_all([mark(line.key) for line in lines if line.provider]):
        return [line for line in lines if not line.adds_website or seen.is_new(mark(line.key))]
    found = []
    for line in lines:
        if line.provider and not seen.is_new(mark(line.key)):
            line = Line("conflict", *line.key, line.fields, "source_disagrees", "it stands in two places of the source, far apart")
        elif line.adds_website and not seen.is_new(mark(line.key)):
            continue
        found.append(line)
    return found


def digest_of(lines: Sequence[Line], once: bytes, *, websites: bool = True) -> bytes:
    """Of what would be written, under a key of this run; the order of the lines is that of the plan. `websites`: also those to be made."""
    found = hashlib.blake2b(key=once, digest_size=32)
    for line in lines:
        if line.kind == "create" and line.provider:
            found.update(repr((*line.key, line.enabled, line.expires_at, line.settings)).encode())
        elif line.kind in WRITABLE and (line.provider or websites):
            found.update(repr((*line.key, line.kind, line.expect, line.state, line.fields, line.settings)).encode())
        for name, value in line.credentials.items() if line.kind in WRITABLE else ():
            text = value.reveal().encode("utf-8", "surrogatepass")
            found.update(b"%s %d " % (name.encode(), len(text)) + text)
    return found.digest()
