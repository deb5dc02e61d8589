"""Source `file`: exports of ours and of others, many websites at once (MIGRATION.md §3.8). The file is never changed or copied.

CSV and TSV, long (`website,provider,field,value`) or wide (`website,provider,FIELD…`); a list of objects in JSON, or one a line
(JSONL); a flat object `{"NAME": "value"}` in JSON or YAML, which is read like an environment. Errors name line and column, never a
piece of the text.
"""

import json
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from integrations_cli import pasted
from integrations_cli.errors import NotFound, Unparsable, UsageError, system_says
from integrations_cli.sources import decoding, flat, lists, once, rows, table, yaml_text
from integrations_cli.sources.finding import Fault, Reading
from integrations_cli.sources.names import Wanted, interpret
from integrations_cli.sources.records import Records
from integrations_cli.sources.rows import LONGEST
from integrations_cli.sources.strict_json import parsed

LARGEST = 64 * 1024 * 1024  # bytes of a list, of a table, or of standard input
ROOM = 8 * 1024 * 1024  # bytes of a piece
TABLES, YAML = {".csv", ".tsv"}, {".yaml", ".yml"}
_ASSIGNMENT = re.compile(r"(?!(?i:sep)=)(export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=")


def in_pieces(path: Path, delimiter: str | None, are_new: Callable[[Sequence[int]], bool]) -> bool:
    """True for what `pieces` can read: one object a line, or what `lists.is_one` says of."""
    if is_lines(path):
        return True
    if not (delimiter or path.suffix.lower() in lists.KINDS):
        return False
    with opened(path) as file:
        return lists.is_one(file, path, delimiter, are_new)


def pieces(path: Path, wanted: Wanted, size: int, delimiter: str | None = None) -> Iterator[Reading]:
    """So many lines or rows at a time. Raises NotFound (3), UsageError (2), Unparsable (11)."""
    with opened(path) as file:
        notes = ["readable_by_others"] if path.stat().st_mode & 0o077 else []
        if not is_lines(path):
            yield from lists.pieces(file, path, delimiter, notes, wanted, size)
            return
        _must_not_be_wide(file.peek(2), path, path.name)
        yield from pieces_of(file, path.name, notes, wanted, size)


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """The file. Raises NotFound (3), also where it breaks off in the middle."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None


def pieces_of(file: BinaryIO, name: str, notes: Sequence[str], wanted: Wanted, size: int) -> Iterator[Reading]:
    """What is left of an open one. Raises Unparsable (11)."""
    first, naming = 1, Records(Reading("file", name), wanted)

    def read(lines: Sequence[bytes], first: int, numbers: Collection[int]) -> Reading:
        records = Records(Reading("file", name, notes=list(notes)), wanted)
        for number in numbers:
            _line(records, lines[number - first], name, number)
        return records.reading

    while lines := _next(file, size):
        plain, numbers = rows.read(lines, naming.plain), range(first, first + len(lines))
        if plain is None:
            yield read(lines, first, numbers)
        else:
            full = numbers if len(plain) == len(lines) else [at for at in numbers if lines[at - first].decode().strip()]
            again, stamp = partial(read, lines, first), rows.stamp(lines)
            yield Reading("file", name, len(plain), notes=list(notes), rows=plain, numbers=full, stamp=stamp, again=again)
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
        raise Unparsable(f"{place}: a line of more than 4 MiB")
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
    """The whole file; `stdin` stands for `-`, or for what can be read only once. `unseal` opens what is sealed.

    Raises NotFound (3), UsageError (2), Unparsable (11).
    """
    name = path.name if stdin is None else once.named(path)
    reading = Reading("file", name)
    try:
        data = stdin.read(LARGEST + 1) if stdin is not None else _bytes(reading, path)
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    if len(data) > LARGEST and (stdin is not None or not is_lines(path)):
        raise UsageError(
            f"{name}: more than 64 MiB", "JSON lines have no limit, nor have lists and tables with the rows of each integration together"
        )
    data = unseal(data)
    records, kind = Records(reading, wanted), path.suffix.lower()
    if is_lines(path):
        return _lines(records, data, path, name)
    text = decoding.text(data, name, as_utf_8(path, "WINDOWS-1252"))
    if _looks_like_lines(text):
        return _lines(records, text.encode(), path, name)
    if kind in YAML:
        return _tree(records, yaml_text.tree(text, name), path, name)
    if kind in TABLES or delimiter or text.lstrip()[:1] not in {"[", "{"}:
        if not delimiter and _ASSIGNMENT.match(_first(text)):
            raise UsageError(f"{name}: lines of NAME=value", None, f"integrations migrate dotenv {shlex.quote(str(path))}")
        table.read(records, text, name, delimiter, "\t" if kind == ".tsv" else ",")
        return reading
    return _tree(records, parsed(text, name), path, name)


def _first(text: str) -> str:
    """The first line that is no remark."""
    return next((line for line in text[:LONGEST].splitlines() if line.strip() and not line.startswith("#")), "")


def as_utf_8(path: Path, was: str) -> str:
    """The next command for a text in another encoding."""
    return f"iconv -f {was} -t UTF-8 {shlex.quote(str(path))} | integrations migrate file -"


def _lines(records: Records, data: bytes, path: Path, name: str) -> Reading:
    _must_not_be_wide(data, path, name)
    for number, line in enumerate(data.splitlines(), 1):
        _line(records, line, name, number)
    return records.reading


def _must_not_be_wide(data: bytes, path: Path, name: str) -> None:
    if data.startswith(decoding.UTF_16):  # a line of it ends in the middle of a character
        raise Unparsable(f"{name}:1: not UTF-8 text", "it is UTF-16", as_utf_8(path, "UTF-16"))


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


def _tree(records: Records, found: Any, path: Path, name: str) -> Reading:
    """What a whole file of JSON or YAML holds."""
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
        raise Unparsable(f"{name}: neither a list nor an object")
    if {"website", "provider"} <= set(found) or {"provider", "credentials"} <= set(found):
        records.integration(name, found)
        return reading
    if any(isinstance(one, dict) and "conn_type" in one for one in found.values()):
        raise UsageError(f"{name}: connections of Airflow", None, f"integrations migrate airflow {shlex.quote(str(path))}")
    return interpret(reading, list(flat.named(reading, found, name, records.wanted.mapped.names)), records.wanted)
