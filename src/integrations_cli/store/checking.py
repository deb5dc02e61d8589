"""The integrations of a round of checks, many at once, on the plain connection: their models would take longer than all the rest of it.

Both ways into the database have it: the session (`FetchedVersions`, store.py), and the plain connection (quick.py).
"""

from __future__ import annotations

from integrations_cli.store.forgiving import words
from integrations_cli.store.grace import Grace
from integrations_cli.store.plain import INTEGRATION, VERSION, Row
from integrations_cli.store.remembering import Remembering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from typing import Any, Protocol

    from integrations_cli.card import Card
    from integrations_cli.store.chain import Connection
    from integrations_cli.store.keys import Keyring
    from integrations_cli.store.recording import Recording

    class Guarding(Protocol):
        """Says whether the announced action is this principal's on a website."""

        needs: str

        def may(self, action: str, website: bytes | None) -> bool: ...


_ROW: dict[str, Callable[[Any], Any]] = {**INTEGRATION, "last_error_message": words}
_VERSION: dict[str, Callable[[Any], Any]] = {**VERSION, "destroy_after": words}
_ROWS = f"SELECT {', '.join(f'i.{name}' for name in _ROW)}, w.slug FROM integration i JOIN website w ON w.id = i.website_id WHERE i.id IN"  # noqa: S608  names of ours
_VERSIONS = f"SELECT {', '.join(_VERSION)} FROM credential_version WHERE state <> 'destroyed' AND integration_id IN"  # noqa: S608


class Fetched(Grace):
    """The versions of integrations that were fetched together."""

    def __init__(self, session: Any, keys: Keyring, clock: Callable[[], datetime]) -> None:
        super().__init__(session, keys, clock)
        self.touched: list[Any] = []

    def in_state(self, integration: Any, state: str) -> Any:
        """The newest version in a state, or None."""
        found = next((row for row in self._session.info["versions"][integration.id] if row.state == state), None)
        if state == "active":
            self._found(integration, found)
        return found

    def keep(self, row: Any) -> None:
        """See `Checking.save`."""
        self.touched.append(row)


class Checking(Remembering):
    """Inside one conversation. What is changed is written by `save`, before the conversation is committed."""

    _versions: Fetched

    def __init__(
        self, session: Any, keys: Keyring, audit: Recording, clock: Callable[[], datetime], guard: Guarding, versions: Fetched
    ) -> None:
        self._session, self._keys, self._audit, self._clock, self._guard = session, keys, audit, clock, guard
        self._connection, self._versions = audit.connection, versions
        self._changed: list[Any] = []

    def of(self, cards: Sequence[Card]) -> list[Any]:
        """The row of each card, with its versions and keys; None where it is gone, or is of another website or provider than the card says.

        Cards come from a view, which is read and never believed: a key of one provider must not be sent to another.
        """
        ids = list(dict.fromkeys(bytes.fromhex(card.id) for card in cards))
        connection, marks = self._connection(), ", ".join("?" * len(ids))
        self._fetch(connection, marks, ids)
        rows: dict[str, tuple[Any, str]] = {}
        for *values, slug in connection.execute(f"{_ROWS} ({marks})", ids):
            row: Any = Row(_ROW, values)
            if self._guard.may(self._guard.needs, row.website_id):
                rows[row.id.hex()] = row, words(slug)
        found = (rows.get(card.id) for card in cards)
        return [
            one[0] if one is not None and (one[0].provider, one[1]) == (card.provider, card.website) else None
            for card, one in zip(cards, found, strict=True)
        ]

    def save(self) -> None:
        """Write what was changed, with a statement for each set of columns."""
        self._write("integration", ("id",), self._changed)
        self._write("credential_version", ("integration_id", "version"), self._versions.touched)
        self._changed, self._versions.touched = [], []

    def _fetch(self, connection: Connection, marks: str, ids: Sequence[bytes]) -> None:
        known: dict[bytes, list[Any]] = {ident: [] for ident in ids}
        for values in connection.execute(f"{_VERSIONS} ({marks}) ORDER BY version DESC", ids):
            row: Any = Row(_VERSION, values)
            known[row.integration_id].append(row)
        self._session.info["versions"] = known  # where the log looks for the number of the active one
        self._keys.preload(self._session, connection, [row.data_key_id for rows in known.values() for row in rows])

    def _keep(self, row: Any) -> None:
        self._changed.append(row)

    def _keep_version(self, row: Any) -> None:
        self._versions.keep(row)

    def _write(self, table: str, key: tuple[str, ...], rows: Iterable[Any]) -> None:
        alike: dict[tuple[str, ...], list[list[Any]]] = {}
        for row in {id(row): row for row in rows}.values():
            new = row.changed()
            if new:
                alike.setdefault(tuple(new), []).append([*new.values(), *(getattr(row, name) for name in key)])
        where = " AND ".join(f"{name} = ?" for name in key)
        for names, values in alike.items():
            columns = ", ".join(f"{name} = ?" for name in names)
            self._connection().executemany(f"UPDATE {table} SET {columns} WHERE {where}", values)  # noqa: S608  names of ours
