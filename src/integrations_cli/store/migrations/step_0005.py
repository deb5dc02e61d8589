"""Step 5: owners of the store as a whole; roles on websites have had their table since step 1."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations

OWNERS = """
        CREATE TABLE access_owner (
            principal VARCHAR NOT NULL,
            PRIMARY KEY (principal)
        )
    """


def upgrade(op: "Operations") -> None:
    """From format 4 to format 5."""
    op.execute(OWNERS)
