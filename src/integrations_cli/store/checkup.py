"""What a look over the database finds, without a key: standard library only, one question a function.

Each raises as `glance.reading` does: NotFound (3), NotWritten (74), Unreadable (7). A store of another schema may lack what is asked for.
"""

from __future__ import annotations

import os

from integrations_cli import quickjson
from integrations_cli.access import me
from integrations_cli.record import Record
from integrations_cli.store import glance, granted, shape, witness
from integrations_cli.store.migrations import LATEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from integrations_cli.store.glance import Place as File

WRAPPED = 131  # bytes of a wrapped key; behind magic and suite stands which key wraps it
NEWEST = 5000  # entries of the log that are looked through for checks without an end


class Size(Record):
    """What a store holds, by its own account. `schema` None: not a store of ours, or an empty file."""

    schema: int | None
    websites: int
    integrations: int


class Place(Record):
    """A version of an integration, and a moment (UTC text) that says something about it."""

    website: str
    provider: str
    at: str


class Operation(Record):
    """Work on keys or on the whole store that was begun. `alive`: the process that does it runs on this host."""

    kind: str
    step: str
    started_at: str
    alive: bool


class Recovery(Record):
    """A recovery key: when it was made, when somebody last proved to have it, and whether what it opens has the form of that."""

    created_at: str
    verified_at: str | None
    whole: bool


def size(database: File) -> Size:
    """Schema and counts; the counts are 0 for a schema that this program does not know."""
    with glance.reading(database) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if "store" not in names:
            return Size(None, 0, 0)
        schema = connection.execute("SELECT format FROM store").fetchone()
        found = int(schema[0]) if schema is not None and isinstance(schema[0], int) else None
        if found is None or found > LATEST:
            return Size(found, 0, 0)
        unseen = glance.hidden(connection)
        slugs = [row[0] for row in connection.execute("SELECT slug FROM website") if row[0] not in unseen]
        counted = connection.execute("SELECT w.slug, count(*) FROM integration i JOIN website w ON w.id = i.website_id GROUP BY w.id")
        return Size(found, len(slugs), sum(count for slug, count in counted if slug not in unseen))


def owners(database: File) -> tuple[list[str], int]:
    """Who owns the store, as `uid:1000` (none: no roles were granted), and how many roles are not what the log says."""
    with glance.reading(database) as connection:
        return sorted(granted.read(connection, me()).owners), witness.strange(connection)


def integrity(database: File, most: int = 5) -> list[str]:
    """What SQLite itself finds wrong with the file, in our words; [] when it is whole. Reads all of it."""
    with glance.reading(database) as connection:
        bad = [row[0] for row in connection.execute(f"PRAGMA integrity_check({most})") if row[0] != "ok"]
        lost = connection.execute("PRAGMA foreign_key_check").fetchall()
    told = [f"the file is damaged in {len(bad)} places" if len(bad) < most else "the file is damaged in many places"] if bad else []
    return told + ([f"rows that belong to nothing: {len(lost)}"] if lost else [])


def foreign(database: File) -> list[str]:
    """What is in the database, was not made by this tool, and acts by itself, in words."""
    with glance.reading(database) as connection:
        return list(shape.foreign(connection))


def pending(database: File) -> list[Place]:
    """Rotations that wait: a new credential is stored, and not in use yet."""
    return _places(database, "v.created_at", "v.state = 'pending'")


def unproven(database: File) -> list[Place]:
    """Rotations that were killed after the swap: the new credential is in use, and was not tested as stored."""
    return _places(database, "v.created_at", "v.state = 'previous' AND v.destroy_after IS NULL")


