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
_PLAIN = {"website", "provider", "credentials"}
Name = Callable[[str, str | None], str | None]
"""A provider and perhaps its category, as the source has them → our name."""
_QUICK = json.JSONDecoder(parse_constant=no_constant)
_ONCE = os.urandom(32)


def stamp(lines: Sequence[bytes]) -> bytes:
    """Stands for these bytes, in this process."""
    return hashlib.blake2b(b"".join(lines), key=_ONCE, digest_size=32).digest()


def read(lines: Sequence[bytes], name: Name) -> list[Row] | None:
    """One integration a line; None when a line has to be looked at closely. Never raises for what a line holds."""
    try:
        objects, quotes = _objects(lines)
    except (ValueError, RecursionError, UsageError):
        return None
    found, names, texts = [], _Names(name), 0
    for data in objects:
        row = _plain(data, names)
        if row is not None:
            texts += 5 + 2 * len(row.values)
        elif (row := _row(data, name)) is not None:
            texts += _texts(data)
        else:
            return None
        found.append(row)
    return found if quotes is None or quotes == 2 * texts else None  # a name that comes twice in an object shows in this number


def of(objects: Sequence[Mapping[str, Any]], name: Name) -> list[Row] | None:
    """The same of objects in which no name comes twice."""
    names, found = _Names(name), list[Row]()
    for data in objects:
        row = _plain(data, names) or _row(data, name)
        if row is None:
            return None
        found.append(row)
    return found


def _objects(lines: Sequence[bytes]) -> tuple[list[Any], int | None]:
    """What the lines hold, and the number of quotes around it, where nobody has looked for names that come twice. Raises ValueError.

    They are read as one list, which takes a third of the time. Each begins and ends with a brace, and no text goes on behind the end of
    a line; so what stands between two lines separates two elements of the list, or of a list inside of it, which no row may have.
    """
    if max(map(len, lines)) > LONGEST:
        raise ValueError
    text = b"".join(lines).decode()
    texts = [line for one in text.split("\n") if (line := one.rstrip())]
    if "\\" in text:
        return [_object(line) for line in texts], None
    joined = ",\n".join(texts)
    if texts and not (joined[0] == "{" and joined[-1] == "}" and joined.count("},\n{") == len(texts) - 1):
        raise ValueError
    found, end = _QUICK.raw_decode(f"[{joined}]")
    if end != len(joined) + 2 or len(found) != len(texts):
        raise ValueError
    return found, joined.count('"')


def _object(text: str) -> Any:
    """As `parsed`. What has no backslash is read faster: a name that comes twice shows in the number of quotes."""
    if "\\" in text:
        return parsed(text, "")
    data, end = _QUICK.raw_decode(text)
    if end != len(text) or type(data) is not dict or text.count('"') != 2 * _texts(data):
        raise ValueError
    return data


def _texts(data: dict[str, Any]) -> int:
    """How many texts an object holds, those inside its parts included."""
    count = len(data)
    for value in data.values():
        if type(value) is str:
            count += 1
        elif type(value) is dict:
            count += _texts(value)
    return count


class _Names(dict[str, str | None]):
    """A provider as a piece has it → our name: there are few."""

    def __init__(self, name: Name) -> None:
        self._name = name

    def __missing__(self, raw: str) -> str | None:
        text = raw.strip()
        found = self[raw] = self._name(text, None) if text else None
        return found


def _plain(data: Any, names: _Names) -> Row | None:
    """Most have just these three, all texts; None for any other."""
    if type(data) is not dict or data.keys() != _PLAIN:
        return None
    website, raw, given = data["website"], data["provider"], data["credentials"]
    if type(website) is not str or type(raw) is not str or type(given) is not dict or not given:
        return None
    values = {field: Secret(text) for field, text in given.items() if type(text) is str and text}
    website, provider = website.strip(), names[raw]
    return Row(provider, website, values) if provider is not None and website and len(values) == len(given) else None


def _row(data: Any, name: Name) -> Row | None:
    if type(data) is not dict or not ROW.issuperset(data):
        return None
    website, raw, category = data.get("website"), data.get("provider"), data.get("category")
    if type(website) is not str or type(raw) is not str or not (category is None or type(category) is str):
        return None
    website, raw, category = website.strip(), raw.strip(), category.strip() or None if category else None
    provider = name(raw, category) if website and raw else None
    values = _values(data) if provider is not None else None
    if provider is None or values is None:
        return None
    if "enabled" not in data and "expires_at" not in data:
        return Row(provider, website, values)
    facts, problem = facts_of(data)
    return Row(provider, website, values, *facts) if problem is None else None


def _values(data: Mapping[str, Any]) -> dict[str, Secret] | None:
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
                text = str(value).lower() if field not in _credentials() else None
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
    except (TypeError, ValueError, OverflowError):  # also the first hours of the first year
        return (None, None), "expires_at is a date like 2027-01-31"


def _moment(text: Any) -> str | None:
    """A date (its end), or an ISO time, as UTC text."""
    if text is None or text == "":
        return None
    moment = datetime.fromisoformat(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        moment = moment.replace(hour=23, minute=59, second=59)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
