"""Integrations: rows, their sealed credentials and what the last check said. Only cards leave for people."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from integrations_cli.card import Card
from integrations_cli.errors import Conflict, NotFound, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store import masked
from integrations_cli.store.audit import Audit
from integrations_cli.store.grace import KEEP
from integrations_cli.store.keys import Keyring
from integrations_cli.store.remembering import Remembering
from integrations_cli.store.rotation import must_be_settled
from integrations_cli.store.settings import known, patch
from integrations_cli.store.tables import CredentialVersion, Integration, Website
from integrations_cli.store.traces import facts, marks, note, take
from integrations_cli.store.versions import Versions
from integrations_cli.store.websites import Websites


class Integrations(Remembering):
    """All integrations, inside one conversation. `reveal` and `conceal` are the two doors between clear and sealed."""

    def __init__(
        self, session: Session, keys: Keyring, audit: Audit, websites: Websites, clock: Callable[[], datetime], vacuum: Callable[[], None]
    ) -> None:
        self._session, self._audit, self._websites, self._clock, self._vacuum = session, audit, websites, clock, vacuum
        self._keys, self._connection = keys, audit.connection
        self._versions: Versions = Versions(session, keys, clock)

    def _keep(self, row: Integration) -> None:
        self._session.add(row)

    def _keep_version(self, row: CredentialVersion) -> None:
        self._session.add(row)

    # ── finding ──

    def find(self, website: str, provider: str) -> Integration | None:
        """The row, or None; raises NotFound (3) for an unknown website."""
        row = self._websites.get(website)
        return self._session.exec(select(Integration).where(Integration.website_id == row.id, Integration.provider == provider)).first()

    def get(self, website: str, provider: str) -> Integration:
        """The row; raises NotFound (3) with the command that adds it."""
        found = self.find(website, provider)
        if found is None:
            tries = [f"integrations add {provider} -w {website}", f"integrations list -w {website}"]
            raise NotFound(f"{provider} is not set up for {website}", "it was never added, or was removed", tries)
        return found

    def all(self, website: str | None = None, provider: str | None = None) -> list[Integration]:
        """Rows sorted by website, category, provider."""
        query = select(Integration).join(Website, col(Website.id) == col(Integration.website_id))
        guard = self._websites.guard
        if website is not None:
            query = query.where(Integration.website_id == self._websites.get(website).id)
        if provider is not None:
            query = query.where(Integration.provider == provider)
        rows = self._session.exec(query.order_by(col(Website.slug), col(Integration.category), col(Integration.provider)))
        return [row for row in rows if guard.may(guard.needs, row.website_id)]

    def by_ids(self, idents: Sequence[str]) -> dict[str, Integration]:
        """The rows with these ids (32 hex characters), those that are still there, fetched with their versions and keys."""
        ids = [bytes.fromhex(ident) for ident in idents]
        self._keys.preload(self._session, self._connection(), self._versions.preload(ids))
        guard, rows = self._websites.guard, self._session.exec(select(Integration).where(col(Integration.id).in_(ids)))
        return {row.id.hex(): row for row in rows if guard.may(guard.needs, row.website_id)}

    def of(self, cards: Sequence[Card]) -> list[Integration | None]:
        """The row of each card; None where it is gone, or is of another website or provider than the card says.

        Cards come from a view, which is read and never believed: a key of one provider must not be sent to another.
        """
        rows = self.by_ids([card.id for card in cards])
        sites = {row.website_id for row in rows.values()}
        slugs = dict(self._session.exec(select(Website.id, Website.slug).where(col(Website.id).in_(sites))).all())
        found = (rows.get(card.id) for card in cards)
        return [
            row if row is not None and (row.provider, slugs.get(row.website_id)) == (card.provider, card.website) else None
            for card, row in zip(cards, found, strict=True)
        ]

    def expect(self, integration: Integration, version: int | None, settings: Mapping[str, Any] | None = None) -> None:
        """Raises Conflict (4) if somebody else has changed the credentials meanwhile, or the settings, where they are given."""
        if self.version(integration) != version:
            raise Conflict(
                f"{integration.provider} was changed meanwhile", "somebody else has replaced its credentials; nothing was written"
            )
        if settings is not None and integration.settings != settings:
            raise Conflict(f"{integration.provider} was changed meanwhile", "somebody else has changed its settings; nothing was written")

    # ── writing ──

    def add(
        self,
        website: str,
        definition: Provider,
        credentials: Mapping[str, Secret],
        settings: Mapping[str, Any],
        *,
        enabled: bool = True,
        expires_at: str | None = None,
        outcome: Outcome | None = None,
        action: str = "integration.added",
    ) -> Integration:
        """Row, sealed version, marks and audit entry in this transaction. Raises Conflict (4) when it is there already, even disabled."""
        owner = self._websites.get(website)
        if self.find(website, definition.name) is not None:
            raise _already(website, definition.name)
        now = self._now()
        row = Integration(
            id=os.urandom(16),
            website_id=owner.id,
            category=definition.category,
            provider=definition.name,
            settings=known(definition, settings),
            enabled=enabled,
            expires_at=expires_at,
            created_at=now,
            updated_at=now,
        )
        self._session.add(row)
        try:
            self._session.flush()
        except IntegrityError:
            raise _already(website, definition.name) from None
        sealed = self._versions.seal(row, definition, credentials) if credentials else None
        if outcome is not None and sealed is not None:
            note(sealed, outcome, now)
            take(row, outcome, now, sealed.version)
        self._audit.record(action, integration=row, fields=sorted([*credentials, *settings]), **facts(sealed, [*credentials]))
        return row

    def conceal(
        self,
        integration: Integration,
        definition: Provider,
        credentials: Mapping[str, Secret],
        *,
        settings: Mapping[str, Any] | None = None,
        expires_at: str | None = None,
        action: str = "credential.set",
        outcome: Outcome | None = None,
    ) -> int:
        """Seal all credentials as a new active version and return its number; the old one becomes `previous` for 24 hours.

        With `settings` the row's settings change in the same breath, and the seal is made for them.
        Raises Conflict (4) while a rotation is under way: what is proven to work must not be pushed out by what is not.
        """
        must_be_settled(self._session, self._versions, integration)
        active = self._versions.active(integration)
        before = marks(active)
        same = {name for name, value in credentials.items() if active and self._versions.is_of(integration, active, name, value)}
        fresh = integration.settings if settings is None else known(definition, settings)
        back = {"settings": patch(fresh, integration.settings), "expires_at": integration.expires_at}
        integration.settings = fresh
        if active is None or same != set(active.card):  # another key has another end
            integration.expires_at = expires_at
        integration.updated_at, integration.unreadable_since = self._now(), None
        ended = self._versions.retire(integration, back, keep=KEEP)
        row = self._versions.seal(integration, definition, credentials)
        if outcome is not None:
            note(row, outcome, self._now())
            take(integration, outcome, self._now(), row.version)
        self._session.add(integration)
        changed = [name for name in sorted({*row.card, *before}) if name not in same]
        self._audit.record(action, integration=integration, fields=changed, **facts(row, changed, before))
        self.destroyed(integration, ended)
        return row.version

    def destroyed(self, integration: Integration, numbers: Sequence[int]) -> None:
        """Say in the log that these versions are gone; their remains in free pages go after the commit."""
        for number in numbers:
            self._audit.record("credential.destroyed", integration=integration, version=number)
        if numbers:
            self._vacuum()

    def remove(self, integration: Integration) -> None:
        """Destroy the credentials and the row; the audit history stays."""
        self._audit.record("integration.removed", integration=integration)
        self._session.delete(integration)
        self._vacuum()

    # ── opening ──

    def reveal_every(self, integration: Integration) -> Iterator[tuple[str, dict[str, Secret] | Unreadable]]:
        """Each version that is still there, with its state: what is in it, or why it does not open. Raises Locked (6)."""
        for state in ("active", "previous", "pending"):
            row = self._versions.in_state(integration, state)
            if row is not None:
                try:
                    yield state, self._versions.reveal(integration, row)
                except Unreadable as error:
                    yield state, error

    def reveal_previous(self, integration: Integration) -> dict[str, Secret]:
        """The credentials before the last rotation; raises Conflict (4) when they are gone."""
        previous = self._versions.in_state(integration, "previous")
        if previous is None:
            raise Conflict("there is nothing to go back to", f"{integration.provider} has no previous credential, or its time is over")
        return self._versions.reveal(integration, previous)

    def fingerprint(self, website_id: bytes, provider: str, field: str, value: Secret) -> str:
        """32 hex digits, equal exactly for equal values of one website, provider and field; needs the key."""
        return self._versions.fingerprint(website_id, provider, field, value)

    def card(self, integration: Integration, definition: Provider) -> Card:
        """The masked view, as `glance` reads it without a key, and with what is missing by the definition."""
        owner = self._session.get(Website, integration.website_id)
        assert owner is not None
        return masked.card(owner, integration, self._versions.active(integration), definition)


def _already(website: str, provider: str) -> Conflict:
    return Conflict(
        f"{provider} is already set up for {website}",
        "one provider is set up once for a website",
        f"integrations show {provider} -w {website}",
    )
