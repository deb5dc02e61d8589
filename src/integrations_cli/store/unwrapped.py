"""The data keys of websites while their versions are sealed anew: unwrapped when first needed, some thousands held at a time."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from integrations_cli.errors import Unreadable
from integrations_cli.store import vault
from integrations_cli.store.chain import Connection
from integrations_cli.store.keys import AT_ONCE
from integrations_cli.store.prepared import Prepared
from integrations_cli.store.vault import lp

KEPT = 4096  # keys, of each kind
_KEYS = "SELECT id, scope_id, wrapped FROM data_key WHERE scope = 'website'"


class Unwrapped:
    """`old` has keys by their id, `new` the keys in use by the id of their website; those that do not open are in neither."""

    def __init__(self, store_id: bytes, root_id: bytes, root: bytes) -> None:
        self.old: dict[bytes, Prepared] = {}
        self.new: dict[bytes, Prepared] = {}
        self._root, self._place = Prepared(root, root_id), vault.aad("data-key", store_id)

    def fetch(self, connection: Connection, ids: Iterable[Any], websites: Iterable[Any]) -> None:
        """Those that are not held yet."""
        for ident, _, key in self._fetched(connection, "id", _missing(self.old, ids)):
            self.old[ident] = key
        for _, website, key in self._fetched(connection, "state = 'active' AND scope_id", _missing(self.new, websites)):
            self.new[website] = key

    def _fetched(self, connection: Connection, column: str, wanted: Sequence[bytes]) -> Iterable[tuple[bytes, bytes, Prepared]]:
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            for ident, website, wrapped in connection.execute(f"{_KEYS} AND {column} IN ({', '.join('?' * len(some))})", some).fetchall():
                with suppress(Unreadable, TypeError, ValueError):  # written by hand: what it has sealed keeps it
                    yield ident, website, Prepared(self._root.open(wrapped, self._place + lp(ident, b"website", website)), ident)


def _missing(held: dict[bytes, Prepared], wanted: Iterable[Any]) -> list[bytes]:
    """What is to be fetched; nothing else is held where there would be too many."""
    names = {one for one in wanted if isinstance(one, bytes)}
    if len(held) + len(names) > KEPT:
        held.clear()
    return [*names - held.keys()]
