"""Change settings, fill in a missing credential, or (by rotation) replace a filled one; the rest stays as it is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from integrations_cli.actions.add import refused
from integrations_cli.actions.rotate import Policy, Say, rotate, still_readable
from integrations_cli.actions.settings import changed, save
from integrations_cli.actions.test import Check
from integrations_cli.actions.values import Values, must_be_gone, renewed, settle, vouched
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store.settings import patch, patched

if TYPE_CHECKING:
    from integrations_cli.store import Store


class Saved(NamedTuple):
    """`changed` is False when all of it was so already; `outcome` is what the provider said, if it had to be asked.

    `replaced`: a credential that was there is another one now, or gone.
    """

    changed: bool
    outcome: Outcome | None = None
    replaced: bool = False


def set_values(
    store: "Store",
    check: Check | None,
    website: str,
    definition: Provider,
    values: Values,
    unset: Sequence[str],
    policy: Policy,
    say: Say,
    clock: Callable[[], datetime],
) -> Saved:
    """Save the changes; what is stored already is not written again, and not recorded.

    On an integration that works, a new credential takes the steps of a rotation, and so does one that goes, or a setting that decides
    where one is sent, because it is sealed anew for it. One that is not complete yet is saved although the provider gave no answer.
    Raises as `rotate` does, and UsageError (2) for a required field that would be unset.
    """
    with store.reading() as here:
        integration = here.integrations.get(website, definition.name)
        card = here.integrations.card(integration, definition)
        settings = changed(definition, integration.settings, {**values.settings, **values.credentials}, unset)
        settings = {name: value for name, value in settings.items() if name not in values.credentials}
        gone = [name for name in unset if name in card.credentials]
        replaces = bool(gone) or any(name in card.credentials for name in values.credentials)
        moves = any(settings.get(name) != integration.settings.get(name) for name in definition.destinations)
    seals, works = bool(values.credentials or gone or (moves and card.credentials)), bool(card.credentials and not card.missing)
    # what was named and what changes, and not all of them: somebody else may be changing others at this moment
    change = {**patch(integration.settings, settings), **{name: settings.get(name) for name in values.settings}}
    if seals and works and check is not None:
        policy = replace(policy, custom=values.custom)
        return Saved(True, rotate(store, check, website, definition, values.credentials, policy, say, clock, change, gone), replaces)
    if seals:
        return _seal_anew(store, check, website, definition, values, change, gone)._replace(replaced=replaces)
    return Saved(save(store, website, definition, integration.settings, settings, custom=values.custom))


def _seal_anew(
    store: "Store", check: Check | None, website: str, definition: Provider, values: Values, change: dict[str, Any], gone: Sequence[str]
) -> Saved:
    with store.reading() as here:
        integration = here.integrations.get(website, definition.name)
        old = still_readable(here, integration, definition, values.credentials)
        credentials = renewed(definition, old, values.credentials, gone)
        version, before = here.integrations.version(integration), dict(integration.settings)
    settings = patched(before, change)
    settle(definition, credentials, settings, stored=vouched(definition, old, before, change, website), custom=values.custom)
    must_be_gone(credentials, gone)
    if check is None and (credentials, settings) == (old, before):
        return Saved(False)  # and the one before stays the one to go back to
    outcome = check(definition, credentials, settings) if check else None
    if outcome is not None and outcome.blames:
        raise refused(definition, website, outcome)
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        here.integrations.expect(integration, version, before)
        here.integrations.conceal(integration, definition, credentials, settings=settings, outcome=outcome)
    return Saved(True, outcome)
