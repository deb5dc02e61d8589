"""What a store holds, as far as it shows without a key."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from integrations_cli import registry
from integrations_cli.actions.doctor.note import PROBLEM, WARNING, Note, of, ok, problem, warning
from integrations_cli.card import Card
from integrations_cli.errors import NotFound
from integrations_cli.masking import counted, safe
from integrations_cli.pasted import SECRET_LIKE
from integrations_cli.store import checkup, glance

PATIENCE = timedelta(minutes=10)  # a check that was begun so long ago will not end any more
SLACK = timedelta(hours=1)  # what is due for destruction goes with the next write: that may take a while


def unreadable(card: Card) -> Note:
    """A credential that could not be opened; a new value repairs it."""
    fix = f"integrations rotate {card.provider} -w {card.website}"
    text = f"{card.provider} of {card.website} could not be opened"
    return of(card.website, card.provider, "credentials", PROBLEM, "unreadable", text, fix, page=True)


def credentials(cards: Sequence[Card]) -> Iterator[Note]:
    """What the last try said."""
    lost = [card for card in cards if card.status == "unreadable"]
    yield from map(unreadable, lost)
    if not lost:
        yield ok("credentials", f"{counted(len(cards), 'integration')}, none known to be unreadable")


def settings(cards: Sequence[Card]) -> Iterator[Note]:
    """Plain settings that hold what should be sealed."""
    for card in cards:
        for name, value in card.settings.items():
            if isinstance(value, str) and SECRET_LIKE.fullmatch(value):
                text = f"{name} of {card.provider} of {card.website} looks like a secret, and settings are not sealed"
                fix = f"integrations set {card.provider} --unset {name} -w {card.website}"
                yield of(card.website, card.provider, "settings", PROBLEM, "secret_in_a_setting", text, fix, page=True)


def foreign(database: Path) -> Iterator[Note]:
    """Triggers and views that are not ours: what lists show, and what is written, may be anything."""
    for text in checkup.foreign(database):
        yield problem("store", "schema_changed", safe(text, 120), "integrations audit verify --state; integrations store restore FILE")


def rotations(database: Path) -> Iterator[Note]:
    """New credentials that wait for their check."""
    for one in checkup.pending(database):
        text = f"{one.provider} of {one.website}: a new credential waits since {one.at[:10]}, the old one is in use"
        fix = f"integrations rotate {one.provider} -w {one.website} --resume"
        yield of(one.website, one.provider, "rotations", WARNING, "rotation_waits", text, fix)


def half_done(database: Path) -> Iterator[Note]:
    """New credentials that are in use without their last test."""
    for one in checkup.unproven(database):
        text = f"{one.provider} of {one.website}: the new credential is in use, and was not tested as stored"
        fix = f"integrations rotate {one.provider} -w {one.website} --resume"
        yield of(one.website, one.provider, "rotations", WARNING, "rotation_unproven", text, fix)


def unconfirmed(database: Path) -> Iterator[Note]:
    """Credentials that no test sends, because a newer definition would send them to where nobody has looked."""
    for website, provider, bound in glance.bound(database):
        try:
            names = [name for name in registry.get(provider).destinations if name not in bound]
        except NotFound:
            continue  # a provider that we do not know (any more)
        if names:
            text = f"{provider} of {website}: its definition changed, and nobody has confirmed where the key is sent ({', '.join(names)})"
            yield of(website, provider, "credentials", WARNING, "unconfirmed", text, f"integrations rebind {provider} -w {website}")


def checks(database: Path, now: datetime) -> Iterator[Note]:
    """Tests that were begun and never ended."""
    for one in checkup.unended(database, now - PATIENCE):
        text = f"{one.provider} of {one.website}: a test that began on {one.at[:10]} has no end in the log"
        yield of(
            one.website, one.provider, "checks", WARNING, "check_without_end", text, f"integrations test {one.provider} -w {one.website}"
        )


def overdue(database: Path, now: datetime) -> Iterator[Note]:
    """Replaced credentials that should be gone."""
    found = checkup.overdue(database, now - SLACK)
    if found:
        names = ", ".join(f"{one.provider} of {one.website}" for one in found[:3]) + (", …" if len(found) > 3 else "")
        text = f"{len(found)} replaced {'credential is' if len(found) == 1 else 'credentials are'} overdue to be destroyed: {names}"
        yield warning("rotations", "overdue", text, "integrations doctor --fix")
