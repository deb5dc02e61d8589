"""The names that a TAB may offer: slugs, providers and their states. Read-only, 50 ms at most, nothing but `sqlite3`.

Faster than `glance`, which needs dataclasses and JSON; a test holds the states against `Card.status`.
"""

from integrations_cli.access import authorize, me
from integrations_cli.store import granted
from integrations_cli.store.sqlite import sqlite3

BUSY = 0.05  # seconds
_STATE = """CASE
    WHEN NOT enabled THEN 'disabled'
    WHEN unreadable_since IS NOT NULL THEN 'unreadable'
    WHEN version IS NOT NULL AND (NOT json_valid(card) OR json_type(card) <> 'object' OR card = '{}') THEN 'unreadable'
    WHEN error_outcome IS NOT NULL THEN 'error'
    WHEN version IS NULL THEN 'not_configured'
    WHEN verdict IN ('ok', 'limited') THEN 'connected'
    ELSE 'untested' END"""


class Names:
    """One look at a store. Raises `sqlite3.Error` when it is missing, busy, damaged or of another kind; creates no file.

    A journal left by a crash is left alone: rolling it back would be a write.
    """

    def __init__(self, database: str) -> None:
        quoted = database.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        self._connection = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, timeout=BUSY)
        self._hidden = granted.hidden(self._connection, me(), granted.read(self._connection, me()))  # they look missing here too

    def websites(self, begin: str = "", limit: int = -1) -> list[tuple[str, str]]:
        """Slug and name of the websites whose slug begins so."""
        query = "SELECT slug, name FROM website WHERE slug >= ? AND slug < ? ORDER BY slug LIMIT ?"
        rows = self._connection.execute(query, (begin, begin + "\U0010ffff", -1 if self._hidden else limit))
        return [(slug, name) for slug, name in rows if slug not in self._hidden][: None if limit < 0 else limit]

    def holders(self) -> list[tuple[str, str]]:
        """Who has a role, like `uid:1000`, and which: for whoever owns the store."""
        if not authorize(me(), "grant", None, granted.read(self._connection, me())):
            return []
        rows = self._connection.execute("SELECT principal, role FROM access_grant UNION ALL SELECT principal, 'owner' FROM access_owner")
        return [(str(who), str(role)) for who, role in rows]

    def integrations(self, website: str | None, begin: str = "") -> list[tuple[str, str, str]]:
        """Category, provider and state of a website's integrations; of all websites, each once and without a state, when None.

        A state `untested` may also be `incomplete`: only the catalogue knows which credentials are required.
        """
        if website is None:
            return self._anywhere(begin)
        if website in self._hidden:
            return []
        query = f"SELECT category, provider, {_STATE} FROM card WHERE website = ? AND provider >= ? AND provider < ? ORDER BY provider"  # noqa: S608  words of ours
        return self._connection.execute(query, (website, begin, begin + "\U0010ffff")).fetchall()

    def _anywhere(self, begin: str) -> list[tuple[str, str, str]]:
        where = "provider >= ? AND provider < ? ORDER BY provider"
        between = (begin, begin + "\U0010ffff")
        if not self._hidden:
            return self._connection.execute(f"SELECT DISTINCT category, provider, '' FROM card WHERE {where}", between).fetchall()  # noqa: S608
        rows = self._connection.execute(f"SELECT DISTINCT category, provider, website FROM card WHERE {where}", between)  # noqa: S608
        return list(dict.fromkeys((category, provider, "") for category, provider, website in rows if website not in self._hidden))

    def credentials(self, website: str, provider: str) -> list[str]:
        """The names of the stored credentials of one integration."""
        if website in self._hidden:
            return []
        query = "SELECT json_each.key FROM card, json_each(card.card) WHERE website = ? AND provider = ?"
        return [row[0] for row in self._connection.execute(query, (website, provider))]
