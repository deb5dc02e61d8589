"""Everyday work without what it takes longer to import than to do: on a plain connection first, by the store where that is not enough."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from typing import Any, TypeVar

    from integrations_cli.cli.tools import Tools
    from integrations_cli.store import Store

    T = TypeVar("T")


def quickly(tools: Tools, work: Callable[[Any], T]) -> T:
    """What `work` does with a store, done the quick way if it can be; the same result, and the same refusals: those are the store's."""
    from integrations_cli.errors import IntegrationsError  # noqa: PLC0415
    from integrations_cli.store import quick  # noqa: PLC0415  the cryptography comes with it
    from integrations_cli.store.sqlite import sqlite3  # noqa: PLC0415

    tools.must_exist()
    try:
        store = quick.QuickStore(tools.config, tools.clock)
        done = work(store)
    except (quick.NotQuick, IntegrationsError, sqlite3.Error, OSError):
        with tools.store() as slow:
            return work(slow)
    for text in store.notices:
        tools.out.note(text)
    return done


def first(tools: Tools, later: ExitStack) -> tuple[Any, Callable[[], Store] | None]:
    """For work in several transactions: a quick store, and how to open the one that is taken wherever something is unusual.

    That one alone where it is unusual from the start. What is opened is closed with `later`.
    """
    from integrations_cli.errors import IntegrationsError  # noqa: PLC0415
    from integrations_cli.store import quick  # noqa: PLC0415
    from integrations_cli.store.sqlite import sqlite3  # noqa: PLC0415

    tools.must_exist()
    try:
        store = quick.QuickStore(tools.config, tools.clock)
    except (quick.NotQuick, IntegrationsError, sqlite3.Error, OSError):
        return later.enter_context(tools.store()), None

    def tell() -> None:
        for text in store.notices:
            tools.out.note(text)

    later.callback(tell)
    return store, lambda: later.enter_context(tools.store())
