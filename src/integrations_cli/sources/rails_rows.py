"""One row of an integrations table of a Rails application: what its columns hold, sorted into findings and faults."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations_cli import registry
from integrations_cli.errors import NotFound, Unreadable
from integrations_cli.provider import Provider
from integrations_cli.sources.database import Row, text_of
from integrations_cli.sources.finding import Entry, Fault, Finding, Ignored, Reading
from integrations_cli.sources.names import LARGEST_FILE, Meaning, Named, value_of
from integrations_cli.sources.rails import envelope
from integrations_cli.sources.rails.keyring import Keyring
from integrations_cli.sources.showing import shown

OTHER_DIRECTION = frozenset({"spp", "hpg", "single_property_pages", "house_price_guess"})  # keys that the application itself issues
COLUMN, SETTINGS = "credentials", "settings"
_MESSAGE_PACK = b"\xcc\x80"  # how ActiveSupport::MessagePack begins: Rails 7.1 and later can be told to use it
_TRUE, _FALSE = frozenset({"t", "true", "1", "on"}), frozenset({"f", "false", "0", "off"})


@dataclass
class Rows:
    """Reads rows into `reading`. `allow_plain`: columns that were never encrypted are taken, if they are JSON."""

    reading: Reading
    keyring: Keyring
    allow_plain: bool = False
    opened: int = 0
    failed: dict[str, int] = field(default_factory=dict)

    def add(self, row: Row, place: str, website: str, provider: str) -> None:
        """One integration: `credentials`, `settings`, `enabled`. What cannot be read is one fault of that integration."""
        notes: list[str] = []
        column = COLUMN
        try:
            credentials = self._credentials(row.get(column), notes)
            column = SETTINGS
            settings = _object(text_of(row.get(column)), [])
        except Unreadable as error:
            self.reading.names += 1
            self.failed[error.reason] = self.failed.get(error.reason, 0) + 1
            self.reading.faults.append(Fault(place, error.reason, error.what, provider, column, website, "unreadable"))
            return
        except NotAnObject:
            self.reading.names += 1
            what = "no names and values inside"
            self.reading.faults.append(Fault(place, "not_an_object", what, provider, column, website))
            return
        if OTHER_DIRECTION & {str(row.get("category")).lower(), provider.lower()}:
            self.reading.ignored.append(Ignored(place, "other_direction", website))
            return
        enabled = truth(row.get("enabled")) if "enabled" in row else True
        notes += ["enabled_is_null"] if enabled is None else []
        self.reading.entries.append(Entry(provider, place, website, bool(enabled), None, tuple(notes)))
        self._values(place, website, provider, credentials, typed=False)
        self._values(place, website, provider, settings, typed=True)

    def _credentials(self, cell: Any, notes: list[str]) -> Mapping[str, Any]:
        if isinstance(cell, bytes) and cell.startswith(_MESSAGE_PACK):
            raise Unreadable("a message in MessagePack, which is not read", reason="bad_envelope")
        column = text_of(cell)
        if column is None:
            return {}
        try:
            found = envelope.read(column, self.keyring)
        except Unreadable as error:
            if error.reason != envelope.NOT_ENCRYPTED or not self.allow_plain:
                raise
            notes.append("was_not_encrypted")
            return _object(column, notes, strict=True)
        self.opened += 1
        if found.public:
            notes.append("public_key_material")
        return _object(found.text, notes)

    def _values(self, place: str, website: str, provider: str, values: Mapping[str, Any], *, typed: bool) -> None:
        self.reading.names += len(values)
        definition = _definition(provider)
        for name, value in values.items():
            for found in sort(f"{place} {shown(name)}", website, provider, definition, name, value, typed=typed):
                file(self.reading, found)


def file(reading: Reading, found: Finding | Ignored | Fault) -> None:
    """Put it where it belongs."""
    if isinstance(found, Finding):
        reading.findings.append(found)
    elif isinstance(found, Fault):
        reading.faults.append(found)
    else:
        reading.ignored.append(found)


def sort(
    place: str, website: str | None, provider: str, definition: Provider | None, name: str, value: Any, *, typed: bool
) -> Iterator[Finding | Ignored | Fault]:
    """One value of JSON as a finding, or why it is none. A number is a setting, never a credential."""
    known = definition is not None and any(one.name == name for one in definition.fields)
    if value is None:
        return
    if known and not isinstance(value, str):
        text = _plain(value)
        if text is None or not (typed or (definition is not None and not definition.is_credential(name))):
            yield Fault(place, "bad_type", "it is no text", provider, name, website)
            return
    text = value if isinstance(value, str) else _plain(value) or "[]"
    if len(text) > LARGEST_FILE:
        yield Fault(place, "too_large", "more than 64 KiB", provider, shown(name), website)
        return
    found = value_of(Named(name, text, place), Meaning(provider, name if known else shown(name)), path=False)
    if isinstance(found, Fault):
        yield Fault(place, found.reason, found.detail, provider, found.field, website)
    elif isinstance(found, Finding):
        yield Finding(provider, found.field, found.value, place, website)
    else:
        yield Ignored(place, found.reason, website)


class NotAnObject(Exception):
    """JSON, but a list, a number or a text."""


def _object(text: str | None, notes: list[str], *, strict: bool = False) -> Mapping[str, Any]:
    """The names and values inside; nothing for NULL, `null`, `""`. A text that holds an object is unwrapped once.

    Raises NotAnObject; Unreadable (`not_json`), which `strict` raises for everything that is no object.
    """
    if text is None or not text.strip():
        return {}
    found = _json(text)
    if isinstance(found, str) and found.strip() and not strict:
        found = _json(found, inner=True)
        notes.append("double_encoded")
    if found is None or found == "":
        return {}
    if isinstance(found, dict) and not (strict and envelope.is_envelope(found)):
        return found
    if strict:
        raise Unreadable("it is neither encrypted nor an object of JSON", reason="not_json")
    raise NotAnObject


def _json(text: str, inner: bool = False) -> Any:
    try:
        return json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        if inner:
            raise NotAnObject from None
        raise Unreadable("what is inside is no JSON", reason="not_json") from None


def _no_json(_: str) -> Any:
    """NaN and Infinity, which Python would take."""
    raise ValueError


def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None


def truth(value: Any) -> bool | None:
    """A boolean as the databases of Rails hold it; None for NULL and for what nobody knows."""
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _definition(name: str) -> Provider | None:
    try:
        return registry.get(name)
    except NotFound:
        return None
