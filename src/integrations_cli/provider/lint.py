"""Whether a definition is sound: what a plug-in must be before it is let in, and what our own providers are held to."""

import re
from collections.abc import Iterator
from typing import Any

from integrations_cli.categories import CATEGORIES
from integrations_cli.errors import BadValue
from integrations_cli.provider.definition import Provider
from integrations_cli.provider.field import Field

LONGEST = 60  # seconds that a rotation may wait for a new key to settle
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LOOSE = re.compile(r"\\[dwDW]|(?<!\\)\$$|^\^")  # other alphabets; `$` lets a final newline through


def problems(definition: Any, name: str | None = None) -> list[str]:
    """What is wrong with it, in words; empty when it is sound. `name` is the name it was promised under."""
    if not isinstance(definition, Provider):
        return ["`provider` is not a Provider: provider = Provider(name=…, …)"]
    found = [*_facts(definition, name), *_hosts(definition)]
    for field in definition.fields:
        found += _field(definition, field)
    return found


def _facts(definition: Provider, name: str | None) -> Iterator[str]:
    if not _NAME.fullmatch(definition.name):
        yield "name: small letters, digits and _ only, a letter first"
    if name is not None and definition.name != name:
        yield f"name: it calls itself {definition.name[:40]!r}, and was promised as {name!r}"
    if definition.category not in CATEGORIES:
        yield f"category: one of {', '.join(CATEGORIES)}"
    if not definition.title or not definition.description or definition.description.endswith("."):
        yield "title and description: both are needed, without a full stop"
    if not definition.keys_url.startswith("https://"):
        yield "keys_url: the https:// page where a key is made and revoked"
    if not definition.credentials:
        yield "credentials: at least one"
    names = [field.name for field in definition.fields]
    for twice in sorted({one for one in names if names.count(one) > 1}):
        yield f"{twice}: two fields of this name"
    if not callable(definition.check):
        yield "check: a function check(http, given)"
    tokens, minutes = definition.per_minutes
    if tokens < 1 or minutes < 1:
        yield "per_minutes: (checks, minutes), both at least 1"
    if not 0 <= definition.settles_within <= LONGEST:
        yield f"settles_within: from 0 to {LONGEST} seconds; a person waits for it"


def _hosts(definition: Provider) -> Iterator[str]:
    if not definition.hosts:
        yield "hosts: at least one"
    for host in definition.hosts:
        if not host.startswith("^"):
            if host != host.lower() or "." not in host or not re.fullmatch(r"[a-z0-9.-]+", host):
                yield f"hosts: {host[:60]!r} is not the name of a host"
            continue
        if not host.endswith("$") or not re.search(r"\\\.[a-z]+", host) or re.compile(host).fullmatch("evil.example"):
            yield f"hosts: {host[:60]!r} must begin with ^, end with $ and end in the vendor's own domain"


def _field(definition: Provider, field: Field) -> Iterator[str]:
    if not _NAME.fullmatch(field.name):
        yield f"{field.name[:40]!r}: small letters, digits and _ only"
    if field.pattern:
        try:
            re.compile(field.pattern)
        except re.error:
            yield f"{field.name}: its pattern is not a regular expression"
        if _LOOSE.search(field.pattern):
            yield f"{field.name}: the pattern is matched whole; write [0-9] for \\d, and no ^ or $"
    if definition.is_credential(field.name):
        if field.default is not None:
            yield f"{field.name}: a credential has no default"
        return
    if field.default is not None:
        try:
            field.accept(field.default)
        except BadValue:
            yield f"{field.name}: its own default is not accepted"
    if field.destination and not (field.strict or (field.choices and not field.open) or field.type == "boolean"):
        yield f"{field.name}: what chooses a host must be strict, or have choices: anything else is refused"
