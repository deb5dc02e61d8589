"""What whoever runs this may reach, asked before anything else is read. Standard library only, one small SELECT each."""

from __future__ import annotations

from integrations_cli.access import authorize, me
from integrations_cli.errors import NotFound
from integrations_cli.store import glance, granted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from integrations_cli.access import Grants


def grants(database: Path | str) -> Grants:
    """The grants that decide about whoever runs this; none in a file that is no store yet."""
    with glance.reading(database) as connection:
        return granted.read(connection, me())


def ident(database: Path | str, slug: str) -> bytes | None:
    """The id of a website that may look missing, for the log."""
    with glance.reading(database) as connection:
        row = connection.execute("SELECT id FROM website WHERE slug = ?", (slug,)).fetchone()
    return row["id"] if row is not None else None


def must(database: Path, slug: str, action: str) -> None:
    """Raises NotFound (3) for a website that is missing or looks so, Refused (8) for one on which the action is not allowed."""
    with glance.reading(database) as connection:
        found = granted.read(connection, me())
        row = connection.execute("SELECT id FROM website WHERE slug = ?", (slug,)).fetchone()
    website = row["id"] if row is not None else None
    if website is None or not authorize(me(), "see", website, found):
        error = NotFound("there is no such website", "it was removed, or is not to be seen", "integrations website list")
        error.denied = None if authorize(me(), "see", None, found) else ("see", website)
        raise error
    if not authorize(me(), action, website, found):
        from integrations_cli import denial  # noqa: PLC0415  rare

        raise denial.on_website(me(), action, slug, website, found)
