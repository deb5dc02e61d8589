"""Long tables and JSON lists of `migrate file`, read piece by piece, where all rows of an integration stand together.

Any other is read as a whole: only that can tell what it means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import TextIOWrapper
from itertools import groupby, islice
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


MOST = 1000  # rows of one integration


class _Row(NamedTuple):
    number: str
    said: Mapping[str, Any]
    size: int


class _NotPlain(Exception):
    """Only what reads it as a whole can say what this is."""


def is_one(file: BinaryIO, path: Path, delimiter: str | None, are_new: Callable[[Sequence[int]], bool]) -> bool:
    """True if the rows of each integration stand together, and nothing is wrong with its form.

    `are_new` remembers what it was asked; two integrations that it takes for one are no harm.
    """
    numbers = (hash(whose) % 2**64 or 1 for whose, _ in _groups(file, path, delimiter))
    try:
        while some := list(islice(numbers, MOST)):
            if not are_new(some):
                return False
        return True
    except (UsageError, UnicodeDecodeError, _NotPlain):
        return False


def pieces(file: BinaryIO, path: Path, delimiter: str | None, notes: Sequence[str], wanted: Wanted, size: int) -> Iterator[Reading]:
    """So many integrations at a time, or fewer long ones. Raises UsageError (2), Unparsable (11) for what it is no longer."""
    naming = Records(Reading("file", path.name), wanted)
    try:
        for some in _portions(_groups(file, path, delimiter), size):
            again = partial(_read, {row.number: row.said for row in some.rows}, path.name, notes, wanted)
            numbers = [row.number for row in some.rows]
            plain = rows.of([row.said for row in some.rows], naming.plain) if some.each_alone else None
            if plain is None:
                yield again(numbers)
            else:
                stamp, many = rows.stamp([repr(row.said).encode() for row in some.rows]), len(numbers)
                yield Reading("file", path.name, many, notes=list(notes), rows=plain, numbers=numbers, stamp=stamp, again=again)
    except (UnicodeDecodeError, _NotPlain):
        raise UsageError(f"{path.name}: it is not what it was", "it was changed while it was read") from None


def _read(said: Mapping[str, Mapping[str, Any]], name: str, notes: Sequence[str], wanted: Wanted, numbers: Iterable[str]) -> Reading:
    records = Records(Reading("file", name, notes=list(notes)), wanted)
    for number in numbers:
        records.integration(f"{name}:{number}", said[number])
    return records.reading


def _groups(file: BinaryIO, path: Path, delimiter: str | None) -> Iterator[tuple[tuple[str, str, str], list[_Row]]]:
    """Rows that stand together and are of one integration, and which one that is."""
    for whose, found in groupby(_rows(file, path, delimiter), _whose):
        group = list(islice(found, MOST + 1))
        if len(group) > MOST:
            raise _NotPlain
        yield whose, group


def _whose(row: _Row) -> tuple[str, str, str]:
    said = row.said
    website, provider, category = said.get("website") or "", said.get("provider") or "", said.get("category") or ""
    if not type(website) is type(provider) is type(category) is str:
        raise _NotPlain
    return website.strip().lower(), provider.strip().lower(), category.strip().lower()


def _rows(file: BinaryIO, path: Path, delimiter: str | None) -> Iterator[_Row]:
    kind, name = path.suffix.lower(), path.name
    stream = TextIOWrapper(file, "utf-8-sig", newline="")
    if kind == ".json" and not delimiter:
        for number, said, size in elements(stream, name):
            if not isinstance(said, dict):
                raise _NotPlain
            yield _Row(f"[{number}]", said, size)
        return
    table = Table(iter(stream), name, delimiter, "\t" if kind == ".tsv" else ",")
    for number, cells in table:
        if len(cells) != len(table.header):
            raise _NotPlain
        said = table.row(cells)
        if said is not None:
            yield _Row(str(number), said, sum(map(len, cells)))


class _Portion(NamedTuple):
    """`each_alone`: no integration has several rows."""

    rows: list[_Row]
    each_alone: bool


def _portions(groups: Iterable[tuple[object, list[_Row]]], size: int) -> Iterator[_Portion]:
    some: list[_Row] = []
    held, many = 0, 0
    for _, group in groups:
        some += group
        held, many = held + sum(row.size for row in group), many + 1
        if many == size or held > ROOM:
            yield _Portion(some, len(some) == many)
            some, held, many = [], 0, 0
    if some:
        yield _Portion(some, len(some) == many)
