"""Objects of JSONL with nothing odd about them, read quickly. Where one line of a piece has more to it, `file` reads the whole piece."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations_cli import registry
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources.finding import Row
from integrations_cli.sources.strict_json import no_constant, parsed

LONGEST = 4 * 1024 * 1024  # bytes of a line of JSONL
ROW = {"website", "provider", "category", "credentials", "settings", "enabled", "expires_at"}
PARTS = ("credentials", "settings")
Name = Callable[[str, str | None], str | None]
"""A provider and perhaps its category, as the source has them → our name."""
_QUICK = json.JSONDecoder(parse_constant=no_constant)
_ONCE = os.urandom(32)


def stamp(lines: Sequence[bytes]) -> bytes:
    """Stands for these bytes, in this process."""
    return hashlib.blake2b(b"".join(lines), key=_ONCE, digest_size=32).digest()


def read(lines: Sequence[bytes], name: Name) -> list[Row] | None:
    """One integration a line; None when a line has to be looked at closely. Never raises for what a line holds."""
    found, secret = [], _credentials()
    try:
        for line in lines:
            text = line.decode().rstrip()
            if text:
                row = _row(_object(text), name, secret) if len(line) <= LONGEST else None
                if row is None:
                    return None
                found.append(row)
    except (ValueError, RecursionError, UsageError):
        return None
    return found


def _object(text: str) -> Any:
    """As `parsed`. What has no backslash is read faster: a name that comes twice shows in the number of quotes."""
    if "\\" in text:
        return parsed(text, "")
    data, end = _QUICK.raw_decode(text)
    return data if end == len(text) and type(data) is dict and text.count('"') == 2 * _texts(data) else None


def _texts(data: dict[str, Any]) -> int:
    """How many texts an object holds, those inside its parts included."""
    count = len(data)
    for value in data.values():
        if type(value) is str:
            count += 1
        elif type(value) is dict:
            count += _texts(value)
    return count


def _row(data: Any, name: Name, secret: frozenset[str]) -> Row | None:
    if type(data) is not dict or not ROW.issuperset(data):
        return None
    website, raw, category = data.get("website"), data.get("provider"), data.get("category")
    if type(website) is not str or type(raw) is not str or not (category is None or type(category) is str):
        return None
    website, raw, category = website.strip(), raw.strip(), category.strip() or None if category else None
    provider = name(raw, category) if website and raw else None
    values = _values(data, secret) if provider is not None else None
    if provider is None or values is None:
        return None
    if "enabled" not in data and "expires_at" not in data:
        return Row(provider, website, values)
    facts, problem = facts_of(data)
    return Row(provider, website, values, *facts) if problem is None else None


def _values(data: Mapping[str, Any], secret: frozenset[str]) -> dict[str, Secret] | None:
    """By field, as text; None when something else stands there, or a field stands twice."""
    values: dict[str, Secret] = {}
    for part in PARTS:
        given = data.get(part)
        if given is None:
            continue
        if type(given) is not dict or not values.keys().isdisjoint(given):
            return None
        for field, value in given.items():
            text = value
            if type(value) is bool or type(value) is int:
                text = str(value).lower() if field not in secret else None
            if type(text) is not str or not text:
                return None
            values[field] = Secret(text)
    return values


def _credentials() -> frozenset[str]:
    """The names of the credentials of every provider: there a number is a mistake."""
    return frozenset(one.name for definition in registry.all() for one in definition.credentials)


def facts_of(row: Mapping[str, Any]) -> tuple[tuple[bool | None, str | None], str | None]:
    """Switched on, and when it ends, if the row says so; and what is wrong with that."""
    enabled, expires = row.get("enabled"), row.get("expires_at")
    if isinstance(enabled, str):
        enabled = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False, "": None}.get(
            enabled.strip().lower(), "?"
        )
    if enabled is not None and not isinstance(enabled, bool):
        return (None, None), "enabled is true or false"
    try:
        return (enabled, _moment(expires)), None
    except (TypeError, ValueError):
        return (None, None), "expires_at is a date like 2027-01-31"


def _moment(text: Any) -> str | None:
    """A date (its end), or an ISO time, as UTC text."""
    if text is None or text == "":
        return None
    moment = datetime.fromisoformat(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        moment = moment.replace(hour=23, minute=59, second=59)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
