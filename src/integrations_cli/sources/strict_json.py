"""JSON as files of keys should be: no object has a key twice, no number is none; an error says where, never what."""

import json
from typing import Any

from integrations_cli.errors import Unparsable


class Twice(Exception):
    """An object has a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Twice
    return found


def no_constant(text: str) -> Any:
    """`NaN` and `Infinity` are no numbers: raises ValueError."""
    raise ValueError


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=no_constant)


def parsed(text: str, place: str) -> Any:
    """JSON in which no object has a key twice. Raises Unparsable (11) with line and column only."""
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"{place}" if text.count("\n") == 0 else f"{place}:{error.lineno}"
        raise Unparsable(f"{where}: column {error.colno}: not valid JSON") from None
    except Twice:
        raise Unparsable(f"{place}: an object has a key twice") from None
    except RecursionError:
        raise Unparsable(f"{place}: it is nested too deeply") from None
    except ValueError:
        raise Unparsable(f"{place}: a number that JSON does not have, or of thousands of digits") from None
