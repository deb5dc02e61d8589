"""How long a replaced version can be brought back: known when the one in its place is proven as stored."""

from __future__ import annotations

from datetime import timedelta

from integrations_cli.errors import Unreadable
from integrations_cli.store.opening import Opening
from integrations_cli.store.traces import active_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from integrations_cli.store.tables import CredentialVersion, Integration

KEEP = timedelta(hours=24)


class Grace(Opening):
    """Versions that a check speaks about, inside one conversation."""

    def keep(self, row: CredentialVersion) -> None:
        """Write the columns of a version that was changed."""
        raise NotImplementedError

    def begin_grace(self, integration: Integration, *, proven: bool = True) -> timedelta | None:
        """The active version is proven as stored: from now on the previous one has an end. How long it is kept; None: nothing to do.

        Not `proven`, but taken as it is: the previous one is kept for a while, whatever was wanted.
        """
        previous = self.in_state(integration, "previous")
        if previous is None or previous.destroy_after is not None:
            return None
        try:
            wanted = timedelta(seconds=self.carried(integration, previous).keep)
        except Unreadable:
            wanted = KEEP  # nobody can say any more what was wanted
        keep = wanted or (timedelta(0) if proven else KEEP)
        previous.destroy_after = self.after(keep)
        self.keep(previous)
        return keep

    def after(self, keep: timedelta) -> str:
        """The moment that long from now."""
        return (self._clock() + keep).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _found(self, integration: Integration, active: CredentialVersion | None) -> None:
        """As it was found, before anything is changed: the log compares (recording.py)."""
        seen = self._session.info.setdefault("active_found", {})
        if integration.id not in seen:
            seen[integration.id] = active_of(active)
