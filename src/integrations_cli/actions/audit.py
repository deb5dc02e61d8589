"""Who did what: read without a key."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from integrations_cli.store import trail
from integrations_cli.store.trail import Entry, Wanted


def wanted(
    websites: Sequence[str] | None,
    now: datetime,
    *,
    provider: str | None = None,
    since: timedelta | None = None,
    action: str | None = None,
    who: str | None = None,
) -> Wanted:
    """Which entries: of these websites (None: all, and the store's own), no older than `since`."""
    first = (now - since).strftime("%Y-%m-%dT%H:%M:%SZ") if since is not None else None
    return Wanted(websites, provider, first, action, who)


def newest(database: Path, which: Wanted, limit: int) -> list[Entry]:
    """At most `limit` entries, newest first. Raises NotFound (3), NotWritten (74), Unreadable (7)."""
    return trail.newest(database, which, limit)
