"""A store that is older than what this host has written: reads go on and say so, writes refuse."""

from functools import cache
from pathlib import Path

from integrations_cli.cli.view.out import Out
from integrations_cli.store import glance


@cache  # said once
def say_so(out: Out, database: Path, anchor: Path) -> None:
    """A warning, if it is."""
    if glance.older(database, anchor):
        out.warn("the store is older than what this host has written: it was restored, or the end of its log was cut")
