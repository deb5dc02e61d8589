"""Rows on a plain connection, with the attributes of their models and the questions that keys, versions and rows ask."""

from __future__ import annotations

from integrations_cli.store.forgiving import mapping, number, octets, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any


class Row:
    """A row with the attributes of its model in tables.py."""

    def __init__(self, columns: Mapping[str, Callable[[Any], Any]], values: Sequence[Any]) -> None:
        own = self.__dict__
        for (name, read), value in zip(columns.items(), values, strict=True):
            own[name] = None if value is None else read(value)
        self._was: dict[str, Any] = own.copy()
        self._columns = columns

    def found(self, name: str) -> Any:
        """A column as it was found."""
        return self._was[name]

    def changed(self) -> dict[str, Any]:
        """The columns that were given another value."""
        return {name: getattr(self, name) for name in self._columns if getattr(self, name) != self._was[name]}


SLOT = {"id": octets, "kind": words, "locator": words, "params": mapping, "position": number, "root_key_id": octets, "wrapped_root": octets}
KEY = {"id": octets, "scope": words, "scope_id": octets, "state": words, "root_key_id": octets, "wrapped": octets, "epoch": number}
WEBSITE = {"id": octets, "slug": words, "name": words}
INTEGRATION: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("id", "website_id"), octets),
    **dict.fromkeys(("category", "provider"), words),
    "settings": mapping,
    "enabled": bool,
    **dict.fromkeys(("last_used_at", "last_error_at", "last_error_outcome", "last_error_cause"), words),
    **dict.fromkeys(("last_error_http", "last_error_version"), number),
    **dict.fromkeys(("unreadable_since", "account", "account_id", "expires_at", "created_at", "updated_at"), words),
}
VERSION: dict[str, Callable[[Any], Any]] = {
    "integration_id": octets,
    "version": number,
    "state": words,
    "data_key_id": octets,
    **dict.fromkeys(("blob",), octets),
    **dict.fromkeys(("bound", "card"), mapping),
    **dict.fromkeys(("outcome", "outcome_cause"), words),
    "outcome_http": number,
    **dict.fromkeys(("outcome_at", "verdict", "created_at"), words),
}


class Plain:
    """A connection with the words of a session that keys, versions and rows need."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.info: dict[str, Any] = {}

    def all(self, table: str, columns: dict[str, Any], where: str, *values: Any) -> list[Any]:
        """Rows of a table of ours."""
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE {where}"  # noqa: S608  names of ours
        return [Row(columns, found) for found in self.connection.execute(query, values)]

    def first(self, table: str, columns: dict[str, Any], where: str, *values: Any) -> Any:
        """The first row, or None."""
        return next(iter(self.all(table, columns, where + " LIMIT 1", *values)), None)

    def active_slots(self) -> list[Any]:
        """The slots in the order in which they are tried."""
        return self.all("key_slot", SLOT, "state = 'active' ORDER BY position")

    def active_key(self, scope: str, scope_id: bytes) -> Any:
        """The active key of a scope."""
        return self.first("data_key", KEY, "scope = ? AND scope_id = ? AND state = 'active'", scope, scope_id)

    def mark_key_rows(self, state: str) -> list[Any]:
        """The fingerprint keys in a state."""
        return self.all("data_key", KEY, "scope = 'fingerprint' AND state = ?", state)

    def key_row(self, key_id: bytes) -> Any:
        """A key by its id."""
        return self.first("data_key", KEY, "id = ?", key_id)
