"""The mapping file: names of a source and what they are here, in TOML (MIGRATION.md §3.1). An unknown key is an error."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations_cli import pasted, registry
from integrations_cli.errors import NotFound, UsageError, system_says
from integrations_cli.masking import safe

IGNORE = "ignore"
LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Target:
    """Where the value of one name goes; `ignore` says why it is left alone instead. No websites: the run's own."""

    provider: str = ""
    field: str = ""
    websites: tuple[str, ...] = ()
    ignore: str | None = None


@dataclass(frozen=True)
class Mapped:
    """The file, with `{WEBSITE}` and `{website}` filled in for every website there is."""

    websites: Mapping[str, str] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Target] = field(default_factory=dict)


def capitals(slug: str) -> str:
    """`costa-homes` as `COSTA_HOMES`."""
    return "".join(letter if letter.isalnum() else "_" for letter in slug).upper()


def load(path: Path, slugs: Collection[str]) -> Mapped:
    """Read the file. Raises NotFound (3), UsageError (2)."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    if len(data) > LARGEST:
        raise _wrong(path, "it has more than 1 MiB")
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # neither UTF-8 nor TOML, or nested too deeply
        raise _wrong(path, "it is not valid TOML") from None
    _known(path, found, {"version", "websites", "providers", "map"})
    if found.get("version") != 1:
        raise _wrong(path, "version = 1 is missing")
    websites, providers = _texts(path, found, "websites"), _texts(path, found, "providers")
    for name in providers.values():
        if name != IGNORE:
            registry.get(name)
    names: dict[str, Target] = {}
    rules = found.get("map", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise _wrong(path, "[[map]] is a list of tables")
    for rule in rules:
        for name, target in _rule(path, rule, slugs).items():
            if names.setdefault(name, target) is not target:
                raise _wrong(path, f"{safe(name, 60)} is meant by two of its rules")
    return Mapped(websites, {key: IGNORE if one == IGNORE else registry.get(one).name for key, one in providers.items()}, names)


def _rule(path: Path, rule: dict[str, Any], slugs: Collection[str]) -> dict[str, Target]:
    _known(path, rule, {"name", "to", "websites", "ignore"})
    name, to, why = rule.get("name"), rule.get("to"), rule.get("ignore")
    websites = rule.get("websites", [])
    listed = isinstance(websites, list) and all(isinstance(one, str) for one in websites)
    if not listed or not all(one is None or isinstance(one, str) for one in (to, why)):
        raise _wrong(path, 'to and ignore are texts, websites is a list: ["acme", "globex"]')
    if not isinstance(name, str) or not name or (to is None) == (why is None):
        raise _wrong(path, 'a [[map]] has a name, and either to = "provider.field" or ignore = "reason"')
    if why is not None:
        return {name: Target(ignore=str(why))}
    provider, _, wanted = str(to).partition(".")
    definition = registry.get(provider)
    target = Target(definition.name, definition.field(wanted).name, tuple(websites))
    if "{WEBSITE}" not in name and "{website}" not in name:
        return {name: target}
    if websites:
        raise _wrong(path, "a name with {WEBSITE} belongs to that website: no websites = […] beside it")
    made = {slug: name.replace("{WEBSITE}", capitals(slug)).replace("{website}", slug) for slug in slugs}
    return {text: Target(target.provider, target.field, (slug,)) for slug, text in made.items()}


def _texts(path: Path, found: dict[str, Any], name: str) -> dict[str, str]:
    section = found.get(name, {})
    if not isinstance(section, dict) or not all(isinstance(value, str) for value in section.values()):
        raise _wrong(path, f"[{name}] holds names and texts")
    return section


def _known(path: Path, table: dict[str, Any], names: set[str]) -> None:
    strange = sorted(set(table) - names)
    if strange:
        raise _wrong(path, f"it has a key that is not known; known are {', '.join(sorted(names))}")


def _wrong(path: Path, why: str) -> UsageError:
    return UsageError(f"{path.name}: the mapping cannot be used", why, "integrations help migrate")
