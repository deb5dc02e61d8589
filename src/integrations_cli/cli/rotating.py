"""What `rotate`, `rollback`, `set` and `edit` share: what a person allows, and the last lines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from integrations_cli.actions.rotate import KEEP, Policy, Rotation
from integrations_cli.actions.set import set_values
from integrations_cli.actions.show import rotation as stands
from integrations_cli.actions.show import show
from integrations_cli.actions.test import Check
from integrations_cli.actions.values import Values
from integrations_cli.cli import said
from integrations_cli.cli.params import span
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view.moments import until
from integrations_cli.errors import Conflict, NotFound, UsageError
from integrations_cli.masking import safe
from integrations_cli.provider import Field, Outcome, Provider

if TYPE_CHECKING:
    from integrations_cli.store import Store


def one_way(ways: dict[str, bool], *, given: bool) -> str:
    """The one of `--resume`, `--abort` … that was typed, or "". Raises UsageError (2) for two, or for one together with a new value."""
    chosen = [name for name, wanted in ways.items() if wanted]
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]} exclude each other", "a rotation goes one way at a time")
    if chosen and given:
        raise UsageError(f"--{chosen[0]} takes no new value", "it is about the rotation that is under way")
    return chosen[0] if chosen else ""


def keep(text: str | None, way: str) -> timedelta:
    """How long the old credential is kept: `24h`, or `0`. Raises UsageError (2)."""
    if text is not None and way:
        raise UsageError(f"--{way} takes no --keep", "how long the old one is kept is said when a rotation is started")
    found = timedelta(0) if text == "0" else span(text)
    return KEEP if found is None else found


def credential(definition: Provider, name: str, website: str) -> Field:
    """The credential that was named. Raises NotFound (3), for a setting with the command that changes it."""
    if any(one.name == name for one in definition.settings):
        again = f"integrations set {definition.name} {name}=VALUE -w {website}"
        raise NotFound(f"{name} of {definition.name} is a setting, not a credential", "it is no secret: set changes it", again)
    return definition.credential(name)


def accepts(tools: Tools) -> Callable[[Outcome], bool] | None:
    """Asks whether a limited key will do; None when nobody can be asked."""
    if not tools.ask.may_ask():
        return None
    return lambda outcome: tools.ask.confirm(f"It works with a limit ({safe(outcome.message, 120)}). Take it")


def made(tools: Tools, store: "Store", website: str, definition: Provider, policy: Policy) -> Rotation:
    """The rotation of an integration, with the world it needs."""
    return Rotation(store, tools.check(website=website), website, definition, policy, said.steps(tools), tools.clock)


def save(tools: Tools, website: str, definition: Provider, values: Values, check: Check | None, unset: Sequence[str] = ()) -> int:
    """`set`, `edit` and `add --on-conflict update`: save changes, by the steps of a rotation where a working credential is replaced."""
    policy = Policy(ask=accepts(tools))
    with tools.store() as store, told_when_interrupted(tools, website, definition):
        saved = set_values(store, check, website, definition, values, unset, policy, said.steps(tools), tools.clock)
    if not saved.changed:
        return said.unchanged(tools, website, definition)
    code = said.saved(tools, website, definition, saved.outcome)
    if saved.replaced:
        _kept(tools, website, definition)
    return code


def _kept(tools: Tools, website: str, definition: Provider) -> None:
    """Where the credential that was replaced is, and how to take it back."""
    now = stands(tools.config.database, website, definition)
    if not now.previous:
        return
    if now.previous_until:
        tools.out.note(f"the old credential is kept until {until(now.previous_until, tools.options.iso)}, then destroyed")
        tools.out.next(f"revoke the old key at {definition.keys_url}")
    else:
        tools.out.note("the old credential is kept until the new one is proven")
    tools.out.undo(f"integrations rollback {definition.name} -w {website}")


@contextmanager
def told_when_interrupted(tools: Tools, website: str, definition: Provider) -> Iterator[None]:
    """Ctrl-C, however far it came: what is the case now, and what to type next."""
    try:
        yield
    except KeyboardInterrupt:
        state = stands(tools.config.database, website, definition).state
        again = f"integrations rotate {definition.name} -w {website}"
        if state == "pending":
            tools.out.warn(f"nothing changed; the new credential waits: {again} --resume, or {again} --abort")
        elif state == "swapped_unchecked":
            tools.out.warn(f"the new credential is in use, and was not tested as stored: {again} --resume, or {again} --rollback")
        raise


def ended(tools: Tools, website: str, definition: Provider, outcome: Outcome, what: str = "rotated") -> int:
    """The last lines of a rotation; 21 when the last test got no answer."""
    now, of = stands(tools.config.database, website, definition), f"{definition.name} of {website}"
    undo = f"integrations rollback {definition.name} -w {website}"
    if now.state == "swapped_unchecked":
        tools.out.warn(f"{of} is {what}, but could not be tested as stored: {outcome.word}; both credentials are kept")
        tools.out.next(f"integrations rotate {definition.name} -w {website} --resume")
        tools.out.undo(undo)
        return said.NOT_CHECKED
    tested = "" if outcome.proves else " without a test"
    kept = f"kept until {until(now.previous_until, tools.options.iso)}, then destroyed" if now.previous else "destroyed"
    which = "the old credential" if what == "rotated" else "the one it replaced"
    tools.out.done(f"{of} is {what}{tested}; {which} is {kept}")
    if what == "rotated":
        tools.out.next(f"revoke the old key at {definition.keys_url}")
    if now.previous:
        tools.out.undo(undo)
    return 0 if outcome.proves or what == "rotated" else said.NOT_CHECKED


def ended_early(tools: Tools, rotation: Rotation, way: str) -> int:
    """`--abort` and `--finish`."""
    of = f"{rotation.definition.name} of {rotation.website}"
    if way == "abort":
        rotation.abort()
        tools.out.done(f"the new credential of {of} is destroyed; nothing changed")
    elif rotation.finish():
        tools.out.done(f"the old credential of {of} is destroyed")
    else:
        tools.out.done(f"{of} has no old credential any more")
    return 0


def roll_back(tools: Tools, website: str, definition: Provider, policy: Policy) -> int:
    """`rollback`, and `rotate --rollback`. Nobody is asked for a yes to what cannot be."""
    show(tools.config.database, website, definition.name)
    now = stands(tools.config.database, website, definition)
    if now.state == "idle" and not now.previous:
        why = f"{definition.name} has no previous credential, or its time is over"
        raise Conflict("there is nothing to go back to", why, f"integrations history {definition.name} -w {website}")
    tools.confirm(f"go back to the credential of before, for {definition.name} of {website}")
    with tools.store() as store, told_when_interrupted(tools, website, definition):
        outcome = made(tools, store, website, definition, policy).roll_back()
    return ended(tools, website, definition, outcome, "back to its previous credential")
