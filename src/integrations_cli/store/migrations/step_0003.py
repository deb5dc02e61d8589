"""Step 3: the keys of the audit log are numbered: an entry names its epoch, and the key of each epoch is kept to verify it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: "Operations") -> None:
    """From format 2 to format 3."""
    op.execute("ALTER TABLE data_key ADD COLUMN epoch INTEGER")
    op.execute("UPDATE data_key SET epoch = 1 WHERE scope = 'audit'")
