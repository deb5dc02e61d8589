"""Source `rails-db`: the integrations table of a Rails application, and the columns where keys lay before it (MIGRATION.md §3.6)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from integrations_cli.errors import NotFound, Unreadable, UsageError
from integrations_cli.sources.database import MANY, PAGE, PARTIAL, Database, Row, columns_of, rows, text_of, values_of
from integrations_cli.sources.finding import Fault, Ignored, Reading
from integrations_cli.sources.mapping import IGNORE
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails.keyring import Keyring
from integrations_cli.sources.rails_columns import COLUMNS, FIELDS, Columns
from integrations_cli.sources.rails_rows import Rows
from integrations_cli.sources.records import named

TABLE, WEBSITES, AGENCIES = "pwb_website_integrations", "pwb_websites", "pwb_agencies"
NEEDED = ("website_id", "category", "provider", "credentials")
OPTIONAL = ("settings", "enabled")
NAMES = ("subdomain", "custom_domain")
TOGETHER = 100  # websites that are read together
LONG = 5000  # rows from which on memory would grow too much


@dataclass(frozen=True)
class Where:
    """What overrides detection: tables, the column that names a website. `columns` False: legacy columns are left alone."""

    table: str | None = None
    websites: str | None = None
    website_column: str | None = None
    columns: bool = True
    allow_plain: bool = False


def read(database: Database, where: Where, keyring: Keyring, wanted: Wanted) -> Reading:
    """Rows first, then what the columns add. Raises NotFound (3) for a missing table or column."""
    whole = Reading("rails-db", database.title)
    for piece in pieces(database, where, keyring, wanted):
        whole.add(piece)
    return whole


def pieces(database: Database, where: Where, keyring: Keyring, wanted: Wanted) -> Iterator[Reading]:
    """So many websites at a time, each with all that is hers; rows without a website last. Raises as `read` does.

    Where there is no table of websites, those count that the rows name.
    """
    table, websites = _tables(database, where)
    reader = Rows(Reading("rails-db", database.title), keyring, where.allow_plain)
    key, read = _key(database, table) if table is not None else None, 0
    for owners in _owners(database, websites, where, wanted) if websites else _named(database, table):
        reader.reading = reading = Reading("rails-db", database.title)
        if table is not None and key is not None:
            found = database.among(table, _there(database, table, key), key, "website_id", [*owners])
            _integrations(reader, found, table, key, owners, wanted)
            read += len(found)
        if websites is not None and where.columns:
            _columns(reading, database, websites, owners, wanted)
        yield reading
    if table is not None and key is not None:
        for reading, owned in _rest(database, reader, table, key, websites, wanted):
            read -= owned
            yield reading
        if read:  # rather nothing than not all of it
            raise UsageError(
                f"{abs(read)} rows of {table} are not found by their website_id", "it is of another type than the website's id"
            )
    reading = Reading("rails-db", database.title)
    if any(database.is_partial(one) for one in (table, websites) if one is not None):
        reading.notes.append(PARTIAL)
    if websites is None:
        reading.notes.append("no_table_of_websites_is_seen")  # the login may lack SELECT, and rows are told by a number
    if table is None:
        reading.notes.append("no_table_of_integrations_is_seen")
    if not reader.opened and reader.failed.get("authentication_failed"):
        reading.notes.append("no_row_opens_with_these_keys")
    if reader.failed.get("no_key"):
        reading.notes.append("no_keys_were_given")
    yield reading


def _rest(database: Database, reader: Rows, table: str, key: str, websites: str | None, wanted: Wanted) -> Iterator[tuple[Reading, int]]:
    """All rows once more, without their contents: those of nobody are read, of the others there is the number."""
    every = rows(database, table, ["website_id", "category", "provider"], key)
    while some := list(islice(every, PAGE)):
        ids = {str(row["website_id"]) for row in some if row["website_id"] is not None}
        there = ids if websites is None else {str(row["id"]) for row in database.among(websites, ["id"], "id", "id", sorted(ids))}
        lost = [row for row in some if row["website_id"] is None or str(row["website_id"]) not in there]
        reader.reading = Reading("rails-db", database.title)
        _integrations(reader, lost, table, key, {}, wanted)
        yield reader.reading, len(some) - len(lost)


def is_long(database: Database, where: Where) -> bool:
    """True for so many rows, or websites, that they are better read in pieces."""
    keys = [(table, database.primary_key(table)) for table in _tables(database, where) if table is not None]
    return any(key is not None and len(database.page(table, [key], key, None, LONG + 1)) > LONG for table, key in keys)


def _tables(database: Database, where: Where) -> tuple[str | None, str | None]:
    """The integrations table and the websites table; one of them may be missing."""
    there = database.tables()
    if where.table is not None:
        columns_of(database, where.table, NEEDED)
    if where.websites is not None:
        columns_of(database, where.websites, ["id"])
    fits = [name for name, columns in sorted(there.items()) if set(NEEDED) <= set(columns)]
    table = where.table or (TABLE if TABLE in fits else fits[0] if len(fits) == 1 else None)
    if table is None and len(fits) > 1:
        raise UsageError("several tables look like integrations", ", ".join(fits), "--table NAME")
    named = database.referred(table, "website_id") if table is not None else None
    websites = where.websites or next((name for name in (named, WEBSITES, "websites") if name and "id" in there.get(name, ())), None)
    if table is None and websites is None:
        schemas = dict.fromkeys([*database.elsewhere(TABLE), *database.elsewhere(WEBSITES)])
        tries = [f"--schema {one}" for one in schemas][:MANY] or ["--table NAME"]
        raise NotFound(f"there is neither {TABLE} nor {WEBSITES} here", f"there are {', '.join(sorted(there)) or 'no tables'}", tries)
    return table, websites


def _owners(database: Database, table: str, where: Where, wanted: Wanted) -> Iterator[dict[str, str]]:
    """Website ids and what they are called in a plan: subdomain, else custom domain, else `id:N`; the mapping may name the id.

    So many at a time: there may be a million.
    """
    names = [where.website_column] if where.website_column else [name for name in NAMES if name in database.tables()[table]]
    columns_of(database, table, ["id", *names])
    every = rows(database, table, names, "id")
    while some := list(islice(every, TOGETHER)):
        owners: dict[str, str] = {}
        for row in some:
            number = f"id:{row['id']}"
            told = next((text for name in names if (text := _name(row[name]))), number)
            owners[str(row["id"])] = number if number in wanted.mapped.websites else told
        yield owners


def _named(database: Database, table: str | None) -> Iterator[dict[str, str]]:
    """The same out of the rows themselves."""
    every = values_of(database, table, "website_id") if table is not None else iter(())
    while some := list(islice(every, TOGETHER)):
        yield {str(one): f"id:{one}" for one in some}


def _name(cell: object) -> str:
    try:
        return (text_of(cell) or "").strip()
    except Unreadable:
        return ""


def _key(database: Database, table: str) -> str:
    key = "id" if "id" in database.tables()[table] else database.primary_key(table)
    if key is None:
        raise UsageError(f"{table} has no primary key of one column")
    if database.without_key(table, key):
        raise UsageError(f"the column {key} of {table} does not tell the rows apart", "it is empty somewhere")
    return key


def _there(database: Database, table: str, key: str) -> list[str]:
    return list(dict.fromkeys([key, *NEEDED, *(name for name in OPTIONAL if name in database.tables()[table])]))


def _integrations(reader: Rows, found: Iterable[Row], table: str, key: str, owners: Mapping[str, str], wanted: Wanted) -> None:
    for row in found:
        place = f"{table}:{row[key]}"
        whose = _who(reader.reading, row, place, owners, wanted)
        if whose is not None:
            reader.add(row, place, *whose)


def _who(reading: Reading, row: Row, place: str, owners: Mapping[str, str], wanted: Wanted) -> tuple[str, str] | None:
    """Website and provider of a row, or None when it is left alone or belongs to nobody."""
    website = owners.get(str(row["website_id"]))
    try:
        raw, category = text_of(row["provider"]), text_of(row["category"])
    except Unreadable as error:
        reading.faults.append(Fault(place, error.reason, error.what, website=website, kind="unreadable"))
        return None
    raw, category = (raw or "").strip(), (category or "").strip() or None  # a column of a fixed width is filled up with blanks
    if not raw:
        reading.faults.append(Fault(place, "missing_field", "no provider is named", website=website))
        return None
    provider = named(raw, category, wanted)
    if provider == IGNORE or (wanted.only and provider not in wanted.only):
        reading.ignored.append(Ignored(place, "mapping" if provider == IGNORE else "not_asked_for", website))
        return None
    if website is None:
        reading.faults.append(Fault(place, "orphan", "its website does not exist"))
        return None
    return website, provider


def _columns(reading: Reading, database: Database, table: str, owners: Mapping[str, str], wanted: Wanted) -> None:
    of_columns = {provider for provider, _ in FIELDS.values()}
    taken: dict[tuple[str, str], dict[str, str]] = {}
    for entry in reading.entries:
        if entry.provider in of_columns:
            taken.setdefault((str(entry.website), entry.provider), {})
    for found in reading.findings:
        if found.provider in of_columns:
            taken.setdefault((str(found.website), found.provider), {})[found.field] = found.value.reveal()
    columns = Columns(reading, taken, tuple(wanted.only))
    there = [name for name in COLUMNS if name in database.tables()[table]]
    for row in database.among(table, ["id", *there], "id", "id", [*owners]) if there else ():
        columns.add(row, table, row["id"], owners[str(row["id"])])
    if {"id", "website_id", "analytics_id"} <= set(database.tables().get(AGENCIES, ())):
        _agencies(reading, database, columns, taken, owners)


def _agencies(
    reading: Reading,
    database: Database,
    columns: Columns,
    taken: dict[tuple[str, str], dict[str, str]],
    owners: Mapping[str, str],
) -> None:
    """The lowest place of all: an agency's own analytics id, where nothing above it says anything."""
    for found in reading.findings:
        if found.provider == "google_analytics":
            taken.setdefault((str(found.website), found.provider), {})[found.field] = found.value.reveal()
    for row in database.among(AGENCIES, ["id", "website_id", "analytics_id"], "id", "website_id", [*owners]):
        columns.add({"analytics_id": row["analytics_id"]}, AGENCIES, row["id"], owners[str(row["website_id"])])
