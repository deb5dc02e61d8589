"""Replace credentials: tested in memory, swapped, tested again as stored; the old ones stay until the grace period is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from integrations_cli.actions.test import Check
from integrations_cli.actions.values import settle
from integrations_cli.errors import CheckFailed, NotChecked, Refused, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider

if TYPE_CHECKING:
    from integrations_cli.store import Conversation, Store
    from integrations_cli.store.tables import Integration

Say = Callable[[str, str], None]
"""Told about each step as it is done: its name, and what came of it."""


@dataclass(frozen=True)
class Policy:
    """What the person allows beyond the safe path."""

    accept_limited: bool = False
    allow_account_change: bool = False
    unchecked: str | None = None  # the reason for going without a test
    custom: bool = False  # a host that is not the vendor's is allowed


def rotate(
    store: "Store",
    check: Check,
    website: str,
    definition: Provider,
    fresh: Mapping[str, Secret],
    policy: Policy,
    say: Say,
    clock: Callable[[], datetime],
    settings: Mapping[str, Any] | None = None,
) -> Outcome:
    """Swap in `fresh` (fields not named are carried over), once the provider has accepted it.

    Nothing is written before the first check, so there is nothing to undo when it fails: a refused or silent test never touches
    the active credential or its status. If the stored copy is refused, the old value comes back.
    Raises CheckFailed (20), NotChecked (21), Refused (8), NotFound (3), Conflict (4), Locked (6), Unreadable (7).
    """
    with store.reading() as here:
        integration = here.integrations.get(website, definition.name)
        old = still_readable(here, integration, definition, fresh)
        version, account = here.integrations.version(integration), integration.account_id
        kept = dict(integration.settings if settings is None else settings)
    values = {**old, **fresh}
    settle(definition, values, kept, stored=integration.settings, custom=policy.custom)
    outcome = check(definition, values, kept)
    must_be_good(definition, website, outcome, account, policy)
    say("tested in memory", told(outcome))
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        here.integrations.expect(integration, version)
        swapped = here.integrations.conceal(integration, definition, values, settings=kept, action="rotation.swapped", outcome=outcome)
    say("swapped", f"version {swapped}")
    return _as_stored(store, check, website, definition, old, swapped, say, clock) if outcome.proves else outcome


def still_readable(
    here: "Conversation", integration: "Integration", definition: Provider, fresh: Mapping[str, Secret]
) -> dict[str, Secret]:
    """What is stored; {} when it cannot be opened but `fresh` is all it takes: a new value repairs a row. Raises Unreadable (7)."""
    try:
        return here.integrations.reveal(integration)
    except Unreadable:
        if definition.missing({*fresh, *integration.settings}):
            raise
        return {}


def _as_stored(
    store: "Store",
    check: Check,
    website: str,
    definition: Provider,
    old: Mapping[str, Secret],
    version: int,
    say: Say,
    clock: Callable[[], datetime],
) -> Outcome:
    with store.reading() as here:
        integration = here.integrations.get(website, definition.name)
        stored = here.integrations.reveal(integration)
    outcome = check(definition, stored, integration.settings)
    say("tested as stored", told(outcome))
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        if not outcome.blames:
            here.integrations.remember(integration, outcome, clock(), version)
            return outcome
        if not old:
            here.integrations.remember(integration, outcome, clock(), version)
            left = "there was no old one to bring back"
        else:
            here.integrations.expect(integration, version)
            here.integrations.conceal(integration, definition, old, action="rotation.rolled_back")
            left = "the old credential is back"
    raise CheckFailed(f"{definition.name} of {website}: {outcome.word} as stored; {left}", outcome.message, ())


def must_be_good(definition: Provider, website: str, outcome: Outcome, account: str | None, policy: Policy) -> None:
    """Raises unless the new credential may replace a working one."""
    again = f"integrations rotate {definition.name} -w {website}"
    if outcome.blames:
        raise CheckFailed("nothing changed", f"{outcome.word}: {outcome.message}", f"get a key: {definition.keys_url}")
    if policy.unchecked is None and not outcome.proves:
        raise NotChecked("nothing changed", f"{outcome.word}: {outcome.message}", again)
    if outcome.word == "limited" and not policy.accept_limited:
        raise NotChecked("nothing changed", f"limited: {outcome.message}", f"{again} --accept-limited")
    if account and outcome.account_id and outcome.account_id != account and not policy.allow_account_change:
        raise Refused("nothing changed", "the new key belongs to another account", f"{again} --allow-account-change")


def rollback(store: "Store", website: str, definition: Provider) -> int:
    """Bring back the credential before the last rotation, under a new version number. Raises Conflict (4) when there is none."""
    with store.writing() as here:
        integration = here.integrations.get(website, definition.name)
        values = here.integrations.reveal_previous(integration)
        return here.integrations.conceal(integration, definition, values, action="rotation.rolled_back")


def told(outcome: Outcome) -> str:
    """One line for the screen."""
    parts = [outcome.word, outcome.message, f"account {outcome.account}" if outcome.account else ""]
    return ", ".join(part for part in parts if part)
