"""Integrations: rows, their sealed credentials and what the last check said. Only cards leave for people."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from integrations_cli.card import Card
from integrations_cli.errors import Conflict, NotFound
from integrations_cli.masking import Secret, safe
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store import masked, versions
from integrations_cli.store.audit import Audit
from integrations_cli.store.keys import Keyring
from integrations_cli.store.tables import Integration, Website
from integrations_cli.store.touching import Touching, known
from integrations_cli.store.versions import Versions
from integrations_cli.store.websites import Websites


class Integrations(Touching):
    """All integrations, inside one conversation. `reveal` and `conceal` are the two doors between clear and sealed."""

    def __init__(
        self, session: Session, keys: Keyring, audit: Audit, websites: Websites, clock: Callable[[], datetime], vacuum: Callable[[], None]
    ) -> None:
        self._session, self._audit, self._websites, self._clock, self._vacuum = session, audit, websites, clock, vacuum
        self._versions: Versions = Versions(session, keys, clock)

    def _keep(self, row: Integration) -> None:
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
            raise NotFound(f"{provider} is not set up for {website}", None, tries)
        return found

    def all(self, website: str | None = None, provider: str | None = None) -> list[Integration]:
        """Rows sorted by website, category, provider."""
        query = select(Integration).join(Website, col(Website.id) == col(Integration.website_id))
        if website is not None:
            query = query.where(Integration.website_id == self._websites.get(website).id)
        if provider is not None:
            query = query.where(Integration.provider == provider)
        return list(self._session.exec(query.order_by(col(Website.slug), col(Integration.category), col(Integration.provider))))

    def by_ids(self, idents: Sequence[str]) -> dict[str, Integration]:
        """The rows with these ids (32 hex characters), those that are still there, fetched with their versions."""
        ids = [bytes.fromhex(ident) for ident in idents]
        self._versions.preload(ids)
        return {row.id.hex(): row for row in self._session.exec(select(Integration).where(col(Integration.id).in_(ids)))}

    def expect(self, integration: Integration, version: int | None) -> None:
        """Raises Conflict (4) if somebody else has changed the credentials meanwhile."""
        if self.version(integration) != version:
            raise Conflict(
                f"{integration.provider} was changed meanwhile", "somebody else has replaced its credentials; nothing was written"
            )

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
        sealed = self._versions.seal(row, definition, credentials, outcome) if credentials else None
        if outcome is not None and sealed is not None:
            self._take(row, outcome, now, sealed.version)
        self._record(action, row, sealed, sorted([*credentials, *settings]))
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
        """
        before = self._versions.active(integration)
        old = {name: mark.get("fp") for name, mark in (before.card if before else {}).items() if isinstance(mark, dict)}
        if settings is not None:
            integration.settings = known(definition, settings)
        integration.updated_at, integration.expires_at, integration.unreadable_since = self._now(), expires_at, None
        row = self._versions.seal(integration, definition, credentials, outcome)
        if outcome is not None:
            self._take(integration, outcome, self._now(), row.version)
        self._session.add(integration)
        if self._versions.destroyed:
            self._vacuum()
        changed = [name for name, mark in row.card.items() if old.get(name) != mark["fp"]]
        self._record(action, integration, row, changed, old)
        return row.version

    def remove(self, integration: Integration) -> None:
        """Destroy the credentials and the row; the audit history stays."""
        self._record("integration.removed", integration, None, [])
        self._session.delete(integration)
        self._vacuum()

    # ── opening ──

    def reveal_previous(self, integration: Integration) -> dict[str, Secret]:
        """The credentials before the last rotation; raises Conflict (4) when they are gone."""
        previous = self._versions.in_state(integration, "previous")
        if previous is None:
            raise Conflict("there is nothing to go back to", f"{integration.provider} has no previous credential, or its 24 hours are over")
        return self._versions.reveal(integration, previous)

    def fingerprint(self, website_id: bytes, provider: str, field: str, value: Secret) -> str:
        """32 hex digits, equal exactly for equal values of one website, provider and field; needs the key."""
        return self._versions.fingerprint(website_id, provider, field, value)

    # ── remembering ──

    def remember(self, integration: Integration, outcome: Outcome, at: datetime, version: int | None) -> str | None:
        """What a check said (D7), if the version it was made with is still the active one; the attempt is audited either way.

        Returns the account of before (its name or number) when the credentials now belong to another one.
        """
        active, other = self._versions.active(integration), None
        moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if active is not None and active.version == version:
            versions.note(active, outcome, moment)
            self._session.add(active)
            if outcome.proves and outcome.account_id and integration.account_id not in (None, outcome.account_id):
                other = integration.account or integration.account_id
            self._take(integration, outcome, moment, active.version)
            integration.unreadable_since = None
            self._session.add(integration)
        account = "changed" if other else None
        self._audit.record(
            "check.finished", integration=integration, outcome=outcome.word, cause=outcome.cause, version=version, account=account
        )
        return other

    def mark_unreadable(self, integration: Integration) -> None:
        """The last try to open it failed: lists show it, without a key."""
        integration.unreadable_since = integration.unreadable_since or self._now()
        self._session.add(integration)
        self._audit.record("credential.unreadable", integration=integration, outcome="failed", version=self.version(integration))

    def _take(self, row: Integration, outcome: Outcome, at: str, version: int) -> None:
        if outcome.blames:
            row.last_error_outcome, row.last_error_cause, row.last_error_http = outcome.word, outcome.cause, outcome.http_status
            row.last_error_at, row.last_error_version, row.last_error_message = at, version, outcome.word
        elif outcome.proves:
            row.last_error_outcome = row.last_error_cause = row.last_error_message = row.last_error_at = None
            row.last_error_http = row.last_error_version = None
            row.account = safe(outcome.account, 120) if outcome.account else row.account
            row.account_id = outcome.account_id or row.account_id

    def card(self, integration: Integration, definition: Provider) -> Card:
        """The masked view, as `glance` reads it without a key, and with what is missing by the definition."""
        owner = self._session.get(Website, integration.website_id)
        assert owner is not None
        return masked.card(owner, integration, self._versions.active(integration), definition)


def _already(website: str, provider: str) -> Conflict:
    return Conflict(f"{provider} is already set up for {website}", None, f"integrations show {provider} -w {website}")
