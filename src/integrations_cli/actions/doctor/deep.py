"""A deep look: the file itself, the log, and every credential opened in memory. Needs the key."""

import hmac
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli.actions import audit
from integrations_cli.actions.doctor.contents import unreadable
from integrations_cli.actions.doctor.note import WARNING, Note, carefully, of, ok, problem, warning
from integrations_cli.actions.list import is_a_key
from integrations_cli.card import Card
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret, counted
from integrations_cli.store import checkup, inspection

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.inspection import Inspection

BATCH = 200  # integrations that are opened in one transaction
SHORTEST = 16  # characters of a value that two websites can hardly have by accident
_TEST_KEY = re.compile(r"(sk|pk|rk)_test_.*|sk_lab_.*", re.DOTALL)
Place = tuple[str, str]
"""Website and provider."""


@dataclass
class _Seen:
    """What the values showed. They are compared by a fingerprint under a key of this run, which is never written anywhere."""

    key: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    opened: int = 0
    holders: dict[bytes, list[Place]] = field(default_factory=dict, repr=False)

    def take(self, card: Card, name: str, value: Secret) -> None:
        """One field of a credential in use."""
        text = value.reveal()
        if len(text) >= SHORTEST and is_a_key(name):
            mark = hmac.digest(self.key, text.encode("utf-8", "surrogatepass"), "sha256")
            self.holders.setdefault(mark, []).append((card.website, card.provider))

    def shared(self) -> list[list[Place]]:
        """The places of each value that several websites hold; each group of places once."""
        groups = {tuple(sorted(set(places))) for places in self.holders.values()}
        return [list(group) for group in sorted(groups) if len({website for website, _ in group}) > 1]


def file(database: Path) -> Iterator[Note]:
    """What SQLite itself finds."""
    told = checkup.integrity(database)
    for text in told:
        yield problem("store", "damaged", text, "integrations store restore FILE")
    if not told:
        yield ok("file", "whole, by SQLite's own check")


def log(store: "Store") -> Iterator[Note]:
    """Whether the log is what was written, and the anchor of this host what this store wrote."""
    refused = store.refusal()
    if refused is not None and refused.reason != "restored":  # that one shows without a key
        yield problem("audit", "anchor", refused.what, refused.tries[0] if refused.tries else None)
    found = _inspected(store)
    for text in found.problems:
        if not text.startswith(inspection.ANCHOR) or refused is None:  # that one was told
            yield problem("audit", "log_changed", text, "integrations audit verify --state")
    told = [one for one in found.reports if one.problem]
    for one in told:
        make, code = (problem, "log_changed") if one.broken else (warning, "epoch_lost")
        yield make("audit", code, f"{one.name}: {one.problem}", "integrations audit verify --state")
    if not told and not found.problems and refused is None:
        yield ok("audit", f"{sum(one.entries for one in found.reports)} entries, unbroken, and the rows are what they say")


def _inspected(store: "Store") -> "Inspection":
    """What is found in the chains, the rows and the anchor, as far as it is for whoever asks."""
    with store.reading() as here:
        guard = here.guard
        mine = None if guard.may("audit", None) else [site.slug for site in here.websites.all() if guard.may("audit", site.id)]
    return audit.verify(store, state=True, websites=mine)


def credentials(store: "Store", cards: Sequence[Card], told: Callable[[int, str], None]) -> Iterator[Note]:
    """Every version that is still there is opened: what does not open, keys for tests, and keys that several websites share."""
    seen = _Seen()
    for at in range(0, len(cards), BATCH):
        yield from _opened(store, cards[at : at + BATCH], seen)
        told(min(at + BATCH, len(cards)), cards[at].website)
    yield ok("opened", f"opened {counted(seen.opened, 'credential')}")
    for places in seen.shared():
        yield _reused(places)


def _opened(store: "Store", cards: Sequence[Card], seen: _Seen) -> Iterator[Note]:
    with store.reading() as here:
        for card, row in zip(cards, here.integrations.of(cards), strict=True):
            for state, values in here.integrations.reveal_every(row) if row is not None else ():
                if isinstance(values, Unreadable):
                    yield unreadable(card) if state == "active" else _old_unreadable(card, state)
                    continue
                seen.opened += 1
                if state == "active":
                    yield from _for_tests(card, values.values())
                    for name, value in values.items():
                        seen.take(card, name, value)


def _for_tests(card: Card, values: Iterable[Secret]) -> Iterator[Note]:
    if any(_TEST_KEY.fullmatch(value.reveal()) for value in values):
        text = f"{card.provider} of {card.website} has a key for tests"
        fix = f"integrations rotate {card.provider} -w {card.website}"
        yield of(card.website, card.provider, "test keys", WARNING, "test_key", text, fix, page=True)


def _old_unreadable(card: Card, state: str) -> Note:
    text = f"the {'replaced' if state == 'previous' else 'waiting'} credential of {card.provider} of {card.website} could not be opened"
    fix = f"integrations rotate {card.provider} -w {card.website}"
    return of(card.website, card.provider, "credentials", WARNING, "unreadable_version", text, fix)


def _reused(places: Sequence[Place]) -> Note:
    names = ", ".join(f"{provider} of {website}" for website, provider in places[:4]) + (", …" if len(places) > 4 else "")
    website, provider = places[-1]
    text = f"{len({one for one, _ in places})} websites share one key: {names}"
    return of(website, provider, "reuse", WARNING, "key_reused", text, f"integrations rotate {provider} -w {website}", page=True)


def look(store: "Store", database: Path, cards: Sequence[Card], told: Callable[[int, str], None]) -> list[Note]:
    """All of it. Raises Locked (6) when there is no key."""
    store.verify()
    notes = carefully("store", lambda: file(database))
    notes += carefully("audit", lambda: log(store))
    return notes + carefully("credentials", lambda: credentials(store, cards, told))