def overdue(database: File, now: datetime) -> list[Place]:
    """Replaced credentials whose grace period is over, and which are still there."""
    return _places(database, "v.destroy_after", "v.state = 'previous' AND v.destroy_after <= ?", now.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _places(database: File, moment: str, condition: str, *values: str) -> list[Place]:
    query = f"""SELECT w.slug, i.provider, {moment} FROM credential_version v JOIN integration i ON i.id = v.integration_id
        JOIN website w ON w.id = i.website_id WHERE {condition} ORDER BY 1, 2"""  # noqa: S608  texts of ours
    with glance.reading(database) as connection:
        unseen = glance.hidden(connection)
        return [Place(str(row[0]), str(row[1]), str(row[2])) for row in connection.execute(query, values) if row[0] not in unseen]


def operations(database: File) -> list[Operation]:
    """What was begun and not ended, oldest first."""
    query = "SELECT kind, step, started_at, host, pid FROM key_operation ORDER BY started_at"
    with glance.reading(database) as connection:
        return [Operation(str(kind), str(step), str(at), _runs(host, pid)) for kind, step, at, host, pid in connection.execute(query)]


def _runs(host: Any, pid: Any) -> bool:
    import socket  # noqa: PLC0415  hardly ever is anything under way

    if host != socket.gethostname() or not isinstance(pid, int) or pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return True


def recovery(database: File) -> Recovery | None:
    """The recovery key that opens the store, if there is one."""
    mine = "kind = 'recovery' AND state = 'active' ORDER BY verified_at DESC"
    others = "SELECT root_key_id FROM key_slot WHERE state = 'active' ORDER BY kind = 'recovery', position LIMIT 1"
    query = f"SELECT created_at, verified_at, id, wrapped_root, root_key_id IS ({others}) FROM key_slot WHERE {mine}"  # noqa: S608
    with glance.reading(database) as connection:
        row = connection.execute(query).fetchone()
    if row is None:
        return None
    made, proved, ident, wrapped, current = row
    whole = current and isinstance(ident, bytes) and isinstance(wrapped, bytes) and len(wrapped) == WRAPPED and wrapped[3:19] == ident
    return Recovery(str(made), None if proved is None else str(proved), bool(whole))


def slots(database: File) -> set[str]:
    """The ids (hex) of every slot that was ever made, and of slot keys that wait for their end."""
    import re  # noqa: PLC0415  of a doctor only

    with glance.reading(database) as connection:
        known = {bytes(row[0]).hex() for row in connection.execute("SELECT id FROM key_slot") if isinstance(row[0], bytes)}
        waiting = [str(row[0]) for row in connection.execute("SELECT cursor FROM key_operation WHERE kind = 'slot_key'")]
    return known | {ident for text in waiting for ident in re.findall(r"[0-9a-f]{32}", text)}


def unended(database: File, before: datetime) -> list[Place]:
    """Checks that were begun before a moment and never ended, by the newest entries of the log: whoever asked was killed."""
    query = "SELECT w.slug, a.body FROM audit_row a JOIN website w ON w.id = a.chain ORDER BY a.rowid DESC LIMIT ?"
    with glance.reading(database) as connection:
        unseen = glance.hidden(connection)
        rows = [row for row in connection.execute(query, (NEWEST,)) if row[0] not in unseen]
    begun: dict[str, Place] = {}
    for slug, body in reversed(rows):
        entry = _entry(body)
        ident = f"{slug} {entry.get('integration') or entry.get('provider')}"  # what is not stored yet is asked for by its provider
        if entry.get("action") == "check.started":
            begun[ident] = Place(str(slug), str(entry.get("provider")), str(entry.get("at"))[:19] + "Z")
        elif entry.get("action") == "check.finished":
            begun.pop(ident, None)
    limit = before.strftime("%Y-%m-%dT%H:%M:%SZ")
    return sorted((one for one in begun.values() if one.at <= limit), key=lambda one: (one.website, one.provider))


def _entry(body: Any) -> dict[str, Any]:
    """An entry that has to do with a check; {} for any other, and for a damaged one."""
    if not isinstance(body, str) or '"check.' not in body:
        return {}
    try:
        found = quickjson.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
