"""What a check leaves behind on an integration, its version and the log; one truth for one check and for many at once."""

from __future__ import annotations

from integrations_cli.store.touching import Touching
from integrations_cli.store.traces import note, take

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from integrations_cli.provider import Outcome
    from integrations_cli.store.grace import Grace
    from integrations_cli.store.tables import CredentialVersion, Integration


class Remembering(Touching):
    """Inside one conversation."""

    _versions: Grace

    def _keep_version(self, row: CredentialVersion) -> None:
        """Write the columns of a version that was changed."""
        raise NotImplementedError

    def remember(self, integration: Integration, outcome: Outcome, at: datetime, version: int | None) -> str | None:
        """What a check said (D7), if the version it was made with is still the active one; the attempt is audited either way.

        Returns the account of before (its name or number) when the credentials now belong to another one.
        An answer that proves them is also the missing last step of a rotation that was killed.
        """
        active, other = self._versions.active(integration), None
        moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if active is not None and active.version == version:
            note(active, outcome, moment)
            self._keep_version(active)
            if outcome.proves and outcome.account_id and integration.account_id not in (None, outcome.account_id):
                other = integration.account or integration.account_id
            take(integration, outcome, moment, active.version)
            integration.unreadable_since = None
            self._keep(integration)
            if outcome.proves and self._versions.begin_grace(integration) is not None:
                self._audit.record("rotation.confirmed", integration=integration, outcome=outcome.word, version=version)
        account = "changed" if other else None
        self._audit.record(
            "check.finished", integration=integration, outcome=outcome.word, cause=outcome.cause, version=version, account=account
        )
        return other

    def mark_unreadable(self, integration: Integration) -> None:
        """The last try to open it failed: lists show it, without a key."""
        integration.unreadable_since = integration.unreadable_since or self._now()
        self._keep(integration)
        self._audit.record("credential.unreadable", integration=integration, outcome="failed", version=self.version(integration))
