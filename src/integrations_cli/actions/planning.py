"""Make a plan: findings against what is stored. Pure: writes nothing, calls nobody; the same input gives the same plan."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations_cli import registry
from integrations_cli.actions.plan import Change, Line, Plan, Policy
from integrations_cli.actions.values import settle
from integrations_cli.card import Card
from integrations_cli.errors import BadValue, Refused
from integrations_cli.masking import Secret
from integrations_cli.provider import Field, Provider
from integrations_cli.sources.finding import Fault, Finding, Ignored, Reading

_SECRET_LIKE = re.compile(
    r"(sk|rk|pk)[-_](live|test|ant|proj|or)[-_].+|xox[abp]-.+|SG\..+\..+|whsec_.+|AKIA[A-Z0-9]{12,}|-----BEGIN.*", re.DOTALL
)
Fingerprint = Callable[[str, str, str, Secret], str]
"""website, provider, field, value → 32 hex digits."""


def build(reading: Reading, website: str, stored: Mapping[str, Card], fingerprint: Fingerprint, policy: Policy) -> Plan:
    """The plan for one website. `stored` maps a provider to its card."""
    groups: dict[str, list[Finding]] = {}
    faults: dict[str, list[Fault]] = {}
    for found in reading.findings:
        groups.setdefault(found.provider, []).append(found)
    for fault in reading.faults:
        faults.setdefault(fault.provider, []).append(fault)
    lines = [_nameless(website, fault) for fault in faults.pop("", ())]
    for name in sorted({*groups, *faults}):
        builder = _Builder(registry.get(name), website, stored.get(name), fingerprint, policy)
        line = builder.line(groups.get(name, []), faults.get(name, []))
        if line is not None:
            lines.append(line)
        else:  # a region or a list id alone is no integration
            reading.ignored += [Ignored(found.place, "no_credential") for found in groups[name]]
    return Plan(reading, website, policy, sorted(lines, key=lambda line: (*line.key, line.detail or "")))


def _nameless(website: str, fault: Fault) -> Line:
    return Line("invalid", website, "", "", (Change("", False, "missing", fault.place),), fault.reason, f"{fault.place}: {fault.detail}")


@dataclass
class _Builder:
    definition: Provider
    website: str
    card: Card | None
    fingerprint: Fingerprint
    policy: Policy
    credentials: dict[str, Secret] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def line(self, findings: Sequence[Finding], faults: Sequence[Fault]) -> Line | None:
        """The line of this provider, or None when there is nothing but settings for an integration that does not exist."""
        problem = self._take(findings) or next(((fault.reason, f"{fault.field}: {fault.detail}") for fault in faults), None)
        for fault in faults:
            self.places.setdefault(fault.field, fault.place)
        if problem is None:
            problem = self._settle()
        if not self.credentials and self.card is None and problem is None:
            return None
        changes = self._changes()
        kind, reason, detail = self._kind(changes, problem)
        kept = any(change.change == "kept" for change in changes)
        notes = tuple(sorted({*self.notes, *(["kept"] if kept else [])}))
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
            *self._to_write(changes),
        )

    def _take(self, findings: Iterable[Finding]) -> tuple[str, str] | None:
        """Accept each value by its field; the first problem, if there is one."""
        seen: dict[str, Finding] = {}
        problem: tuple[str, str] | None = None
        for found in findings:
            before = seen.setdefault(found.field, found)
            if before is not found and before.value.reveal().strip() != found.value.reveal().strip():
                problem = problem or ("source_disagrees", f"{found.field}: {before.place} and {found.place} differ")
            if before is not found:
                continue
            self.places[found.field] = found.place
            problem = self._accept(found) or problem
        return problem

    def _accept(self, found: Finding) -> tuple[str, str] | None:
        one = self.definition.field(found.field)
        raw = found.value.reveal()
        self.notes += [*found.notes, *(["trimmed"] if raw != raw.strip() else [])]
        try:
            if self.definition.is_credential(one.name):
                self.credentials[one.name], notes = one.accept_credential(raw)
            else:
                if _SECRET_LIKE.fullmatch(raw.strip()):
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
        broken = [name for name in self.places if name and name not in self.credentials and name not in self.settings]
        changes += [Change(name, self.definition.is_credential(name), "bad", self.places[name]) for name in broken]
        there = {
            *self.credentials,
            *self.settings,
            *(self.card.credentials if self.card else ()),
            *(self.card.settings if self.card else ()),
        }
        changes += [
            Change(name, self.definition.is_credential(name), "missing", "")
            for name in self.definition.missing(there)
            if name not in broken
        ]
        return changes

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

    def _kind(self, changes: Sequence[Change], problem: tuple[str, str] | None) -> tuple[str, str | None, str | None]:
        words = {change.change for change in changes}
        if problem is not None:
            return ("conflict" if problem[0] == "source_disagrees" else "invalid"), *problem
        if "replace" in words and self.policy.on_conflict == "fail":
            return "conflict", "stored_value_differs", None
        if "kept" in words and "add" not in words:
            return "conflict", "stored_value_differs", None
        if "missing" in words:
            missing = [change.name for change in changes if change.change == "missing"]
            return "incomplete", "missing_field", f"{', '.join(missing)} missing"
        if not words & {"add", "replace"}:
            return "unchanged", None, None
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
