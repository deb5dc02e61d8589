"""Whether the rows are what the log says: each integration against its newest entry, each website against its newest name.

An entry holds `row`, a MAC over the plain columns and the active version (its number, and since when its values are there), as they were
when it was written, and `row_was`, as they were before, where it changes them. So what was edited in SQL shows, also when something was
recorded since: each entry must find the row as the one before it left it. Entries of before have a shorter `row`, which covers less.
Of other versions the entries say when they came and went: one that is waiting or replaced is there, one that was destroyed is not.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from integrations_cli.store import shape, witness
from integrations_cli.store.chain import STEADY, Connection
from integrations_cli.store.in_order import Row, Rows
from integrations_cli.store.stored import Stored, without_version
from integrations_cli.store.subject import OLD_ROW
from integrations_cli.store.verifying import Broken

SHOWN = 3  # integrations named of one website
_BRINGING = frozenset(
    {
        *(b"integration.added", b"integration.migrated", b"credential.set", b"credential.rebound"),
        *(b"rotation.started", b"rotation.rolled_back"),
    }
)
# an entry in canonical JSON: its names are sorted, those of the row it tells stand once, and behind all that is nested
_ENTRY = re.compile(
    rb'\{.*?"action":"([^"]*)"'
    rb'(?:.*"integration":"([^"]*)".*"provider":"([^"]*)".*?"row":"([^"]*)"(?:,"row_was":"([^"]*)")?(?:.*"version":(\d+))?)?'
)
_SIDES = {"previous": operator.gt, "pending": operator.lt}  # how their numbers are never to that of the active one
_STRANGERS = """SELECT 'the website ' || slug FROM website w WHERE NOT EXISTS (SELECT 1 FROM audit_row r WHERE r.chain = w.id)
    UNION ALL SELECT 'an integration of ' || provider FROM integration i
    WHERE NOT EXISTS (SELECT 1 FROM website w WHERE w.id = i.website_id)"""


class State:
    """What the entries of one chain say, gathered while they are verified."""

    def __init__(self, rows: Rows, stored: Stored, chain: bytes) -> None:
        self._rows_of, self._stored, self._chain = rows, stored, chain
        self._rows: dict[bytes, tuple[int, bytes, bytes]] = {}  # id (hex) → epoch, MAC (hex), provider
        self._versions: dict[bytes, dict[int, bool]] = {}  # id (hex) → number → whether it is still there
        self._slug: str | None = None

    def take(self, seq: int, epoch: int, body: bytes) -> None:
        """An entry. Raises Broken when it found the row changed since the one before."""
        found = _ENTRY.match(body)
        action, ident, provider, row, was, number = found.groups(b"") if found else (b"",) * 6
        if action.startswith((b"website.", b"epoch.")):
            self._take_of_website(seq, action, body)
        if not ident:
            return
        before = self._rows.get(ident)
        if before is not None and before[0] == epoch:
            was = was or (row if len(row) > OLD_ROW or action.decode() in STEADY else b"")
            if len(before[1]) == len(was) and before[1] != was:
                raise Broken(f"{provider.decode()} was changed outside of this tool before entry {seq}")
        if action == b"integration.removed":
            self._rows.pop(ident, None)
            self._versions.pop(ident, None)
            return
        self._rows[ident] = epoch, row, provider
        if number and (action in _BRINGING or action == b"credential.destroyed"):
            self._versions.setdefault(ident, {})[int(number)] = action in _BRINGING

    def _take_of_website(self, seq: int, action: bytes, body: bytes) -> None:
        if action.startswith(b"website."):
            self._must_be_called(seq, action, body)
            self._slug = None if action == b"website.removed" else str(json.loads(body).get("slug"))
        if action == b"epoch.started" and b'"rows":"changed"' in body:
            raise Broken(f"it was changed outside of this tool before entry {seq}")
        if action == b"epoch.started" and b'"cause":"key_lost"' in body:
            self._versions = {one: dict.fromkeys(found, False) for one, found in self._versions.items()}

    def _must_be_called(self, seq: int, action: bytes, body: bytes) -> None:
        was = json.loads(body).get("was") if action == b"website.renamed" else None
        if was is not None and self._slug is not None and was != self._slug:
            raise Broken(f"the website was renamed outside of this tool before entry {seq}: the log calls it {self._slug}")

    def end(self) -> None:
        """Compare with what is stored now. Raises Broken."""
        slug, rows = self._rows_of.of(self._chain)
        if self._slug is not None and slug != self._slug:
            raise Broken(f"the website was {'deleted' if slug is None else 'renamed'} outside of this tool: the log calls it {self._slug}")
        if self._slug is None and slug is not None:
            raise Broken("the website was added outside of this tool")
        wrong = list(self._wrong(rows))
        if wrong:
            more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            raise Broken(f"outside of this tool: {', '.join(wrong[:SHOWN])}{more}")

    def _wrong(self, rows: Sequence[Row]) -> Iterator[str]:
        left, there, others = dict(self._rows), dict[bytes, dict[Any, Any]](), dict[bytes, Row]()
        for row in rows:
            name, state = row[1].hex().encode() if isinstance(row[1], bytes) else b"", row[3]
            versions = there.setdefault(name, {})
            if state is not None:
                versions[row[2]] = state
            if state != "active":
                others[name] = row
            elif why := self._wrong_row(left.pop(name, None), row[1], row[4:]):
                yield why
        for name, row in others.items():
            if "active" not in there[name].values() and (why := self._wrong_row(left.pop(name, None), row[1], without_version(row[4:]))):
                yield why
        yield from (f"{provider.decode()} was deleted or moved away" for _, _, provider in left.values())
        yield from self._wrong_versions(there)

    def _wrong_row(self, told: tuple[int, bytes, bytes] | None, ident: bytes, columns: Sequence[Any]) -> str | None:
        if told is None:
            return f"{columns[1]} was added or moved here"
        return None if self._stored.fits(told[0], told[1], ident, self._chain, columns) else f"{told[2].decode()} was changed"

    def _wrong_versions(self, found: dict[bytes, dict[Any, Any]]) -> Iterator[str]:
        """Versions that are there by the log, and are not, or the other way round; and those that have changed places."""
        for ident, (_, _, provider) in self._rows.items():
            there, told = found.get(ident, {}), self._versions.get(ident, {})
            if list(there.values()) == ["active"] and told == dict.fromkeys(there, True):  # nearly all of them
                continue
            active = next((number for number, state in there.items() if state == "active"), None)
            for number in sorted({*there, *told}, key=str):
                state = str(there.get(number, "destroyed"))
                if (state != "destroyed") != told.get(number, False):
                    yield f"version {number} of {provider.decode()} was {'deleted' if told.get(number) else 'put back'}"
                elif state in _SIDES and isinstance(active, int) and _SIDES[state](number, active):
                    yield f"version {number} of {provider.decode()} was put in another place"


class Aside:
    """Looks as `State` does, and puts the chain into `wrong` instead of calling it broken by what was done to the rows it speaks of."""

    def __init__(self, rows: Rows, stored: Stored, chain: bytes, wrong: set[bytes]) -> None:
        self._chain, self._wrong = chain, wrong
        self._state = State(rows, stored, chain)

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


def strangers(connection: Connection) -> list[str]:
    """Websites that no chain speaks of, integrations of no website, roles, and what acts in the database by itself, in words."""
    rows = [f"{row[0]} was added outside of this tool" for row in connection.execute(_STRANGERS)]
    roles = witness.strange(connection)
    told = [f"{roles} {'role is' if roles == 1 else 'roles are'} not what the log says"] if roles else []
    return [*rows, *told, *shape.foreign(connection)]
