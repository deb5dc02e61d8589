"""Where a credential is sent, confirmed by a person after its definition changed: sealed anew for the settings that decide it now.

Until then it opens, and no check sends it: a newer definition must not move a key to a place that nobody has seen.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from integrations_cli.errors import Refused
from integrations_cli.provider import Outcome, Provider

if TYPE_CHECKING:
    from integrations_cli.store import Conversation, Store
    from integrations_cli.store.tables import Integration
    from integrations_cli.store.touching import Touching

CAUSE = "unconfirmed"


def unbound(store: "Store", website: str, definition: Provider) -> dict[str, Any] | None:
    """The settings as they are stored, to be shown to whoever confirms; None when nothing waits for that. Raises NotFound (3)."""
    with store.reading() as here:
        integration = here.integrations.get(website, definition.name)
        return dict(integration.settings) if here.integrations.unbound(integration, definition) else None


def rebind(store: "Store", website: str, definition: Provider, shown: Mapping[str, Any]) -> int:
    """Seal the credentials anew, for the destination settings that were `shown`; returns the number of the new version.

    The values stay; what was known of a test is gone. Raises NotFound (3), Conflict (4: they are others by now), Locked (6),
    Unreadable (7), NotWritten (74).
    """
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        here.integrations.expect(integration, here.integrations.version(integration), shown)
        credentials = here.integrations.reveal(integration)
        kept = integration.expires_at
        return here.integrations.conceal(integration, definition, credentials, expires_at=kept, action="credential.rebound")


def unconfirmed(integrations: "Touching", integration: "Integration", definition: Provider) -> Outcome | None:
    """The outcome of a check that is not sent; None when it may be."""
    names = integrations.unbound(integration, definition)
    return Outcome("untestable", f"{_why(names)}; nothing was sent", CAUSE) if names else None


def must_be_confirmed(here: "Conversation", integration: "Integration", definition: Provider, website: str, state: str = "active") -> None:
    """Raises Refused (8) while nobody has confirmed where the credential in this state is sent.

    In the middle of a rotation nothing can be sealed anew: it is ended without sending anything, or undone, and then confirmed.
    """
    names = here.rotations.unconfirmed(integration, definition, state)
    if not names:
        return
    error, again = refused(website, definition.name, _why(names)), f"integrations rotate {definition.name} -w {website}"
    unchecked = f"{again} --resume --unchecked --reason TEXT"
    if here.rotations.pending(integration) is not None:
        error = Refused(error.what, error.why, [f"{again} --abort", unchecked])
    elif here.rotations.unproven(integration):
        error = Refused(error.what, error.why, [unchecked, *error.tries])
    raise error


def refused(website: str, provider: str, why: str) -> Refused:
    """Names the command that asks a person."""
    return Refused(f"it is not confirmed where the key of {provider} is sent", why, f"integrations rebind {provider} -w {website}")


def _why(names: tuple[str, ...]) -> str:
    return f"its definition changed: {', '.join(names)} {'decides' if len(names) == 1 else 'decide'} it now"
