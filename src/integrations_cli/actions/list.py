"""Which integrations there are, masked: no key, no network, and one unreadable row never breaks the rest."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.record import Record
from integrations_cli.store import glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    from integrations_cli.card import Card


def cards(database: Path | str, websites: Iterable[str] | None = None, provider: str | None = None) -> list[Card]:
    """The cards of these websites (None: of all), sorted by website, category, provider, with `missing` filled in."""
    if websites is None:
        found = glance.cards(database, None, provider)
    else:
        found = [card for website in websites for card in glance.cards(database, website, provider)]
    return [complete(card) for card in found]


def card_pages(database: Path | str, websites: Sequence[str] | None, provider: str | None, wanted: Wanted) -> Iterator[list[Card]]:
    """The same a page at a time (store/pages.py), only what is wanted."""
    from integrations_cli.store import pages  # noqa: PLC0415  a table is read at once

    for website in [None] if websites is None else websites:
        for page in pages.pages(database, glance.COLUMNS, website, provider):
            yield wanted.of(complete(glance.card_of(dict(zip(glance.COLUMNS, row, strict=True)))) for row in page)


def complete(card: Card) -> Card:
    """The card with the required fields it lacks, by today's catalogue; a provider we no longer know lacks none."""
    outline = registry.outline(card.provider)
    missing = outline.missing({*card.credentials, *card.settings}) if outline else ()
    return card.but(missing=missing) if missing else card


def main_credential(card: Card) -> str | None:
    """The name of the credential that stands for all: the definition's first one with a hint, rather a secret than an id."""
    return main_of(card.provider, {name: mark.hint for name, mark in card.credentials.items()})


def main_of(provider: str, hints: Mapping[str, str | None]) -> str | None:
    """The same, from the hint of each credential."""
    outline = registry.outline(provider)
    order = [name for name, _ in outline.credentials if name in hints] if outline else []
    return min(order or sorted(hints), key=lambda name: (hints[name] is None, name.endswith("id")), default=None)


def is_a_key(name: str) -> bool:
    """False for a credential that only says who one is (an id, a host's prefix): such a one stays when keys are replaced."""
    return not name.endswith(("id", "prefix", "name", "region"))


class Wanted(Record):
    """Only those of a category, in a state, that expire until a moment, or that were not used since one; None wants all."""

    category: str | None = None
    status: str | None = None
    soon: str | None = None
    old: str | None = None

    @property
    def everything(self) -> bool:
        """Nothing was chosen."""
        return self == Wanted()

    def fits(self, category: str, status: str, expires: str | None, used: str) -> bool:
        """`expires`: of its credentials, if it has any; `used`: when it was used last, or else made."""
        return (
            (self.category is None or category == self.category)
            and (self.status is None or status == self.status)
            and (self.soon is None or bool(expires and expires <= self.soon))
            and (self.old is None or used <= self.old)
        )

    def of(self, found: Iterable[Card]) -> list[Card]:
        """Those of the cards that fit."""
        return [card for card in found if self.fits(card.category, card.status, _expires(card), card.used_at or card.created_at)]


def wanted(
    category: str | None, status: str | None, expiring: timedelta | None, unused_for: timedelta | None, clock: Callable[[], datetime]
) -> Wanted:
    """What expires within a time from now, and what was not used for a time until now."""
    soon = _text(clock() + expiring) if expiring is not None else None
    return Wanted(category, status, soon, _text(clock() - unused_for) if unused_for is not None else None)


def _expires(card: Card) -> str | None:
    return card.expires_at if card.credentials else None


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
