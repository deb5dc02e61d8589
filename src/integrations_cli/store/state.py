"""Whether the rows are what the log says: each integration against its newest entry, each website against its newest name.

An entry holds `row`, a MAC over the plain columns and the active version (its number, and since when its values are there), as they were
when it was written, and `row_was`, as they were before, where it changes them. So what was edited in SQL shows, also when something was
recorded since: each entry must find the row as the one before it left it. Entries of before have a shorter `row`, which covers less.
Of other versions the entries say when they came and went: one that is waiting or replaced is there, one that was destroyed is not.
"""

import json
import operator
from collections.abc import Callable, Iterator
from typing import Any

from integrations_cli.store import shape, witness
from integrations_cli.store.chain import STEADY, Connection
from integrations_cli.store.stored import COLUMNS, Stored
from integrations_cli.store.subject import OLD_ROW
from integrations_cli.store.verifying import Broken

SHOWN = 3  # integrations named of one website
_ROWS = f"""SELECT i.id, {COLUMNS} FROM integration i
    LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active' WHERE i.website_id = ?"""  # noqa: S608  names of ours
_VERSIONS = """SELECT v.integration_id, v.version, v.state FROM credential_version v JOIN integration i ON i.id = v.integration_id
    WHERE i.website_id = ?"""
_BRINGING = frozenset(
    {
        *(b"integration.added", b"integration.migrated", b"credential.set", b"credential.rebound"),
        *(b"rotation.started", b"rotation.rolled_back"),
    }
)
_SIDES = {"previous": operator.gt, "pending": operator.lt}  # how their numbers are never to that of the active one
_STRANGERS = """SELECT 'the website ' || slug FROM website w WHERE NOT EXISTS (SELECT 1 FROM audit_row r WHERE r.chain = w.id)
    UNION ALL SELECT 'an integration of ' || provider FROM integration i
    WHERE NOT EXISTS (SELECT 1 FROM website w WHERE w.id = i.website_id)"""


class State:
    """What the entries of one chain say, gathered while they are verified."""

    def __init__(self, connection: Connection, stored: Stored, chain: bytes) -> None:
        self._connection, self._stored, self._chain = connection, stored, chain
        self._rows: dict[bytes, tuple[int, bytes, str]] = {}  # id (hex) → epoch, MAC (hex), provider
        self._versions: dict[bytes, dict[int, bool]] = {}  # id (hex) → number → whether it is still there
        self._slug: str | None = None

    def take(self, seq: int, epoch: int, body: bytes) -> None:
        """An entry. Raises Broken when it found the row changed since the one before."""
        action = _text(body, b'"action":"')
        if action.startswith(b"website."):
            self._must_be_called(seq, action, body)
            self._slug = None if action == b"website.removed" else str(json.loads(body).get("slug"))
        if action == b"epoch.started" and b'"rows":"changed"' in body:
            raise Broken(f"it was changed outside of this tool before entry {seq}")
        if action == b"epoch.started" and b'"cause":"key_lost"' in body:
            self._versions = {one: dict.fromkeys(found, False) for one, found in self._versions.items()}
        ident = _text(body, b'"integration":"')
        if not ident:
            return
        row, provider, before = _text(body, b'"row":"'), _text(body, b'"provider":"').decode(), self._rows.get(ident)
        found = _text(body, b'"row_was":"') or (row if len(row) > OLD_ROW or action.decode() in STEADY else b"")
        if before is not None and before[0] == epoch and len(before[1]) == len(found) and before[1] != found:
            raise Broken(f"{provider} was changed outside of this tool before entry {seq}")
        if action == b"integration.removed":
            self._rows.pop(ident, None)
            self._versions.pop(ident, None)
            return
        self._rows[ident] = epoch, row, provider
        number = _number(body) if action in _BRINGING or action == b"credential.destroyed" else None
        if number is not None:
            self._versions.setdefault(ident, {})[number] = action in _BRINGING

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

    def _wrong(self) -> Iterator[str]:
        left = dict(self._rows)
        for ident, *columns in self._connection.execute(_ROWS, (self._chain,)):
            told = left.pop(ident.hex().encode() if isinstance(ident, bytes) else b"", None)
            if told is None:
                yield f"{columns[1]} was added or moved here"
            elif not self._stored.fits(told[0], told[1], ident, self._chain, columns):
                yield f"{told[2]} was changed"
        yield from (f"{provider} was deleted or moved away" for _, _, provider in left.values())
        yield from self._wrong_versions()

    def _wrong_versions(self) -> Iterator[str]:
        """Versions that are there by the log, and are not, or the other way round; and those that have changed places."""
        found: dict[bytes, dict[Any, str]] = {}
        for ident, version, state in self._connection.execute(_VERSIONS, (self._chain,)):
            found.setdefault(ident.hex().encode() if isinstance(ident, bytes) else b"", {})[version] = str(state)
        for ident, (_, _, provider) in self._rows.items():
            there, told = found.get(ident, {}), self._versions.get(ident, {})
            if list(there.values()) == ["active"] and told == dict.fromkeys(there, True):  # nearly all of them
                continue
            active = next((number for number, state in there.items() if state == "active"), None)
            for number in sorted({*there, *told}, key=str):
                state = there.get(number, "destroyed")
                if (state != "destroyed") != told.get(number, False):
                    yield f"version {number} of {provider} was {'deleted' if told.get(number) else 'put back'}"
                elif state in _SIDES and isinstance(active, int) and _SIDES[state](number, active):
                    yield f"version {number} of {provider} was put in another place"


class Aside:
    """Looks as `State` does, and puts the chain into `wrong` instead of calling it broken by what was done to the rows it speaks of."""

    def __init__(self, connection: Connection, stored: Stored, chain: bytes, wrong: set[bytes]) -> None:
        self._chain, self._wrong = chain, wrong
        self._state = State(connection, stored, chain)

    def take(self, seq: int, epoch: int, body: bytes) -> None:
        """An entry."""
        self._look(lambda: self._state.take(seq, epoch, body))

    def end(self, seq: int, mac: bytes) -> None:
        """Compare with what is stored now."""
        self._look(self._state.end)

    def _look(self, work: Callable[[], None]) -> None:
        if self._chain not in self._wrong:
            try:
                work()
            except Broken:
                self._wrong.add(self._chain)


def _number(body: bytes) -> int | None:
    """The version that an entry is about."""
    _, sign, rest = body.rpartition(b'"version":')
    digits = rest[: len(rest) - len(rest.lstrip(b"0123456789"))]
    return int(digits) if sign and digits else None


def strangers(connection: Connection) -> list[str]:
    """Websites that no chain speaks of, integrations of no website, roles, and what acts in the database by itself, in words."""
    rows = [f"{row[0]} was added outside of this tool" for row in connection.execute(_STRANGERS)]
    roles = witness.strange(connection)
    told = [f"{roles} {'role is' if roles == 1 else 'roles are'} not what the log says"] if roles else []
    return [*rows, *told, *shape.foreign(connection)]


def _text(body: bytes, sign: bytes) -> bytes:
    """What stands behind `"name":"` in canonical JSON, up to the next quote; the last one, as our names are sorted and not nested."""
    at = body.find(sign) if sign.startswith(b'"action') else body.rfind(sign)
    return body[at + len(sign) : body.index(b'"', at + len(sign))] if at >= 0 else b""
