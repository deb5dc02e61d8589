"""What can be seen without a key, read fast: standard library only, one SELECT on the view `card`.

Websites on which whoever runs this has no role are in none of it (access.py): no caller can forget that.
"""

from __future__ import annotations

from integrations_cli import quickjson
from integrations_cli.access import authorize, me
from integrations_cli.card import Card, Mark, Rotation
from integrations_cli.record import Record
from integrations_cli.store import granted
from integrations_cli.store.looking import reading as reading
from integrations_cli.store.sqlite import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from integrations_cli.access import Grants

    Place = Path | str


class WebsiteLine(Record):
    """One website and how many integrations it has."""

    slug: str
    name: str
    integrations: int
    created_at: str
    id: bytes


def cards(database: Place, website: str | None = None, provider: str | None = None) -> list[Card]:
    """Masked integrations sorted by website, category, provider; `missing` is left for whoever knows the catalogue."""
    wanted = [(column, value) for column, value in (("website", website), ("provider", provider)) if value is not None]
    where = " WHERE " + " AND ".join(f"{column} = ?" for column, _ in wanted) if wanted else ""
    query = f"SELECT * FROM card{where} ORDER BY website, category, provider"  # noqa: S608  column names of ours
    with reading(database) as connection:
        rows = _whole(connection, query, [value for _, value in wanted])
        return [card_of(row) for row in _seen(connection, rows)]


def _whole(connection: sqlite3.Connection, query: str, values: list[str]) -> list[sqlite3.Row]:
    """Every row. Text is read the fast way first; one bad byte only makes it slower."""
    patient, connection.text_factory = connection.text_factory, str
    try:
        return connection.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        connection.text_factory = patient
        return connection.execute(query, values).fetchall()
    finally:
        connection.text_factory = patient


def _seen(connection: sqlite3.Connection, rows: list[sqlite3.Row], column: str = "website") -> list[sqlite3.Row]:
    unseen = hidden(connection)
    return [row for row in rows if row[column] not in unseen] if unseen else rows


def hidden(connection: sqlite3.Connection) -> frozenset[str]:
    """The slugs of the websites that look missing to whoever runs this."""
    return granted.hidden(connection, me(), granted.read(connection, me()))


def due(database: Place, website: str | None, expires: str, changed: str | None, used: str | None) -> list[Card]:
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
    return [card_of(row) for row in rows]


def troubled(database: Place, most: int) -> tuple[list[Card], int]:
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
    return [card_of(row) for row in rows[:most]], int(count)


COLUMNS = (
    *("website", "category", "provider", "id", "enabled", "settings", "unreadable_since", "account", "last_used_at", "created_at"),
    *("updated_at", "expires_at", "error_outcome", "error_cause", "error_http", "error_at"),
    *("version", "card", "changed_at", "outcome", "outcome_cause", "outcome_http", "outcome_at", "verdict"),
)
"""Of the view `card`."""


