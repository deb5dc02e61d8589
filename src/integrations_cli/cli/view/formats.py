"""Values as data: JSON, TSV and CSV in which nothing can act on a terminal or in a spreadsheet."""

import json
import re
from typing import Any

from integrations_cli.masking import safe

_UNSAFE_IN_JSON = re.compile("[\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\U000e0000-\\U000e007f]")


def to_json(data: Any) -> str:
    """JSON in which nothing can act on a terminal."""
    text = json.dumps(data, ensure_ascii=False)
    text = _UNSAFE_IN_JSON.sub(lambda found: "".join(f"\\u{unit:04x}" for unit in _units(found[0])), text)
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
    escaped = cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return safe(escaped, None)


def no_formula(cell: str) -> str:
    """Spreadsheets run what begins like this."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} else cell
