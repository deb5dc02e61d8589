"""What a migration would do, line by line. Kinds, reasons and notes are fixed words of the JSON contract (MIGRATION.md §2.2)."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome
from integrations_cli.sources.finding import Reading

KINDS = ("create", "change", "unchanged", "conflict", "incomplete", "invalid", "unreadable", "ignored")


@dataclass(frozen=True, slots=True)
class Policy:
    """What was decided beforehand."""

    on_conflict: str = "fail"
    continue_on_error: bool = False
    allow_incomplete: bool = False
    unknown_fields: str = "fail"
    batch: int = 1000


class Change(NamedTuple):
    """One field of a line: `change` is add, replace, same, kept or missing; `fp` has 32 hex digits; settings show their `value`."""

    name: str
    secret: bool
    change: str
    place: str
    fp: str | None = None
    old: str | None = None
    value: Any = None


@dataclass(slots=True)  # never changed; but a frozen one takes three times as long to make, and there may be many
class Line:
    """One integration: website, category and provider. Values are never printed.

    `expect` is the stored id and version, `state` stands for what else is stored (`state_of`); None where there is nothing.
    """

    kind: str
    website: str
    category: str
    provider: str
    fields: tuple[Change, ...] = ()
    reason: str | None = None
    detail: str | None = None
    notes: tuple[str, ...] = ()
    expect: tuple[str, int | None] | None = None
    enabled: bool | None = None  # what the source says; None: nothing
    expires_at: str | None = None
    state: str | None = None
    credentials: Mapping[str, Secret] = field(default_factory=dict, repr=False, compare=False)
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies it: website, category, provider."""
        return self.website, self.category, self.provider

    @property
    def writes(self) -> bool:
        """True if applying it changes the store."""
        return self.kind in {"create", "change"}

    @property
    def adds_website(self) -> bool:
        """True for the line of a website that is made."""
        return self.kind == "create" and not self.provider


@dataclass
class Plan:
    """All lines, sorted; `ignored` are left on purpose."""

    reading: Reading
    website: str  # in words, what decided
    policy: Policy
    lines: list[Line]
    digest: str | None = None  # sha256:… of the file that it was saved in

    def errors(self) -> list[Line]:
        """The lines that must not be written as things are."""
        return [line for line in self.lines if is_error(line, self.policy)]

    def writes(self) -> list[Line]:
        """The lines to write."""
        return [line for line in self.lines if is_written(line, self.policy)]

    def summary(self) -> dict[str, int]:
        """Counts by kind; all kinds are present."""
        counts = Counter(line.kind for line in self.lines)
        return {kind: counts[kind] for kind in KINDS if kind != "ignored"} | {"ignored": len(self.reading.ignored)}

    def exit_code(self) -> int:
        """0 nothing to do, 10 changes pending, 11 errors."""
        if self.errors():
            return 11
        return 10 if self.writes() else 0


def is_written(line: Line, policy: Policy) -> bool:
    """True for a line that applying it writes."""
    return line.writes or (line.kind == "incomplete" and policy.allow_incomplete)


def with_reason(lines: Sequence[Line], policy: Policy) -> list[Line]:
    """Without the websites that would be made for nothing."""
    wanted = {line.website for line in lines if line.provider and is_written(line, policy)}
    return [line for line in lines if not line.adds_website or line.website in wanted]


def state_of(enabled: bool, settings: Mapping[str, Any]) -> str:
    """Stands for whether an integration is switched on, and for its settings: 16 hex digits."""
    return hashlib.sha256(json.dumps([enabled, settings], sort_keys=True).encode()).hexdigest()[:16]


def is_error(line: Line, policy: Policy) -> bool:
    """True for a line that stops the run, unless it is told to go on."""
    if line.kind == "conflict":
        return policy.on_conflict != "skip" or line.reason != "stored_value_differs"
    return line.kind in {"invalid", "unreadable"} or (line.kind == "incomplete" and not policy.allow_incomplete)


def judged(line: Line, outcome: Outcome) -> Line:
    """The line after `--test before`: a refusal makes it invalid."""
    if not outcome.blames:
        return line
    return replace(line, kind="invalid", reason=outcome.word, detail=outcome.message)
