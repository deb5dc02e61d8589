"""The schema of a store: which step it has, and the steps it lacks, run in one transaction."""

from sqlalchemy import Connection, text

from integrations_cli.config import Config
from integrations_cli.errors import NotFound, NotWritten, Unreadable
from integrations_cli.store import engine, migrations
from integrations_cli.store.store import must_be_current


def must_be_made(config: Config) -> int:
    """The schema step of the store. Raises NotFound (3), Unreadable (7)."""
    found = found_format(config) if config.database.exists() else None
    if found is None:
        raise NotFound("no store yet", f"there is nothing at {config.database}", "integrations init")
    return found


def found_format(config: Config) -> int | None:
    """The schema of the file, None for an empty one. Raises Unreadable (7) for somebody else's database."""
    with engine.in_our_words("the store cannot be read"):
        maker = engine.make(config.database)
        with maker.connect() as connection:
            found = _stored_format(connection)
            strange = found is None and connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar()
        maker.dispose()
    if strange:
        raise Unreadable("the store cannot be read", f"{config.database} is not a store of ours", (), "format")
    return found


def _stored_format(connection: Connection) -> int | None:
    if not connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'store'")).scalar():
        return None
    found = connection.execute(text("SELECT format FROM store")).scalar()
    if found is not None and not isinstance(found, int):
        must_be_current(found)
    return found


def pending_steps(config: Config) -> list[str]:
    """The schema steps that have not run yet, in words. Raises NotFound (3), Unreadable (7) for a newer store."""
    return _after(must_be_made(config))


def _after(found: int) -> list[str]:
    if found > migrations.LATEST:
        must_be_current(found)
    return [f"{number}: {title}" for number, title in migrations.STEPS if number > found]


def upgrade(config: Config) -> list[str]:
    """Run the pending steps in one transaction: a kill leaves the old schema whole. Returns the titles of those that were run.

    Raises as `pending_steps` does; another process may have upgraded it meanwhile, also one of a newer version of the tool.
    """
    if not pending_steps(config):
        return []
    engine.must_be_private(config.database)
    # foreign keys are off: rebuilding a parent table with them on silently deletes its child rows
    maker = engine.make(config.database, foreign_keys=False).execution_options(write=True)
    with engine.queue(config.database), engine.in_our_words("the schema stays as it was"), maker.begin() as connection:
        before, found = _counts(connection), _stored_format(connection) or 0
        steps = _after(found)
        migrations.run(connection, after=found)
        connection.execute(text("UPDATE store SET format = :latest"), {"latest": migrations.LATEST})
        after = _counts(connection)
        if connection.execute(text("PRAGMA foreign_key_check")).first() or any(
            after.get(name, 0) < count for name, count in before.items()
        ):
            raise NotWritten("the schema stays as it was", "a step would have lost rows")
    maker.dispose()
    return steps


def _counts(connection: Connection) -> dict[str, int]:
    names = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))]
    return {name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0) for name in names}  # noqa: S608  names of the schema
