"""Tables of `migrate file`: CSV and TSV by RFC 4180, long (a field a row) or wide (a field a column)."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from integrations_cli import registry
from integrations_cli.errors import UsageError
from integrations_cli.sources.finding import Fault, Reading

PLAIN = ("website", "provider", "category", "enabled", "expires_at")
LONG = {*PLAIN, "field", "value"}


class Records(Protocol):
    """Takes the rows."""

    reading: Reading

    def integration(self, place: str, row: Mapping[str, Any]) -> None:
        """One row."""


def read(records: Records, text: str, name: str, delimiter: str) -> None:
    """Every row; raises UsageError (2) for an unknown column, whose text is not shown, and for what is no CSV."""
    if len(delimiter) != 1:
        raise UsageError("--delimiter: one character")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        long = {"field", "value"} <= set(header)
        _must_be_known(header, name, long)
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{name}:{rows.line_num}"
            if len(cells) != len(header):
                records.reading.faults.append(Fault(place, "syntax", f"{len(cells)} columns instead of {len(header)}"))
                continue
            _row(records, place, dict(zip(header, cells, strict=True)), long)
    except csv.Error as error:
        why = "a cell of more than 128 KiB" if "limit" in str(error) else "a quote that is not closed, or text behind it"
        raise UsageError(f"{name}:{rows.line_num}: not valid CSV ({why})") from None


def _row(records: Records, place: str, row: dict[str, str], long: bool) -> None:
    plain = {key: value for key, value in row.items() if key in PLAIN}
    if not long:
        rest = {key: value for key, value in row.items() if key not in PLAIN and value != ""}
        records.integration(place, {**plain, "credentials": rest})
    elif row["value"] != "":
        records.integration(place, {**plain, "credentials": {row["field"].strip(): row["value"]}})


def _must_be_known(header: Sequence[str], name: str, long: bool) -> None:
    """Without a header line its text would be a key: it is not shown."""
    if not header or "provider" not in header or len(set(header)) != len(header):
        other = next((sign for sign in ";\t|" if len(header) == 1 and "provider" in header[0].split(sign)), None)
        tries = [f"--delimiter {sign!r}" for sign in [other] if sign] if other != "\t" else ["--delimiter $'\\t'"]
        wanted = "website,provider,field,value, or website,provider,FIELD…"
        raise UsageError(f"{name}:1: the first line must name the columns", wanted, tries)
    fields = {one.name for definition in registry.all() for one in definition.fields}
    for number, cell in enumerate(header, 1):
        if cell not in (LONG if long else {*PLAIN, *fields}):
            raise UsageError(f"{name}:1: column {number} is not a known column", "its text is not shown: it may be a key")
