"""What a test would send, without a key and without the network."""

from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.card import Card
from integrations_cli.errors import NotFound
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.web import every_request

if TYPE_CHECKING:
    from integrations_cli.web import Line


class Explained:
    """What tests would send, integration by integration; nothing is sent, no key is opened."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], list[Line]] = {}

    def __call__(self, card: Card) -> "tuple[Provider | None, list[Line]]":
        """The definition of an integration, and all requests that a check of it may send; none for one that is incomplete."""
        try:
            definition = registry.get(card.provider)
        except NotFound:
            return None, []
        stand_ins = {name: Secret(f"<{name}>") for name in card.credentials}
        if definition.missing({*stand_ins, *card.settings}):
            return definition, []
        same = definition.name, *sorted(stand_ins), *sorted((name, repr(value)) for name, value in card.settings.items())
        if same not in self._known:
            self._known[same] = every_request(definition, definition.given(stand_ins, card.settings))
        return definition, self._known[same]
