"""Tables of `migrate file`: CSV and TSV by RFC 4180, long (a field a row) or wide (a field a column), also as spreadsheets write them."""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
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


def read(records: Records, text: str, name: str, delimiter: str | None, usual: str = ",") -> None:
    """Every row. Without a `delimiter` it is the one under which the first line names columns, the `usual` one first.

    Raises UsageError (2) for an unknown column, whose text is not shown, Unparsable (11) for what is no CSV.
    """
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError("--delimiter: one character")
    hint = _HINT.match(text)
    above = 0
    if hint is not None:
        text, above = text[hint.end() :], 1
    known = fields()
    sign = delimiter or (hint[1] if hint else _sign(text, usual))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        header = _names(next(rows, []))
        long = {"field", "value"} <= set(header)
        _must_be_known(header, f"{name}:{above + 1}", long, known)
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{name}:{above + rows.line_num}"
            while len(cells) > len(header) and not cells[-1].strip():
                cells.pop()  # a spreadsheet has columns without a name
            if len(cells) != len(header):
                records.reading.faults.append(Fault(place, "syntax", f"{len(cells)} columns instead of {len(header)}"))
                continue
            row = dict(zip(header, cells, strict=True))
            _long(records, place, row, known) if long else _wide(records, place, row)
    except csv.Error as error:
        why = "a cell of more than 128 KiB" if "limit" in str(error) else "a quote that is not closed, or text behind it"
        raise Unparsable(f"{name}:{above + rows.line_num}: not valid CSV ({why})") from None


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


def _long(records: Records, place: str, row: dict[str, str], known: Collection[str]) -> None:
    if row["value"] == "":
        return
    field = row["field"].strip()
    if field not in known and _name(field) in known:
        field = _name(field)
    plain = {key: value for key, value in row.items() if key in PLAIN}
    records.integration(place, {**plain, "credentials": {field: row["value"]}})


def _wide(records: Records, place: str, row: dict[str, str]) -> None:
    plain = {key: value for key, value in row.items() if key in PLAIN}
    rest = {key: value for key, value in row.items() if key not in PLAIN and value != ""}
    records.integration(place, {**plain, "credentials": rest})


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
