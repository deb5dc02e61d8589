"""Step 6: what changes together with a version is signed (store/carrying.py)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: "Operations") -> None:
    """From format 5 to format 6. What is there stays unsigned: nobody has a key here, and nobody can say who wrote it."""
    op.execute("ALTER TABLE carried ADD COLUMN epoch INTEGER")
    op.execute("ALTER TABLE carried ADD COLUMN mac BLOB")
