"""What is done to one integration that is there: seen, revealed, switched, counted; one truth for both ways into the database.

The session (integrations.py) and the plain connection (quick.py) say where rows come from and how they are kept.
"""

from __future__ import annotations

from integrations_cli.errors import UsageError
from integrations_cli.store.settings import known
from integrations_cli.store.traces import facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any, Protocol

    from integrations_cli.masking import Secret
    from integrations_cli.provider import Provider
    from integrations_cli.store.opening import Opening
    from integrations_cli.store.tables import Integration

    class Recorder(Protocol):
        """The audit log of the conversation."""

        def record(self, action: str, *, integration: Integration | None = None, fields: Any = (), **facts: Any) -> None: ...


class Touching:
    """Inside one conversation."""

    _versions: Opening
    _audit: Recorder
    _clock: Callable[[], datetime]

    def _keep(self, row: Integration) -> None:
        """Write the columns of a row that was changed."""
        raise NotImplementedError

    def version(self, integration: Integration) -> int | None:
        """The number of the active version, or None."""
        active = self._versions.active(integration)
        return active.version if active else None

    def unbound(self, integration: Integration, definition: Provider) -> tuple[str, ...]:
        """The settings that decide where a credential is sent by today's definition, and did not when it was sealed."""
        active = self._versions.active(integration)
        return tuple(name for name in definition.destinations if name not in active.bound) if active else ()

    def change(
        self,
        integration: Integration,
        definition: Provider,
        *,
        settings: Mapping[str, Any] | None = None,
        enabled: bool | None = None,
        expires_at: str | None = None,
        action: str,
        reason: str | None = None,
    ) -> None:
        """Change plain settings, the switch, or when it ends, and record why.

        A setting that decides where credentials are sent needs `conceal`: raises UsageError (2).
        """
        names: list[str] = []
        if settings is not None:
            fresh = known(definition, settings)
            names = sorted(name for name in {*fresh, *integration.settings} if fresh.get(name) != integration.settings.get(name))
            if self.version(integration) is not None and any(name in definition.destinations for name in names):
                raise UsageError("a setting that decides where a credential is sent needs the credential sealed anew")
            integration.settings = fresh
        if enabled is not None:
            integration.enabled = enabled
            names.append("enabled")
        if expires_at is not None:
            integration.expires_at = expires_at
            names.append("expires_at")
        integration.updated_at = self._now()
        self._keep(integration)
        active = self._versions.active(integration)
        self._audit.record(action, integration=integration, fields=names, reason=reason, **facts(active, names))

    def reveal(self, integration: Integration) -> dict[str, Secret]:
        """The credentials in use; {} when there are none. Raises Unreadable (7), Locked (6)."""
        active = self._versions.active(integration)
        return self._versions.reveal(integration, active) if active else {}

    def used(self, integration: Integration, at: datetime) -> None:
        """It was used; needs no key and leaves no audit entry."""
        integration.last_used_at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._keep(integration)

    def _now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")
