"""Switch an integration on or off; credentials, settings and state stay."""

from __future__ import annotations

from integrations_cli.actions.show import not_set_up
from integrations_cli.errors import IntegrationsError, UsageError
from integrations_cli.masking import must_be_text
from integrations_cli.provider import Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
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
        must_be_text(reason)
        if reason and _repeats(here, integration, reason):
            raise UsageError("--reason: a credential is in it", "the reason is kept in clear in the audit log")
        here.integrations.change(integration, definition, enabled=to, action=action, reason=reason)
    return True


def _repeats(here: Conversation, integration: Integration, reason: str) -> bool:
    """True if one of its credentials stands in the reason; what cannot be opened cannot be compared."""
    try:
        return any(value.reveal() in reason for value in here.integrations.reveal(integration).values())
    except IntegrationsError:
        return False
