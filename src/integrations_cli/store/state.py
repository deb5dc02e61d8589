"""Whether the rows are what the log says: each integration against its newest entry, each website against its newest name.

An entry holds `row`, a MAC over the plain columns and the number of the active version, as they were when it was written, and `row_was`,
as they were before, where it changes them. So what was edited in SQL shows, also when something was recorded since: each entry must find
the row as the one before it left it.
"""

import hmac
import json
from typing import Any

from integrations_cli.store import shape
from integrations_cli.store.chain import STEADY, Connection, Subject, row_mac
from integrations_cli.store.verifying import Broken, Keys

SHOWN = 3  # integrations named of one website
_ROWS = """SELECT i.id, i.category, i.provider, i.settings, i.enabled, v.version FROM integration i
    LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active' WHERE i.website_id = ?"""
_STRANGERS = """SELECT 'the website ' || slug FROM website w WHERE NOT EXISTS (SELECT 1 FROM audit_row r WHERE r.chain = w.id)
    UNION ALL SELECT 'an integration of ' || provider FROM integration i
    WHERE NOT EXISTS (SELECT 1 FROM website w WHERE w.id = i.website_id)"""


class State:
    """What the entries of one chain say, gathered while they are verified."""

    def __init__(self, connection: Connection, keys: Keys, chain: bytes) -> None:
        self._connection, self._keys, self._chain = connection, keys, chain
        self._rows: dict[bytes, tuple[int, bytes, str]] = {}  # id (hex) → epoch, MAC (hex), provider
        self._slug: str | None = None

    def take(self, seq: int, epoch: int, body: bytes) -> None:
        """An entry. Raises Broken when it found the row changed since the one before."""
        action = _text(body, b'"action":"')
        if action.startswith(b"website."):
            self._must_be_called(seq, action, body)
            self._slug = None if action == b"website.removed" else str(json.loads(body).get("slug"))
        ident = _text(body, b'"integration":"')
        if not ident:
            return
        row, provider, before = _text(body, b'"row":"'), _text(body, b'"provider":"').decode(), self._rows.get(ident)
        found = row if action.decode() in STEADY else _text(body, b'"row_was":"')
        if found and before is not None and before[0] == epoch and before[1] != found:
            raise Broken(f"{provider} was changed outside of this tool before entry {seq}")
        if action == b"integration.removed":
            self._rows.pop(ident, None)
        else:
            self._rows[ident] = epoch, row, provider

    def _must_be_called(self, seq: int, action: bytes, body: bytes) -> None:
        was = json.loads(body).get("was") if action == b"website.renamed" else None
        if was is not None and self._slug is not None and was != self._slug:
            raise Broken(f"the website was renamed outside of this tool before entry {seq}: the log calls it {self._slug}")

    def end(self) -> None:
        """Compare with what is stored now. Raises Broken."""
        found = self._connection.execute("SELECT slug FROM website WHERE id = ?", (self._chain,)).fetchone()
        if self._slug is not None and (found is None or found[0] != self._slug):
            raise Broken(f"the website was {'deleted' if found is None else 'renamed'} outside of this tool: the log calls it {self._slug}")
        if self._slug is None and found is not None:
            raise Broken("the website was added outside of this tool")
        wrong = list(self._wrong())
        if wrong:
            more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            raise Broken(f"outside of this tool: {', '.join(wrong[:SHOWN])}{more}")

    def _wrong(self) -> Any:
        left = dict(self._rows)
        for ident, category, provider, settings, enabled, version in self._connection.execute(_ROWS, (self._chain,)):
            told = left.pop(ident.hex().encode() if isinstance(ident, bytes) else b"", None)
            if told is None:
                yield f"{provider} was added or moved here"
                continue
            key = self._keys(told[0])
            subject = Subject(ident, self._chain, str(category), str(provider), _settings(settings), bool(enabled), version)
            if key is not None and not hmac.compare_digest(row_mac(key, subject).encode(), told[1]):
                yield f"{told[2]} was changed"
        yield from (f"{provider} was deleted or moved away" for _, _, provider in left.values())


def strangers(connection: Connection) -> list[str]:
    """Websites that no chain speaks of, integrations of no website, and what acts in the database by itself, in words."""
    rows = [f"{row[0]} was added outside of this tool" for row in connection.execute(_STRANGERS)]
    return [*rows, *shape.foreign(connection)]


def _text(body: bytes, sign: bytes) -> bytes:
    """What stands behind `"name":"` in canonical JSON, up to the next quote; the last one, as our names are sorted and not nested."""
    at = body.find(sign) if sign.startswith(b'"action') else body.rfind(sign)
    return body[at + len(sign) : body.index(b'"', at + len(sign))] if at >= 0 else b""


def _settings(text: Any) -> dict[str, Any]:
    """As they were recorded; what is no JSON object was never recorded."""
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        data = None
    return data if isinstance(data, dict) else {"": "not an object"}
