"""Legacy values that still lie about beside what is stored, and those that were never brought in (dual reading during a move)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from integrations_cli.actions.doctor.note import WARNING, Note, of, ok, warning
from integrations_cli.card import Card
from integrations_cli.errors import BadValue, IntegrationsError, NotFound
from integrations_cli.masking import Secret, safe
from integrations_cli.registry import get
from integrations_cli.sources import showing
from integrations_cli.sources.finding import Finding, Reading

if TYPE_CHECKING:
    from integrations_cli.store import Conversation


SAME, DIFFERS, NOT_COMPARED = "same", "differs", "not_compared"
_TOLD = {
    SAME: "is stored, and the same value still lies in",
    DIFFERS: "is stored, and another value lies in",
    NOT_COMPARED: "is stored, and still lies (not compared) in",
}
Compare = Callable[[Card, Finding], str]
"""What is stored of an integration, and a value of a source → same, differs or not_compared."""


class Comparison:
    """By keyed fingerprints, so nothing sealed is opened. The store is, when the first value comes; without a key nothing is compared."""

    def __init__(self, opened: Callable[[], AbstractContextManager["Conversation"]], mine: Collection[str]) -> None:
        self._opened, self._mine, self._stack = opened, mine, ExitStack()
        self._fingerprint: Callable[[Card, str, Secret], str] | None = None
        self._tried = False

    def close(self) -> None:
        """The store again."""
        self._stack.close()

    def __call__(self, card: Card, found: Finding) -> str:
        """Settings need no key."""
        try:
            field = next(one for one in get(card.provider).fields if one.name == found.field)
            if found.field in card.settings:
                return SAME if field.accept(found.value.reveal())[0] == card.settings[found.field] else DIFFERS
            value, _ = field.accept_credential(found.value.reveal())
        except BadValue:
            return DIFFERS  # what is stored was accepted
        except (NotFound, StopIteration):
            return NOT_COMPARED
        made = self._open() if card.website in self._mine else None
        if made is None:
            return NOT_COMPARED
        return SAME if made(card, found.field, value) == card.credentials[found.field].fingerprint else DIFFERS

    def _open(self) -> Callable[[Card, str, Secret], str] | None:
        if not self._tried:
            self._tried = True
            with suppress(IntegrationsError):
                here = self._stack.enter_context(self._opened())
                here.fingerprints.must_be_comparable()
                made, ids = here.bulk.fingerprint(), here.websites.ids(self._mine)
                self._fingerprint = lambda card, name, value: made(ids[card.website], card.provider, name, value)
        return self._fingerprint


def lying_about(reading: Reading, cards: Sequence[Card], website: str, command: str, compare: Compare) -> Iterator[Note]:
    """One note per integration, and per what a comparison says, with the places; `command` brings in what was never brought in."""
    there = {(card.website, card.provider): card for card in cards}
    stored: dict[tuple[str, str, str], list[str]] = {}
    never: dict[tuple[str, str], list[str]] = {}
    for found in reading.findings:
        key = found.website or website, found.provider
        card = there.get(key)
        if card is not None and (found.field in card.credentials or found.field in card.settings):
            stored.setdefault((*key, compare(card, found)), []).append(found.place)
        else:
            never.setdefault(key, []).append(found.place)
    slugs = {card.website for card in cards}
    for (slug, provider, word), names in sorted(stored.items()):
        text = f"{provider} of {slug} {_TOLD[word]} {reading.title}: {_places(names)}"
        fix = command if word == DIFFERS else "remove it there, once nothing reads it any more"
        yield replace(of(slug, provider, "legacy", WARNING, "still_there", text, fix), compared=word)
    for (slug, provider), names in sorted(never.items()):
        slug = slug if slug in slugs else showing.website(slug)
        yield of(slug, provider, "legacy", WARNING, "never_migrated", f"{provider} of {slug} was never migrated: {_places(names)}", command)
    yield from _faults(reading, command)
    if not stored and not never and not reading.faults:
        yield ok("legacy", f"nothing of ours in {reading.title}")


def _places(names: Sequence[str]) -> str:
    return ", ".join(safe(name, 60) for name in dict.fromkeys(names))


def _faults(reading: Reading, command: str) -> Iterator[Note]:
    """One note per reason: a database under another key has thousands of rows."""
    reasons: dict[str, list[str]] = {}
    for fault in reading.faults:
        reasons.setdefault(fault.reason, []).append(fault.place)
    for reason, places in reasons.items():
        more = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
        yield warning("legacy", "not_readable", f"{safe(places[0], 80)}{more}: {reason.replace('_', ' ')}", command)
