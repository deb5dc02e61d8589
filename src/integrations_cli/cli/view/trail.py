"""The audit log as a file for another system: one entry a line, as JSON or as CSV, in constant memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integrations_cli.cli.view.formats import no_formula, plain, to_json
from integrations_cli.masking import safe
from integrations_cli.store.trail import KEYS

COLUMNS = (*KEYS, "chain", "mac")


def lines(entries: Iterable[Mapping[str, Any]], form: str) -> Iterator[bytes]:
    """`ndjson` or `csv`, the latter with a header; further facts of an entry stand in JSON only."""
    if form == "csv":
        yield _row(COLUMNS)
        yield from (_row([_cell(entry.get(name)) for name in COLUMNS]) for entry in entries)
    else:
        yield from (to_json(entry).encode() + b"\n" for entry in entries)


def _cell(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else plain(value)


def _row(cells: Iterable[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([no_formula(safe(cell, None)) for cell in cells])
    return buffer.getvalue().encode()
