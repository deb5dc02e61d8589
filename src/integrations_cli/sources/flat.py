"""Names and values as one object, as other tools hand them out: chamber, doppler, heroku, vault, the variables of Airflow."""

import json
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from integrations_cli.errors import UsageError
from integrations_cli.sources.finding import Ignored, Reading
from integrations_cli.sources.names import Named, composites, index
from integrations_cli.sources.showing import shown

DOPPLER = {"DOPPLER_PROJECT", "DOPPLER_CONFIG", "DOPPLER_ENVIRONMENT"}
ANSWER = {"request_id", "lease_id", "lease_duration", "renewable"}  # beside `data` in all that vault prints
VERSION_2 = {"data", "metadata"}
RESTRICTED = ("restricted", "its value is not in the export: it is restricted; export with a service token")
NO_TEXT = ("bad_type", "it is no text, number or true/false")


def named(reading: Reading, found: Mapping[str, Any], name: str, mapped: Collection[str]) -> Iterator[Named]:
    """Each name as an environment has it: lower-case ones in capitals, with `_` for `-`. A name that is `mapped` stays.

    Raises UsageError (2) for what holds no values.
    """
    known = {*index(), *composites(), *mapped}
    for key, value in _inside(found, name).items():
        capital = key.upper().replace("-", "_") if key == key.lower() and key not in mapped else key
        place = f"{name} {key if capital in known else shown(key)}"
        if key in DOPPLER:
            reading.ignored.append(Ignored(place, "infrastructure"))
            continue
        value = _value(value)
        if isinstance(value, str):
            yield Named(capital, value, place)
        elif value is not None and capital in known:
            yield Named(capital, "x", place, problem=RESTRICTED if _is_restricted(value) else NO_TEXT)
        elif value is not None:
            reading.ignored.append(Ignored(place, "not_a_text"))


def _inside(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What vault prints around the values is left away: `data` of version 1, `data` in `data` of version 2."""
    inner = found.get("data")
    if isinstance(inner, dict) and (found.keys() & ANSWER or len(found) == 1):
        found = inner
    if found.keys() == VERSION_2 and isinstance(found["metadata"], dict):
        if found["data"] is None:
            raise UsageError(f"{name}: there are no values in it", "this version of the secret was deleted or destroyed in vault")
        return found["data"] if isinstance(found["data"], dict) else found
    return found


def _value(value: Any) -> Any:
    """The text of it, if there is one."""
    if isinstance(value, dict):
        if isinstance(value.get("computed"), str):  # doppler secrets --json
            value = value["computed"]
        elif value.keys() == {"value", "description"}:  # airflow variables export
            value = value["value"]
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value)
    return value


def _is_restricted(value: Any) -> bool:
    return isinstance(value, dict) and "computed" in value
