"""The mark of a copy: a backup holds it, so that whichever way it is put back, nothing is written until a person accepts it.

Standard library only: what reads without a key looks at it too.
"""

import os

from integrations_cli.errors import Unreadable
from integrations_cli.store.provenance import waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from integrations_cli.store.sqlite import sqlite3

KIND = "restore"  # of the row in key_operation; its started_at is when the copy was made
ACCEPT = "integrations store accept-restore"


def put(connection: "sqlite3.Connection", at: str) -> None:
    """Mark a copy that was made at a time; one that bears a mark keeps it."""
    if waiting(connection) is None:
        import socket  # noqa: PLC0415  every read looks for a mark, few put one

        values = (os.urandom(16), KIND, "waiting", at, socket.gethostname(), os.getpid())
        connection.execute("INSERT INTO key_operation (id, kind, step, started_at, host, pid) VALUES (?, ?, ?, ?, ?, ?)", values)


def must_be_accepted(made: str | None) -> None:
    """Raises Unreadable (7) for a store that was put back from a copy and waits for a yes."""
    if made is not None:
        raise Unreadable(
            "the store was restored, and nobody has accepted it yet",
            f"it is a copy of {made}: what was changed since is missing; nothing was written",
            ACCEPT,
            "restored",
        )
