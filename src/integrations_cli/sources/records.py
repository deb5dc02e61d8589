"""Rows of `migrate file` as findings: one row is one integration, or one field of it (MIGRATION.md §3.8)."""

import math
from collections.abc import Mapping
from typing import Any

from integrations_cli import registry
from integrations_cli.errors import NotFound
from integrations_cli.sources.finding import Entry, Fault, Ignored, Reading
from integrations_cli.sources.mapping import IGNORE
from integrations_cli.sources.names import Meaning, Named, Wanted, belonging, keep, value_of
from integrations_cli.sources.rows import ROW, facts_of
from integrations_cli.sources.showing import fields, shown

REMEMBERED = 1000
_NO_FACTS = (None, None)


class Records:
    """Gathers what rows say. One row is one integration, or one field of it."""

    def __init__(self, reading: Reading, wanted: Wanted) -> None:
        self.reading, self.wanted, self._fields = reading, wanted, fields()
        self._named: dict[tuple[str, str | None], str] = {}  # there are few names and many rows

    def integration(self, place: str, row: Mapping[str, Any]) -> None:
        """`{"website", "provider", "credentials", "settings", "enabled", "expires_at"}`; what is absent is not said."""
        reading = self.reading
        reading.names += 1
        website, provider = _text(row, "website"), self._provider(place, row)
        if provider is None:
            return
        facts, problem = facts_of(row) if "enabled" in row or "expires_at" in row else (_NO_FACTS, None)
        problem = problem or _strange(row)
        if problem is not None:
            reading.faults.append(Fault(place, "bad_value", problem, provider, website=website))
            return
        reading.entries.append(Entry(provider, place, website, *facts))
        for part in ("credentials", "settings"):
            values = row.get(part)
            if values is None:
                continue
            if not isinstance(values, Mapping):
                reading.faults.append(Fault(place, "not_an_object", f"{part} is not an object", provider, website=website))
                continue
            for name, value in values.items():
                self.value(place, website, provider, name if name in self._fields else shown(str(name)), value)

    def value(self, place: str, website: str | None, provider: str, name: str, value: Any) -> None:
        """One field."""
        if value is None or value == "":
            return  # absent never means: remove
        if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            definition = registry.get(provider) if provider in registry.names() else None
            if definition is not None and definition.is_credential(name):
                self.reading.faults.append(Fault(place, "bad_type", "a credential is text", provider, name, website))
                return
            value = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(value, str):
            self.reading.faults.append(Fault(place, "bad_type", "it is no text, number or true/false", provider, name, website))
            return
        keep(self.reading, belonging(value_of(Named(name, value, place), Meaning(provider, name), path=False), website), ())

    def unreadable(self, place: str, reason: str, detail: str) -> None:
        """A row of which nothing can be said."""
        self.reading.names += 1
        self.reading.faults.append(Fault(place, reason, detail, kind="unreadable"))

    def _provider(self, place: str, row: Mapping[str, Any]) -> str | None:
        """Our name for it: by the mapping, the catalogue or an alias. An unknown one stays as it is; None: left alone, or a fault."""
        raw, category = _text(row, "provider"), _text(row, "category")
        if raw is None:
            self.reading.faults.append(Fault(place, "missing_field", "no provider is named", website=_text(row, "website")))
            return None
        name = self._name(raw, category)
        if name == IGNORE:
            self.reading.ignored.append(Ignored(place, "mapping"))
            return None
        if self.wanted.only and name not in self.wanted.only:
            self.reading.ignored.append(Ignored(place, "not_asked_for"))
            return None
        return name

    def plain(self, raw: str, category: str | None) -> str | None:
        """Our name for a provider; None where there is more to be said."""
        name = self._name(raw, category)
        return None if name == IGNORE or (self.wanted.only and name not in self.wanted.only) else name

    def _name(self, raw: str, category: str | None) -> str:
        name = self._named.get((raw, category)) or named(raw, category, self.wanted)
        if len(self._named) < REMEMBERED:
            self._named[raw, category] = name
        return name


def named(raw: str, category: str | None, wanted: Wanted) -> str:
    """A provider's name in a source as ours; `ignore` if the mapping says so; as it may be shown if nobody knows it."""
    mapped = wanted.mapped.providers
    for text in (f"{category}/{raw}" if category else raw, raw):
        if text in mapped:
            return mapped[text]
    try:
        return registry.get(raw).name
    except NotFound:
        return shown(raw.strip())


def _strange(row: Mapping[str, Any]) -> str | None:
    """What would be lost, or would go to another website than it says; its text is not shown."""
    if not isinstance(row.get("website", ""), str | None):
        return "website is a text"
    return None if row.keys() <= ROW else f"a name beside {', '.join(sorted(ROW))}: fields stand in credentials or settings"


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value.strip() or None if isinstance(value, str) else None
