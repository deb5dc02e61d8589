"""Whether rows are stored as an entry of the log says; what many of them have in common is built once, then filled in."""

import hmac
import json
from collections.abc import Sequence
from typing import Any

from integrations_cli.store.ciphers import signing
from integrations_cli.store.forgiving import mapping, words
from integrations_cli.store.plain import VERSION, Row
from integrations_cli.store.subject import OLD_ROW, ROW, Subject, old_row_mac, row_told
from integrations_cli.store.traces import SAID, active_of
from integrations_cli.store.verifying import Keys, Sign

_ACTIVE = {name: VERSION[name] for name in ("version", "card", "created_at", *SAID)}
COLUMNS = ", ".join(
    [
        *(f"i.{name}" for name in ("category", "provider", "settings", "enabled", "expires_at", "account", "account_id", "created_at")),
        *(f"v.{name}" for name in _ACTIVE),
    ]
)
"""What is compared: of `integration i` and its active `credential_version v`."""
_VERSION = 8  # which of them that begins with
_CARD = _VERSION + 1
MOST = 500  # kinds of rows that are remembered


def without_version(columns: Sequence[Any]) -> Sequence[Any]:
    """The same of a row that has no active version."""
    return (*columns[:_VERSION], *[None] * len(_ACTIVE))


class Stored:
    """The rows of one store."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._signs: dict[int, tuple[bytes, Sign] | None] = {}
        self._kinds: dict[tuple[Any, ...], tuple[bytes, bytes]] = {}

    def fits(self, epoch: int, told: bytes, ident: bytes, website: bytes, found: Sequence[Any]) -> bool:
        """True if the row has the MAC (hex digits) that an entry of that epoch tells, or the key of the epoch is lost.

        `found` has its `COLUMNS`.
        """
        known = self._signs[epoch] if epoch in self._signs else self._key(epoch)
        if known is None:
            return True
        key, sign = known
        if len(told) == OLD_ROW:
            mac = old_row_mac(key, _subject(ident, website, found))
        else:
            kind = (len(website), *_kind(found))
            around = self._kinds.get(kind) or self._around(kind, ident, website, found)
            mac = sign(website.hex().encode().join(around)).hex()[:ROW]
        return hmac.compare_digest(mac.encode(), told)

    def _key(self, epoch: int) -> tuple[bytes, Sign] | None:
        key = self._keys(epoch)
        self._signs[epoch] = (key, signing(key)) if key is not None else None
        return self._signs[epoch]

    def _around(self, kind: tuple[Any, ...], ident: bytes, website: bytes, found: Sequence[Any]) -> tuple[bytes, bytes]:
        """What stands before and behind the website in what the MAC is taken of."""
        before, _, behind = row_told(_subject(ident, website, found)).rpartition(website.hex().encode())
        if len(self._kinds) >= MOST:
            self._kinds.clear()
        self._kinds[kind] = before, behind
        return before, behind


def _kind(found: Sequence[Any]) -> tuple[Any, ...]:
    """What rows have in common whose MACs differ in their website only."""
    text, created = found[_CARD], found[_CARD + 1]
    card = mapping(text) if text is not None else {}
    since = [(name, str(mark.get("since") or created)) for name, mark in card.items() if isinstance(mark, dict)]
    return (*found[:_CARD], *found[_CARD + 1 :], *since)


def _subject(ident: bytes, website: bytes, found: Sequence[Any]) -> Subject:
    """From the columns."""
    category, provider, settings, enabled, *more = found
    plain, active = [None if one is None else words(one) for one in more[:4]], Row(_ACTIVE, more[4:])
    told = active_of(active if active.found("version") is not None else None)
    row: list[Any] = [ident, website, str(category), str(provider), _settings(settings), bool(enabled), *told, *plain]
    return Subject(*row)


def _settings(text: Any) -> dict[str, Any]:
    """As they were recorded; what is no JSON object was never recorded."""
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        data = None
    return data if isinstance(data, dict) else {"": "not an object"}
