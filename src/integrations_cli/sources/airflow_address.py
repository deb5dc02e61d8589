"""A connection of Apache Airflow written as an address, taken apart as Airflow does it: `type://login:password@host:port/schema?extra`."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from integrations_cli.errors import UsageError
from integrations_cli.sources.strict_json import parsed

WHOLE = "__extra__"  # the name under which all of `extra` stands as one JSON text


def taken_apart(address: str) -> dict[str, Any] | None:
    """`login`, `password`, `host`, `port`, `schema`, `extra` (JSON text, or names and values); None for what is no such address."""
    try:
        scheme = urlsplit(address).scheme
        if not scheme and not address.startswith("//"):
            return None
        twice = address.count("://") == 2  # the host has a protocol of its own: http://https://host
        rest = address.replace(f"{scheme}://", "" if twice else "//")
        if address.count("://") > 2 or (twice and set("@:") & set(rest.split("://", 1)[0])):
            return None
        split = urlsplit(rest)
        host = _host(split)
        found = {
            "login": unquote(split.username or ""),
            "password": unquote(split.password or ""),
            "host": f"{split.scheme}://{host}" if twice and host and split.scheme else host,
            "port": split.port,
            "schema": unquote(split.path[1:]),
        }
    except ValueError:  # its text would repeat a piece of the address
        return None
    return found | {"extra": _extra(split.query)}


def _host(split: SplitResult) -> str:
    """In the letters it is written with where a path is part of it; else in small ones."""
    host = unquote(split.hostname or "")
    return unquote(split.netloc.rsplit("@", 1)[-1].split(":", 1)[0]) if "/" in host else host


def _extra(query: str) -> Any:
    pairs = dict(parse_qsl(query, keep_blank_values=True))
    return pairs[WHOLE] if WHOLE in pairs else {name: _value(text) for name, text in pairs.items()}


def _value(text: str) -> Any:
    """What stands there as JSON; a number stays as it is written, for it may be a key."""
    try:
        found = parsed(text, "")
    except UsageError:
        return text
    return text.strip() if isinstance(found, bool | int | float) else found
