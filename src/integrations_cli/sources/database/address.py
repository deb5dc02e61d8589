"""The address of a PostgreSQL database as Rails writes it into DATABASE_URL: what libpq understands of it, and what only Rails does."""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from integrations_cli.errors import UsageError

SCHEMES = ("postgres", "postgresql", "postgis")
PATH = "schema_search_path"
# what Rails understands in a DATABASE_URL and libpq does not
_OF_RAILS = re.compile(
    "adapter|advisory_locks|checkout_timeout|encoding|idle_timeout|insert_returning|(max|min)_threads|min_messages|pool"
    f"|prepared_statements|reaping_frequency|{PATH}|statement_limit|timeout|variables"
)
_NAME = re.compile(r"""\s*(?:"(?P<quoted>(?:[^"]|"")*)"|'(?P<text>[^']*)'|(?P<bare>[\w$]+))\s*(?:,|$)""")


def has_password(dsn: str) -> bool:
    """True if the text holds a password, in a URL or as `password=`."""
    return bool(re.match(r"\w+://[^/?#@]*:[^/?#]*@", dsn) or re.search(r"password\s*=", dsn, re.IGNORECASE))


def for_libpq(dsn: str) -> str:
    """The address without what only Rails understands. Raises UsageError (2)."""
    _, separator, rest = dsn.strip().partition("://")
    parts = _parts(dsn)
    if parts is None:
        return f"postgresql://{rest}" if separator else dsn.strip()
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _OF_RAILS.fullmatch(name)]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def search_path(dsn: str) -> Sequence[str]:
    """The schemas that Rails would look into by this address; empty when it leaves that to the server. Raises UsageError (2)."""
    parts = _parts(dsn)
    text = dict(parse_qsl(parts.query)).get(PATH, "") if parts else ""
    names, at = list[str](), 0
    while at < len(text.rstrip()):
        found = _NAME.match(text, at)
        if found is None:
            raise UsageError(f"dsn: {PATH} is no list of schemas")
        quoted, plain, bare = found.group("quoted", "text", "bare")
        names.append(bare.lower() if bare is not None else plain if plain is not None else quoted.replace('""', '"'))
        at = found.end()
    return names


def _parts(dsn: str) -> SplitResult | None:
    """A URL with a query, or None."""
    _, separator, rest = dsn.strip().partition("://")
    if not separator or "?" not in rest:
        return None
    try:
        return urlsplit(f"postgresql://{rest}")
    except ValueError:
        raise UsageError("dsn: this is no address of a database") from None
