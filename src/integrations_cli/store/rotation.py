"""A rotation, step by step (SECURITY.md §4): each method is one step, for a transaction of its own, with its entry in the log.

The numbers of the steps: 1 start, 2 check in memory, 3 swap, 4 check as stored, 5 roll back, 6 destroy. What a check says goes to the
pending version, never to the integration, until step 4 has proven it: so going back restores the error and the account of before.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from integrations_cli.errors import Conflict
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store import carrying
from integrations_cli.store.audit import Audit
from integrations_cli.store.grace import KEEP
from integrations_cli.store.keys import Keyring
from integrations_cli.store.settings import known, patch, patched
from integrations_cli.store.tables import Carried, CredentialVersion, Integration, Website
from integrations_cli.store.traces import facts, marks, note, since, take
from integrations_cli.store.versions import Versions


class Rotations:
    """The steps, inside one conversation."""

    def __init__(self, session: Session, keys: Keyring, audit: Audit, clock: Callable[[], datetime], vacuum: Callable[[], None]) -> None:
        self._session, self._keys, self._audit, self._clock, self._vacuum = session, keys, audit, clock, vacuum
        self._versions = Versions(session, keys, clock)

    # ── where it stands ──

    def must_be_settled(self, integration: Integration) -> None:
        """Raises Conflict (4), with what settles it, while a rotation waits or its last step is missing."""
        must_be_settled(self._session, self._versions, integration)

    def pending(self, integration: Integration) -> int | None:
        """The number of the version that waits, or None."""
        found = self._versions.in_state(integration, "pending")
        return found.version if found else None

    def unproven(self, integration: Integration) -> bool:
        """True between swap and proof: the version in use was not tested as stored, the one before is kept without an end."""
        previous = self._versions.in_state(integration, "previous")
        return previous is not None and previous.destroy_after is None

    def reveal(self, integration: Integration, state: str) -> tuple[dict[str, Secret], dict[str, Any]]:
        """The credentials of the `pending` or `previous` version, and the settings that go with them. Raises Conflict (4)."""
        if state == "previous" and self._versions.in_state(integration, state) is None:
            raise Conflict("there is nothing to go back to", f"{integration.provider} has no previous credential, or its time is over")
        row = self._the(integration, state)
        return self._versions.reveal(integration, row), self._versions.settings_with(integration, row)

    def unconfirmed(self, integration: Integration, definition: Provider, state: str) -> tuple[str, ...]:
        """The settings that decide where this version would be sent, and that nobody has confirmed for it, by name.

        One that would be sent where the version in use is sealed for is confirmed with that one. Raises Unreadable (7).
        """
        row, active = self._versions.in_state(integration, state), self._versions.active(integration)
        names = tuple(name for name in definition.destinations if row is not None and name not in row.bound)
        if not names or row is None or row is active or active is None or set(definition.destinations) - set(active.bound):
            return names
        meant = self._versions.settings_with(integration, row)
        if any(meant.get(name) != active.bound[name] for name in definition.destinations):
            return names
        self._versions.reveal(integration, active)  # only that proves what it is sealed for
        return ()

    def fingerprints(self, integration: Integration) -> dict[str, str]:
        """8 hex digits of every credential in use, by field."""
        return {name: str(fp)[:8] for name, fp in sorted(marks(self._versions.active(integration)).items())}

    def _the(self, integration: Integration, state: str, version: int | None = None) -> CredentialVersion:
        row = self._versions.in_state(integration, state)
        if row is None or version not in (None, row.version):
            raise Conflict(f"{integration.provider} was changed meanwhile", f"there is no {state} version any more; nothing was written")
        return row

    # ── the steps ──

    def start(
        self, integration: Integration, definition: Provider, values: Mapping[str, Secret], settings: Mapping[str, Any], keep: timedelta
    ) -> int:
        """1: the new version waits, sealed for the settings that come with it. Its number. Raises Conflict (4) if one waits already."""
        self.must_be_settled(integration)
        changes = patch(integration.settings, known(definition, settings))
        row = self._versions.seal(integration, definition, values, state="pending", settings=settings)
        carried = Carried(integration_id=integration.id, version=row.version, settings=changes, keep=int(keep.total_seconds()))
        self._session.add(carrying.sign(self._session, self._keys, carried, "pending"))
        active = self._versions.active(integration)
        self._record("rotation.started", integration, row, marks(active), self._versions.changed(integration, active, row), changes)
        return row.version

    def checked(self, integration: Integration, version: int, outcome: Outcome) -> None:
        """2: what was said about the waiting version is noted there. One that was refused is destroyed."""
        row = self._the(integration, "pending", version)
        note(row, outcome, self._now())
        self._session.add(row)
        self._session.flush()
        self._audit.record("rotation.checked", integration=integration, outcome=outcome.word, cause=outcome.cause, version=version)
        if outcome.blames:
            self._destroyed(integration, self._versions.end(integration, "pending", "aborted"))

    def swap(self, integration: Integration, definition: Provider, version: int, *, proof_follows: bool, reason: str | None = None) -> None:
        """3: the waiting version is the active one now; the one before has no end until step 4, unless no proof will follow."""
        row = self._the(integration, "pending", version)
        carried = self._versions.carried(integration, row)
        active = self._versions.active(integration)
        before, changed, same_key = (
            marks(active),
            self._versions.changed(integration, active, row),
            self._versions.same(integration, active, row),
        )
        settings = known(definition, patched(integration.settings, carried.settings))
        back = {"settings": patch(settings, integration.settings), "expires_at": integration.expires_at, "keep": carried.keep}
        unproven = timedelta(seconds=carried.keep) or KEEP  # nothing is destroyed at once for what nobody has proven
        ended = self._versions.retire(integration, back, keep=None if proof_follows else unproven)
        changes = carried.settings
        self._session.delete(carried)
        lasts = same_key or _only_less(definition, row, changed)
        self._activate(integration, row, settings, integration.expires_at if lasts else None)
        self._record("rotation.swapped", integration, row, before, changed, changes, reason=reason)
        self._destroyed(integration, ended)

    def confirm(self, integration: Integration, version: int, outcome: Outcome | None, reason: str | None = None) -> None:
        """4: proven as stored (or, without an outcome, taken as it is, with a reason): the one before has an end from now on."""
        row = self._the(integration, "active", version)
        if outcome is not None:
            note(row, outcome, self._now())
            take(integration, outcome, self._now(), version)
            integration.unreadable_since = None
            self._session.add_all([row, integration])
        keep = self._versions.begin_grace(integration, proven=outcome is not None)
        word = outcome.word if outcome else "untested"
        self._audit.record("rotation.confirmed", integration=integration, outcome=word, version=version, reason=reason)
        if keep == timedelta(0):
            self._destroyed(integration, self._versions.end(integration, "previous", "rotated"))

    def noted(self, integration: Integration, version: int, outcome: Outcome) -> None:
        """4, without a proof: it stays in use. No answer leaves its status alone; a refusal (nothing is there to go back to) does not."""
        row = self._the(integration, "active", version)
        note(row, outcome, self._now())
        take(integration, outcome, self._now(), version)
        self._session.add_all([row, integration])
        self._audit.record("rotation.checked", integration=integration, outcome=outcome.word, cause=outcome.cause, version=version)

    def roll_back(self, integration: Integration, definition: Provider, version: int, outcome: Outcome | None) -> int:
        """5: the version before is sealed again under a new number, with what was known of it; the failed one is destroyed."""
        self._the(integration, "active", version)
        row, ended, changed = self._sealed_again(integration, definition, keep_replaced=False)
        word, cause = (outcome.word, outcome.cause) if outcome else ("unreadable", None)
        self._record("rotation.rolled_back", integration, row, {}, changed, {}, outcome=word, cause=cause)
        self._destroyed(integration, ended)
        return row.version

    def bring_back(self, integration: Integration, definition: Provider, outcome: Outcome, *, proof_follows: bool) -> int:
        """5, by hand: as above, but the one that is replaced is kept in its turn. The new number. Raises Conflict (4) while one waits."""
        if self.pending(integration) is not None:
            self.must_be_settled(integration)
        before = marks(self._versions.active(integration))
        row, ended, changed = self._sealed_again(integration, definition, keep_replaced=True, proof_follows=proof_follows)
        note(row, outcome, self._now())
        self._session.add(row)
        self._record("rotation.rolled_back", integration, row, before, changed, {}, checked=outcome.word)
        self._destroyed(integration, ended)
        return row.version

    def abort(self, integration: Integration, version: int, cause: str | None = None) -> None:
        """The version that waits under this number is destroyed; the one in use never knew of it. Raises Conflict (4) for another one."""
        row = self._the(integration, "pending", version)
        ended = self._versions.end(integration, "pending", "aborted")
        self._audit.record("rotation.aborted", integration=integration, version=row.version, cause=cause)
        self._destroyed(integration, ended)

    def finish(self, integration: Integration) -> bool:
        """6: the previous version is destroyed now. False: there was none. Raises Conflict (4) before the new one is proven."""
        self.must_be_settled(integration)
        ended = self._versions.end(integration, "previous", "rotated")
        self._destroyed(integration, ended)
        return bool(ended)

    # ── what they share ──

    def _sealed_again(
        self, integration: Integration, definition: Provider, *, keep_replaced: bool, proof_follows: bool = True
    ) -> tuple[CredentialVersion, list[int], list[str]]:
        """The new version, the numbers of those that ended, and the fields that changed."""
        previous, active = self._the(integration, "previous"), self._versions.active(integration)
        changed = self._versions.changed(integration, active, previous)
        values = self._versions.reveal(integration, previous)
        settings = known(definition, self._versions.settings_with(integration, previous))
        expires_at = self._versions.carried(integration, previous).expires_at
        known_of_it = {name: getattr(previous, name) for name in ("outcome", "outcome_cause", "outcome_http", "outcome_at", "verdict")}
        number, ages = previous.version, since(previous)
        ended = [] if keep_replaced else self._versions.end(integration, "active", "rolled_back")
        back = {"settings": patch(settings, integration.settings), "expires_at": integration.expires_at}
        ended += self._versions.retire(integration, back, ended_by="rolled_back", keep=None if proof_follows else KEEP)
        row = self._versions.seal(integration, definition, values, state="pending", settings=settings)
        for name, value in known_of_it.items():
            setattr(row, name, value)
        row.card = {name: {**mark, "since": ages[name]} for name, mark in row.card.items()}  # coming back makes nothing younger
        self._activate(integration, row, settings, expires_at)
        if integration.last_error_version == number:
            integration.last_error_version = row.version  # an error of before is an error still
        self._session.flush()
        return row, ended, changed

    def _activate(self, integration: Integration, row: CredentialVersion, settings: dict[str, Any], expires_at: str | None) -> None:
        integration.settings, integration.expires_at = settings, expires_at
        integration.updated_at, integration.unreadable_since = self._now(), None
        row.state = "active"
        self._session.info.pop("versions", None)
        self._session.add_all([integration, row])
        self._session.flush()

    def _record(
        self,
        action: str,
        integration: Integration,
        row: CredentialVersion,
        before: Mapping[str, Any],
        changed: Sequence[str],
        settings: Mapping[str, Any],
        **more: Any,
    ) -> None:
        names = sorted({*changed, *settings})
        self._audit.record(action, integration=integration, fields=names, **facts(row, changed, before), **more)

    def _destroyed(self, integration: Integration, numbers: list[int]) -> None:
        for number in numbers:
            self._audit.record("credential.destroyed", integration=integration, version=number)
        if numbers:
            self._vacuum()

    def _now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")


def _only_less(definition: Provider, row: CredentialVersion, changed: Sequence[str]) -> bool:
    """True if nothing has changed but that fields are gone which do not end by themselves: what is left ends when it did."""
    ending = {one.name for one in definition.credentials if one.ends}
    return not any(name in row.card or name in ending for name in changed)


def must_be_settled(session: Session, versions: Versions, integration: Integration) -> None:
    """Raises Conflict (4), with what settles it, while a rotation waits or its last step is missing."""
    pending, previous = versions.in_state(integration, "pending"), versions.in_state(integration, "previous")
    owner = session.get(Website, integration.website_id)
    again = f"integrations rotate {integration.provider} -w {owner.slug if owner else '…'}"
    if pending is not None:
        why = f"a new credential has been waiting since {pending.created_at}"
        raise Conflict(f"{integration.provider} is being rotated", why, [f"{again} --resume", f"{again} --abort"])
    if previous is not None and previous.destroy_after is None:
        why = "the credential in use was not tested as stored yet"
        raise Conflict(f"{integration.provider} is being rotated", why, [f"{again} --resume", f"{again} --rollback"])