def card_of(row: sqlite3.Row | Mapping[str, Any]) -> Card:
    """From a row of the view `card`, which has text and numbers; whatever else somebody has written there is read as text."""
    if bytes in map(type, row.values() if isinstance(row, dict) else row):
        from integrations_cli.store.forgiving import words  # noqa: PLC0415  rare

        row = {name: words(row[name]) if isinstance(row[name], bytes) else row[name] for name in COLUMNS}
    expires = row["expires_at"]
    stored = marks_of(row["card"])
    marks = {name: Mark(one["hint"], one["fp"], since(one, row["changed_at"]), expires) for name, one in stored.items()}
    # when the marks of a stored version cannot be read, the row counts as unreadable since it was last changed
    damaged = row["updated_at"] if row["version"] is not None and not stored else None
    return Card(
        website=row["website"],
        category=row["category"],
        provider=row["provider"],
        id=row["id"],
        enabled=bool(row["enabled"]),
        credentials=marks,
        settings=object_of(row["settings"]),
        version=row["version"],
        last_test=_test(row["outcome"], row["outcome_cause"], row["outcome_http"], row["outcome_at"]),
        last_error=_test(row["error_outcome"], row["error_cause"], row["error_http"], row["error_at"]),
        unreadable_since=row["unreadable_since"] or damaged,
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


def rotations(database: Place, website: str | None = None, provider: str | None = None) -> dict[tuple[str, str], Rotation]:
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


def rotation(database: Place, website: str, provider: str) -> Rotation:
    """Where the rotation of one integration stands."""
    return rotations(database, website, provider).get((website, provider), Rotation())


def _rotation(so_far: Rotation, row: sqlite3.Row) -> Rotation:
    marks = {name: Mark(one["hint"], one["fp"], row["created_at"]) for name, one in marks_of(row["card"]).items()}
    if row["state"] == "pending":
        return so_far.but(state="pending", since=row["created_at"], outcome=row["outcome"], pending=marks)
    kept = so_far.but(previous=marks, previous_until=row["destroy_after"])
    if so_far.state == "idle" and not row["destroy_after"]:
        return kept.but(state="swapped_unchecked", since=row["swapped_at"])
    return kept


def bound(database: Place, website: str | None = None, provider: str | None = None) -> list[tuple[str, str, frozenset[str]]]:
    """Website, provider, and the names of the settings that the credential in use is sealed for."""
    query = """SELECT w.slug AS website, i.provider, v.bound FROM credential_version v JOIN integration i ON i.id = v.integration_id
        JOIN website w ON w.id = i.website_id WHERE v.state = 'active' AND (?1 IS NULL OR w.slug = ?1) AND (?2 IS NULL OR i.provider = ?2)
        ORDER BY 1, 2"""
    with reading(database) as connection:
        rows = _seen(connection, connection.execute(query, (website, provider)).fetchall())
    return [(str(row["website"]), str(row["provider"]), frozenset(object_of(row["bound"]))) for row in rows]


def object_of(text: Any) -> dict[str, Any]:
    """A JSON object; a damaged one reads as empty: one bad row never breaks a list."""
    if text == "{}":
        return {}
    try:
        data = quickjson.loads(text) if text else {}
    except (ValueError, TypeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def fitting(card: dict[str, Any]) -> dict[str, Any]:
    """Hint and fingerprint by field, as a version stores them; nothing if any of it is not in that form."""
    try:
        for one in card.values():
            if type(one["fp"]) is not str or type(one["hint"]) not in _TEXT_OR_NONE:
                return {}
    except (KeyError, TypeError):
        return {}
    return card


_TEXT_OR_NONE = (str, type(None))


def marks_of(text: Any) -> dict[str, Any]:
    """`fitting`, from the text in the column."""
    try:
        data = quickjson.loads(text) if text else {}
    except (ValueError, TypeError, RecursionError):
        return {}
    return fitting(data) if isinstance(data, dict) else {}


def since(mark: dict[str, Any], changed_at: str) -> str:
    """When a value came: before its version, if it was carried over."""
    found = mark.get("since")
    return found if isinstance(found, str) else changed_at


def _test(outcome: str | None, cause: str | None, http: int | None, at: str | None) -> dict[str, Any] | None:
    return {"outcome": outcome, "cause": cause, "http_status": http, "at": at} if outcome else None


def websites(database: Place) -> list[WebsiteLine]:
    """Every website, by slug, with the number of its integrations."""
    return look(database)[0]


def look(database: Place, slug: str | None = None, limit: int = -1) -> tuple[list[WebsiteLine], Grants]:
    """The websites, and the grants that decide about whoever runs this; with `slug` that one, if there is such a website."""
    where, values = ("WHERE w.slug = ?", [slug]) if slug is not None else ("", [])
    query = f"""SELECT w.slug, w.name, w.created_at, (SELECT count(*) FROM integration i WHERE i.website_id = w.id) AS integrations, w.id
        FROM website w {where} ORDER BY w.slug LIMIT ?"""  # noqa: S608  text of ours
    with reading(database) as connection:
        found = granted.read(connection, me())
        rows = [row for row in connection.execute(query, [*values, limit]) if authorize(me(), "see", row["id"], found)]
    return [WebsiteLine(row["slug"], row["name"], row["integrations"], row["created_at"], row["id"]) for row in rows], found


def slugs(database: Place, *actions: str) -> tuple[list[str], Grants]:
    """The websites on which whoever runs this may do all of that, and the grants; there may be many, so nothing else is held of them."""
    with reading(database) as connection:
        found, who = granted.read(connection, me()), me()
        rows = connection.execute("SELECT slug, id FROM website ORDER BY slug")
        return [row["slug"] for row in rows if all(authorize(who, action, row["id"], found) for action in actions)], found
