"""Change plain settings: nobody is asked, and nothing is sealed."""

from __future__ import annotations

from integrations_cli.actions.values import settle
from integrations_cli.errors import UsageError
from integrations_cli.store.settings import patch, patched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from integrations_cli.actions.values import Values
    from integrations_cli.provider import Provider
    from integrations_cli.store import Store


def set_plain(store: Store, website: str, definition: Provider, values: Values, unset: Sequence[str]) -> bool:
    """Save settings none of which decides where a credential is sent; True if something changed. Raises NotFound (3), UsageError (2)."""
    with store.reading() as here:
        stored = here.integrations.get(website, definition.name).settings
    return save(store, website, definition, stored, changed(definition, stored, values.settings, unset), custom=values.custom)


def save(store: Store, website: str, definition: Provider, stored: Mapping[str, Any], settings: dict[str, Any], *, custom: bool) -> bool:
    """Check the settings against each other, and keep what was changed; what somebody else has changed meanwhile stays.

    True if something changed: else nothing is written, and the log says nothing.
    """
    settle(definition, {}, settings, stored=stored, custom=custom)
    if settings == stored:
        return False
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        if integration.settings != stored:
            settings = patched(integration.settings, patch(stored, settings))
            settle(definition, {}, settings, stored=integration.settings, custom=custom)
        here.integrations.change(integration, definition, settings=settings, action="settings.changed")
    return True


def changed(definition: Provider, stored: Mapping[str, Any], given: Mapping[str, Any], unset: Sequence[str]) -> dict[str, Any]:
    """The settings afterwards. Raises UsageError (2) for a required field that would be unset, or one that is given as well."""
    for name in unset:
        if definition.field(name).required and definition.field(name).default is None:
            why = "it is required" + (
                "; it is replaced (rotate), or goes with its integration (remove)" if definition.is_credential(name) else ""
            )
            raise UsageError(f"{name} cannot be unset", why, ())
        if name in given:
            raise UsageError(f"{name} is given and unset", "it can be one of the two", ())
    return {name: value for name, value in {**stored, **given}.items() if name not in unset}
