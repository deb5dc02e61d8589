"""A website, and which of its integrations an application may use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.actions.list import cards
from integrations_cli.application.integration import Integration
from integrations_cli.card import Card
from integrations_cli.categories import CATEGORIES
from integrations_cli.errors import NotFound

if TYPE_CHECKING:
    from integrations_cli.application.connection import Connection

Keeps = Callable[[Card], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """Integrations of a website, narrowed step by step: `website.integrations.enabled().for_category("ai")`. Read when iterated."""

    connection: "Connection"
    website: str
    keeps: tuple[Keeps, ...] = ()
    newest_use_first: bool = False

    def _narrowed(self, keep: Keeps, newest: bool = False) -> "Scope":
        return Scope(self.connection, self.website, (*self.keeps, keep), self.newest_use_first or newest)

    def enabled(self) -> "Scope":
        """Switched on."""
        return self._narrowed(lambda card: card.enabled)

    def for_category(self, category: str) -> "Scope":
        """Of a category, such as `ai`. Raises NotFound (3) for a word that is none: nothing would ever be found."""
        if category not in CATEGORIES:
            why = f"there are {', '.join(CATEGORIES)}"
            raise NotFound("there is no such category", why, "integrations providers list")
        return self._narrowed(lambda card: card.category == category)

    def by_provider(self, provider: str) -> "Scope":
        """Of one provider."""
        name = registry.get(provider).name
        return self._narrowed(lambda card: card.provider == name)

    def with_errors(self) -> "Scope":
        """The last conclusive answer was a refusal."""
        return self._narrowed(lambda card: card.last_error is not None)

    def recently_used(self, within: timedelta = timedelta(days=30)) -> "Scope":
        """Used within this time, the newest use first."""
        since = (self.connection.store.clock() - within).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._narrowed(lambda card: card.used_at is not None and card.used_at >= since, newest=True)

    def cards(self) -> list[Card]:
        """The masked views, by category and provider; or by use."""
        if self.newest_use_first:
            self.connection.recorder.flush()  # what was counted a moment ago counts
        found = [card for card in cards(self.connection.config.database, [self.website]) if all(keep(card) for keep in self.keeps)]
        return sorted(found, key=lambda card: card.used_at or "", reverse=True) if self.newest_use_first else found

    def __iter__(self) -> Iterator[Integration]:
        for card in self.cards():
            try:
                definition = registry.get(card.provider)
            except NotFound:  # a plug-in that is no longer allowed
                continue
            yield Integration(self.connection, card.website, definition, card)

    def __len__(self) -> int:
        return len(self.cards())

    def first(self) -> Integration | None:
        """The first one, or None."""
        return next(iter(self), None)


@dataclass(frozen=True, slots=True)
class Website:
    """One website of a connection."""

    connection: "Connection"
    slug: str

    @property
    def integrations(self) -> Scope:
        """All that are set up."""
        return Scope(self.connection, self.slug)

    def integration_for(self, category: str, provider: str | None = None) -> Integration | None:
        """The integration to use: switched on and with all it needs; None when there is none.

        Raises NotFound (3) for a category or a provider that does not exist.

        Several: the one that `[defaults]` of the configuration names, else the one that was added first; always the same one.
        With the fall-back to the environment, a provider that this website has not set up may come from there.
        """
        scope = self.integrations.for_category(category)
        there = list(scope.by_provider(provider) if provider else scope)
        usable = [one for one in there if one.card.enabled and one.card.credentials and not one.card.missing]
        default = self.connection.default(self.slug, category)
        usable.sort(key=lambda one: (one.provider != default, one.card.created_at, one.provider))
        if usable:
            return usable[0]
        return self._of_the_environment(category, provider) if self.connection.fall_back and not there else None

    def integration_configured(self, category: str, provider: str | None = None) -> bool:
        """True if there is one to use."""
        return self.integration_for(category, provider) is not None

    def _of_the_environment(self, category: str, provider: str | None) -> Integration | None:
        from integrations_cli.application.environment import found  # noqa: PLC0415  off by default

        return found(self.connection, self.slug, category, provider)
