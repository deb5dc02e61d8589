"""The forms in which Airflow hands out connections: JSON, YAML and NAME=value, each connection an object or an address."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from integrations_cli.errors import Unparsable, UsageError
from integrations_cli.sources import showing, yaml_text
from integrations_cli.sources.airflow_address import taken_apart
from integrations_cli.sources.strict_json import parsed

AS_JSON = "airflow connections export FILE --file-format json"
PARTS = ("login", "password", "host", "port", "schema")
VARIABLE = "AIRFLOW_CONN_"  # how a connection is called in an environment
_ASSIGNMENT = re.compile(r"(?:export\s+)?([^\s=]+)=(.*)", re.DOTALL)
Parts = Mapping[str, str]


class Connection(NamedTuple):
    """`parts` are `password`, `extra.api_key` … as texts; None for what is no connection. `wrong`: a line that names none."""

    place: str
    name: str
    parts: Parts | None
    wrong: bool = False


def connections(text: str, name: str) -> Iterator[Connection]:
    """All of a file. Raises UsageError (2), Unparsable (11), which say how to export them; no error repeats a piece of the text."""
    start = text.lstrip()
    if start[:1] in {"{", "["}:
        return _of_tree(_json(text, name), name)
    lines = text.splitlines()
    first = next((line.strip() for line in lines if _says(line)), "")
    if not first:
        raise UsageError(f"{name}: it is empty", None, AS_JSON)
    if _ASSIGNMENT.fullmatch(first) and not re.match(r"[^\s=]+:\s", first):
        return _of_lines(lines, name)
    return _of_tree(_yaml(text, name), name)


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _json(text: str, name: str) -> Any:
    try:
        return parsed(text, name)
    except Unparsable as error:
        raise Unparsable(error.what, error.why, AS_JSON) from None


def _yaml(text: str, name: str) -> Any:
    text = re.sub(r"\A(?=[ \t]*- )", "connections:\n", text)  # `list -o yaml` has a list on top
    tree = yaml_text.tree(text, name, (AS_JSON,))
    return tree["connections"] if isinstance(tree.get("connections"), list) else tree


def _of_tree(found: Any, name: str) -> Iterator[Connection]:
    """`{"acme_mail": {…}}` as exported, or `[{"conn_id": "acme_mail", …}]` as listed."""
    if isinstance(found, list) and all(isinstance(one, dict) and isinstance(one.get("conn_id"), str) for one in found):
        if found and not any("password" in one for one in found):
            raise UsageError(f"{name}: it has names and types only", None, AS_JSON)
        pairs = [(one["conn_id"], one) for one in found]
    elif isinstance(found, dict):
        pairs = [*found.items()]
    else:
        raise UsageError(f"{name}: not an export of connections", None, AS_JSON)
    return (Connection(f"{name} {showing.website(key)}", key, parts_of(one)) for key, one in pairs)


def _of_lines(lines: list[str], name: str) -> Iterator[Connection]:
    """As Airflow reads them: what is behind the first `=` is the value; a pair of quotes around it is somebody's shell's."""
    for number, line in enumerate(lines, 1):
        if not _says(line):
            continue
        found = _ASSIGNMENT.fullmatch(line.strip())
        if found is None:
            yield Connection(f"{name}:{number}", "", None, wrong=True)
            continue
        key, value = found[1], found[2].strip()
        if value[:1] in {"'", '"'} and value[-1:] == value[:1]:
            value = value[1:-1]
        key = key.removeprefix(VARIABLE).lower() if key.startswith(VARIABLE) else key
        yield Connection(f"{name}:{number} {showing.website(key)}", key, parts_of(value))


def parts_of(found: Any) -> Parts | None:
    """The parts of a connection, given as an object, as JSON text or as an address; None for anything else."""
    if isinstance(found, str):
        try:
            found = parsed(found, "") if found.lstrip().startswith("{") else taken_apart(found)
        except UsageError:
            return None
    if not isinstance(found, dict):
        return None
    parts = {name: str(found[name]) for name in PARTS if _is_text(found.get(name))}
    extra = found.get("extra", found.get("extra_dejson"))
    if isinstance(extra, str) and extra.lstrip().startswith("{"):
        try:
            extra = parsed(extra, "")
        except UsageError:
            return parts
    return parts | dict(_below("extra", extra)) if isinstance(extra, dict) else parts


def _below(name: str, tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """`extra.mail.api_key`; where that is the name of something on top too, it counts."""
    for inside in (True, False):
        for key, value in tree.items():
            if isinstance(value, dict) and inside:
                yield from _below(f"{name}.{key}", value)
            elif not inside and (_is_text(value) or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value))):
                yield f"{name}.{key}", value if isinstance(value, str) else json.dumps(value)


def _is_text(value: Any) -> bool:
    """A text or a number, and not an empty one."""
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
