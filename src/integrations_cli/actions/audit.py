"""Who did what: read without a key, verified and marked with one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli.store import deeds, trail
from integrations_cli.store.trail import Entry, Wanted

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.inspection import Inspection
    from integrations_cli.store.quick import QuickStore


def wanted(
    websites: Sequence[str] | None,
    now: datetime,
    *,
    provider: str | None = None,
    since: timedelta | None = None,
    action: str | None = None,
    who: str | None = None,
) -> Wanted:
    """Which entries: of these websites (None: all, and the store's own), no older than `since`. Raises UsageError (2) for no action."""
    if action is not None:
        deeds.must_be_one(action)
    first = (now - since).strftime("%Y-%m-%dT%H:%M:%SZ") if since is not None else None
    return Wanted(websites, provider, first, action, who)


def newest(database: Path, which: Wanted, limit: int) -> list[Entry]:
    """At most `limit` entries, newest first. Raises NotFound (3), NotWritten (74), Unreadable (7)."""
    return trail.newest(database, which, limit)


def verify(
    store: "Store | QuickStore", *, state: bool = False, since: str | None = None, websites: Sequence[str] | None = None
) -> "Inspection":
    """All chains, this host's anchor, and if asked for the rows they speak of and a checkpoint. Raises as `inspect` does.

    Of these websites only their chains are told; what is wrong with the store as a whole is for its owners.
    """
    from integrations_cli.store import inspection  # noqa: PLC0415  listing does without cryptography

    found = inspection.inspect(store, state=state, since=since)
    if websites is None:
        return found
    return replace(found, reports=tuple(one for one in found.reports if one.website in websites), problems=())


def checkpoint(store: "Store | QuickStore") -> str:
    """One line about the whole log, to be kept elsewhere. Raises Locked (6), Unreadable (7)."""
    from integrations_cli.store import inspection  # noqa: PLC0415

    return inspection.mark(store).line()


def export(store: "Store", which: Wanted, form: str) -> Iterator[Entry]:
    """Every entry, oldest first. The log says so before the first one is handed out: it is the last one handed out, too.

    Raises Locked (6), NotFound (3), NotWritten (74).
    """
    with store.writing() as here:
        for chain in [here.websites.get(slug).id for slug in which.websites] if which.websites is not None else [None]:
            here.audit.record("audit.exported", website=chain, via=form)
    return trail.every(store.path, which)
