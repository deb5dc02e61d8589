"""One line of a plan: what a source has for one integration against what is stored of it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations_cli.actions.plan import Change, Line, Policy
from integrations_cli.actions.values import settle
from integrations_cli.card import Card
from integrations_cli.errors import BadValue, Refused
from integrations_cli.masking import Secret, safe
from integrations_cli.provider import Field, Provider
from integrations_cli.sources.finding import Entry, Fault, Finding
from integrations_cli.sources.showing import SECRET_LIKE

ORDER = ("unreadable", "invalid", "conflict")  # the first that applies wins
CONFLICTS = ("source_disagrees", "ambiguous_name")
Fingerprint = Callable[[str, str, str, Secret], str]
"""website, provider, field, value → 32 hex digits."""


@dataclass
class Builder:
    definition: Provider
    website: str
    card: Card | None
    fingerprint: Fingerprint
    policy: Policy
    credentials: dict[str, Secret] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    enabled: bool | None = None
    expires_at: str | None = None

    def line(self, findings: Sequence[Finding], faults: Sequence[Fault], entries: Sequence[Entry] = ()) -> Line | None:
        """The line of this provider, or None when there is nothing but settings for an integration that does not exist."""
        told = [(one.kind, one.reason, ": ".join(part for part in (one.field, one.detail) if part)) for one in faults]
        problem = min(told, key=lambda one: ORDER.index(one[0]), default=None)
        taken = self._take(findings) or self._rows(entries)
        problem = problem or (("conflict" if taken[0] in CONFLICTS else "invalid"), *taken) if taken else problem
        for fault in faults:
            self.places.setdefault(fault.field, fault.place)
        if problem is None and (wrong := self._settle()):
            problem = ("invalid", *wrong)
        if not self.credentials and self.card is None and problem is None and not entries:
            return None
        changes = self._changes()
        replaced = any(one.secret and one.change == "replace" for one in changes)
        kind, reason, detail = self._kind(changes, problem)
        kept = any(change.change == "kept" for change in changes)
        notes = tuple(sorted({*self.notes, *(["kept"] if kept else []), *(["no_expiry_known"] if self._may_end(replaced) else [])}))
        expect = (self.card.id, self.card.version) if self.card else None
        return Line(
            kind,
            self.website,
            self.definition.category,
            self.definition.name,
            tuple(changes),
            reason,
            detail,
            notes,
            expect,
            self.enabled,
            self.expires_at,
            *self._to_write(changes),
        )

    def _may_end(self, replaced: bool) -> bool:
        """A token that ends by itself comes in, and nobody says when: what was known of the one it replaces is not true of it."""
        ends = any(one.ends for one in self.definition.credentials if one.name in self.credentials)
        return ends and self.expires_at is None and (self.card is None or replaced or self.card.expires_at is None)

    def _rows(self, entries: Iterable[Entry]) -> tuple[str, str] | None:
        """What the rows of the source say besides values: they must agree."""
        for entry in entries:
            self.notes += entry.notes
            self.places.setdefault("", entry.place)
            for name, value in (("enabled", entry.enabled), ("expires_at", entry.expires_at)):
                before = getattr(self, name)
                if value is not None and before not in (None, value):
                    return "source_disagrees", f"{name}: two rows differ"
                setattr(self, name, before if value is None else value)
        return None

    def _take(self, findings: Iterable[Finding]) -> tuple[str, str] | None:
        """Accept each value by its field; the first problem, if there is one."""
        seen: dict[str, Finding] = {}
        problem: tuple[str, str] | None = None
        for found in findings:
            if not self._knows(found):
                problem = problem or ("unknown_field", f"{safe(found.field, 40)} is not a field of {self.definition.name}")
                self.places.setdefault(safe(found.field, 40), found.place)
                continue
            before = seen.setdefault(found.field, found)
            if before is not found and before.value.reveal().strip() != found.value.reveal().strip():
                problem = problem or ("source_disagrees", f"{found.field}: {before.place} and {found.place} differ")
            if before is not found:
                continue
            self.places[found.field] = found.place
            problem = self._accept(found) or problem
        return problem

    def _knows(self, found: Finding) -> bool:
        known = any(one.name == found.field for one in self.definition.fields)
        if not known and self.policy.unknown_fields == "drop":
            self.notes.append("dropped_field")
            return True
        return known

    def _accept(self, found: Finding) -> tuple[str, str] | None:
        if all(one.name != found.field for one in self.definition.fields):
            del self.places[found.field]  # dropped, as the policy says
            return None
        one = self.definition.field(found.field)
        raw = found.value.reveal()
        self.notes += [*found.notes, *(["trimmed"] if raw != raw.strip() else [])]
        try:
            if self.definition.is_credential(one.name):
                self.credentials[one.name], notes = one.accept_credential(raw)
            else:
                if SECRET_LIKE.fullmatch(raw.strip()):
                    raise BadValue(one.name, "it looks like a secret, and this is a setting")
                self.settings[one.name], notes = one.accept(raw)
        except BadValue as error:
            return "bad_value", f"{one.name}: {error.reason}"
        self.notes += [_note(note) for note in notes]
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
        changes = [self._credential(one) for one in self.definition.credentials if one.name in self.credentials]
        changes += [self._setting(one) for one in self.definition.settings if one.name in self.settings]
        changes += self._switch()
        changes += self._end(changes)
        broken = [name for name in self.places if name and name not in self.credentials and name not in self.settings]
        changes += [Change(name, self.definition.is_credential(name), "bad", self.places[name]) for name in broken]
        there = {
            *self.credentials,
            *self.settings,
            *(self.card.credentials if self.card else ()),
            *(self.card.settings if self.card else ()),
        }
        changes += [
            Change(name, self.definition.is_credential(name), "missing", self.places.get("", ""))
            for name in self.definition.missing(there)
            if name not in broken
        ]
        return changes

    def _switch(self) -> list[Change]:
        """A switched-off integration comes in switched off; one that is here already is switched only on request."""
        there = self.card.enabled if self.card else True
        if self.enabled is None or self.enabled == there or (self.card is not None and self.policy.on_conflict != "update"):
            return []
        return [Change("enabled", False, "replace" if self.card else "add", self.places.get("", ""), value=self.enabled)]

    def _end(self, changes: Sequence[Change]) -> list[Change]:
        """When a key that is here already ends: filled in, and replaced on request. The end of a key that is not taken is nobody's."""
        words = {one.change for one in changes if one.secret}
        if self.card is None or self.expires_at in {None, self.card.expires_at} or "kept" in words:
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

    def _kind(self, changes: Sequence[Change], problem: tuple[str, str, str] | None) -> tuple[str, str | None, str | None]:
        words = {change.change for change in changes}
        if problem is not None:
            return problem
        if "replace" in words and self.policy.on_conflict == "fail":
            return "conflict", "stored_value_differs", None
        if "kept" in words and "add" not in words:
            return "conflict", "stored_value_differs", None
        if "missing" in words:
            missing = [change.name for change in changes if change.change == "missing"]
            return "incomplete", "missing_field", f"{', '.join(missing)} missing"
        if not words & {"add", "replace"}:
            return ("unchanged", None, None) if self.card else ("incomplete", "no_credential", "there is no value")
        return ("change" if self.card else "create"), None, None

    def _to_write(self, changes: Sequence[Change]) -> tuple[dict[str, Secret], dict[str, Any]]:
        names = {change.name for change in changes if change.change in {"add", "replace"}}
        return (
            {name: value for name, value in self.credentials.items() if name in names},
            {name: value for name, value in self.settings.items() if name in names},
        )


def _note(text: str) -> str:
    """A note of a field as one of the fixed words."""
    if text.startswith("retired_model"):
        return "retired_model"
    if text == "trimmed":
        return text
    return "unknown_choice" if text.endswith("not in our list") else "odd_shape"
