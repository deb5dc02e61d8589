"""Replace credentials: kept as pending, tested in memory, swapped, tested again as stored; the old ones stay until their time is over.

Killed at any point, `resume` goes on where it was, and `abort` undoes it: the credential in use is never touched before the swap.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from integrations_cli.actions.reason import must_be_recordable
from integrations_cli.actions.rebind import must_be_confirmed
from integrations_cli.actions.rotation_steps import KEEP, Policy, Say, Steps, changes, told
from integrations_cli.actions.test import Check
from integrations_cli.actions.values import must_be_gone, renewed, settle, vouched
from integrations_cli.errors import CheckFailed, Conflict, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store.settings import patched

if TYPE_CHECKING:
    from integrations_cli.store import Conversation, Store
    from integrations_cli.store.tables import Integration


@dataclass(frozen=True)
class Rotation(Steps):
    """The ways into a rotation, and out of it. Every one raises NotFound (3), Locked (6), Unreadable (7), NotWritten (74)."""

    def must_be_settled(self) -> None:
        """Raises Conflict (4) while another rotation is under way: before anybody is asked for a key."""
        with self.store.reading() as here:
            here.rotations.must_be_settled(self.row(here))

    def start(self, fresh: Mapping[str, Secret], change: Mapping[str, Any] | None = None, gone: Collection[str] = ()) -> Outcome:
        """Replace `fresh` and leave out `gone`; other fields are carried over, and settings `change` with it (name → value, None unsets).

        A refused or silent test never touches the active credential or its status. If the stored copy is refused, the old value
        comes back. Raises CheckFailed (20), NotChecked (21), Refused (8), Conflict (4), Aborted (5), UsageError (2).
        """
        with self.store.reading() as here:
            integration = self.row(here)
            here.rotations.must_be_settled(integration)
            must_be_confirmed(here, integration, self.definition, self.website)
            old = still_readable(here, integration, self.definition, fresh)
            version = here.integrations.version(integration)
        before = dict(integration.settings)
        kept = patched(before, change or {})
        if change is None and old and all(old.get(name) == value for name, value in fresh.items()):
            raise UsageError("nothing changed", "this is the credential that is in use already", self.another)
        values = renewed(self.definition, old, fresh, gone)
        must_be_recordable(self.policy.reason, values.values())
        believed = vouched(self.definition, old, before, change or (), self.website)
        settle(self.definition, values, kept, stored=believed, custom=self.policy.custom)
        must_be_gone(values, gone)
        with self.store.writing() as here:
            integration = self.row(here)
            here.integrations.expect(integration, version, before)
            started = here.rotations.start(integration, self.definition, values, kept, self.policy.keep)
        return self.in_memory(started)

    def resume(self) -> Outcome:
        """Go on with what waits, or do the last step of a rotation that was killed after the swap. Raises as `start` does."""
        with self.store.reading() as here:
            integration = self.row(here)
            waiting, unproven = here.rotations.pending(integration), here.rotations.unproven(integration)
            active = here.integrations.version(integration)
        if waiting is not None:
            return self.in_memory(waiting)
        if not unproven or active is None:
            raise Conflict("there is nothing to resume", f"no rotation of {self.definition.name} is under way", self.again)
        return self.as_stored(active)

    def abort(self) -> None:
        """Destroy the credential that waits. Raises Conflict (4) when none does."""
        with self.store.writing() as here:
            integration = self.row(here)
            waiting = here.rotations.pending(integration)
            if waiting is None and here.rotations.unproven(integration):
                back = [f"{self.again} --resume", f"{self.again} --rollback"]
                raise Conflict("there is nothing to abort", "the new credential is in use already", back)
            if waiting is None:
                raise Conflict("there is nothing to abort", f"no rotation of {self.definition.name} is under way", self.again)
            here.rotations.abort(integration, waiting)

    def finish(self) -> bool:
        """Destroy the old credential now; False when there is none. Raises Conflict (4) before the new one is proven."""
        with self.store.writing() as here:
            return here.rotations.finish(self.row(here))

    def roll_back(self) -> Outcome:
        """Bring back the credential before the last rotation; the one it replaces is kept in its turn.

        One that the provider refuses does not come back: CheckFailed (20). Without an answer it does: that is for a person to decide.
        """
        with self.store.reading() as here:
            integration = self.row(here)
            if here.rotations.pending(integration) is not None:
                here.rotations.must_be_settled(integration)
            version = here.integrations.version(integration)
            must_be_confirmed(here, integration, self.definition, self.website, "previous")
            values, settings = here.rotations.reveal(integration, "previous")
        outcome, took = self.ask(values, settings)
        self.say(1, "tested in memory", told(outcome, took, integration.account_id))
        if outcome.blames:
            raise CheckFailed("nothing changed", f"the credential of before is {outcome.word}: {outcome.message}", self.again)
        with self.store.writing() as here:
            integration = self.row(here)
            here.integrations.expect(integration, version)
            before = here.rotations.fingerprints(integration)
            brought = here.rotations.bring_back(integration, self.definition, outcome, proof_follows=outcome.word != "untestable")
            after = here.rotations.fingerprints(integration)
        self.say(2, "swapped back", changes(before, after))
        return self.as_stored(brought) if outcome.proves else outcome


def rotate(
    store: "Store",
    check: Check,
    website: str,
    definition: Provider,
    fresh: Mapping[str, Secret],
    policy: Policy,
    say: Say,
    clock: Callable[[], datetime],
    change: Mapping[str, Any] | None = None,
    gone: Collection[str] = (),
) -> Outcome:
    """Swap in `fresh`, once the provider has accepted it: see `Rotation.start`."""
    return Rotation(store, check, website, definition, policy, say, clock).start(fresh, change, gone)


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


__all__ = ["KEEP", "Policy", "Rotation", "Say", "rotate", "still_readable"]
