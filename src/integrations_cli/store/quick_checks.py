"""A round of checks on the plain connection: what a check reads and leaves behind, without the models (quick.py)."""

from __future__ import annotations

from integrations_cli.store.checking import Checking, Fetched
from integrations_cli.store.limits import Limits
from integrations_cli.store.quick import NotQuick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

    from integrations_cli.store.keys import Keyring
    from integrations_cli.store.plain import Plain
    from integrations_cli.store.quick import QuickAudit


class _Everything:
    """Whoever comes this way may do everything: otherwise it is left to the store."""

    needs = "use"

    def may(self, action: str, website: bytes | None) -> bool:
        return True


class _Quick(Fetched):
    """What goes with a version that is not in use is left to the store."""

    def carried(self, integration: Any, row: Any) -> Any:
        raise NotQuick


def checking(session: Plain, keys: Keyring, audit: QuickAudit, clock: Callable[[], datetime]) -> Checking:
    """The integrations of a round, inside one conversation."""
    return Checking(session, keys, audit, clock, _Everything(), _Quick(session, keys, clock))


def limits(audit: QuickAudit, clock: Callable[[], datetime]) -> Limits:
    """The allowances of checks, inside one conversation."""
    return Limits(audit.connection, clock)
