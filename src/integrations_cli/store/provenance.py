"""Which store this is, and whether it is the newest there was: a copy that waits to be accepted, the anchor, drills. Needs no key."""

from __future__ import annotations

from integrations_cli.errors import IntegrationsError
from integrations_cli.store.forgiving import octets
from integrations_cli.store.glance import reading
from integrations_cli.store.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from integrations_cli.store.chain import Connection
    from integrations_cli.store.glance import Place

_WAITS = "SELECT max(started_at) FROM key_operation WHERE kind = 'restore'"


def waiting(connection: Connection) -> str | None:
    """When the copy was made that this store is, if nobody has accepted it yet (restored.py)."""
    found = connection.execute(_WAITS).fetchone()[0]
    return str(found) if found is not None else None


def store_id(database: Place) -> bytes:
    """Which store this is. Raises as `reading` does."""
    with reading(database) as connection:
        return octets(connection.execute("SELECT id FROM store").fetchone()[0])


def waits(database: Place) -> str | None:
    """When the copy was made that this store was restored from, as long as nobody has accepted it. Never raises."""
    return age(database, None)[0]


_TRIED = """SELECT max(at) FROM audit_row WHERE chain = (SELECT id FROM store)
    AND (body LIKE '%"action":"store.drilled"%' OR body LIKE '%"action":"store.restore_accepted"%')"""


def tried(database: Place) -> str | None:
    """When a backup of this store was last proven to open, by a drill or by a restore that was accepted; None: never.

    Raises as `reading` does.
    """
    with reading(database) as connection:
        found = connection.execute(_TRIED).fetchone()[0]
    return str(found) if found is not None else None


def older(database: Place, anchor: Place) -> bool:
    """True when the store lacks what this host wrote last. Needs no key, so it believes the anchor; never raises."""
    return age(database, anchor)[1]


def must_be_an_anchor(database: Place, anchor: Place) -> None:
    """Raises Unreadable (7) when the anchor of this host is not in the form in which it is written."""
    for _ in Journal(anchor, store_id(database)).lines():
        pass


def age(database: Place, anchor: Place | None) -> tuple[str | None, bool]:
    """Both at once, in one look: when the copy was made that waits to be accepted, and whether the store is older than its anchor."""
    made, behind = None, False
    try:
        with reading(database) as connection:
            made = waiting(connection)
            if anchor is not None:
                (store_id,) = connection.execute("SELECT id FROM store").fetchone()
                behind = isinstance(store_id, bytes) and Journal(anchor, store_id).behind(connection)
    except (IntegrationsError, TypeError, ValueError):
        return made, behind  # a damaged store, or anchor, is told by whoever needs it
    return made, behind
