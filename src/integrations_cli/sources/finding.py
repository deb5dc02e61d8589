"""What a source yields."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from integrations_cli.masking import Secret


class Finding(NamedTuple):  # there may be many: made four times as fast as a frozen data class
    """One legacy value: whose, what for, and where it was (`secrets.env:12 STRIPE_SECRET_KEY`). `website` None: the run's."""

    provider: str
    field: str
    value: Secret
    place: str
    website: str | None = None
    notes: tuple[str, ...] = ()


class Entry(NamedTuple):
    """An integration as its source has it, besides its values. None: the source does not say. `expires_at` is UTC text."""

    provider: str
    place: str
    website: str | None = None
    enabled: bool | None = None
    expires_at: str | None = None
    notes: tuple[str, ...] = ()


class Row(NamedTuple):
    """An integration as its source has it, with nothing odd about it: its entry and its findings in one."""

    provider: str
    website: str
    values: dict[str, Secret]
    enabled: bool | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Left on purpose; `reason` is a fixed word."""

    place: str
    reason: str
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Cannot be right. `reason` is a fixed word, `detail` says it in ours; no piece of the value or line is in it.

    `kind` is invalid, conflict or unreadable. `provider` may be a name that the catalogue does not have.
    """

    place: str
    reason: str
    detail: str
    provider: str = ""
    field: str = ""
    website: str | None = None
    kind: str = "invalid"


@dataclass
class Reading:
    """What one source has, or one piece of a long one that holds whole integrations. `names` is how many names it holds.

    A piece whose rows have the usual form may have `rows` and nothing else, whatever their values are; then `numbers` say where they are,
    `again` reads those of them it is given once more, as findings and entries, and `stamp` stands for its bytes in this process.
    """

    kind: str
    title: str
    names: int = 0
    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    foreign: list[Ignored] = field(default_factory=list)  # names outside the catalogue, of a source where these are no secret
    rows: list[Row] = field(default_factory=list)
    numbers: Sequence[int | str] = ()
    stamp: bytes = b""
    again: "Callable[[Collection[Any]], Reading] | None" = None

    def whole(self) -> "Reading":
        """The same in findings and entries."""
        return self.again(self.numbers) if self.again is not None else self

    def some(self, places: Iterable[int]) -> "Reading":
        """These rows, by their positions, in findings and entries."""
        assert self.again is not None  # where there are rows
        return self.again([self.numbers[at] for at in places])

    def place(self, at: int) -> str:
        """Where a row stands, by its position: `keys.jsonl:12`."""
        return f"{self.title}:{self.numbers[at]}"

    def add(self, piece: "Reading") -> None:
        """Take over what a piece of the same source holds."""
        self.names += piece.names
        self.findings += piece.findings
        self.entries += piece.entries
        self.ignored += piece.ignored
        self.faults += piece.faults
        self.notes += piece.notes
