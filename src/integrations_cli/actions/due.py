"""Which credentials run out, have grown old, or lie about unused. No key, no network."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import is_a_key, main_credential
from integrations_cli.errors import NotFound
from integrations_cli.quicktime import UTC, datetime, timedelta
from integrations_cli.record import Record
from integrations_cli.store import glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from integrations_cli.card import Card

    Reason = Literal["expires", "age", "unused"]


class Limits(Record):
    """What counts as due. `within`: this far ahead; `older_than`: the age at which a credential should be replaced, None for any
    age; `unused_for`: the time without a use, None to leave uses out."""

    within: timedelta = timedelta(days=14)
    older_than: timedelta | None = timedelta(days=180)
    unused_for: timedelta | None = None


class Due(Record):
    """One reason to act. `at` is the UTC moment at which it is due, past or near; `credential` the one it is about."""

    card: Card
    reason: Reason
    at: str
    credential: str
    next: str

    @property
    def keys_url(self) -> str | None:
        """The vendor's page where a key is made and revoked; None for a provider that we no longer know."""
        try:
            return registry.get(self.card.provider).keys_url or None
        except NotFound:
            return None


def due(database: glance.Place, websites: Iterable[str] | None, limits: Limits, now: datetime) -> list[Due]:
    """The most urgent first, of these websites (None: of all). What is switched off, or has no credential, is left out."""
    expires, changed, used = _before(now + limits.within), None, None
    if limits.older_than is not None:
        changed = _before(now + limits.within - limits.older_than)
    if limits.unused_for is not None:
        used = _before(now - limits.unused_for)
    cards = [
        card for website in ([None] if websites is None else websites) for card in glance.due(database, website, expires, changed, used)
    ]
    found = [
        Due(card, reason, at, name, _next(card, reason, name))
        for card in cards
        for reason, at, name in _reasons(card, limits, expires, changed, used)
    ]
    return sorted(found, key=lambda one: (one.at, one.card.website, one.card.provider))


def _reasons(card: Card, limits: Limits, expires: str, changed: str | None, used: str | None) -> Iterator[tuple[Reason, str, str]]:
    main = main_credential(card) or ""
    if card.expires_at is not None and card.expires_at <= expires:
        yield "expires", card.expires_at, main
    since, name = _oldest(card)
    if limits.older_than is not None and changed is not None and name and since <= changed:
        yield "age", _later(since, limits.older_than), name
    last = card.used_at or card.created_at
    if limits.unused_for is not None and used is not None and last <= used:
        yield "unused", _later(last, limits.unused_for), main


def _oldest(card: Card) -> tuple[str, str]:
    """Since when the oldest key is there, and its name; the main one of several that came together."""
    main = main_credential(card)
    keys = {name: mark for name, mark in card.credentials.items() if is_a_key(name) or len(card.credentials) == 1}
    found = sorted((mark.changed_at or "", name != main, name) for name, mark in keys.items())
    return (found[0][0], found[0][2]) if found else ("", "")


def _next(card: Card, reason: Reason, name: str) -> str:
    if reason == "unused":
        return f"integrations disable {card.provider} -w {card.website}"
    field = f" {name}" if reason == "age" and len(card.credentials) > 1 else ""
    return f"integrations rotate {card.provider}{field} -w {card.website}"


def _before(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _later(text: str, span: timedelta) -> str:
    """The moment so much later; the text itself where it is no time, as in a row that was written by hand."""
    try:
        moment = datetime.fromisoformat(text)
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) + span).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return text
