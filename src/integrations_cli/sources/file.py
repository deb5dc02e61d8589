"""Source `file`: exports of ours and of others, many websites at once (MIGRATION.md §3.8). The file is never changed or copied.

CSV and TSV, long (`website,provider,field,value`) or wide (`website,provider,FIELD…`); a list of objects in JSON, or one a line
(JSONL); a flat JSON object `{"NAME": "value"}`, which is read like an environment. Errors name line and column, never a piece of the text.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from integrations_cli import registry
from integrations_cli.errors import NotFound, UsageError, system_says
from integrations_cli.sources import rows, table
from integrations_cli.sources.finding import Entry, Fault, Ignored, Reading
from integrations_cli.sources.mapping import IGNORE
from integrations_cli.sources.names import Meaning, Named, Wanted, belonging, index, interpret, keep, value_of
from integrations_cli.sources.rows import LONGEST, ROW, facts_of
from integrations_cli.sources.showing import fields, shown
from integrations_cli.sources.strict_json import parsed

LARGEST = 64 * 1024 * 1024  # bytes of a list, of a table, or of standard input
ROOM = 8 * 1024 * 1024  # bytes of a piece
REMEMBERED = 1000
_NO_FACTS = (None, None)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how such a text begins
DOPPLER = {"DOPPLER_PROJECT", "DOPPLER_CONFIG", "DOPPLER_ENVIRONMENT"}


class Records:
    """Gathers what rows say. One row is one integration, or one field of it."""

    def __init__(self, reading: Reading, wanted: Wanted) -> None:
        self.reading, self.wanted, self._fields = reading, wanted, fields()
        self._named: dict[tuple[str, str | None], str] = {}  # there are few names and many rows

    def integration(self, place: str, row: Mapping[str, Any]) -> None:
        """`{"website", "provider", "credentials", "settings", "enabled", "expires_at"}`; what is absent is not said."""
        reading = self.reading
        reading.names += 1
        website, provider = self._text(place, row, "website"), self._provider(place, row)
        if provider is None:
            return
        facts, problem = facts_of(row) if "enabled" in row or "expires_at" in row else (_NO_FACTS, None)
        problem = problem or _strange(row)
        if problem is not None:
            reading.faults.append(Fault(place, "bad_value", problem, provider, website=website))
            return
        reading.entries.append(Entry(provider, place, website, *facts))
        for part in ("credentials", "settings"):
            values = row.get(part)
            if values is None:
                continue
            if not isinstance(values, Mapping):
                reading.faults.append(Fault(place, "not_an_object", f"{part} is not an object", provider, website=website))
                continue
            for name, value in values.items():
                self.value(place, website, provider, name if name in self._fields else shown(str(name)), value)

    def value(self, place: str, website: str | None, provider: str, name: str, value: Any) -> None:
        """One field."""
        if value is None or value == "":
            return  # absent never means: remove
        if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            definition = registry.get(provider) if provider in registry.names() else None
            if definition is not None and definition.is_credential(name):
                self.reading.faults.append(Fault(place, "bad_type", "a credential is text", provider, name, website))
                return
            value = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(value, str):
            self.reading.faults.append(Fault(place, "bad_type", "it is no text, number or true/false", provider, name, website))
            return
        keep(self.reading, belonging(value_of(Named(name, value, place), Meaning(provider, name), path=False), website), ())

    def unreadable(self, place: str, reason: str, detail: str) -> None:
        """A row of which nothing can be said."""
        self.reading.names += 1
        self.reading.faults.append(Fault(place, reason, detail, kind="unreadable"))

    def _text(self, place: str, row: Mapping[str, Any], name: str) -> str | None:
        value = row.get(name)
        return value.strip() or None if isinstance(value, str) else None

    def _provider(self, place: str, row: Mapping[str, Any]) -> str | None:
        """Our name for it: by the mapping, the catalogue or an alias. An unknown one stays as it is; None: left alone, or a fault."""
        raw, category = self._text(place, row, "provider"), self._text(place, row, "category")
        if raw is None:
            self.reading.faults.append(Fault(place, "missing_field", "no provider is named", website=self._text(place, row, "website")))
            return None
        name = self._name(raw, category)
        if name == IGNORE:
            self.reading.ignored.append(Ignored(place, "mapping"))
            return None
        if self.wanted.only and name not in self.wanted.only:
            self.reading.ignored.append(Ignored(place, "not_asked_for"))
            return None
        return name

    def plain(self, raw: str, category: str | None) -> str | None:
        """Our name for a provider; None where there is more to be said."""
        name = self._name(raw, category)
        return None if name == IGNORE or (self.wanted.only and name not in self.wanted.only) else name

    def _name(self, raw: str, category: str | None) -> str:
        name = self._named.get((raw, category)) or named(raw, category, self.wanted)
        if len(self._named) < REMEMBERED:
            self._named[raw, category] = name
        return name


def named(raw: str, category: str | None, wanted: Wanted) -> str:
    """A provider's name in a source as ours; `ignore` if the mapping says so; as it may be shown if nobody knows it."""
    mapped = wanted.mapped.providers
    for text in (f"{category}/{raw}" if category else raw, raw):
        if text in mapped:
            return mapped[text]
    try:
        return registry.get(raw).name
    except NotFound:
        return shown(raw.strip())


