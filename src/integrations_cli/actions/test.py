"""Ask the providers whether the stored credentials work, side by side, and remember what they said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.actions.rounds import Check, Rounds, Tested, unsent
from integrations_cli.card import Card
from integrations_cli.errors import NotFound
from integrations_cli.provider import Outcome, Provider, untestable

if TYPE_CHECKING:
    from integrations_cli.store import Store


@dataclass
class Round:
    """What came of it, in the order of the cards; only what was finished when `interrupted`."""

    results: list[Tested]
    interrupted: bool = False


def many(
    store: "Store",
    check: Check,
    cards: Sequence[Card],
    clock: Callable[[], datetime],
    *,
    jobs: int = 20,
    max_age: timedelta | None = None,
    told: Callable[[int, str], None] = lambda done, what: None,
    slower: "Callable[[], Store] | None" = None,
) -> Round:
    """Ask for each card, `jobs` at a time; one that cannot be opened, or hangs, stops none of the others.

    Younger answers than `max_age` are used again. `told` hears how many are finished, and which was the last.
    `slower` opens the store that a quick one is left for, where anything is unusual.
    Ctrl-C keeps what is finished and says `interrupted`. Raises Locked (6), NotWritten (74).
    """
    rounds = Rounds(store, check, clock, jobs, told, slower)
    todo: list[tuple[int, Card, Provider]] = []
    for at, card in enumerate(cards):
        definition = _definition(card.provider)
        if definition is None:
            rounds.keep(at, unsent(card, None, untestable("no definition of this provider is installed here"), clock()))
        elif (old := _young(card, max_age, clock())) is not None:
            rounds.keep(at, replace(old, definition=definition))
        else:
            todo.append((at, card, definition))
    interrupted = False
    try:
        rounds.run(todo)
    except KeyboardInterrupt:
        interrupted = True
    return Round([rounds.found[at] for at in sorted(rounds.found)], interrupted)


def test(store: "Store", check: Check, website: str, definition: Provider, clock: Callable[[], datetime]) -> Tested:
    """Ask for one integration (D7): only `rejected` and `misconfigured` set the error, only `ok` and `limited` clear it.

    Raises NotFound (3), Locked (6), Unreadable (7; then nothing was sent and the listing shows it).
    """
    with store.reading() as here:
        card = here.integrations.card(here.integrations.get(website, definition.name), definition)
    done = many(store, check, [card], clock, jobs=1)
    if done.interrupted:
        raise KeyboardInterrupt
    if done.results[0].error is not None:
        raise done.results[0].error
    return done.results[0]


def switched_off(card: Card, at: datetime) -> Tested:
    """The result of a disabled integration, which `--all` leaves alone."""
    return Tested(card, _definition(card.provider), "disabled", untestable("switched off"), at)


def _young(card: Card, max_age: timedelta | None, now: datetime) -> Tested | None:
    """The last answer, if it is young enough and said anything about the credentials in use."""
    last = card.last_test
    if max_age is None or card.status in {"unreadable", "incomplete"} or not last or last.get("outcome") not in {"ok", "limited", *_BLAMED}:
        return None
    at = datetime.fromisoformat(last["at"])
    if not timedelta(0) <= now - at <= max_age:
        return None
    message = "" if last["outcome"] == "ok" else "see integrations show"
    outcome = Outcome(last["outcome"], message, last["cause"], last["http_status"], card.account)
    return Tested(card, None, outcome.word, outcome, at, cached=True)


_BLAMED = ("rejected", "misconfigured")


def _definition(name: str) -> Provider | None:
    try:
        return registry.get(name)
    except NotFound:
        return None


__all__ = ["Check", "Round", "Tested", "many", "switched_off", "test"]
