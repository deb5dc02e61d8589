"""The sources that read a Rails application or a database, from the words of the command line or of a saved plan."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integrations_cli.cli.tools import Tools
from integrations_cli.errors import MissingInput, UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources import column as column_source
from integrations_cli.sources import rails_app, rails_credentials, rails_db
from integrations_cli.sources.database import Database, address, postgres, sqlite
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails import app
from integrations_cli.sources.rails.app import Application
from integrations_cli.sources.rails.keyring import Keyring

Options = Mapping[str, Any]
KEYS = ("primary_key", "deterministic_key", "key_derivation_salt")


def credentials(tools: Tools, options: Options, wanted: Wanted) -> Reading:
    """`rails-credentials`. `among_others`: the secrets of a database may be given beside its own."""
    also = ("dsn", *KEYS) if options.get("among_others") else ()
    return rails_credentials.read(application(tools, options, secrets(tools, "master_key", *also)), wanted, options.get("under"))


def db(tools: Tools, options: Options, wanted: Wanted) -> Reading:
    """`rails-db`."""
    given = secrets(tools, "dsn", "master_key", *KEYS)
    keyring = keys(application(tools, options, given), given, options)
    with database(options, given) as opened:
        return rails_db.read(opened, where(options), keyring, wanted)


def db_pieces(tools: Tools, options: Options, wanted: Wanted) -> Iterator[Reading]:
    """`rails-db`, so many websites at a time."""
    given = secrets(tools, "dsn", "master_key", *KEYS)
    keyring = keys(application(tools, options, given), given, options)
    with database(options, given) as opened:
        yield from rails_db.pieces(opened, where(options), keyring, wanted)


def db_is_long(tools: Tools, options: Options) -> bool:
    """True if the database is better read in pieces; no row is opened for that."""
    with database(options, secrets(tools, "dsn", "master_key", *KEYS)) as opened:
        return rails_db.is_long(opened, where(options))


def whole(tools: Tools, options: Options, wanted: Wanted) -> Reading:
    """`rails`: the credentials file, the environment, and the database if one is named."""
    given = secrets(tools, "dsn", "master_key", *KEYS)
    root = application(tools, options, given)
    found = rails_app.platform(root, tools.doors.environ, wanted, options.get("under"), options.get("prefer") or "credentials")
    if not (options.get("db") or options.get("dsn") or "dsn" in given):
        return found
    keyring = keys(root, given, options)
    with database(options, given) as opened:
        return rails_app.together(found, rails_db.read(opened, where(options), keyring, wanted))


def column(tools: Tools, options: Options, wanted: Wanted) -> Reading:
    """`column`."""
    given = secrets(tools, "dsn")
    with database(options, given) as opened:
        return column_source.read(opened, columns(options), wanted)


def column_pieces(tools: Tools, options: Options, wanted: Wanted, size: int) -> Iterator[Reading]:
    """`column`, so many rows at a time."""
    with database(options, secrets(tools, "dsn")) as opened:
        yield from column_source.pieces(opened, columns(options), wanted, size)


def columns(options: Options) -> column_source.Columns:
    """What is read of a table."""
    return column_source.Columns(options["table"], options["column"], options.get("website_column"), options.get("id_column"))


def where(options: Options) -> rails_db.Where:
    """What overrides the detection of tables."""
    return rails_db.Where(
        options.get("table"),
        options.get("websites_table"),
        options.get("website_column"),
        not options.get("no_legacy_columns"),
        bool(options.get("allow_unencrypted_rows")),
    )


def secrets(tools: Tools, *names: str) -> dict[str, Secret]:
    """What the secret options give; raises UsageError (2) for a name that this command does not know."""
    found = {name: Secret(value) for name, value in tools.secrets().items()}
    if set(found) - set(names):
        raise UsageError("a secret option names something that this command does not take", f"it takes {', '.join(names)}")
    return found


def application(tools: Tools, options: Options, given: Mapping[str, Secret]) -> Application:
    """Where the credentials file is looked for."""
    content = options.get("content")
    return Application(
        Path(options.get("root") or ".").expanduser(),
        options.get("rails_env") or "production",
        Path(content).expanduser() if content else None,
        given.get("master_key"),
        tools.doors.environ,
    )


def keys(root: Application, given: Mapping[str, Secret], options: Options) -> Keyring:
    """The keys of ActiveRecord::Encryption: those that were given, else those of the credentials file. None at all is allowed.

    Columns that were never encrypted need no key; a row that needs one says so.
    """
    public = bool(options.get("try_published"))
    salt = given.get("key_derivation_salt")
    if "primary_key" in given or "deterministic_key" in given:
        if salt is None:
            raise MissingInput("the keys need their salt", None, "--secret-file key_derivation_salt=PATH")
        primary = [key for name in KEYS[:2] if name in given for key in Keyring.lines(given[name].reveal())]
        return Keyring.derive(primary, salt, public=public)
    if not root.there() and not options.get("root"):
        return Keyring.derive([], None, public=public)
    try:
        tree = app.read(root).document.tree
        below = tree.get(options.get("under") or "")
        section = tree.get("active_record_encryption") or (below.get("active_record_encryption") if isinstance(below, dict) else None)
    except MissingInput:
        if options.get("root"):
            raise
        section = None
    return Keyring.derive(*_section(section), public=public)


def _section(found: Any) -> tuple[list[Secret], Secret | None]:
    """`primary_key`, one or a list, `deterministic_key`, which Rails derives in the same way, and `key_derivation_salt`."""
    if not isinstance(found, dict):
        return [], None
    named = [found.get(name) for name in KEYS[:2]]
    listed = [key for one in named for key in (one if isinstance(one, list) else [one])]
    salt = found.get("key_derivation_salt")
    return [Secret(one) for one in listed if isinstance(one, str)], Secret(salt) if isinstance(salt, str) else None


@contextmanager
def database(options: Options, given: Mapping[str, Secret]) -> Iterator[Database]:
    """The database that was named, in exactly one way. Raises MissingInput or UsageError (2)."""
    named = [name for name, there in (("--db", options.get("db")), ("--dsn", options.get("dsn")), ("dsn", "dsn" in given)) if there]
    if not named:
        raise MissingInput("which database?", None, ["--db FILE", "--secret-env dsn=DATABASE_URL", "--dsn URL    (without a password)"])
    if len(named) > 1:
        raise UsageError("the database is named twice", " and ".join(named))
    typed = options.get("dsn") or ""
    if address.has_password(typed):
        told = "give it in a variable: --secret-env dsn=DATABASE_URL"
        raise UsageError("--dsn holds a password, which is in your shell history now", told)
    dsn = given.get("dsn") or Secret(typed)
    scheme, separator, rest = dsn.reveal().strip().partition(":")
    if options.get("db") or scheme in {"sqlite", "sqlite3"}:
        with sqlite.opened(Path(options.get("db") or _sqlite_file(rest)).expanduser()) as copy:
            yield copy
    elif scheme in address.SCHEMES or not separator or "=" in scheme:
        with postgres.opened(dsn, options.get("schema")) as connection:
            yield connection
    else:
        raise UsageError("dsn: only PostgreSQL and SQLite are read", None, "export to CSV, and integrations migrate file")


def _sqlite_file(rest: str) -> str:
    """The file of `sqlite3:db/x.sqlite3`, or of `sqlite3:/x` and `sqlite3:///x`, which are absolute, as Rails reads a DATABASE_URL."""
    path = rest.partition("?")[0]
    return "/" + path.lstrip("/") if path.startswith("///") or (not path.startswith("//") and path.startswith("/")) else path.lstrip("/")
