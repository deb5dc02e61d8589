"""Grants, read in one small SELECT whichever way the database is open. Standard library only, and little of it: TAB asks too."""

from integrations_cli.access import Grants, Principal, authorize
from integrations_cli.store.sqlite import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

QUERY = """SELECT principal, NULL, 'owner' FROM access_owner
    UNION ALL SELECT principal, website_id, role FROM access_grant WHERE principal = ?1
    UNION ALL SELECT * FROM (SELECT principal, website_id, role FROM access_grant LIMIT 1)"""
"""The owners, the roles of one principal, and one grant of anybody: with that one there is somebody the store is not open to."""
_BEFORE = QUERY.replace("FROM access_owner", "FROM (SELECT NULL AS principal) WHERE 0")
OWNERS_SINCE = 5  # the schema


def read(connection: sqlite3.Connection, who: Principal) -> Grants:
    """What decides about this principal. A schema that is too old to hold owners has none; where there should be a table and there is
    none, nobody is let in. Raises `sqlite3.Error`, Unreadable (7).
    """
    try:
        return grants(connection.execute(QUERY, (who.ident,)))
    except sqlite3.OperationalError as error:
        if "no such table: access_" not in str(error):
            raise
    schema = connection.execute("SELECT format FROM store").fetchone()
    from integrations_cli.errors import Unreadable  # noqa: PLC0415  TAB has no use for it

    if schema is None or not isinstance(schema[0], int) or schema[0] >= OWNERS_SINCE:
        raise Unreadable("nobody can say who may do what", "the roles of the store are gone", "integrations store restore FILE", "format")
    return grants(connection.execute(_BEFORE, (who.ident,)))


def grants(rows: "Iterable[tuple[str, bytes | None, str]]") -> Grants:
    """From the rows of `QUERY`."""
    return Grants((who, website, role) for who, website, role in rows)


def hidden(connection: sqlite3.Connection, who: Principal, found: Grants) -> frozenset[str]:
    """The slugs of the websites that look missing to this principal."""
    if authorize(who, "see", None, found):
        return frozenset()
    rows = connection.execute("SELECT slug, id FROM website")
    return frozenset(slug for slug, ident in rows if not authorize(who, "see", ident, found))
