"""The steps of the schema, hand-written, in order; `store.format` is the number of the last one that ran.

Alembic's operations run them. The library is imported only when a step has to run; being up to date costs one SELECT.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STEPS: tuple[tuple[int, str], ...] = (
    (1, "the first schema"),
    (2, "usage"),
    (3, "epochs of the audit log"),
    (4, "rotations that can be resumed"),
    (5, "owners of the store"),
    (6, "what changes together with a version is signed"),
)
LATEST = STEPS[-1][0]


def run(connection: Any, after: int) -> None:
    """Run every step after `after` on this connection, inside the caller's transaction."""
    from importlib import import_module  # noqa: PLC0415

    from alembic.migration import MigrationContext  # noqa: PLC0415  only when a step has to run
    from alembic.operations import Operations  # noqa: PLC0415

    operations = Operations(MigrationContext.configure(connection, opts={"transactional_ddl": True}))
    for number, _ in STEPS:
        if number > after:
            import_module(f"integrations_cli.store.migrations.step_{number:04}").upgrade(operations)
