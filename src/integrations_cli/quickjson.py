"""JSON as the `json` module reads and writes it, without importing it and its regular expressions: they cost half of a `list`.

The machinery in C is the same one (CPython's `_json`); where it is not there, `json` itself is taken. A test holds both against each other.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SPACE = " \t\n\r"


class _How:
    """What `json.JSONDecoder` says by default."""

    strict, object_hook, object_pairs_hook, parse_float, parse_int = True, None, None, float, int
    memo: dict[str, str] = {}  # noqa: RUF012  what it keeps keys in

    @staticmethod
    def parse_constant(name: str) -> float:
        """`NaN`, `Infinity` and `-Infinity`, which `json` reads as well."""
        return float(name)


def loads(text: Any) -> Any:
    """`json.loads` of a text or bytes. Raises ValueError, RecursionError."""
    if _scan is None or type(text) is not str:
        return _json_module().loads(text)
    try:
        value, end = _scan(text, 0)
        if end == len(text):  # as we write it: nothing around it
            return value
    except StopIteration:  # space in front of it, a mark of the byte order, or no JSON
        pass
    begin = text.lstrip(_SPACE)
    try:
        value, end = _scan(begin, 0)
    except StopIteration:
        raise ValueError("not JSON") from None
    if begin[end:].strip(_SPACE):
        raise ValueError("more than one value")
    return value


def dumps(data: Any, *, ascii_only: bool = False, sort: bool = False, compact: bool = False) -> str:
    """`json.dumps(data, ensure_ascii=ascii_only, sort_keys=sort)`; compact: `separators=(",", ":")`."""
    comma, colon = (",", ":") if compact else (", ", ": ")
    if _encode is None:
        return str(_json_module().dumps(data, ensure_ascii=ascii_only, sort_keys=sort, separators=(comma, colon)))
    text = _json.encode_basestring_ascii if ascii_only else _json.encode_basestring
    return "".join(_encode({}, _refuse, text, None, colon, comma, sort, False, True)(data, 0))


def _refuse(value: object) -> None:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _json_module() -> Any:
    import json  # noqa: PLC0415  rare

    return json


_scan: Any = None
_encode: Any = None
try:
    import _json

    _scan, _encode = _json.make_scanner(_How()), _json.make_encoder  # type: ignore[arg-type]
except (ImportError, AttributeError, TypeError):  # another Python
    pass
