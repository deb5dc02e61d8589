"""Tables of `migrate file`: CSV and TSV by RFC 4180, long (a field a row) or wide (a field a column), also as spreadsheets write them."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol

from integrations_cli.errors import Unparsable, UsageError
from integrations_cli.sources.finding import Fault, Reading
from integrations_cli.sources.showing import fields

PLAIN = ("website", "provider", "category", "enabled", "expires_at")
LONG = {*PLAIN, "field", "value"}
SIGNS = ",;\t|"
_HINT = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)  # Excel writes and reads it as the first line


class Records(Protocol):
    """Takes the rows."""

    reading: Reading

    def integration(self, place: str, row: Mapping[str, Any]) -> None:
        """One row."""


class Table:
    """The rows of one, read as they are asked for. `header` are its columns by our names; `long`: a field a row."""

    def __init__(self, lines: Iterator[str], name: str, delimiter: str | None, usual: str = ",") -> None:
        """Without a `delimiter` it is the one under which the first line names columns, the `usual` one first.

        Raises UsageError (2) for an unknown column, whose text is not shown, Unparsable (11) for what is no CSV.
        """
        if delimiter is not None and len(delimiter) != 1:
            raise UsageError("--delimiter: one character")
        first = next(lines, "")
        hint = _HINT.fullmatch(first)
        self._name, self._above, self._known = name, 1 if hint else 0, fields()
        first = next(lines, "") if hint else first
        sign = delimiter or (hint[1] if hint else _sign(first, usual))
        self._rows = csv.reader(chain([first], lines), delimiter=sign, strict=True)
        try:
            self.header = _names(next(self._rows, []))
        except csv.Error as error:
            raise self._broken(error) from None
        self.long = {"field", "value"} <= set(self.header)
        _must_be_known(self.header, f"{name}:{self._above + 1}", self.long, self._known)
        self._plain = [(at, one) for at, one in enumerate(self.header) if one in PLAIN]
        self._fields = [(at, one) for at, one in enumerate(self.header) if one not in PLAIN]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the line and the cells, of rows that have any. Raises Unparsable (11)."""
        try:
            for cells in self._rows:
                if not "".join(cells).strip():
                    continue
                while len(cells) > len(self.header) and not cells[-1].strip():
                    cells.pop()  # a spreadsheet has columns without a name
                yield self._above + self._rows.line_num, cells
        except csv.Error as error:
            raise self._broken(error) from None

    def _broken(self, error: csv.Error) -> Unparsable:
        why = "a cell of more than 128 KiB" if "limit" in str(error) else "a quote that is not closed, or text behind it"
        return Unparsable(f"{self._name}:{self._above + self._rows.line_num}: not valid CSV ({why})")

    def row(self, cells: Sequence[str]) -> dict[str, Any] | None:
        """As an object of JSON would say it; None for a row of a long table that has no value."""
        said: dict[str, Any] = {name: cells[at] for at, name in self._plain}
        there = {name: cells[at] for at, name in self._fields if cells[at]}
        if self.long:
            if "value" not in there:
                return None
            there = {self._field(there.get("field", "")): there["value"]}
        said["credentials"] = there
        return said

    def _field(self, text: str) -> str:
        field = text.strip()
        return _name(field) if field not in self._known and _name(field) in self._known else field


def read(records: Records, text: str, name: str, delimiter: str | None, usual: str = ",") -> None:
    """Every row. Raises UsageError (2), Unparsable (11) as `Table` does."""
    found = Table(iter(io.StringIO(text, newline="")), name, delimiter, usual)
    for number, cells in found:
        place = f"{name}:{number}"
        if len(cells) != len(found.header):
            records.reading.faults.append(Fault(place, "syntax", f"{len(cells)} columns instead of {len(found.header)}"))
        elif (row := found.row(cells)) is not None:
            records.integration(place, row)


def _sign(text: str, usual: str) -> str:
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return next((sign for sign in usual + SIGNS if "provider" in _split(first, sign)), usual)


def _split(line: str, sign: str) -> list[str]:
    try:
        return _names(next(csv.reader([line], delimiter=sign), []))
    except csv.Error:
        return []


def _names(cells: Sequence[str]) -> list[str]:
    """Names of columns as ours: `API key` is `api_key`. Columns without a name at the end are none."""
    names = [_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _name(text: str) -> str:
    return re.sub(r"[ _-]+", "_", text.strip().lower())


def _must_be_known(header: Sequence[str], place: str, long: bool, known: Collection[str]) -> None:
    """Without a header line its text would be a key: it is not shown."""
    if "provider" not in header or len(set(header)) != len(header):
        other = next((sign for sign in SIGNS if len(header) == 1 and "provider" in _split(header[0], sign)), None)
        tries = [f"--delimiter {sign!r}" for sign in [other] if sign] if other != "\t" else ["--delimiter $'\\t'"]
        wanted = "website,provider,field,value, or website,provider,FIELD…"
        raise UsageError(f"{place}: the first line must name the columns, each once", wanted, tries)
    for number, cell in enumerate(header, 1):
        if cell not in LONG if long else cell not in {*PLAIN, *known}:
            raise UsageError(f"{place}: column {number} is not a known column", "its text is not shown: it may be a key")
