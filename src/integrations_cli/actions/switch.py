"""Switch an integration on or off; credentials, settings and state stay."""

from __future__ import annotations

from integrations_cli.actions.reason import must_be_recordable
from integrations_cli.actions.show import not_set_up
from integrations_cli.errors import IntegrationsError
from integrations_cli.provider import Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from integrations_cli.masking import Secret
    from integrations_cli.store import Store
    from integrations_cli.store.store import Conversation
    from integrations_cli.store.tables import Integration


def switch(store: Store, website: str, definition: Provider, *, to: bool, reason: str | None = None) -> bool:
    """True if something changed. Raises NotFound (3), UsageError (2) for a reason that repeats a credential."""
    with store.reading() as here:
        integration = here.integrations.find(website, definition.name)
        if integration is None:
            raise not_set_up(website, definition.name)
        if integration.enabled == to:
            return False
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        action = "integration.enabled" if to else "integration.disabled"
        if reason:
            must_be_recordable(reason, _readable(here, integration))
        here.integrations.change(integration, definition, enabled=to, action=action, reason=reason)
    return True


def _readable(here: Conversation, integration: Integration) -> Iterable[Secret]:
    """Its credentials; none where they cannot be opened: an integration that is damaged is switched off all the same."""
    try:
        return here.integrations.reveal(integration).values()
    except IntegrationsError:
        return ()
