"""Switch an integration on or off; credentials, settings and state stay."""

from typing import TYPE_CHECKING

from integrations_cli.actions.show import not_set_up
from integrations_cli.provider import Provider

if TYPE_CHECKING:
    from integrations_cli.store import Store


def switch(store: "Store", website: str, definition: Provider, *, to: bool) -> bool:
    """True if something changed. Raises NotFound (3)."""
    with store.reading() as here:
        integration = here.integrations.find(website, definition.name)
        if integration is None:
            raise not_set_up(website, definition.name)
        if integration.enabled == to:
            return False
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        here.integrations.change(integration, definition, enabled=to, action="integration.enabled" if to else "integration.disabled")
    return True
