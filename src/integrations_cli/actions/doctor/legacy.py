"""Legacy values that still lie about beside what is stored, and those that were never brought in (dual reading during a move)."""

from collections.abc import Iterator, Sequence

from integrations_cli.actions.doctor.note import WARNING, Note, of, ok, warning
from integrations_cli.card import Card
from integrations_cli.masking import safe
from integrations_cli.sources.finding import Reading


def lying_about(reading: Reading, cards: Sequence[Card], website: str, command: str) -> Iterator[Note]:
    """One note per integration, with the places; `command` brings in what was never brought in."""
    there = {(card.website, card.provider): card for card in cards}
    places: dict[tuple[str, str], list[str]] = {}
    for found in reading.findings:
        places.setdefault((found.website or website, found.provider), []).append(found.place)
    for (slug, provider), names in sorted(places.items()):
        card, where = there.get((slug, provider)), ", ".join(safe(name, 60) for name in dict.fromkeys(names))
        if card is not None and card.credentials:
            text = f"{provider} of {slug} is stored, and still lies in {reading.title}: {where}"
            yield of(slug, provider, "legacy", WARNING, "still_there", text, "remove it there, once nothing reads it any more")
        else:
            text = f"{provider} of {slug} was never migrated: {where}"
            yield of(slug, provider, "legacy", WARNING, "never_migrated", text, command)
    for fault in reading.faults:
        yield warning("legacy", "not_readable", f"{safe(fault.place, 80)}: {fault.reason.replace('_', ' ')}", command)
    if not places and not reading.faults:
        yield ok("legacy", f"nothing of ours in {reading.title}")
