"""`--test` of a migration: providers are asked side by side, so many lines at a time; memory does not grow with the source."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from integrations_cli.actions.check import recorded
from integrations_cli.actions.plan import Line, judged
from integrations_cli.actions.test import Check, Tested, many
from integrations_cli.provider import Outcome
from integrations_cli.registry import get

if TYPE_CHECKING:
    from integrations_cli.store import Store

JOBS = 10  # checks side by side


def before(store: "Store", check: Check, lines: Sequence[Line], known: Callable[[str], bool]) -> list[Line]:
    """The lines, each that would be written judged by its provider first: a refusal makes it invalid. Nothing of them is stored.

    `known` says of a website whether it is there already.
    """

    def asked(line: Line) -> Line:
        return judged(line, _ask(store, check, line, known(line.website))) if line.writes and line.provider else line

    workers = ThreadPoolExecutor(JOBS)
    try:
        return [*workers.map(asked, lines)]
    finally:
        workers.shutdown(cancel_futures=True)


def _ask(store: "Store", check: Check, line: Line, known: bool) -> Outcome:
    credentials, settings = dict(line.credentials), dict(line.settings)
    if line.expect is not None:
        with store.reading() as here:
            row = here.integrations.get(line.website, line.provider)
            credentials, settings = {**here.integrations.reveal(row), **credentials}, {**row.settings, **settings}
    return recorded(store, line.website if known else None, check, get(line.provider), credentials, settings)


def after(store: "Store", check: Check, lines: Sequence[Line], clock: Callable[[], datetime]) -> list[Tested]:
    """Ask for lines that were written, and remember the answers; in their order. Ctrl-C keeps what is finished."""
    with store.reading() as here:
        ids = here.websites.ids({line.website for line in lines})
        pairs = [(ids[line.website], line.provider) for line in lines if line.provider and line.website in ids]
        rows = here.bulk.find(pairs)
        cards = [here.integrations.card(rows[pair], get(pair[1])) for pair in pairs if pair in rows]
    done = many(store, check, cards, clock, jobs=JOBS)
    if done.interrupted:
        raise KeyboardInterrupt
    return done.results
