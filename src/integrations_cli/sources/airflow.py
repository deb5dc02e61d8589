"""Source `airflow`: what `airflow connections export` writes (MIGRATION.md §3.9). Nothing is guessed from the type of a connection."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from integrations_cli import pasted, registry
from integrations_cli.errors import NotFound, UsageError, system_says
from integrations_cli.sources import decoding, once
from integrations_cli.sources.airflow_forms import AS_JSON, Connection, connections
from integrations_cli.sources.finding import Fault, Finding, Ignored, Reading
from integrations_cli.sources.mapping import Target, capitals
from integrations_cli.sources.names import Meaning, Named, Wanted, belonging, keep, value_of

LARGEST = 64 * 1024 * 1024
NEITHER = "it is no connection, neither an object nor an address"
Found = Iterator[Finding | Ignored | Fault]


def read(path: Path, wanted: Wanted, slugs: tuple[str, ...], stdin: bytes | None = None) -> Reading:
    """Connections that the mapping names (`acme_mail.password`), and those called `provider` or `slug_provider`. `stdin` was read already.

    Raises NotFound (3), UsageError (2).
    """
    name = path.name if stdin is None else once.named(path)
    reading = Reading("airflow", name)
    data = _bytes(reading, path) if stdin is None else stdin
    if len(data) > LARGEST:
        raise UsageError(f"{name}: more than 64 MiB")
    found = [*connections(decoding.text(data, name, AS_JSON), name)]
    rules = _rules(wanted.mapped.names, {one.name for one in found})
    for one in found:
        reading.names += 1
        for each in _mapped(one, rules[one.name]) if one.name in rules else _by_name(one, slugs):
            keep(reading, each, wanted.only)
    return reading


def _bytes(reading: Reading, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if path.stat().st_mode & 0o077:
            reading.notes.append("readable_by_others")
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    return data


def _rules(mapped: Mapping[str, Target], names: set[str]) -> dict[str, dict[str, Target]]:
    """What the mapping says, by connection and part of it (no text for all of it). Of `mail` and `mail.eu` the longer one is meant."""
    found: dict[str, dict[str, Target]] = {}
    for key, target in mapped.items():
        pieces = key.split(".")
        heads = (".".join(pieces[:many]) for many in range(len(pieces), 0, -1))
        name = next((head for head in heads if head in names), None)
        if name is not None:
            found.setdefault(name, {})[key[len(name) + 1 :]] = target
    return found


def _mapped(one: Connection, rules: Mapping[str, Target]) -> Found:
    for part, target in rules.items():
        if target.ignore is not None:
            yield Ignored(one.place, "mapping")
            continue
        value = (one.parts or {}).get(part)
        if value is None:
            lacks = "the mapping names a part that this connection does not have" if part else "the mapping names no part of it: .password"
            yield Fault(one.place, "missing_field", lacks if one.parts else NEITHER, target.provider, target.field)
            continue
        found = _value(one, value, target.provider, target.field)
        for website in target.websites or (None,):
            yield belonging(found, website) if website else found


def _by_name(one: Connection, slugs: tuple[str, ...]) -> Found:
    """`stripe` or `acme_stripe`: the password goes to the only required credential."""
    if one.wrong:
        yield Fault(one.place, "syntax", "not NAME=value", kind="unreadable")
        return
    website, provider = _called(one.name, slugs)
    if provider is None:
        yield Ignored(one.place, "not_mapped")
        return
    required = [field.name for field in registry.get(provider).credentials if field.required]
    problem = None
    if one.parts is None:
        problem = ("bad_type", NEITHER)
    elif len(required) != 1:
        problem = ("missing_field", "its fields are not told apart by a name alone: use --mapping")
    elif "password" not in one.parts:
        problem = ("missing_field", "it has no password: name another part of it with --mapping")
    if problem is not None:
        yield Fault(one.place, *problem, provider, website=website)
        return
    found = _value(one, (one.parts or {})["password"], provider, required[0])
    yield belonging(found, website) if website else found


def _called(name: str, slugs: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Website and provider. `costa-homes` stands as `costa_homes` where a connection is called as a variable."""
    known = set(registry.names())
    if name in known:
        return None, name
    for slug in sorted(slugs, key=len, reverse=True):
        for head in (f"{slug}_", f"{capitals(slug).lower()}_"):
            if name.startswith(head):
                provider = name.removeprefix(head)
                return slug, provider if provider in known else None
    return None, None


def _value(one: Connection, value: str, provider: str, field: str) -> Finding | Ignored | Fault:
    return value_of(Named(one.name, value, one.place), Meaning(provider, field), path=False)
