"""Legacy values that still lie about beside what is stored, and those that were never brought in (dual reading during a move)."""

from collections.abc import Iterator, Sequence

from integrations_cli.actions.doctor.note import WARNING, Note, of, ok, warning
from integrations_cli.card import Card
from integrations_cli.masking import safe
from integrations_cli.sources import showing
from integrations_cli.sources.finding import Reading


def lying_about(reading: Reading, cards: Sequence[Card], website: str, command: str) -> Iterator[Note]:
    """One note per integration, with the places; `command` brings in what was never brought in."""
    there = {(card.website, card.provider): card for card in cards}
    stored: dict[tuple[str, str], list[str]] = {}
    never: dict[tuple[str, str], list[str]] = {}
    for found in reading.findings:
        key = found.website or website, found.provider
        card = there.get(key)
        has = card is not None and (found.field in card.credentials or found.field in card.settings)
        (stored if has else never).setdefault(key, []).append(found.place)
    slugs = {card.website for card in cards}
    for places, word in ((stored, "still_there"), (never, "never_migrated")):
        for (slug, provider), names in sorted(places.items()):
            slug, where = slug if slug in slugs else showing.website(slug), ", ".join(safe(name, 60) for name in dict.fromkeys(names))
            if word == "still_there":
                text = f"{provider} of {slug} is stored, and still lies in {reading.title}: {where}"
                yield of(slug, provider, "legacy", WARNING, word, text, "remove it there, once nothing reads it any more")
            else:
                yield of(slug, provider, "legacy", WARNING, word, f"{provider} of {slug} was never migrated: {where}", command)
    yield from _faults(reading, command)
    if not stored and not never and not reading.faults:
        yield ok("legacy", f"nothing of ours in {reading.title}")


def _faults(reading: Reading, command: str) -> Iterator[Note]:
    """One note per reason: a database under another key has thousands of rows."""
    reasons: dict[str, list[str]] = {}
    for fault in reading.faults:
        reasons.setdefault(fault.reason, []).append(fault.place)
    for reason, places in reasons.items():
        more = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
        yield warning("legacy", "not_readable", f"{safe(places[0], 80)}{more}: {reason.replace('_', ' ')}", command)