def _strange(row: Mapping[str, Any]) -> str | None:
    """What would be lost, or would go to another website than it says; its text is not shown."""
    if not isinstance(row.get("website", ""), str | None):
        return "website is a text"
    return None if row.keys() <= ROW else f"a name beside {', '.join(sorted(ROW))}: fields stand in credentials or settings"


def pieces(path: Path, wanted: Wanted, size: int) -> Iterator[Reading]:
    """A long file of one object a line, so many lines at a time. Raises NotFound (3), UsageError (2)."""
    with opened(path) as file:
        yield from pieces_of(file, path.name, ["readable_by_others"] if path.stat().st_mode & 0o077 else [], wanted, size)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file. Raises NotFound (3), also where it breaks off in the middle."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise NotFound(f"{path}: cannot be read", system_says(error)) from None


def pieces_of(file: BinaryIO, name: str, notes: Sequence[str], wanted: Wanted, size: int) -> Iterator[Reading]:
    """What is left of an open one. Raises UsageError (2)."""
    first, naming = 1, Records(Reading("file", name), wanted)

    def read(lines: Sequence[bytes], first: int) -> Reading:
        records = Records(Reading("file", name, notes=list(notes)), wanted)
        for number, line in enumerate(lines, first):
            _line(records, line, name, number)
        return records.reading

    while lines := _next(file, size):
        plain = rows.read(lines, naming.plain)
        if plain is None:
            yield read(lines, first)
        else:
            again = partial(read, lines, first)
            yield Reading("file", name, len(plain), notes=list(notes), rows=plain, stamp=rows.stamp(lines), again=again)
        first += len(lines)


def _next(file: BinaryIO, size: int) -> list[bytes]:
    """So many lines, or fewer long ones: memory is bounded whatever a line holds."""
    lines: list[bytes] = []
    held = 0
    while len(lines) < size and held < ROOM and (line := file.readline(LONGEST + 1)):
        lines.append(line)
        held += len(line)
    return lines


def _line(records: Records, line: bytes, name: str, number: int) -> None:
    place = f"{name}:{number}"
    if len(line) > LONGEST:
        raise UsageError(f"{place}: a line of more than 4 MiB")
    try:
        text = line.decode("utf-8-sig").rstrip()
        row = parsed(text, place) if text else None
    except UnicodeDecodeError:
        records.unreadable(place, "not_text", "not UTF-8 text")
    except UsageError as error:
        records.unreadable(place, "not_json", error.what.removeprefix(f"{place}: "))
    else:
        if isinstance(row, dict):
            records.integration(place, row)
        elif text:
            records.reading.faults.append(Fault(place, "not_an_object", "a line is not an object"))


