"""What providers said during a migration: how often each word, and the first of them with whom it was about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from integrations_cli.provider import Outcome

FEW = 20  # of so many, all are told; of more, those that prove nothing
MANY = 200


class Answer(NamedTuple):
    """One of them."""

    website: str
    provider: str
    outcome: Outcome


@dataclass
class Answers:
    """Memory does not grow with their number."""

    words: "Counter[str]" = field(default_factory=Counter)
    _first: list[Answer] = field(default_factory=list)
    _doubtful: list[Answer] = field(default_factory=list)

    def add(self, website: str, provider: str, outcome: Outcome) -> None:
        """One more."""
        self.words[outcome.word] += 1
        answer = Answer(website, provider, outcome)
        if len(self._first) <= FEW:
            self._first.append(answer)
        if not outcome.proves and len(self._doubtful) < MANY:
            self._doubtful.append(answer)

    def told(self) -> Sequence[Answer]:
        """Those that are worth a line of their own."""
        return self._first if len(self._first) <= FEW else self._doubtful

    def counts(self) -> dict[str, int]:
        """By word."""
        return dict(sorted(self.words.items()))
