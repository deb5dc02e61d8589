"""A list as it goes into a pipe, and what is said below a list of any form. Little of it: every script pays for it."""

from __future__ import annotations

from integrations_cli.masking import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from integrations_cli.actions.lines import Line
    from integrations_cli.card import Card
    from integrations_cli.cli.view.out import Out

COLUMNS: Mapping[str, bool] = {
    "website": True,
    "category": True,
    "provider": True,
    "status": True,
    "enabled": True,
    "key": False,
    "hint": True,
    "fingerprint": True,
    "tested_at": True,
    "used_at": True,
    "expires_at": True,
    "last_error": True,
}
"""The columns that may be asked for, as in a table, and whether they are data."""


class Counts:
    """What is said below a list: how many in which state, and what to do next."""

    def __init__(self) -> None:
        self._states: dict[str, int] = {}
        self._limited = 0
        self._next: tuple[list[str], list[str]] = ([], [])  # rotate; test: a few are enough

    def add(self, website: str, provider: str, status: str, limited: bool) -> None:
        """One more of the list."""
        self._limited += limited
        self._count(status, 1)
        self._suggest(website, provider, status)

    def _count(self, status: str, times: int) -> None:
        self._states[status] = self._states.get(status, 0) + times

    def _suggest(self, website: str, provider: str, status: str) -> None:
        if status in _STEPS:
            at, verb = _STEPS[status]
            if len(self._next[at]) < 2:
                self._next[at].append(f"integrations {verb} {provider} -w {website}")

    def lines(self, found: Sequence[Line], limited: int) -> None:
        """The same with a page of lines, of which so many are limited."""
        self._limited += limited
        states = [line[3] for line in found]
        for status in set(states):
            self._count(status, states.count(status))
        if any(len(self._next[at]) < 2 for status, (at, _) in _STEPS.items() if status in states):
            for line in found:
                self._suggest(line[0], line[2], line[3])

    def cards(self, found: Iterable[Card]) -> Counts:
        """The same with these."""
        for card in found:
            self.add(card.website, card.provider, card.status, card.limited)
        return self

    @property
    def all(self) -> int:
        """How many."""
        return sum(self._states.values())

    def text(self, where: str) -> str:
        """`7 integrations of acme: 2 connected (1 limited), 1 error, …`"""
        order = ("connected", "error", "unreadable", "incomplete", "untested", "not_configured", "disabled")
        parts = [f"{self._states[word]} {word.replace('_', ' ')}" for word in order if word in self._states]
        if self._limited:
            parts[0] += f" ({self._limited} limited)"
        return f"{counted(self.all, 'integration')} of {where}" + (f": {', '.join(parts)}" if parts else "")

    def next(self, websites: Sequence[str], narrowed: bool) -> list[str]:
        """At most two commands; `narrowed`: there may be more than what was asked for."""
        if not self.all and narrowed:
            return [f"integrations list -w {websites[0]}" if len(websites) == 1 else "integrations list -A"]
        if not self.all and len(websites) == 1:
            return [f"integrations add -w {websites[0]}", f"integrations migrate env -w {websites[0]} --dry-run"]
        return [*self._next[0], *self._next[1]][:2]


_STEPS = {"error": (0, "rotate"), "unreadable": (0, "rotate"), "untested": (1, "test")}


def below(out: Out, websites: Sequence[str], counts: Counts, everywhere: bool, narrowed: bool) -> None:
    """The two lines on stderr."""
    if not out.json_mode:
        out.note(counts.text("all websites" if everywhere else websites[0]))
        out.next(*counts.next(websites, narrowed))


def streamed(
    out: Out, websites: Sequence[str], pages: Iterable[tuple[Sequence[Line], int]], everywhere: bool, *, narrowed: bool = False
) -> None:
    """The same lines as TSV or CSV, page by page."""
    counts = Counts()

    def noted() -> Iterator[Sequence[Line]]:
        for page, limited in pages:
            counts.lines(page, limited)
            yield page

    out.stream(COLUMNS, noted())
    below(out, websites, counts, everywhere, narrowed)
