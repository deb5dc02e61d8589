"""Long listings a page at a time: nothing is held open while a slow pipe drains, and memory stays where it is (SECURITY.md §5.1).

Between two pages others may write. An integration that is there all the time is in the result once; one that is added, removed or moved to
another name meanwhile may be in it or not. What fits on the first page is one moment, as ever.
"""

from __future__ import annotations

from integrations_cli.store import glance
from integrations_cli.store.looking import reading
from integrations_cli.store.sqlite import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

FIRST, SIZE = 200, 2000  # rows; the first ones come soon
KEY = ("website", "category", "provider")
"""What rows are sorted by; no two have the same."""
_ALL = "website >= ''"  # true of all: so that SQLite goes by the index on slugs, and sorts nothing before the first row


def pages(
    database: glance.Place, columns: Sequence[str], website: str | None = None, provider: str | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the view `card`, sorted; `columns` begin with KEY. Websites without a role for whoever runs this are in none of them.

    Raises as `reading` does, also between two pages.
    """
    wanted = [(f"{column} = ?", value) for column, value in (("website", website), ("provider", provider)) if value is not None]
    conditions, values = [text for text, _ in wanted] or [_ALL], [value for _, value in wanted]
    last: tuple[Any, ...] = ()
    with reading(database) as connection:
        while True:
            behind = ["website >= ? AND (website > ? OR (category, provider) > (?, ?))"] if last else []
            where = " AND ".join([*conditions, *behind])
            query = f"SELECT {', '.join(columns)} FROM card WHERE {where} ORDER BY {', '.join(KEY)} LIMIT ?"  # noqa: S608  names of ours
            rows, more = _page(connection, query, [*values, *last[:1], *last], SIZE if last else FIRST)
            last = tuple(rows[-1][:3]) if rows else ()
            unseen = glance.hidden(connection)
            yield [row for row in rows if row[0] not in unseen] if unseen else rows
            if not more:
                return


def _page(connection: sqlite3.Connection, query: str, values: list[Any], size: int) -> tuple[list[tuple[Any, ...]], bool]:
    """So many rows, read to the end, so that no lock stays; and whether there may be more.

    Text is read the fast way. One bad byte, and all that is left is read at once: such text could not be told where to go on.
    """
    patient, connection.text_factory = connection.text_factory, str
    asking = connection.cursor()
    asking.row_factory = None
    try:
        rows = asking.execute(query, [*values, size]).fetchall()
        return rows, len(rows) == size
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        connection.text_factory = patient
        return asking.execute(query, [*values, -1]).fetchall(), False
    finally:
        connection.text_factory = patient
