"""What can be seen without a key, read fast: standard library only, one SELECT on the view `card`.

Websites on which whoever runs this has no role are in none of it (access.py): no caller can forget that.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from integrations_cli.access import Grants, authorize, me
from integrations_cli.card import Card, Mark, Rotation
from integrations_cli.errors import IntegrationsError, NotFound, NotWritten, Unreadable
from integrations_cli.store import granted, restored
from integrations_cli.store.journal import Journal


@dataclass(frozen=True, slots=True)
class WebsiteLine:
    """One website and how many integrations it has."""

    slug: str
    name: str
    integrations: int
    created_at: str
    id: bytes


@contextmanager
def reading(database: Path, busy: float = 5.0) -> Iterator[sqlite3.Connection]:
    """A read-only connection that creates nothing. Raises NotFound (3), NotWritten (74), Unreadable (7)."""
    if not database.exists():
        raise NotFound("no store yet", f"there is nothing at {database}", "integrations init")
    try:
        connection = _connect(database, busy)
        try:
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda data: data.decode("utf-8", "replace")  # one bad byte must not break a list
            yield connection
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table: usage" in str(error):
            raise NotWritten("the store has an older schema", "it holds no usage yet", "integrations store upgrade") from None
        if "no such table" in str(error):
            raise NotFound("no store yet", "the file is empty: an init was interrupted", "integrations init") from None
        raise NotWritten("the store cannot be read now", _why(str(error))) from None
    except (sqlite3.DatabaseError, ValueError):
        raise Unreadable("the store cannot be read", "the database file is damaged", "integrations doctor", "format") from None


def _why(text: str) -> str:
    """Our own words for what SQLite says."""
    known = (
        ("locked", "somebody else is writing"),
        ("readonly", "an interrupted write has to be rolled back, and that is not allowed"),
    )
    return next((why for sign, why in known if sign in text), "the database file cannot be opened")


def _connect(database: Path, busy: float) -> sqlite3.Connection:
    place = f"file:{quote(str(database))}"
    connection = sqlite3.connect(f"{place}?mode=ro", uri=True, timeout=busy)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise
        # a journal left by kill -9 has to be rolled back, which a read-only connection may not do
        connection = sqlite3.connect(f"{place}?mode=rw", uri=True, timeout=busy)
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    return connection


def cards(database: Path, website: str | None = None, provider: str | None = None) -> list[Card]:
    """Masked integrations sorted by website, category, provider; `missing` is left for whoever knows the catalogue."""
    wanted = [(column, value) for column, value in (("website", website), ("provider", provider)) if value is not None]
    where = " WHERE " + " AND ".join(f"{column} = ?" for column, _ in wanted) if wanted else ""
    with reading(database) as connection:
        query = f"SELECT * FROM card{where} ORDER BY website, category, provider"  # noqa: S608  column names of ours
        rows = _seen(connection, connection.execute(query, [value for _, value in wanted]).fetchall())
    return [_card(row) for row in rows]


def _seen(connection: sqlite3.Connection, rows: list[sqlite3.Row], column: str = "website") -> list[sqlite3.Row]:
    unseen = hidden(connection)
    return [row for row in rows if row[column] not in unseen] if unseen else rows


def hidden(connection: sqlite3.Connection) -> frozenset[str]:
    """The slugs of the websites that look missing to whoever runs this."""
    return granted.hidden(connection, me(), granted.read(connection, me()))


def due(database: Path, website: str | None, expires: str, changed: str | None, used: str | None) -> list[Card]:
    """Enabled integrations with credentials that expire until then, were changed by then, or not used since then; sorted.

    The three are UTC moments as text; None leaves a reason out. Where a value was carried over from an older version, it may be less old
    than asked for: its mark says.
    """
    carried = "(:changed IS NOT NULL AND card LIKE '%\"since\"%')"
    sooner = ["expires_at <= :expires", "changed_at <= :changed", carried, "coalesce(last_used_at, created_at) <= :used"]
    where = f"enabled AND version IS NOT NULL AND ({' OR '.join(sooner)})" + (" AND website = :website" if website is not None else "")
    values = {"website": website, "expires": expires, "changed": changed, "used": used}  # NULL compares as no
    with reading(database) as connection:
        query = f"SELECT * FROM card WHERE {where} ORDER BY website, category, provider"  # noqa: S608  texts of ours
        rows = _seen(connection, connection.execute(query, values).fetchall())
    return [_card(row) for row in rows]


def troubled(database: Path, most: int) -> tuple[list[Card], int]:
    """The first enabled integrations with an error, or that could not be opened, and how many there are in all."""
    where = "enabled AND version IS NOT NULL AND (unreadable_since IS NOT NULL OR error_outcome IS NOT NULL)"
    with reading(database) as connection:
        count = connection.execute(f"SELECT count(*) FROM card WHERE {where}").fetchone()[0]  # noqa: S608  a text of ours
        query = f"SELECT * FROM card WHERE {where} ORDER BY website, category, provider LIMIT ?"  # noqa: S608
        if hidden(connection):
            rows = _seen(connection, connection.execute(query, (-1,)).fetchall())
            count = len(rows)
        else:
            rows = connection.execute(query, (most,)).fetchall()
    return [_card(row) for row in rows[:most]], int(count)


def _card(row: sqlite3.Row) -> Card:
    expires = row["expires_at"]
    marks = {
        name: Mark(one["hint"], one["fp"], since(one, row["changed_at"]), expires) for name, one in fitting(_object(row["card"])).items()
    }
    return Card(
        website=row["website"],
        category=row["category"],
        provider=row["provider"],
        id=row["id"],
        enabled=bool(row["enabled"]),
        credentials=marks,
        settings=_object(row["settings"]),
        version=row["version"],
        last_test=_test(row["outcome"], row["outcome_cause"], row["outcome_http"], row["outcome_at"]),
        last_error=_test(row["error_outcome"], row["error_cause"], row["error_http"], row["error_at"]),
        unreadable_since=row["unreadable_since"] or _damaged(row),
        account=row["account"],
        used_at=row["last_used_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=expires,
        verdict=row["verdict"],
    )


_ROTATIONS = """SELECT w.slug, i.provider, v.state, v.card, v.created_at, v.outcome, v.destroy_after, a.created_at AS swapped_at
    FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id
    LEFT JOIN credential_version a ON a.integration_id = i.id AND a.state = 'active'
    WHERE v.state IN ('pending', 'previous')"""


def rotations(database: Path, website: str | None = None, provider: str | None = None) -> dict[tuple[str, str], Rotation]:
    """Where rotations stand, by website and provider: those with a credential that waits, or one that can be brought back."""
    wanted = [(column, value) for column, value in (("w.slug", website), ("i.provider", provider)) if value is not None]
    where = "".join(f" AND {column} = ?" for column, _ in wanted)
    with reading(database) as connection:
        rows = connection.execute(f"{_ROTATIONS}{where} ORDER BY w.slug, i.provider", [value for _, value in wanted]).fetchall()
        rows = _seen(connection, rows, "slug")
    found: dict[tuple[str, str], Rotation] = {}
    for row in rows:
        key = (row["slug"], row["provider"])
        found[key] = _rotation(found.get(key, Rotation()), row)
    return found


def rotation(database: Path, website: str, provider: str) -> Rotation:
    """Where the rotation of one integration stands."""
    return rotations(database, website, provider).get((website, provider), Rotation())


def _rotation(so_far: Rotation, row: sqlite3.Row) -> Rotation:
    marks = {name: Mark(one["hint"], one["fp"], row["created_at"]) for name, one in fitting(_object(row["card"])).items()}
    if row["state"] == "pending":
        return replace(so_far, state="pending", since=row["created_at"], outcome=row["outcome"], pending=marks)
    kept = replace(so_far, previous=marks, previous_until=row["destroy_after"])
    if so_far.state == "idle" and not row["destroy_after"]:
        return replace(kept, state="swapped_unchecked", since=row["swapped_at"])
    return kept


def _object(text: Any) -> dict[str, Any]:
    """A JSON object; a damaged one reads as empty: one bad row never breaks a list."""
    try:
        data = json.loads(text) if text else {}
    except (ValueError, TypeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def fitting(card: dict[str, Any]) -> dict[str, Any]:
    """Hint and fingerprint by field, as a version stores them; nothing if any of it is not in that form."""
    whole = all(
        isinstance(one, dict) and isinstance(one.get("fp"), str) and isinstance(one.get("hint", 0), str | None) for one in card.values()
    )
    return card if whole else {}


def since(mark: dict[str, Any], changed_at: str) -> str:
    """When a value came: before its version, if it was carried over."""
    found = mark.get("since")
    return found if isinstance(found, str) else changed_at


def _damaged(row: sqlite3.Row) -> str | None:
    """When the marks of a stored version cannot be read, the row counts as unreadable since it was last changed."""
    return row["updated_at"] if row["version"] is not None and not fitting(_object(row["card"])) else None


def _test(outcome: str | None, cause: str | None, http: int | None, at: str | None) -> dict[str, Any] | None:
    return {"outcome": outcome, "cause": cause, "http_status": http, "at": at} if outcome else None


def websites(database: Path) -> list[WebsiteLine]:
    """Every website, by slug, with the number of its integrations."""
    return look(database)[0]


def look(database: Path) -> tuple[list[WebsiteLine], Grants]:
    """The websites, and the grants that decide about whoever runs this."""
    query = """SELECT w.slug, w.name, w.created_at, (SELECT count(*) FROM integration i WHERE i.website_id = w.id) AS integrations, w.id
        FROM website w ORDER BY w.slug"""
    with reading(database) as connection:
        found = granted.read(connection, me())
        rows = [row for row in connection.execute(query) if authorize(me(), "see", row["id"], found)]
    return [WebsiteLine(row["slug"], row["name"], row["integrations"], row["created_at"], row["id"]) for row in rows], found


def waits(database: Path) -> str | None:
    """When the copy was made that this store was restored from, as long as nobody has accepted it. Never raises."""
    try:
        with reading(database) as connection:
            return restored.waits(connection)
    except IntegrationsError:
        return None  # whoever reads more will say what is wrong with it


_TRIED = """SELECT max(at) FROM audit_row WHERE chain = (SELECT id FROM store)
    AND (body LIKE '%"action":"store.drilled"%' OR body LIKE '%"action":"store.restore_accepted"%')"""


def tried(database: Path) -> str | None:
    """When a backup of this store was last proven to open, by a drill or by a restore that was accepted; None: never.

    Raises as `reading` does.
    """
    with reading(database) as connection:
        found = connection.execute(_TRIED).fetchone()[0]
    return str(found) if found is not None else None


def older(database: Path, anchor: Path) -> bool:
    """True when the store lacks what this host wrote last. Needs no key, so it believes the anchor; never raises."""
    try:
        with reading(database) as connection:
            (store_id,) = connection.execute("SELECT id FROM store").fetchone()
            return Journal(anchor, store_id).behind(connection)
    except (IntegrationsError, TypeError, ValueError):
        return False  # a damaged store, or anchor, is told by whoever needs it
