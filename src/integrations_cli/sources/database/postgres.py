"""PostgreSQL databases of applications: one read-only transaction that sees one moment, with time-outs, by SELECT alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integrations_cli.errors import Conflict, IntegrationsError, NotFound, Refused, UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources.database import Row, address, numbers, uuids

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_ARRAYS = {"smallint": "bigint[]", "integer": "bigint[]", "bigint": "bigint[]", "uuid": "uuid[]"}  # of whose type an index is of use
_USER = "$user"
_TOLD = (
    (r"authentication failed|no password supplied|role .* does not exist", "the server refuses this user or password"),
    (r"database .* does not exist", "there is no database of that name"),
    (r"SSL|certificate", "the server's encryption is not the one that was asked for"),
    (r"refused|timeout|timed out|translate host name|resolve host|No such file|unreachable", "nobody answers there"),
)


@contextmanager
def opened(dsn: Secret, schema: str | None = None) -> Iterator["Postgres"]:
    """A connection that can only read: one schema, or those where Rails would look.

    Raises UsageError (2) without the extra, NotFound (3), Conflict (4), Refused (8).

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
            yield Postgres(connection, [schema] if schema else _searched(connection, address.search_path(dsn.reveal())))
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
            address.for_libpq(dsn), connect_timeout=10, client_encoding="utf8", application_name="integrations", prepare_threshold=None
        )
    except psycopg.Error as error:
        why = next((words for pattern, words in _TOLD if re.search(pattern, str(error))), "the address is wrong, or the server refuses it")
        raise NotFound("the database cannot be opened", why) from None
    for name in ("text", "varchar", "bpchar", "name", "json", "jsonb"):
        connection.adapters.register_loader(name, Loader)
    return connection


def told(error: "psycopg.Error") -> IntegrationsError:
    """What the server said, by its fixed code, in our words."""
    code = error.sqlstate or ""
    if code == "42501":
        return Refused("this login may not read the table", None, "GRANT SELECT is enough")
    if code in {"55P03", "57014", "40001"}:
        return Conflict("the database did not answer in time", "a lock, or a long query", "try again later")
    return NotFound("the database cannot be read", f"it answered {code}" if code else "the connection was lost")


def _searched(connection: "psycopg.Connection[Any]", named: Sequence[str]) -> list[str]:
    """The schemas that the address names, else those of the server's search path."""
    path = [connection.info.user if one == _USER else one for one in named]
    return path or [name for (name,) in connection.execute("SELECT unnest(current_schemas(false))")] or ["public"]


