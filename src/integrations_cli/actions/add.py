"""Add an integration: the provider is asked before anything is written, so a failure needs no undo."""

from typing import TYPE_CHECKING

from integrations_cli.actions.list import main_credential
from integrations_cli.actions.values import Values
from integrations_cli.card import Card
from integrations_cli.errors import CheckFailed, Conflict
from integrations_cli.masking import mask
from integrations_cli.provider import Outcome, Provider

if TYPE_CHECKING:
    from integrations_cli.store import Store


def must_be_free(store: "Store", website: str, definition: Provider) -> None:
    """Raises Conflict (4) when the website has this integration already, even a disabled one."""
    with store.reading() as here:
        there = here.integrations.find(website, definition.name)
        if there is not None:
            raise already(website, definition.name, _standing(here.integrations.card(there, definition)))


def _standing(card: Card) -> str:
    """`added 2026-11-10, key ••••••••4Tz1, connected`."""
    name = main_credential(card)
    key = f"key {mask(card.credentials[name].hint)}, " if name else ""
    return f"added {card.created_at[:10]}, {key}{card.status.replace('_', ' ')}"


def already(website: str, provider: str, why: str | None = None) -> Conflict:
    """The refusal for an integration that is there already."""
    return Conflict(
        f"{provider} is already set up for {website}",
        why,
        [f"integrations rotate {provider} -w {website}    (new key)", f"integrations edit {provider} -w {website}      (other settings)"],
    )


def add(store: "Store", website: str, definition: Provider, values: Values, outcome: Outcome | None, expires_at: str | None = None) -> None:
    """Seal and save, with the outcome of the check if there was one.

    Raises CheckFailed (20) and writes nothing when the provider has refused the credentials; Conflict (4).
    """
    if outcome is not None and outcome.blames:
        raise refused(definition, website, outcome)
    with store.writing() as here:
        here.integrations.add(website, definition, values.credentials, values.settings, expires_at=expires_at, outcome=outcome)


def marks(store: "Store", website: str, definition: Provider, values: Values) -> dict[str, str]:
    """The fingerprint that each credential is going to have there, 8 digits as they are shown. Raises Locked (6), Unreadable (7)."""
    with store.reading() as here:
        ident = here.websites.get(website).id
        return {name: here.integrations.fingerprint(ident, definition.name, name, value)[:8] for name, value in values.credentials.items()}


def refused(definition: Provider, website: str, outcome: Outcome) -> CheckFailed:
    """The error for credentials the provider has refused: nothing was saved."""
    status = f"{outcome.http_status}: " if outcome.http_status else ""
    return CheckFailed(
        f"{definition.name} of {website}: {outcome.word}; nothing was saved",
        f"{status}{outcome.message}",
        [f"integrations add {definition.name} -w {website}", f"get a key: {definition.keys_url}"]
        if outcome.word == "rejected"
        else [f"integrations providers show {definition.name}", f"integrations add {definition.name} -w {website}"],
    )
