"""The fall-back during a move: what a website has not set up yet is taken from the environment, read-only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from integrations_cli import registry
from integrations_cli.application.integration import Integration
from integrations_cli.card import Card, Mark
from integrations_cli.errors import BadValue, Refused
from integrations_cli.masking import Secret, hint
from integrations_cli.provider import Outcome, Provider, untestable

if TYPE_CHECKING:
    from integrations_cli.application.connection import Connection


class OfEnvironment(Integration):
    """Looks like an integration; its values are variables, and nothing is stored or counted."""

    values: dict[str, Any]

    def refresh(self) -> Card:
        """It stays as it was found."""
        return self.card

    def credential(self, name: str) -> Secret | None:
        """The value of the variable."""
        self.definition.credential(name)
        found = self.values.get(name)
        return found if isinstance(found, Secret) else None

    def values_of_now(self) -> Mapping[str, Secret]:
        """The values of the variables."""
        return {name: value for name, value in self.values.items() if isinstance(value, Secret)}

    def test_connection(self) -> Outcome:
        """Only what is stored is tested."""
        return untestable("it comes from the environment")

    def record_usage(self, action: str = "use", **figures: Any) -> None:
        """There is no integration to count it for."""

    def record_error(self, word: str, action: str = "use", **figures: Any) -> None:
        """There is no integration to count it for."""

    def clear_error(self) -> None:
        """There is none."""

    def rotate_credential(self, name: str, value: str | Secret) -> Outcome:
        """Refused (8)."""
        raise self._not_stored()

    def _set(self, values: Any, unset: Any = None) -> None:
        raise self._not_stored()

    def _not_stored(self) -> Refused:
        return Refused(
            f"{self.provider} of {self.website} comes from the environment",
            "it is not stored",
            f"integrations migrate env -w {self.website}",
        )


def found(connection: "Connection", website: str, category: str, provider: str | None) -> Integration | None:
    """The first provider of the category, by the configured default and then by name, whose required fields are all there."""
    default = connection.default(website, category)
    wanted = [registry.get(provider)] if provider else sorted(registry.all(), key=lambda one: (one.name != default, one.name))
    for definition in wanted:
        if definition.category == category and (values := _values(connection, definition)) is not None:
            return _made(connection, website, definition, values)
    return None


def _values(connection: "Connection", definition: Provider) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    for one in definition.fields:
        raw = next((connection.config.environ[name] for name in one.env if connection.config.environ.get(name)), None)
        if raw is None:
            continue
        try:
            accepted = one.accept_credential(raw) if definition.is_credential(one.name) else one.accept(raw)
        except BadValue:
            return None
        values[one.name] = accepted[0]
    return values if not definition.missing(set(values)) and any(definition.is_credential(name) for name in values) else None


def _made(connection: "Connection", website: str, definition: Provider, values: dict[str, Any]) -> Integration:
    marks = {one.name: Mark(hint(values[one.name].reveal(), one.hint), "") for one in definition.credentials if one.name in values}
    card = Card(
        website=website,
        category=definition.category,
        provider=definition.name,
        id="",
        enabled=True,
        credentials=marks,
        settings={name: value for name, value in values.items() if not definition.is_credential(name)},
        version=None,
        last_test=None,
        last_error=None,
        unreadable_since=None,
        account=None,
        used_at=None,
        created_at="",
        updated_at="",
    )
    made = OfEnvironment(connection, website, definition, card)
    made.values = values
    return made
