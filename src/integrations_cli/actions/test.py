"""Ask the provider whether the stored credentials work, and remember what it said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider

if TYPE_CHECKING:
    from integrations_cli.store import Store

Check = Callable[[Provider, Mapping[str, Secret], Mapping[str, Any]], Outcome]
"""Asks the provider: `actions.check.run` with the network filled in."""


@dataclass(frozen=True)
class Tested:
    """One result. `duration_ms` is None when nothing was sent."""

    website: str
    definition: Provider
    outcome: Outcome
    at: datetime
    duration_ms: int | None


def test(store: "Store", check: Check, website: str, definition: Provider, clock: Callable[[], datetime]) -> Tested:
    """Reveal, ask, remember (D7): only `rejected` and `misconfigured` set the error, only `ok` and `limited` clear it.

    Raises NotFound (3), Locked (6), Unreadable (7; then nothing was sent and the listing shows it).
    """
    try:
        with store.reading() as here:
            integration = here.integrations.get(website, definition.name)
            version = here.integrations.version(integration)
            credentials = here.integrations.reveal(integration)
    except Unreadable:
        with store.writing() as here:
            here.integrations.mark_unreadable(here.integrations.get(website, definition.name))
        raise
    with store.writing() as here:
        here.audit.record("check.started", integration=here.integrations.get(website, definition.name))
    began = perf_counter()
    outcome = check(definition, credentials, integration.settings)
    took = int((perf_counter() - began) * 1000)
    with store.writing() as here:
        here.integrations.remember(here.integrations.get(website, definition.name), outcome, clock(), version)
    return Tested(website, definition, outcome, clock(), None if outcome.word == "untestable" else took)
