"""A new integration before it is stored: its row, and its version sealed and marked, as `Versions.seal` makes it of a row that is there."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from integrations_cli import quickjson
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.store import vault
from integrations_cli.store.keys import Keyring
from integrations_cli.store.settings import known
from integrations_cli.store.traces import marked


@dataclass(frozen=True, slots=True)
class New:
    """What is to be stored."""

    website_id: bytes
    definition: Provider
    credentials: Mapping[str, Secret]
    settings: Mapping[str, Any]
    enabled: bool = True
    expires_at: str | None = None


class Row:
    """A row of the table `integration` before it is one, with its first version: its attributes are the columns of both."""

    __slots__ = (
        *("id", "website_id", "category", "provider", "settings", "enabled", "expires_at", "now", "actor", "fields"),
        *("version", "key_id", "key", "bound", "blob", "card", "plaintext", "where", "_texts"),
    )
    state = "active"

    def __init__(self, one: New, now: str, actor: str) -> None:
        self.id = os.urandom(16)
        self.website_id, self.category, self.provider = one.website_id, one.definition.category, one.definition.name
        self.settings = known(one.definition, one.settings) if one.settings else {}
        self.enabled, self.expires_at, self.now, self.actor = one.enabled, one.expires_at, now, actor
        self.fields = tuple(sorted([*one.credentials, *one.settings]))
        self.version: int | None = None
        self.key_id = self.key = self.blob = self.plaintext = self.where = b""
        self.card: dict[str, Any] = {}
        self._texts = (_json(self.settings), "{}", "{}")

    def seal(self, definition: Provider, credentials: Mapping[str, Secret], store_id: bytes, card: dict[str, Any]) -> None:
        """Its first version, for the place where it will be. `key` and `key_id` must be known."""
        self.version, self.card = 1, card
        bound = {name: self.settings.get(name) for name in definition.destinations}
        self._texts = (self._texts[0], _json(bound), _json(card))
        self.where = vault.credential_aad(store_id, self.website_id, self.id, 1, self.provider, vault.destination_hash(bound))
        self.plaintext = vault.pack_credentials(credentials)
        self.blob = vault.seal(self.key, self.key_id, self.plaintext, self.where)

    def short(self) -> dict[str, str]:
        """What the log keeps of the marks."""
        return {name: mark["fp"][:8] for name, mark in self.card.items()}

    def stored(self) -> tuple[Any, ...]:
        """Columns of `integration`."""
        place = (self.id, self.website_id, self.category, self.provider)
        return (*place, self._texts[0], self.enabled, self.expires_at, self.now, self.now)

    def sealed(self) -> tuple[Any, ...]:
        """Columns of `credential_version`."""
        return (self.id, 1, self.state, self.key_id, self._texts[1], self.now, self.actor, self.blob, self._texts[2])

    def copy(self) -> tuple[Any, ...]:
        """What is compared with the database: everything of both that was made here, without the id; texts as UTF-8."""
        settings, bound, card = (text.encode() for text in self._texts)
        ends = self.expires_at.encode() if self.expires_at is not None else None
        plain = (self.website_id, self.category.encode(), self.provider.encode(), settings, self.enabled, ends)
        return (*plain, *((1, b"active", self.key_id, bound, self.blob, card) if self.version else (None,) * 6))


class Sealing:
    """Makes rows, inside one conversation. Needs the key: raises Locked (6)."""

    def __init__(
        self, session: Session, keys: Keyring, fingerprint: Callable[[bytes, str, str, Secret], str], now: str, actor: str
    ) -> None:
        self._session, self._keys, self._fingerprint, self._now, self._actor = session, keys, fingerprint, now, actor
        self._shown: dict[str, frozenset[str]] = {}

    def row(self, one: New) -> Row:
        """Sealed, if there is anything to seal."""
        row, definition = Row(one, self._now, self._actor), one.definition
        if one.credentials:
            shown = self._shown.get(row.provider)
            if shown is None:
                shown = self._shown[row.provider] = frozenset(field.name for field in definition.credentials if field.hint)
            row.key_id, row.key = self._keys.data_key(self._session, "website", row.website_id)
            place = (row.website_id, row.provider)
            card = marked(one.credentials, shown, lambda name, value: self._fingerprint(*place, name, value))
            row.seal(definition, one.credentials, self._keys.store_id, card)
        return row


def _json(data: dict[str, Any]) -> str:
    """As the models write it."""
    return quickjson.dumps(data, ascii_only=True) if data else "{}"
