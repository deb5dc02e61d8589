"""How integrations are used: daily rows that grow with days, not with uses. No key, no audit entry; standard library only.

A batch is written in one transaction, however many uses it holds. What is older than 13 months is kept by the month, and what is
older than 5 years is dropped. A day of an integration has at most 24 pairs of action and status; further ones count as `other`.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from integrations_cli.errors import NotFound, NotWritten
from integrations_cli.store import provenance, restored
from integrations_cli.store.sqlite import sqlite3
from integrations_cli.store.turn import BUSY, SETTINGS, by_text, must_be_private, queue
from integrations_cli.store.used import SUMS
from integrations_cli.store.used import Row as Row
from integrations_cli.store.used import rows as rows

KINDS, DAYS_KEPT, MONTHS_KEPT = 24, 13, 60  # pairs a day; months that are kept by the day, and in all
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_LARGEST = 2**53
_ADD = ", ".join(f"{name} = min({name} + excluded.{name}, {_LARGEST})" for name in SUMS)
_PUT = (
    f"INSERT INTO usage (integration_id, day, action, status, {', '.join(SUMS)}) "  # noqa: S608  names of ours
    f"SELECT ?, ?, ?, ?, {', '.join('?' * len(SUMS))} WHERE EXISTS (SELECT 1 FROM integration WHERE id = ?) "
    f"ON CONFLICT DO UPDATE SET {_ADD}"
)
_ROLL = (
    f"INSERT INTO usage SELECT integration_id, substr(day, 1, 7), action, status, {', '.join(f'sum({one})' for one in SUMS)} "  # noqa: S608
    f"FROM usage WHERE integration_id = ? AND day < ? AND length(day) = 10 GROUP BY 1, 2, 3, 4 ON CONFLICT DO UPDATE SET {_ADD}"
)
Key = tuple[str, str, str, str]
"""Id of the integration (hex), day, action, status."""


@dataclass
class Tally:
    """Uses that are not written yet. Adding one costs a few microseconds; `write` makes rows of them."""

    sums: dict[Key, list[int]] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        integration: str,
        at: datetime,
        action: str,
        status: str,
        calls: int = 1,
        duration_ms: float = 0,
        tokens: tuple[int, int] = (0, 0),
        cost: int | None = None,
    ) -> None:
        """Count uses. `cost` None with tokens means that no price is known."""
        moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        sums = self.sums.setdefault((integration, moment[:10], word(action), word(status)), [0] * len(SUMS))
        unpriced = calls if cost is None and any(tokens) else 0
        for index, value in enumerate((calls, round(duration_ms), *tokens, cost or 0, unpriced)):
            sums[index] += max(0, value)
        self.last[integration] = max(moment, self.last.get(integration, ""))

    def merge(self, other: "Tally") -> None:
        """Take back what could not be written."""
        for key, sums in other.sums.items():
            mine = self.sums.setdefault(key, [0] * len(SUMS))
            mine[:] = [one + more for one, more in zip(mine, sums, strict=True)]
        for integration, moment in other.last.items():
            self.last[integration] = max(moment, self.last.get(integration, ""))

    def write(self, database: Path) -> None:
        """One transaction. Uses of an integration that is gone are dropped. Raises NotWritten (74), Refused (8), Unreadable (7)."""
        if not self.sums:
            return
        with _writing(database) as connection:
            for integration in sorted(self.last):
                mine = {key: sums for key, sums in self.sums.items() if key[0] == integration}
                _put(connection, bytes.fromhex(integration), mine)
                latest = "UPDATE integration SET last_used_at = max(coalesce(last_used_at, ''), ?) WHERE id = ?"
                connection.execute(latest, (self.last[integration], bytes.fromhex(integration)))


def word(text: str) -> str:
    """An action or a class of error as it is kept: a short plain word, so that no value gets in; else `other`."""
    return text if _WORD.fullmatch(text) else "other"


@contextmanager
def _writing(database: Path) -> Iterator[sqlite3.Connection]:
    """Our turn, one connection, one transaction: kept if the block ends well."""
    if not database.exists():
        raise NotFound("no store yet", f"there is nothing at {database}", "integrations init")
    must_be_private(database)
    with queue(database):
        try:
            with closing(sqlite3.connect(database, timeout=BUSY, isolation_level=None)) as connection:
                for setting in SETTINGS:
                    connection.execute("pragma " + setting)
                connection.execute("BEGIN IMMEDIATE")
                restored.must_be_accepted(provenance.waiting(connection))
                yield connection
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            if "no such table" in str(error):
                raise NotWritten("the store has an older schema", "it cannot hold usage", "integrations store upgrade") from None
            raise by_text(str(error), "the use was not recorded") from None


def _put(connection: sqlite3.Connection, ident: bytes, sums: dict[Key, list[int]]) -> None:
    for day in sorted({key[1] for key in sums}):
        known = {
            tuple(row) for row in connection.execute("SELECT action, status FROM usage WHERE integration_id = ? AND day = ?", (ident, day))
        }
        for (_, at, action, status), values in sums.items():
            if at != day:
                continue
            if (action, status) not in known and len(known) >= KINDS - 2:
                action, status = "other", "ok" if status == "ok" else "other"
            known.add((action, status))
            connection.execute(_PUT, (ident, day, action, status, *(min(value, _LARGEST) for value in values), ident))
    newest = max(key[1] for key in sums)
    by_day, by_month = _months_before(newest, DAYS_KEPT), _months_before(newest, MONTHS_KEPT)
    connection.execute(_ROLL, (ident, by_day + "-01"))
    connection.execute("DELETE FROM usage WHERE integration_id = ? AND day < ? AND length(day) = 10", (ident, by_day + "-01"))
    connection.execute("DELETE FROM usage WHERE integration_id = ? AND day < ? AND length(day) = 7", (ident, by_month))


def _months_before(day: str, months: int) -> str:
    """`2026-11-24`, 13 → `2025-10`."""
    count = int(day[:4]) * 12 + int(day[5:7]) - 1 - months
    return f"{count // 12:04}-{count % 12 + 1:02}"


def blame(database: Path, integration: str, outcome: str | None, cause: str | None, http: int | None, at: datetime) -> None:
    """Set the last error of the version in use, or clear it (None). No key: it says nothing that a check could not say again."""
    active = "(SELECT version FROM credential_version WHERE integration_id = ?1 AND state = 'active')"
    columns = "last_error_outcome = ?2, last_error_message = ?2, last_error_cause = ?3, last_error_http = ?4, last_error_at = ?5"
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ") if outcome else None
    version = active if outcome else "NULL"
    with _writing(database) as connection:
        connection.execute(
            f"UPDATE integration SET {columns}, last_error_version = {version} WHERE id = ?1",  # noqa: S608  text of ours
            (bytes.fromhex(integration), outcome, cause, http, moment),
        )
