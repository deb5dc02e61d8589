"""Long tables and JSON lists of `migrate file`, read piece by piece where each row is one integration; any other is read as a whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from integrations_cli.errors import UsageError
from integrations_cli.sources import rows
from integrations_cli.sources.elements import elements
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.records import Records
from integrations_cli.sources.table import Table

KINDS = {".csv", ".tsv", ".json"}
ROOM = 8 * 1024 * 1024  # characters of a piece


class _Row(NamedTuple):
    place: str
    said: Mapping[str, Any]
    size: int


def is_one(file: BinaryIO, path: Path, delimiter: str | None, is_new: Callable[[int], bool]) -> bool:
    """True if every row of the file is another integration, and nothing is wrong with its form.

    `is_new` remembers what it was asked; two rows that it takes for one are no harm.
    """
    try:
        return all(is_new(hash(_whose(row.said)) % 2**64 or 1) for row in _rows(file, path, delimiter))
    except (UsageError, UnicodeDecodeError, _NotPlain):
        return False


def _whose(said: Mapping[str, Any]) -> tuple[str, str, str]:
    website, provider, category = (said.get(name) or "" for name in ("website", "provider", "category"))
    if not (isinstance(website, str) and isinstance(provider, str) and isinstance(category, str)):
        raise _NotPlain
    return website.strip().lower(), provider.strip().lower(), category.strip().lower()


class _NotPlain(Exception):
    """Only what reads it as a whole can say what this is."""


def pieces(file: BinaryIO, path: Path, delimiter: str | None, notes: Sequence[str], wanted: Wanted, size: int) -> Iterator[Reading]:
    """So many rows at a time, or fewer long ones. Raises UsageError (2) for what it is no longer."""
    naming = Records(Reading("file", path.name), wanted)
    try:
        for some in _portions(_rows(file, path, delimiter), size):
            again = partial(_read, some, path.name, notes, wanted)
            plain = rows.of([row.said for row in some], naming.plain)
            if plain is None:
                yield again()
            else:
                stamp = rows.stamp([repr(row).encode() for row in some])
                yield Reading("file", path.name, len(plain), notes=list(notes), rows=plain, stamp=stamp, again=again)
    except (UnicodeDecodeError, _NotPlain):
        raise UsageError(f"{path.name}: it is not what it was", "it was changed while it was read") from None


def _read(some: Sequence[_Row], name: str, notes: Sequence[str], wanted: Wanted) -> Reading:
    records = Records(Reading("file", name, notes=list(notes)), wanted)
    for row in some:
        records.integration(row.place, row.said)
    return records.reading


def _rows(file: BinaryIO, path: Path, delimiter: str | None) -> Iterator[_Row]:
    kind, name = path.suffix.lower(), path.name
    stream = TextIOWrapper(file, "utf-8-sig", newline="")
    if kind == ".json" and not delimiter:
        for number, said, size in elements(stream, name):
            if not isinstance(said, dict):
                raise _NotPlain
            yield _Row(f"{name}:[{number}]", said, size)
        return
    table = Table(iter(stream), name, delimiter, "\t" if kind == ".tsv" else ",")
    if table.long:
        raise _NotPlain
    for number, cells in table:
        if len(cells) != len(table.header):
            raise _NotPlain
        yield _Row(f"{name}:{number}", table.row(cells), sum(map(len, cells)))


def _portions(found: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    some: list[_Row] = []
    held = 0
    for row in found:
        some.append(row)
        held += row.size
        if len(some) == size or held > ROOM:
            yield some
            some, held = [], 0
    if some:
        yield some
