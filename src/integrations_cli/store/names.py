"""The names that a TAB may offer: slugs, providers and their states. Read-only, 50 ms at most, nothing but `sqlite3`.

Faster than `glance`, which needs dataclasses and JSON; a test holds the states against `Card.status`.
"""

import sqlite3

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

    def websites(self, begin: str = "", limit: int = -1) -> list[tuple[str, str]]:
        """Slug and name of the websites whose slug begins so."""
        query = "SELECT slug, name FROM website WHERE slug >= ? AND slug < ? ORDER BY slug LIMIT ?"
        return self._connection.execute(query, (begin, begin + "\U0010ffff", limit)).fetchall()

    def integrations(self, website: str | None, begin: str = "") -> list[tuple[str, str, str]]:
        """Category, provider and state of a website's integrations; of all websites, each once and without a state, when None.

        A state `untested` may also be `incomplete`: only the catalogue knows which credentials are required.
        """
        if website is None:
            query = "SELECT DISTINCT category, provider, '' FROM card WHERE provider >= ? AND provider < ? ORDER BY provider"
            return self._connection.execute(query, (begin, begin + "\U0010ffff")).fetchall()
        query = f"SELECT category, provider, {_STATE} FROM card WHERE website = ? AND provider >= ? AND provider < ? ORDER BY provider"  # noqa: S608  words of ours
        return self._connection.execute(query, (website, begin, begin + "\U0010ffff")).fetchall()

    def credentials(self, website: str, provider: str) -> list[str]:
        """The names of the stored credentials of one integration."""
        query = "SELECT json_each.key FROM card, json_each(card.card) WHERE website = ? AND provider = ?"
        return [row[0] for row in self._connection.execute(query, (website, provider))]
