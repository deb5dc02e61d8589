"""Source `column`: any table, column by column; a dotted name reads inside JSON (MIGRATION.md §3.7). There is no free SQL."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from integrations_cli import registry
from integrations_cli.errors import Unreadable, UsageError
from integrations_cli.provider import Provider
from integrations_cli.sources.database import PAGE, PARTIAL, Database, Row, columns_of, rows, text_of
from integrations_cli.sources.finding import Fault, Ignored, Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails_rows import file, sort

Target = tuple[str, tuple[str, ...], Provider, str]
"""Column, the way inside its JSON, provider and field."""


@dataclass(frozen=True)
class Columns:
    """What is read: `pairs` are COLUMN=PROVIDER.FIELD; `id_column` drives the paging, else the primary key does."""

    table: str
    pairs: Sequence[str]
    website_column: str | None = None
    id_column: str | None = None


def read(database: Database, wish: Columns, wanted: Wanted) -> Reading:
    """Every row's values. Raises NotFound (3) for what is not there, UsageError (2)."""
    whole = Reading("column", f"{database.title} {wish.table}")
    for piece in pieces(database, wish, wanted, PAGE):
        whole.add(piece)
    return whole


def pieces(database: Database, wish: Columns, wanted: Wanted, size: int) -> Iterator[Reading]:
    """So many rows at a time; raises as `read` does."""
    table, website_column, id_column = wish.table, wish.website_column, wish.id_column
    columns_of(database, table, [])
    targets = [_target(pair, database.tables()[table]) for pair in wish.pairs]
    names = [one[0] for one in targets] + ([website_column] if website_column else [])
    columns_of(database, table, [*names, *([id_column] if id_column else [])])
    key = id_column or database.primary_key(table)
    if key is None:
        raise UsageError(f"{table} has no primary key of one column", None, "--id-column names a column that tells the rows apart")
    found, notes = rows(database, table, names, key), [PARTIAL] if database.is_partial(table) else []
    while page := list(islice(found, size)):
        reading = Reading("column", f"{database.title} {table}")
        reading.notes, notes = notes, []
        for row in page:
            website = _website(row, website_column, f"{table}:{row[key]}", reading)
            for target in targets if website is not False else ():
                _cell(reading, row, target, f"{table}:{row[key]}", website or None, wanted)
        yield reading


def _target(pair: str, there: Sequence[str]) -> Target:
    name, equals, rest = pair.rpartition("=")
    provider, point, wanted = rest.partition(".")
    if not equals or not point:
        raise UsageError("--column takes COLUMN=PROVIDER.FIELD")
    definition = registry.get(provider)
    field = definition.field(wanted).name
    column, _, inside = (name, "", "") if name in there else name.partition(".")
    return column, tuple(inside.split(".")) if inside else (), definition, field


def _website(row: Row, column: str | None, place: str, reading: Reading) -> str | bool | None:
    """The website of a row; None: the run's own; False: the row cannot say."""
    if column is None:
        return None
    try:
        found = (text_of(row[column]) or "").strip()
    except Unreadable:
        found = ""
    if not found:
        reading.faults.append(Fault(place, "no_website", "it names no website"))
    return found or False


def _cell(reading: Reading, row: Mapping[str, Any], target: Target, place: str, website: Any, wanted: Wanted) -> None:
    column, inside, definition, field = target
    place = f"{place} {'.'.join([column, *inside])}"
    reading.names += 1
    if wanted.only and definition.name not in wanted.only:
        reading.ignored.append(Ignored(place, "not_asked_for", website))
        return
    try:
        value: Any = text_of(row[column])
        for name in inside if value is not None else ():
            value = _inside(value, name)
    except Unreadable as error:
        reading.faults.append(Fault(place, error.reason, error.what, definition.name, field, website, "unreadable"))
        return
    for found in sort(place, website, definition.name, definition, field, value, typed=not inside):
        file(reading, found)


def _inside(value: Any, name: str) -> Any:
    """One step into JSON; absent is None."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            raise Unreadable("it is no JSON", reason="not_json") from None
    return value.get(name) if isinstance(value, dict) else None
