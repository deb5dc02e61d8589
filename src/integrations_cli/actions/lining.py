"""One line of a plan: what a source has for one integration against what is stored of it. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from integrations_cli.actions.plan import Change, Line, Policy, state_of
from integrations_cli.actions.values import settle
from integrations_cli.card import Card
from integrations_cli.errors import BadValue, Refused
from integrations_cli.masking import Secret, safe
from integrations_cli.pasted import SECRET_LIKE
from integrations_cli.provider import Field, Provider
from integrations_cli.sources.finding import Entry, Fault, Finding

ORDER = ("unreadable", "invalid", "conflict")  # the first that applies wins
NEW = frozenset({"add", "replace"})
CONFLICTS = ("source_disagrees", "ambiguous_name")
Fingerprint = Callable[[str, str, str, Secret], str | None]
"""website, provider, field, value → 32 hex digits; None where there is nothing to compare with."""


class Shape(NamedTuple):
    """What planning asks of a definition for every line."""

    definition: Provider
    fields: dict[str, Field]
    credentials: dict[str, Field]
    required: tuple[str, ...]
    ends: frozenset[str]  # credentials that usually end by themselves


_shapes: dict[int, Shape] = {}


def shape(definition: Provider) -> Shape:
    """Looked up once: a definition lives as long as the process."""
    found = _shapes.get(id(definition))
    if found is None or found.definition is not definition:
        fields, credentials = ({one.name: one for one in some} for some in (definition.fields, definition.credentials))
        ends = frozenset(one.name for one in definition.credentials if one.ends)
        found = _shapes[id(definition)] = Shape(definition, fields, credentials, definition.missing(set()), ends)
    return found


class Builder:
    """Made for one integration: what the source has, and the card of what is stored."""

    def __init__(self, definition: Provider, website: str, card: Card | None, fingerprint: Fingerprint, policy: Policy) -> None:
        self.definition, self.website, self.card, self.fingerprint, self.policy = definition, website, card, fingerprint, policy
        self.shape = shape(definition)
        self.credentials: dict[str, Secret] = {}
        self.settings: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        self.notes: list[str] = []
        self.enabled: bool | None = None
        self.expires_at: str | None = None

    def line(self, findings: Sequence[Finding], faults: Sequence[Fault], entries: Sequence[Entry] = ()) -> Line | None:
        """The line of this provider, or None when there is nothing but settings for an integration that does not exist."""
        taken = self._take(findings) or self._rows(entries)
        problem = _worst(faults) or ((("conflict" if taken[0] in CONFLICTS else "invalid"), *taken) if taken else None)
        for fault in faults:
            self.places.setdefault(fault.field, fault.place)
        if problem is None and (wrong := self._settle()):
            problem = ("invalid", *wrong)
        if not self.credentials and self.card is None and problem is None and not entries:
            return None
        changes = self._changes()
        words = {change.change for change in changes}
        kind, reason, detail = self._kind(changes, words, problem)
        definition, notes = self.definition, self._noted(changes, words)
        expect = (self.card.id, self.card.version) if self.card else None
        line = (kind, self.website, definition.category, definition.name, tuple(changes), reason, detail, notes, expect)
        state = state_of(self.card.enabled, self.card.settings) if self.card else None
        return Line(*line, self.enabled, self.expires_at, state, *self._to_write(changes, words))

    def _noted(self, changes: Sequence[Change], words: Collection[str]) -> tuple[str, ...]:
        notes = self.notes
        if "kept" in words:
            notes = [*notes, "kept"]
        if self.expires_at is None and not self.shape.ends.isdisjoint(self.credentials):  # and the end of an older key is not its end
            replaced = any(one.secret and one.change == "replace" for one in changes)
            if self.card is None or replaced or self.card.expires_at is None:
                notes = [*notes, "no_expiry_known"]
        return tuple(sorted(set(notes))) if notes else ()

    def _rows(self, entries: Iterable[Entry]) -> tuple[str, str] | None:
        """What the rows of the source say besides values: they must agree."""
        for entry in entries:
            self.notes += entry.notes
            self.places.setdefault("", entry.place)
            if entry.enabled is not None:
                if self.enabled not in (None, entry.enabled):
                    return "source_disagrees", "enabled: two rows differ"
                self.enabled = entry.enabled
            if entry.expires_at is not None:
                if self.expires_at not in (None, entry.expires_at):
                    return "source_disagrees", "expires_at: two rows differ"
                self.expires_at = entry.expires_at
        return None

    def _take(self, findings: Iterable[Finding]) -> tuple[str, str] | None:
        """Accept each value by its field; the first problem, if there is one."""
        seen: dict[str, Finding] = {}
        problem: tuple[str, str] | None = None
        for found in findings:
            one = self.shape.fields.get(found.field)
            if one is None:
                problem = problem or self._strange(found)
                continue
            before = seen.setdefault(found.field, found)
            if before is not found:
                if before.value.reveal().strip() != found.value.reveal().strip():
                    problem = problem or ("source_disagrees", f"{found.field}: {before.place} and {found.place} differ")
                continue
            self.places[found.field] = found.place
            problem = self._accept(one, found) or problem
        return problem

    def _strange(self, found: Finding) -> tuple[str, str] | None:
        if self.policy.unknown_fields == "drop":
            self.notes.append("dropped_field")
            return None
        name = safe(found.field, 40)
        self.places.setdefault(name, found.place)
        return "unknown_field", f"{name} is not a field of {self.definition.name}"

    def _accept(self, one: Field, found: Finding) -> tuple[str, str] | None:
        raw = found.value.reveal()
        text = raw.strip()
        if found.notes or text != raw:
            self.notes += [*found.notes, *(["trimmed"] if text != raw else [])]
        try:
            if one.name in self.shape.credentials:
                self.credentials[one.name], notes = one.accept_credential(raw)
            else:
                if SECRET_LIKE.fullmatch(text):
                    raise BadValue(one.name, "it looks like a secret, and this is a setting")
                self.settings[one.name], notes = one.accept(raw)
        except BadValue as error:
            return "bad_value", f"{one.name}: {error.reason}"
        if notes:
            self.notes += [note_word(note) for note in notes]
        return None

    def _settle(self) -> tuple[str, str] | None:
        try:
            stored = self.card.settings if self.card else {}
            for name in settle(self.definition, self.credentials, self.settings, stored=stored):
                self.places[name] = "derived"
        except Refused as error:
            return "custom_endpoint", error.what
        except BadValue as error:
            return "contradiction", error.reason
        return None

    def _changes(self) -> list[Change]:
        card = self.card
        changes = [self._credential(one) for one in self.definition.credentials if one.name in self.credentials]
        if self.settings:
            changes += [self._setting(one) for one in self.definition.settings if one.name in self.settings]
        changes += self._switch()
        changes += self._end(changes)
        broken = [name for name in self.places if name and name not in self.credentials and name not in self.settings]
        changes += [Change(name, name in self.shape.credentials, "bad", self.places[name]) for name in broken]
        for name in self.shape.required:
            stored = card is not None and (name in card.credentials or name in card.settings)
            if not (stored or name in self.credentials or name in self.settings or name in broken):
                changes.append(Change(name, name in self.shape.credentials, "missing", self.places.get("", "")))
        return changes

    def _switch(self) -> list[Change]:
        """A switched-off integration comes in switched off; one that is here already is switched only on request."""
        there = self.card.enabled if self.card else True
        if self.enabled is None or self.enabled == there or (self.card is not None and self.policy.on_conflict != "update"):
            return []
        return [Change("enabled", False, "replace" if self.card else "add", self.places.get("", ""), value=self.enabled)]

    def _end(self, changes: Sequence[Change]) -> list[Change]:
        """When a key that is here already ends: filled in, and replaced on request. The end of a key that is not taken is nobody's."""
        if self.card is None or self.expires_at in {None, self.card.expires_at}:
            return []
        words = {one.change for one in changes if one.secret}
        if "kept" in words:
            return []
        absent = self.card.expires_at is None
        if not absent and "replace" not in words and self.policy.on_conflict != "update":
            return []
        return [Change("expires_at", False, "add" if absent else "replace", self.places.get("", ""), value=self.expires_at)]

    def _credential(self, one: Field) -> Change:
        fp = self.fingerprint(self.website, self.definition.name, one.name, self.credentials[one.name])
        mark = self.card.credentials.get(one.name) if self.card else None
        old = mark.fingerprint if mark else None
        return Change(one.name, True, self._word(old is None, fp == old), self.places[one.name], fp, old)

    def _setting(self, one: Field) -> Change:
        value = self.settings[one.name]
        stored = self.card.settings if self.card else {}
        word = self._word(one.name not in stored, stored.get(one.name) == value)
        return Change(one.name, False, word, self.places[one.name], None, None, value)

    def _word(self, absent: bool, same: bool) -> str:
        if absent:
            return "add"
        if same:
            return "same"
        return "kept" if self.policy.on_conflict == "skip" else "replace"

    def _kind(self, changes: Sequence[Change], words: set[str], problem: tuple[str, str, str] | None) -> tuple[str, str | None, str | None]:
        if problem is not None:
            return problem
        if "replace" in words and self.policy.on_conflict == "fail":
            return "conflict", "stored_value_differs", None
        if "kept" in words and "add" not in words:
            return "conflict", "stored_value_differs", None
        if "missing" in words:
            missing = [change.name for change in changes if change.change == "missing"]
            return "incomplete", "missing_field", f"{', '.join(missing)} missing"
        if words.isdisjoint(NEW):
            return ("unchanged", None, None) if self.card else ("incomplete", "no_credential", "there is no value")
        return ("change" if self.card else "create"), None, None

    def _to_write(self, changes: Sequence[Change], words: set[str]) -> tuple[dict[str, Secret], dict[str, Any]]:
        if words <= NEW:
            return self.credentials, self.settings
        names = {change.name for change in changes if change.change in NEW}
        return (
            {name: value for name, value in self.credentials.items() if name in names},
            {name: value for name, value in self.settings.items() if name in names},
        )


def _worst(faults: Sequence[Fault]) -> tuple[str, str, str] | None:
    """Kind, reason and detail of the one that is told."""
    told = [(one.kind, one.reason, ": ".join(part for part in (one.field, one.detail) if part)) for one in faults]
    return min(told, key=lambda one: ORDER.index(one[0]), default=None)


def note_word(text: str) -> str:
    """A note of a field as one of the fixed words."""
    if text.startswith("retired_model"):
        return "retired_model"
    if text == "trimmed":
        return text
    return "unknown_choice" if text.endswith("not in our list") else "odd_shape"
