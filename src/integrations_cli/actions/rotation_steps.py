"""The steps of a rotation (SECURITY.md §4), each with a transaction of its own; nothing is locked while the provider is asked."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from integrations_cli.actions.rebind import must_be_confirmed
from integrations_cli.actions.test import Check
from integrations_cli.errors import Aborted, CheckFailed, Conflict, NotChecked, Refused, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider, untestable

if TYPE_CHECKING:
    from integrations_cli.store import Conversation, Store
    from integrations_cli.store.tables import Integration

Say = Callable[[int, str, str], None]
"""Told about each of the three steps as it is done: its number, its name, and what came of it."""
KEEP = timedelta(hours=24)
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds between questions while a new key settles; the last one is repeated


@dataclass(frozen=True)
class Policy:
    """What the person allows beyond the safe path, and how long the old credential is kept. Raises UsageError (2) for contradictions.

    `unchecked` asks no provider; a `reason` is needed for that, and for providers that cannot be tested. `ask` is asked about a
    limited key; None: there is nobody. `wait`: a key that got no answer waits as pending, instead of being forgotten.
    """

    accept_limited: bool = False
    allow_account_change: bool = False
    unchecked: bool = False
    reason: str | None = None
    custom: bool = False  # a host that is not the vendor's is allowed
    keep: timedelta = KEEP
    ask: Callable[[Outcome], bool] | None = None
    wait: bool = True

    def __post_init__(self) -> None:
        if self.unchecked and not self.reason:
            raise UsageError("--unchecked needs --reason TEXT", "why this key is taken without a test is kept in the audit log")
        if self.reason and not self.keep:
            raise UsageError("--keep 0 needs a test", "without one, nothing proves the new credential before the old one is gone")


@dataclass(frozen=True)
class Steps:
    """One integration, and the world its rotation takes place in."""

    store: "Store"
    check: Check
    website: str
    definition: Provider
    policy: Policy
    say: Say
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    @property
    def another(self) -> list[str]:
        """What to do about a key that will not do."""
        return [self.again, f"get a key: {self.definition.keys_url}"]

    @property
    def again(self) -> str:
        """The command that rotates it."""
        return f"integrations rotate {self.definition.name} -w {self.website}"

    def row(self, here: "Conversation") -> "Integration":
        """The integration, in this conversation."""
        return here.integrations.get(self.website, self.definition.name)

    # ── 2: in memory ──

    def in_memory(self, version: int) -> Outcome:
        """Test the version that waits, and go on from there. One that is refused, or of another account, is destroyed."""
        if self.policy.unchecked:
            self.say(1, "not tested", str(self.policy.reason))
            return self.swap(version, untestable("not tested, as it was wanted"))
        values, settings, account = self._waiting()
        for outcome, took in self._answers(values, settings):
            self.say(1, "tested in memory", told(outcome, took, account))
        other = bool(account and outcome.account_id and outcome.account_id != account)
        strange = outcome.proves and other and not self.policy.allow_account_change
        with self.store.writing() as here:
            integration = self.row(here)
            here.rotations.checked(integration, version, outcome)
            if strange:
                here.rotations.abort(integration, version, "account")
        if outcome.blames:
            raise CheckFailed("nothing changed", f"{outcome.word}: {outcome.message}", self.another)
        if strange:
            raise Refused("nothing changed", "the new key belongs to another account", f"{self.again} --allow-account-change")
        self._must_be_good(version, outcome)
        return self.swap(version, outcome)

    def _waiting(self) -> tuple[dict[str, Secret], dict[str, Any], str | None]:
        with self.store.reading() as here:
            integration = self.row(here)
            try:
                must_be_confirmed(here, integration, self.definition, self.website, "pending")
                return (*here.rotations.reveal(integration, "pending"), integration.account_id)
            except Unreadable as error:
                raise Unreadable(error.what, error.why, f"{self.again} --abort", error.reason) from None

    def _answers(self, values: Mapping[str, Secret], settings: Mapping[str, Any]) -> Iterator[tuple[Outcome, int | None]]:
        """The answer; a refusal is followed by further ones as long as a new key of this provider may need to settle."""
        left, pauses = float(self.definition.settles_within), iter(PAUSES)
        outcome, took = self.ask(values, settings)
        yield outcome, took
        pause = PAUSES[0]
        while outcome.word == "rejected" and left > 0:
            pause = min(next(pauses, pause), left)
            self.say(1, "asked again", f"in {pause:g} s: a new key of {self.definition.title} may need up to {left:g} s more")
            self.sleep(pause)
            left -= pause
            outcome, took = self.ask(values, settings)
            yield outcome, took

    def ask(self, values: Mapping[str, Secret], settings: Mapping[str, Any]) -> tuple[Outcome, int | None]:
        """What the provider says, and how long it took in ms; None when nothing was sent."""
        began = perf_counter()
        outcome = self.check(self.definition, values, settings)
        return outcome, int((perf_counter() - began) * 1000) if outcome.http_status is not None else None

    def _must_be_good(self, version: int, outcome: Outcome) -> None:
        """Raises unless a version that was not refused may replace a working one. It waits, or is forgotten, as the policy says."""
        if outcome.word == "limited":
            if not self.policy.accept_limited:
                self._limited(version, outcome)
        elif outcome.word == "untestable":
            if not self.policy.reason:
                self._waits(version, outcome, "--resume --unchecked --reason TEXT")
        elif not outcome.proves:
            self._waits(version, outcome, "--resume")

    def _limited(self, version: int, outcome: Outcome) -> None:
        if self.policy.ask is None:
            self._waits(version, outcome, "--resume --accept-limited")
        elif not self.policy.ask(outcome):
            with self.store.writing() as here:
                here.rotations.abort(self.row(here), version, "limited")
            raise Aborted("nothing changed", "the answer was no")

    def _waits(self, version: int, outcome: Outcome, how: str) -> NoReturn:
        why = f"{outcome.word}: {outcome.message}"
        if not self.policy.wait:
            with self.store.writing() as here:
                here.rotations.abort(self.row(here), version, outcome.word)
            raise NotChecked("nothing changed", why, self.again)
        raise NotChecked("nothing changed; the new credential waits", why, [f"{self.again} {how}", f"{self.again} --abort"])

    # ── 3: swap ──

    def swap(self, version: int, outcome: Outcome) -> Outcome:
        """The version that waits is used from now on; if it was proven, it is proven again as stored."""
        with self.store.writing() as here:
            integration = self.row(here)
            before = here.rotations.fingerprints(integration)
            reason = None if outcome.proves else self.policy.reason
            here.rotations.swap(integration, self.definition, version, proof_follows=outcome.proves, reason=reason)
            after = here.rotations.fingerprints(integration)
        self.say(2, "swapped", changes(before, after))
        return self.as_stored(version) if outcome.proves else outcome

    # ── 4 and 5: as stored ──

    def as_stored(self, version: int) -> Outcome:
        """Read back, open, ask again. Refused, or not to be opened: the old one comes back. No answer: both stay."""
        if self.policy.unchecked:
            with self.store.writing() as here:
                here.rotations.confirm(self.row(here), version, None, self.policy.reason)
            self.say(3, "not tested", str(self.policy.reason))
            return untestable("not tested, as it was wanted")
        try:
            with self.store.reading() as here:
                integration = self.row(here)
                must_be_confirmed(here, integration, self.definition, self.website)
                stored, settings = here.integrations.reveal(integration), integration.settings
        except Unreadable as error:
            raise Unreadable(error.what, f"{error.why}; {self._back(version, None)}", error.tries, error.reason) from None
        outcome, took = self.ask(stored, settings)
        self.say(3, "tested as stored", told(outcome, took, integration.account_id))
        if outcome.blames:
            what = f"{self.definition.name} of {self.website}: {outcome.word} as stored; {self._back(version, outcome)}"
            raise CheckFailed(what, outcome.message, self.another)
        with self.store.writing() as here:
            integration = self.row(here)
            if outcome.proves:
                here.rotations.confirm(integration, version, outcome)
            else:
                here.rotations.noted(integration, version, outcome)
        return outcome

    def _back(self, version: int, outcome: Outcome | None) -> str:
        """Bring the old one back; what is in use afterwards, in words."""
        with self.store.writing() as here:
            integration = self.row(here)
            try:
                here.rotations.roll_back(integration, self.definition, version, outcome)
            except (Conflict, Unreadable):
                here.integrations.expect(integration, version)
                if outcome is not None:
                    here.rotations.noted(integration, version, outcome)
                return "there was no old one to bring back"
        return "the old credential is back"


def told(outcome: Outcome, took: int | None, account: str | None) -> str:
    """One line for the screen; `account` is the number of the account before."""
    shown = f"account {outcome.account}" if outcome.account else ""
    same = "as before" if outcome.account_id and outcome.account_id == account else ""
    return ", ".join(part for part in (outcome.word, outcome.message, f"{took} ms" if took is not None else "", shown, same) if part)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The fingerprints that changed, old and new."""
    names = [name for name in {**after, **before} if before.get(name) != after.get(name)]
    changed = [f"{name} {before.get(name, '–')} → {after.get(name, '–')}" for name in names]
    if len({**before, **after}) == 1 and changed:
        return f"fp {changed[0].partition(' ')[2]}"
    return ", ".join(changed) or "the same credential, sealed anew"
