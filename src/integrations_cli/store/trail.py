"""The audit log as it can be read without a key, newest first: standard library only, a row at a time.

What is read here is not verified: `audit verify` is. A row that somebody has damaged is still listed, with what can be read of it.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations_cli.store import glance

KEYS = (  # of every entry, in this order; what an entry does not have is None; further facts follow
    "seq",
    "website",
    "at",
    "actor",
    "host",
    "pid",
    "tool",
    "action",
    "provider",
    "integration",
    "outcome",
    "cause",
    "fields",
    "version",
    "fp",
    "fp_old",
    "epoch",
    "row",
)
Entry = dict[str, Any]
"""The keys above. `website` is None in the store's own chain."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries. `websites` None: all, and the store's own chain. `since` is UTC text; `action` also stands for what is below it."""

    websites: Sequence[str] | None = None
    provider: str | None = None
    since: str | None = None
    action: str | None = None
    who: str | None = None

    def fits(self, entry: Mapping[str, Any]) -> bool:
        """By what only the body says."""
        action = str(entry["action"])
        return (
            (self.provider is None or entry["provider"] == self.provider)
            and (self.action is None or action == self.action or action.startswith(self.action + "."))
            and (self.who is None or self.who in {who(entry), who(entry).partition("@")[0]})
        )


def entries(database: Path, wanted: Wanted, *, oldest_first: bool = False) -> Iterator[Entry]:
    """One by one, in constant memory. Raises NotFound (3), NotWritten (74), Unreadable (7)."""
    with glance.reading(database) as connection:
        slugs = dict(connection.execute("SELECT id, slug FROM website").fetchall())
        query, values = _query(wanted, slugs, oldest_first)
        for row in connection.execute(query, values):
            entry = _entry(row, slugs.get(row["chain"]))
            if wanted.fits(entry):
                yield entry


def newest(database: Path, wanted: Wanted, limit: int) -> list[Entry]:
    """At most so many, newest first. Raises as `entries`."""
    found = entries(database, wanted)
    return [entry for _, entry in zip(range(limit), found, strict=False)]


def _query(wanted: Wanted, slugs: Mapping[Any, str], oldest_first: bool) -> tuple[str, list[Any]]:
    """Chains by their own order, everything in the order of writing. The body is looked into by SQL before it is parsed."""
    clauses, values = ["1"], list[Any]()
    if wanted.websites is not None:
        chains = [ident for ident, slug in slugs.items() if slug in wanted.websites]
        clauses.append(f"chain IN ({', '.join('?' * len(chains))})")
        values += chains
    if wanted.since is not None:
        clauses.append("at >= ?")
        values.append(wanted.since)
    if wanted.provider is not None:
        clauses.append("instr(body, ?)")
        values.append(f'"provider":{json.dumps(wanted.provider, ensure_ascii=False)}')
    if wanted.action is not None:
        clauses.append("instr(body, ?)")
        values.append(f'"action":{json.dumps(wanted.action, ensure_ascii=False)[:-1]}')
    way = "ASC" if oldest_first else "DESC"
    order = f"seq {way}" if wanted.websites is not None and len(wanted.websites) == 1 else f"rowid {way}"
    return f"SELECT chain, seq, at, epoch, body FROM audit_row WHERE {' AND '.join(clauses)} ORDER BY {order}", values  # noqa: S608


def _entry(row: sqlite3.Row, website: str | None) -> Entry:
    body = _object(row["body"])
    found = dict.fromkeys(KEYS) | {"action": "unreadable", "outcome": "unknown", "at": row["at"]} | body
    return found | {"seq": row["seq"], "website": website, "epoch": row["epoch"], "actor": _actor(body.get("actor"))}


def _object(text: Any) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _actor(found: Any) -> dict[str, Any]:
    known = found if isinstance(found, dict) else {}
    return {"uid": known.get("uid"), "name": known.get("name")}


def who(entry: Mapping[str, Any]) -> str:
    """`maria@pc7`."""
    return f"{entry['actor']['name'] or '?'}@{entry['host'] or '?'}"