class Postgres:
    """Some schemas of the database, in one moment. A table is looked for in one after the other."""

    def __init__(self, connection: "psycopg.Connection[Any]", schemas: Sequence[str]) -> None:
        self._connection, self._schemas = connection, list(schemas)
        self.title = connection.info.dbname
        self._tables: dict[str, list[str]] | None = None
        self._homes: dict[str, str] = {}
        self._types: dict[tuple[str, str], str] = {}
        self._partial: set[str] = set()

    def tables(self) -> Mapping[str, Sequence[str]]:
        """Out of the catalogue that every login may read; information_schema lacks materialized views."""
        if self._tables is None:
            text = (
                "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL), row_security_active(c.oid)"
                " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
                " WHERE n.nspname = ANY (%s::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
                " AND has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES') ORDER BY c.relname, a.attnum"
            )
            self._tables = {}
            found = [row for row in self._connection.execute(text, [self._schemas]) if all(isinstance(one, str) for one in row[:3])]
            for schema, table, *_ in sorted(found, key=lambda row: self._schemas.index(row[0])):
                self._homes.setdefault(table, schema)
            for schema, table, column, kind, partial in found:
                if self._homes[table] == schema:
                    self._tables.setdefault(table, []).append(column)
                    self._types[table, column] = kind
                    self._partial |= {table} if partial else set()
        return self._tables

    def referred(self, table: str, column: str) -> str | None:
        text = (
            "SELECT o.relname, n.nspname FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class c ON c.oid = f.conrelid"
            " JOIN pg_catalog.pg_namespace m ON m.oid = c.relnamespace"
            " JOIN pg_catalog.pg_class o ON o.oid = f.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace"
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.conkey[1]"
            " JOIN pg_catalog.pg_attribute b ON b.attrelid = o.oid AND b.attnum = f.confkey[1]"
            " WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND b.attname = 'id'"
            " AND m.nspname = %s AND c.relname = %s AND a.attname = %s"
        )
        self.tables()
        found = self._connection.execute(text, [self._homes.get(table), table, column])
        named = {other for other, schema in found if self._homes.get(other) == schema}
        return named.pop() if len(named) == 1 else None

    def is_partial(self, table: str) -> bool:
        return table in self.tables() and table in self._partial

    def elsewhere(self, table: str) -> Sequence[str]:
        text = (
            "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1"
        )
        return [str(name) for (name,) in self._connection.execute(text, [table]) if name not in self._schemas]

    def primary_key(self, table: str) -> str | None:
        self.tables()
        text = (
            "SELECT a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
            " WHERE i.indisprimary AND n.nspname = %s AND c.relname = %s"
        )
        keys = [name for (name,) in self._connection.execute(text, [self._homes.get(table), table])]
        return keys[0] if len(keys) == 1 else None

    def page(self, table: str, columns: Sequence[str], key: str, after: Any, size: int) -> list[Row]:
        from psycopg import sql  # noqa: PLC0415

        beyond = sql.SQL("") if after is None else sql.SQL("WHERE {} > %s ").format(_quoted(key))
        text = sql.SQL("SELECT {} FROM {} {}ORDER BY {} LIMIT %s").format(
            sql.SQL(", ").join(map(_quoted, columns)), self._quoted(table), beyond, _quoted(key)
        )
        found = self._connection.execute(text, [size] if after is None else [after, size])
        return [dict(zip(columns, row, strict=True)) for row in found]

    def among(self, table: str, columns: Sequence[str], key: str, column: str, values: Sequence[str]) -> list[Row]:
        from psycopg import sql  # noqa: PLC0415

        self.tables()
        array = _ARRAYS.get(self._types.get((table, column), ""))
        whole = numbers(values) if array == "bigint[]" else uuids(values) if array == "uuid[]" else None
        among = sql.SQL("{}::text = ANY (%s::text[])" if whole is None else f"{{}} = ANY (%s::{array})").format(_quoted(column))
        text = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            sql.SQL(", ").join(map(_quoted, columns)), self._quoted(table), among, _quoted(key)
        )
        found = self._connection.execute(text, [list(values) if whole is None else whole])
        return [dict(zip(columns, row, strict=True)) for row in found]

    def different(self, table: str, column: str, after: Any, size: int) -> list[Any]:
        from psycopg import sql  # noqa: PLC0415

        name = _quoted(column)
        beyond = sql.SQL("{} IS NOT NULL" if after is None else "{} > %s").format(name)
        text = sql.SQL("SELECT DISTINCT {} FROM {} WHERE {} ORDER BY {} LIMIT %s").format(name, self._quoted(table), beyond, name)
        return [value for (value,) in self._connection.execute(text, [size] if after is None else [after, size])]

    def without_key(self, table: str, key: str) -> bool:
        from psycopg import sql  # noqa: PLC0415

        text = sql.SQL("SELECT 1 FROM {} WHERE {} IS NULL LIMIT %s").format(self._quoted(table), _quoted(key))
        return self._connection.execute(text, [1]).fetchone() is not None

    def _quoted(self, table: str) -> "sql.Identifier":
        self.tables()
        return _quoted(self._homes.get(table, self._schemas[0]), table)


def _quoted(*names: str) -> "sql.Identifier":
    """For a statement with parameters: there a `%` of a name is written twice."""
    from psycopg import sql  # noqa: PLC0415

    return sql.Identifier(*(name.replace("%", "%%") for name in names))