def read(
    path: Path,
    stdin: BinaryIO | None,
    wanted: Wanted,
    delimiter: str | None = None,
    unseal: Callable[[bytes], bytes] = lambda data: data,
) -> Reading:
    """The whole file; `-` is standard input. `unseal` opens what is sealed. Raises NotFound (3), UsageError (2)."""
    name = "standard input" if stdin is not None else path.name
    reading = Reading("file", name)
    try:
        data = stdin.read(LARGEST + 1) if stdin is not None else _bytes(reading, path)
    except OSError as error:
        raise NotFound(f"{path}: cannot be read", system_says(error)) from None
    if len(data) > LARGEST and not is_lines(path):
        raise UsageError(f"{name}: more than 64 MiB", "one object a line (JSONL) has no limit")
    data = unseal(data)
    records = Records(reading, wanted)
    text = _decoded(data, name) if not is_lines(path) else ""
    if is_lines(path) or _looks_like_lines(text):
        for number, line in enumerate(data.splitlines(), 1):
            _line(records, line, name, number)
    elif path.suffix.lower() in {".csv", ".tsv"} or delimiter or (text.lstrip()[:1] not in {"[", "{"}):
        table.read(records, text, name, delimiter or ("\t" if path.suffix.lower() == ".tsv" else ","))
    else:
        return _json(records, text, name)
    return reading


def _looks_like_lines(text: str) -> bool:
    """One complete object on the first line, and another one below."""
    first, _, rest = text.strip().partition("\n")
    if not (first.startswith("{") and rest.lstrip().startswith("{")):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def is_lines(path: Path) -> bool:
    """True for a file of one JSON object a line."""
    return path.suffix.lower() in {".jsonl", ".ndjson"}


def _bytes(reading: Reading, path: Path) -> bytes:
    with path.open("rb") as file:
        if path.stat().st_mode & 0o077:
            reading.notes.append("readable_by_others")
        return file.read() if is_lines(path) else file.read(LARGEST + 1)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = "it is UTF-16: save it as UTF-8" if data.startswith(UTF_16) else None
        raise UsageError(f"{name}:{data[: error.start].count(10) + 1}: not UTF-8 text", why) from None


def _json(records: Records, text: str, name: str) -> Reading:
    found = parsed(text, name)
    reading = records.reading
    if isinstance(found, list):
        for number, row in enumerate(found, 1):
            place = f"{name}:[{number}]"
            if isinstance(row, dict):
                records.integration(place, row)
            else:
                reading.faults.append(Fault(place, "not_an_object", "an element is not an object"))
        return reading
    if not isinstance(found, dict):
        raise UsageError(f"{name}: neither a list nor an object")
    if {"website", "provider"} <= set(found) or {"provider", "credentials"} <= set(found):
        records.integration(name, found)
        return reading
    return interpret(reading, list(_flat(reading, found, name)), records.wanted)


def _flat(reading: Reading, found: Mapping[str, Any], name: str) -> Iterator[Named]:
    """`{"NAME": "value"}`, as chamber, doppler, heroku and vault print it; a name is looked up in capitals as well."""
    known, inner = index(), found.get("data")
    if isinstance(inner, dict):  # vault kv get -format=json, of version 2 or 1
        found = inner["data"] if isinstance(inner.get("data"), dict) else inner
    for key, value in found.items():
        place = f"{name} {key if key in known or key.upper() in known else shown(key)}"
        if key in DOPPLER:
            reading.ignored.append(Ignored(place, "infrastructure"))
            continue
        if isinstance(value, dict) and isinstance(value.get("computed"), str):
            value = value["computed"]  # doppler secrets --json
        if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            value = json.dumps(value)
        if isinstance(value, str):
            yield Named(key if key != key.lower() else key.upper(), value, place)
        elif value is not None:
            reading.ignored.append(Ignored(place, "not_a_text"))
