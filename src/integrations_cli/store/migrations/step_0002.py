"""Step 2: how integrations are used, a row per day, action and status; old days become months (store/usage.py)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations

USAGE = """
        CREATE TABLE usage (
            integration_id BLOB NOT NULL,
            day VARCHAR NOT NULL,
            action VARCHAR NOT NULL,
            status VARCHAR NOT NULL,
            calls INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL,
            tokens_in INTEGER NOT NULL,
            tokens_out INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            unpriced INTEGER NOT NULL,
            PRIMARY KEY (integration_id, day, action, status),
            FOREIGN KEY(integration_id) REFERENCES integration (id) ON DELETE CASCADE
        )
         WITHOUT ROWID
    """


def upgrade(op: "Operations") -> None:
    """From format 1 to format 2."""
    op.execute(USAGE)
