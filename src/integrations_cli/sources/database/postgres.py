"""PostgreSQL databases of applications: one read-only transaction that sees one moment, with time-outs, by SELECT alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations_cli.errors import Conflict, IntegrationsError, NotFound, Refused, UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources.database import Row, numbers

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_NUMBERS = frozenset({"smallint", "integer", "bigint"})
SCHEMES = ("postgres", "postgresql", "postgis")
# what Rails understands in a DATABASE_URL and libpq does not
_OF_RAILS = re.compile(
    "adapter|advisory_locks|checkout_timeout|encoding|idle_timeout|insert_returning|(max|min)_threads|min_messages|pool"
    "|prepared_statements|reaping_frequency|schema_search_path|statement_limit|timeout|variables"
)
_TOLD = (
    (r"authentication failed|no password supplied|role .* does not exist", "the server refuses this user or password"),
    (r"database .* does not exist", "there is no database of that name"),
    (r"SSL|certificate", "the server's encryption is not the one that was asked for"),
    (r"refused|timeout|timed out|translate host name|resolve host|No such file|unreachable", "nobody answers there"),
)


def has_password(dsn: str) -> bool:
    """True if the text holds a password, in a URL or as `password=`."""
    return bool(re.match(r"\w+://[^/?#@]*:[^/?#]*@", dsn) or re.search(r"password\s*=", dsn, re.IGNORECASE))


@contextmanager
def opened(dsn: Secret, schema: str | None = None) -> Iterator["Postgres"]:
    """A connection that can only read. Raises UsageError (2) without the extra, NotFound (3), Conflict (4), Refused (8).

    No message of the server is passed on: it may repeat a piece of the address, and with it a password.
    """
    try:
        import psycopg  # noqa: PLC0415  the extra `postgres`
    except ImportError:
        raise UsageError("PostgreSQL databases need psycopg", None, "pip install 'integrations-cli[postgres]'") from None
    try:
        with _connected(dsn.reveal()) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            connection.execute("SET LOCAL lock_timeout = '5s'")
            connection.execute("SET LOCAL statement_timeout = '60s'")
            if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
                connection.execute("SET LOCAL client_encoding = 'SQL_ASCII'")  # else one byte that is no UTF-8 stops the whole run
            yield Postgres(connection, schema or "public")
            connection.rollback()
    except psycopg.Error as error:
        raise told(error) from None


def _connected(dsn: str) -> "psycopg.Connection[Any]":
    import psycopg  # noqa: PLC0415
    from psycopg.types.string import TextLoader  # noqa: PLC0415

    class Loader(TextLoader):
        """Text, or the bytes as they are where they are none; JSON stays text."""

        def load(self, data: Any) -> Any:
            try:
                return bytes(data).decode()
            except UnicodeDecodeError:
                return bytes(data)

    try:
        connection = psycopg.connect(
            _for_libpq(dsn), connect_timeout=10, client_encoding="utf8", application_name="integrations", prepare_threshold=None
        )
    except psycopg.Error as error:
        why = next((words for pattern, words in _TOLD if re.search(pattern, str(error))), "the address is wrong, or the server refuses it")
        raise NotFound("the database cannot be opened", why) from None
    for name in ("text", "varchar", "bpchar", "name", "json", "jsonb"):
        connection.adapters.register_loader(name, Loader)
    return connection


def _for_libpq(dsn: str) -> str:
    """The address without what only Rails understands."""
    _, separator, rest = dsn.strip().partition("://")
    if not separator or "?" not in rest:
        return f"postgresql://{rest}" if separator else dsn.strip()
    try:
        parts = urlsplit(f"postgresql://{rest}")
    except ValueError:
        raise UsageError("dsn: this is no address of a database") from None
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _OF_RAILS.fullmatch(name)]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def told(error: "psycopg.Error") -> IntegrationsError:
    """What the server said, by its fixed code, in our words."""
    code = error.sqlstate or ""
    if code == "42501":
        return Refused("this login may not read the table", None, "GRANT SELECT is enough")
    if code in {"55P03", "57014", "40001"}:
        return Conflict("the database did not answer in time", "a lock, or a long query", "try again later")
    return NotFound("the database cannot be read", f"it answered {code}" if code else "the connection was lost")


class Postgres:
    """One schema of the database, in one moment."""

    def __init__(self, connection: "psycopg.Connection[Any]", schema: str) -> None:
        self._connection, self._schema = connection, schema
        self.title = connection.info.dbname
        self._tables: dict[str, list[str]] | None = None
        self._of_numbers: set[tuple[str, str]] = set()

    def tables(self) -> Mapping[str, Sequence[str]]:
        if self._tables is None:
            text = (
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = %s ORDER BY table_name, ordinal_position"
            )
            self._tables = {}
            for table, column, kind in self._connection.execute(text, [self._schema]):
                if isinstance(table, str) and isinstance(column, str):
                    self._tables.setdefault(table, []).append(column)
                    if kind in _NUMBERS:
                        self._of_numbers.add((table, column))
        return self._tables

    def primary_key(self, table: str) -> str | None:
        """Out of the catalogue that every login may read; information_schema shows keys only to owners."""
        text = (
            "SELECT a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
            " WHERE i.indisprimary AND n.nspname = %s AND c.relname = %s"
        )
        keys = [name for (name,) in self._connection.execute(text, [self._schema, table])]
        return keys[0] if len(keys) == 1 else None

    def page(self, table: str, columns: Sequence[str], key: str, after: Any, size: int) -> list[Row]:
        from psycopg import sql  # noqa: PLC0415

        beyond = sql.SQL("") if after is None else sql.SQL("WHERE {} > %s ").format(_quoted(key))
        text = sql.SQL("SELECT {} FROM {} {}ORDER BY {} LIMIT %s").format(
            sql.SQL(", ").join(map(_quoted, columns)), _quoted(self._schema, table), beyond, _quoted(key)
        )
        found = self._connection.execute(text, [size] if after is None else [after, size])
        return [dict(zip(columns, row, strict=True)) for row in found]

    def among(self, table: str, columns: Sequence[str], key: str, column: str, values: Sequence[str]) -> list[Row]:
        from psycopg import sql  # noqa: PLC0415

        whole = numbers(values) if (table, column) in self._of_numbers else None
        among = sql.SQL("{}::text = ANY (%s::text[])" if whole is None else "{} = ANY (%s::bigint[])").format(_quoted(column))
        text = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            sql.SQL(", ").join(map(_quoted, columns)), _quoted(self._schema, table), among, _quoted(key)
        )
        found = self._connection.execute(text, [list(values) if whole is None else whole])
        return [dict(zip(columns, row, strict=True)) for row in found]

    def different(self, table: str, column: str, after: Any, size: int) -> list[Any]:
        from psycopg import sql  # noqa: PLC0415

        name = _quoted(column)
        beyond = sql.SQL("{} IS NOT NULL" if after is None else "{} > %s").format(name)
        text = sql.SQL("SELECT DISTINCT {} FROM {} WHERE {} ORDER BY {} LIMIT %s").format(name, _quoted(self._schema, table), beyond, name)
        return [value for (value,) in self._connection.execute(text, [size] if after is None else [after, size])]

    def without_key(self, table: str, key: str) -> bool:
        from psycopg import sql  # noqa: PLC0415

        text = sql.SQL("SELECT 1 FROM {} WHERE {} IS NULL LIMIT %s").format(_quoted(self._schema, table), _quoted(key))
        return self._connection.execute(text, [1]).fetchone() is not None


def _quoted(*names: str) -> "sql.Identifier":
    """For a statement with parameters: there a `%` of a name is written twice."""
    from psycopg import sql  # noqa: PLC0415

    return sql.Identifier(*(name.replace("%", "%%") for name in names))
