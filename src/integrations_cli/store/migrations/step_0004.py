"""Step 4: what changes together with a pending or previous version (store/rotation.py)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations

CARRIED = """
        CREATE TABLE carried (
            integration_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            settings JSON NOT NULL,
            expires_at VARCHAR,
            keep INTEGER NOT NULL,
            PRIMARY KEY (integration_id, version),
            FOREIGN KEY(integration_id) REFERENCES integration (id) ON DELETE CASCADE
        )
    """


def upgrade(op: "Operations") -> None:
    """From format 3 to format 4."""
    op.execute(CARRIED)
