"""Whether the database has what we made, and nothing that acts by itself: a trigger, or another view in the place of ours.

The view `card` is what every list shows. Needs no key.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    class Connection(Protocol):
        """What is asked of a connection: `sqlite3.Connection` has it."""

        def execute(self, sql: str, parameters: Any = ..., /) -> Any:
            """Run one statement."""


_ACTING = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY type, name"


def foreign(connection: Connection) -> Iterator[str]:
    """What is not ours, in words."""
    from integrations_cli.store.migrations.step_0001 import CARD  # noqa: PLC0415  rare

    ours = False
    for kind, name, sql in connection.execute(_ACTING).fetchall():
        if (kind, name) != ("view", "card"):
            yield f"the {kind} {name} was added outside of this tool"
            continue
        ours = True
        if _words(sql) != _words(CARD):
            yield "the view of the lists was changed outside of this tool: what they show may be anything"
    if not ours:
        yield "the view of the lists is gone"


def _words(sql: object) -> list[str]:
    return str(sql).split()
