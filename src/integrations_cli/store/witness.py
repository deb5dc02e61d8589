"""Whether the roles are those that the log speaks of: whoever edits them in SQL would have to forge the log as well. Needs no key."""

from __future__ import annotations

from integrations_cli import quickjson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from integrations_cli.store.chain import Connection

_ENTRIES = """SELECT chain, body FROM audit_row WHERE body LIKE '%"action":"access.granted"%' OR body LIKE '%"action":"access.revoked"%'
    ORDER BY rowid"""
Held = dict[tuple[bytes | None, str], str]
"""Role by website (None: the store) and principal."""


def strange(connection: Connection) -> int:
    """How many roles are in the tables and not in the log, or the other way round. The log itself is for `audit verify`."""
    return len(set(_held(connection).items()) ^ set(_told(connection).items()))


def _held(connection: Connection) -> Held:
    owners = {(None, str(who)): "owner" for (who,) in connection.execute("SELECT principal FROM access_owner")}
    rows = connection.execute("SELECT website_id, principal, role FROM access_grant")
    return owners | {(website, str(who)): str(role) for website, who, role in rows}


def _told(connection: Connection) -> Held:
    sites = {row[0] for row in connection.execute("SELECT id FROM website")}
    found: Held = {}
    for chain, text in connection.execute(_ENTRIES).fetchall():
        entry = _object(text)
        place = chain if chain in sites else None
        who, role = str(entry.get("to")), entry.get("role")
        if place is None and "owner" not in (role, entry.get("was")):
            continue  # of a website that was removed: its roles went with it
        if entry.get("action") == "access.granted":
            found[place, who] = str(role)
        else:
            found.pop((place, who), None)
    return found


def _object(text: Any) -> dict[str, Any]:
    try:
        found = quickjson.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
