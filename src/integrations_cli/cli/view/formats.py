"""Values as data: JSON, TSV and CSV in which nothing can act on a terminal or in a spreadsheet."""

from __future__ import annotations

from integrations_cli import quickjson
from integrations_cli.masking import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_UNSAFE_IN_JSON = "[\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\U000e0000-\\U000e007f]"


def to_json(data: Any) -> str:
    """JSON in which nothing can act on a terminal."""
    text = quickjson.dumps(data).replace("##[", "#\\u0023[")  # the same data, and no command to the runner of GitHub
    if text.isascii() and "\x7f" not in text:
        return text
    import re  # noqa: PLC0415  most of what is stored is ASCII

    text = re.sub(_UNSAFE_IN_JSON, lambda found: "".join(f"\\u{unit:04x}" for unit in _units(found[0])), text)
    return text.encode("utf-8", "backslashreplace").decode()


def _units(character: str) -> list[int]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def plain(value: Any) -> str:
    """A value as data: empty for nothing, true and false, UTC times as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(plain(one) for one in value)
    return str(value)


def tsv(cell: str) -> str:
    """A cell in which tabs, line ends and backslashes are written as `\\t`, `\\n`, `\\\\`."""
    if cell.isascii() and cell.isprintable() and "\\" not in cell:
        return cell
    escaped = cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return safe(escaped, None)


def tsv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Lines of TSV, each with its end."""
    found = [*rows]
    text = _as_they_are(found, "\t")
    return "".join(["\t".join(tsv(plain(value)) for value in row) + "\n" for row in found]) if text is None else text


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """The same as CSV."""
    found = [*rows]
    text = _as_they_are(found, ",")
    if text is not None and '"' not in text and not any(start in f"\n{text}" for start in _STARTS_OF_FORMULAS):
        return text
    import csv  # noqa: PLC0415  one of five formats
    import io  # noqa: PLC0415

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([[no_formula(safe(plain(value), None)) for value in row] for row in found])
    return buffer.getvalue()


_HARMLESS = bytes(byte for byte in range(0x20, 0x7F) if byte != ord("\\"))


def _as_they_are(rows: Sequence[Sequence[Any]], separator: str) -> str | None:
    """The lines, if no cell of theirs has to be written otherwise: asked of all at once, as it is true of most."""
    if not rows or len(rows[0]) < 2:  # one empty cell is not an empty line
        return None
    try:
        text = "\n".join([separator.join(row) for row in rows])
    except TypeError:  # something else than text
        return None
    line = separator.encode() * (len(rows[0]) - 1)
    within = _HARMLESS.replace(separator.encode(), b"")
    if not text.isascii() or text.encode().translate(None, within) != (line + b"\n") * (len(rows) - 1) + line:
        return None
    return text + "\n"


_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\0")
_STARTS_OF_FORMULAS = [before + start for before in ",\n" for start in _FORMULAS]


def no_formula(cell: str) -> str:
    """Spreadsheets run what begins like this."""
    return f"'{cell}" if cell[:1] in _FORMULAS else cell
