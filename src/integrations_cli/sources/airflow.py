"""Source `airflow`: `airflow connections export` as JSON (MIGRATION.md §3.9). Nothing is guessed from the type of a connection."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from integrations_cli import registry
from integrations_cli.errors import NotFound, UsageError, system_says
from integrations_cli.sources import showing
from integrations_cli.sources.finding import Fault, Finding, Ignored, Reading
from integrations_cli.sources.names import Meaning, Named, Wanted, belonging, value_of
from integrations_cli.sources.strict_json import parsed

LARGEST = 64 * 1024 * 1024
AS_JSON = "airflow connections export FILE --file-format json"
PARTS = ("login", "password", "host", "port", "schema")


def read(path: Path, wanted: Wanted, slugs: tuple[str, ...]) -> Reading:
    """Connections that the mapping names (`acme_mail.password`), and those called `provider` or `slug_provider`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise NotFound(f"{path}: cannot be read", system_says(error)) from None
    if len(data) > LARGEST:
        raise UsageError(f"{path.name}: more than 64 MiB")
    try:
        found = parsed(data.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: not UTF-8 text", None, AS_JSON) from None
    except UsageError as error:  # YAML and NAME=address are Airflow's other two ways
        raise UsageError(error.what, error.why, AS_JSON) from None
    if not isinstance(found, dict):
        raise UsageError(f"{path.name}: not an export of connections", None, AS_JSON)
    reading = Reading("airflow", path.name)
    for name, connection in found.items():
        reading.names += 1
        for one in _connection(f"{path.name} {showing.website(name)}", name, connection, wanted, slugs):
            _keep(reading, one, wanted)
    return reading


def _keep(reading: Reading, one: Finding | Ignored | Fault, wanted: Wanted) -> None:
    if isinstance(one, Ignored):
        reading.ignored.append(one)
    elif wanted.only and one.provider not in wanted.only:
        reading.ignored.append(Ignored(one.place, "not_asked_for"))
    elif isinstance(one, Fault):
        reading.faults.append(one)
    else:
        reading.findings.append(one)


def _connection(place: str, name: str, connection: Any, wanted: Wanted, slugs: tuple[str, ...]) -> Iterator[Finding | Ignored | Fault]:
    parts = _parts(connection) if isinstance(connection, dict) else None
    mapped = {key: one for key, one in wanted.mapped.names.items() if key == name or key.startswith(f"{name}.")}
    if not mapped:
        yield from _by_name(place, name, connection, parts, slugs)
        return
    for key, target in mapped.items():
        if target.ignore is not None:
            yield Ignored(place, "mapping")
            continue
        value = (parts or {}).get(key.removeprefix(f"{name}."))
        if value is None:
            yield Fault(
                place, "missing_field", "the mapping names a part that this connection does not have", target.provider, target.field
            )
        for website in (target.websites or (None,)) if value is not None else ():
            yield _value(place, target.provider, target.field, str(value), website)


def _by_name(
    place: str, name: str, connection: Any, parts: Mapping[str, str] | None, slugs: tuple[str, ...]
) -> Iterator[Finding | Ignored | Fault]:
    """`stripe` or `acme_stripe`: the password goes to the only required credential."""
    known = set(registry.names())
    website = next((slug for slug in sorted(slugs, key=len, reverse=True) if name.startswith(f"{slug}_")), None)
    provider = name if name in known else name[len(website) + 1 :] if website else ""
    if provider not in known:
        yield Ignored(place, "not_mapped")
        return
    website = None if name in known else website
    if parts is None:
        yield Fault(place, "bad_type", "a connection written as an address: export it as JSON", provider, website=website)
        return
    required = [one.name for one in registry.get(provider).credentials if one.required]
    if len(required) != 1 or not parts.get("password"):
        yield Fault(place, "missing_field", "its fields are not told apart by a name alone: use --mapping", provider, website=website)
        return
    yield _value(place, provider, required[0], parts["password"], website)


def _value(place: str, provider: str, field: str, value: str, website: str | None) -> Finding | Ignored | Fault:
    return belonging(value_of(Named(field, value, place), Meaning(provider, field), path=False), website)


def _parts(connection: Mapping[str, Any]) -> dict[str, str]:
    """`password`, `extra.api_key` … as texts."""
    found = {name: str(connection[name]) for name in PARTS if _is_text(connection.get(name))}
    extra = connection.get("extra")
    if isinstance(extra, str) and extra.strip().startswith("{"):
        try:
            extra = parsed(extra, "extra")
        except UsageError:
            return found
    if isinstance(extra, dict):
        found |= {f"extra.{name}": str(value) for name, value in extra.items() if _is_text(value)}
    return found


def _is_text(value: Any) -> bool:
    """A text or a number, and not an empty one."""
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
