"""Records as rows of the reference application's table, in SQL that PostgreSQL and SQLite understand; nothing is connected to."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources.rails.keyring import Key, Keyring
from integrations_cli.sources.rails.writer import column, json_text

TABLE, WEBSITES = "pwb_website_integrations", "pwb_websites"
NAMES = {"openrouter": "open_router"}  # what the application calls them
FEW = 8  # names that are told
AMONG_CREDENTIALS = {"openai": ("organization_id",)}  # settings here, credentials there


def key_of(secrets: Mapping[str, str], digest: str) -> Key:
    """The key that encrypts: the last primary key, derived with that digest. Raises UsageError (2) when one of the two is missing."""
    if set(secrets) != {"primary_key", "key_derivation_salt"}:
        ways = "--secret-file primary_key=PATH --secret-file key_derivation_salt=PATH"
        raise UsageError("--as rails-db needs the keys of the application", ways, ())
    lines = Keyring.lines(secrets["primary_key"])
    if not lines:
        raise UsageError("primary_key is empty")
    keys = Keyring.derive(lines[-1:], Secret(secrets["key_derivation_salt"])).keys
    return next(key for key in keys if key.digest == digest)


class Rows:
    """Records as SQL, page by page. The application's websites are found by their subdomain: behind each page stands a query that names
    those that are not there, for which running it adds nothing. `names` are the first few, `count` is how many there are.
    """

    def __init__(self, key: Key, out: Callable[[bytes], object]) -> None:
        self._key, self._out = key, out
        self._page: dict[str, None] = {}
        self.names: list[str] = []
        self.count = 0

    def line(self, record: Mapping[str, Any]) -> bytes:
        """One INSERT."""
        self._page[record["website"]] = None
        return as_sql(record, self._key)

    def page(self, lines: bytes) -> None:
        """Write them, and the query."""
        if self._page:  # whole websites: none comes again on another page
            self.names += list(self._page)[: FEW - len(self.names)]
            self.count += len(self._page)
            self._out(lines + _missing(self._page))
            self._page.clear()


def _missing(names: Iterable[str]) -> bytes:
    """A query for those that no website has as its subdomain; PostgreSQL and SQLite call the column of a list `column1`."""
    listed = ", ".join(f"({_quoted(name)})" for name in names)
    there = f"SELECT 1 FROM {WEBSITES} w WHERE w.subdomain = column1"  # noqa: S608
    return f"SELECT column1 AS no_website_has_the_subdomain FROM (VALUES {listed}) AS wanted WHERE NOT EXISTS ({there});\n".encode()  # noqa: S608


def as_sql(record: Mapping[str, Any], key: Key) -> bytes:
    """One INSERT, for the website of that subdomain; a row that is there already stays as it is."""
    provider, settings = record["provider"], dict(record["settings"])
    moved = {name: settings.pop(name) for name in AMONG_CREDENTIALS.get(provider, ()) if name in settings}
    sealed = column(json_text({**record["credentials"], **moved}), key)
    name = NAMES.get(provider, provider)
    values = (record["category"], name, sealed, json_text(settings))
    there = f"SELECT 1 FROM {TABLE} i WHERE i.website_id = w.id AND i.category = {_quoted(values[0])} AND i.provider = {_quoted(name)}"  # noqa: S608
    text = (
        f"INSERT INTO {TABLE} (website_id, category, provider, credentials, settings, enabled, created_at, updated_at) "  # noqa: S608
        f"SELECT w.id, {', '.join(map(_quoted, values))}, {'true' if record['enabled'] else 'false'}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP "
        f"FROM {WEBSITES} w WHERE w.subdomain = {_quoted(record['website'])} AND NOT EXISTS ({there});\n"
    )
    return text.encode()


def _quoted(text: str) -> str:
    """A text in SQL; PostgreSQL's standard_conforming_strings (on since 9.1) takes a backslash as it stands."""
    return "'" + text.replace("'", "''") + "'"
