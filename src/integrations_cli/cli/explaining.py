"""What a test would send, without a key and without the network."""

from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.card import Card
from integrations_cli.errors import NotFound
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.web import explain

if TYPE_CHECKING:
    from integrations_cli.web import Line


def first_requests(card: Card) -> "tuple[Provider | None, list[Line]]":
    """The definition of an integration, and the requests that a check of it begins with; nothing is sent, no key is opened."""
    try:
        definition = registry.get(card.provider)
    except NotFound:
        return None, []
    stand_ins = {name: Secret(f"<{name}>") for name in card.credentials}
    if definition.missing({*stand_ins, *card.settings}):
        return definition, []
    return definition, explain(definition, definition.given(stand_ins, card.settings))
