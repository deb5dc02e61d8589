"""A new integration before it is stored: its row, and its version sealed and marked, as `Versions.seal` makes it of a row that is there."""

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from integrations_cli import quickjson
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.store import vault
from integrations_cli.store.keys import Keyring
from integrations_cli.store.moulds import Mould
from integrations_cli.store.settings import known
from integrations_cli.store.traces import UNTESTED


def salts(count: int) -> list[bytes]:
    """So many salts, 32 random bytes each: none is ever used twice."""
    noise = os.urandom(32 * count)
    return [noise[at : at + 32] for at in range(0, 32 * count, 32)]


class New(NamedTuple):
    """What is to be stored."""

    website_id: bytes
    definition: Provider
    credentials: Mapping[str, Secret]
    settings: Mapping[str, Any]
    enabled: bool = True
    expires_at: str | None = None


class Row:
    """A row of the table `integration` before it is one, with its first version.

    `stored` has the columns of its table, `sealed` those of `credential_version`, or nothing; `fields` and `short` (8 digits of each mark)
    are for the log.
    """

    __slots__ = (
        *("category", "enabled", "fields", "id", "provider", "sealed", "settings", "short", "stored", "version", "website_id"),
        *("since", "said", "expires_at", "account", "account_id", "created_at"),
    )

    def __init__(self, one: New, ident: bytes, now: str, names: tuple[str, ...]) -> None:
        definition, settings = one.definition, one.settings
        self.id, self.website_id, self.category, self.provider = ident, one.website_id, definition.category, definition.name
        self.settings = known(definition, settings) if settings else {}
        self.enabled, self.version = one.enabled, 1 if names else None
        self.since, self.expires_at, self.created_at = dict.fromkeys(names, now), one.expires_at, now
        self.account, self.account_id, self.said = None, None, UNTESTED
        self.sealed: tuple[Any, ...] = ()
        self.fields = tuple(sorted([*names, *settings])) if settings else names
        self.short: dict[str, str] = {}
        place = (ident, self.website_id, self.category, self.provider)
        self.stored = (*place, _json(self.settings) if settings else "{}", int(one.enabled), one.expires_at, now, now)

    def copy(self) -> tuple[Any, ...]:
        """What the database must have of both: plain columns, whether the rest is as `Bulk` asks, key, bound, ciphertext, card."""
        sealed = self.sealed
        return (*self.stored[:7], 1, sealed[3], sealed[4], *sealed[7:]) if sealed else self.stored[:7] + _NOTHING


class Sealing:
    """Makes rows, inside one conversation. Needs the key: raises Locked (6)."""

    def __init__(self, session: Session, keys: Keyring, sign: Callable[[bytes], bytes], now: str, actor: str) -> None:
        self._session, self._keys, self._sign, self._now, self._actor = session, keys, sign, now, actor
        self._moulds: dict[tuple[str, ...], Mould] = {}
        self._website_keys: dict[bytes, tuple[bytes, bytes]] = {}

    def row(self, one: New, ident: bytes, salt: bytes) -> Row:
        """Sealed, if there is anything to seal, and opened again. Neither id nor salt was ever used before. Raises Unreadable (7)."""
        values = one.credentials
        if not values:
            return Row(one, ident, self._now, ())
        mould, (key_id, key) = self._mould(one), self._key(one.website_id)
        row = Row(one, ident, self._now, mould.names)
        card, row.short = mould.marked(row.website_id, values, self._sign)
        bound = {name: row.settings.get(name) for name in mould.destinations} if mould.destinations else _NOWHERE
        place = mould.place(row.website_id, ident, vault.destination_hash(bound) if bound else _NO_HASH)
        blob = vault.seal_and_open(key, key_id, mould.plaintext(values), place, salt)
        row.sealed = (ident, 1, "active", key_id, _json(bound) if bound else "{}", self._now, self._actor, blob, card)
        return row

    def _mould(self, one: New) -> Mould:
        kind = (one.definition.name, *one.credentials)
        mould = self._moulds.get(kind)
        if mould is None:
            mould = self._moulds[kind] = Mould(self._keys.store_id, one.definition, one.credentials)
        return mould

    def _key(self, website_id: bytes) -> tuple[bytes, bytes]:
        key = self._website_keys.get(website_id)
        if key is None:
            key = self._website_keys[website_id] = self._keys.data_key(self._session, "website", website_id)
        return key


_NOTHING = (None,) * 5
_NOWHERE: dict[str, Any] = {}
_NO_HASH = vault.destination_hash(_NOWHERE)


def _json(data: dict[str, Any]) -> str:
    """As the models write it."""
    return quickjson.dumps(data, ascii_only=True)
