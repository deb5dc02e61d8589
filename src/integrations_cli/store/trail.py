"""The audit log as it can be read without a key, newest first or piece by piece: standard library only.

What is read here is not verified: `audit verify` is. A row that somebody has damaged is still listed, with what can be read of it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from integrations_cli.access import authorize, me
from integrations_cli.store import glance, granted

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
AT_ONCE = 1000  # rows fetched in one look
_COLUMNS = "chain, seq, at, epoch, body, mac"
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


def newest(database: Path, wanted: Wanted, limit: int) -> list[Entry]:
    """At most so many, newest first. Raises NotFound (3), NotWritten (74), Unreadable (7)."""
    with glance.reading(database) as connection:
        slugs = _slugs(connection)
        clauses, values = _clauses(wanted, slugs)
        order = "seq" if _one_chain(wanted) else "rowid"  # everything in the order of writing, whatever clocks said
        rows = connection.execute(f"SELECT {_COLUMNS} FROM audit_row WHERE {clauses} ORDER BY {order} DESC", values)  # noqa: S608
        mine = _readable(connection)
        found = (entry for row in rows if mine(row["chain"]) and wanted.fits(entry := _entry(row, slugs.get(row["chain"]))))
        return list(islice(found, limit))


def every(database: Path, wanted: Wanted) -> Iterator[Entry]:
    """All of them, oldest first, with `chain` and `mac` (hex), in constant memory. Raises as `newest`.

    They come in pieces, and no read stays open in between: whoever takes them slowly stands in nobody's way.
    """
    with glance.reading(database) as connection:
        slugs = _slugs(connection)
        clauses, values = _clauses(wanted, slugs)
        order = "seq" if _one_chain(wanted) else "rowid"
        query = f"SELECT {order} AS place, {_COLUMNS} FROM audit_row WHERE {clauses} AND {order} > ? ORDER BY {order} LIMIT ?"  # noqa: S608
        last, mine = 0, _readable(connection)
        while rows := connection.execute(query, [*values, last, AT_ONCE]).fetchall():
            last = rows[-1]["place"]
            for row in rows:
                entry = _entry(row, slugs.get(row["chain"]))
                if mine(row["chain"]) and wanted.fits(entry):
                    yield entry | {"chain": _hex(row["chain"]), "mac": _hex(row["mac"])}


def _readable(connection: sqlite3.Connection) -> Callable[[bytes], bool]:
    """Whose entries whoever runs this may read: those of websites by role, every other chain as an owner."""
    found = granted.read(connection, me())
    sites = {row[0] for row in connection.execute("SELECT id FROM website")}
    return lambda chain: authorize(me(), "audit", chain if chain in sites else None, found)


def _slugs(connection: sqlite3.Connection) -> dict[Any, str]:
    return dict(connection.execute("SELECT id, slug FROM website").fetchall())


def _one_chain(wanted: Wanted) -> bool:
    return wanted.websites is not None and len(wanted.websites) == 1


def _clauses(wanted: Wanted, slugs: Mapping[Any, str]) -> tuple[str, list[Any]]:
    """The body is looked into by SQL before it is parsed."""
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
    if wanted.who is not None:
        clauses.append("instr(body, ?)")
        values.append(f'"name":{json.dumps(wanted.who.partition("@")[0], ensure_ascii=False)}')
    return " AND ".join(clauses), values


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


def _hex(value: Any) -> str | None:
    return value.hex() if isinstance(value, bytes) else None


def who(entry: Mapping[str, Any]) -> str:
    """`maria@pc7`."""
    return f"{entry['actor']['name'] or '?'}@{entry['host'] or '?'}"
