"""A store that is older than what this host has written: reads go on and say so, writes refuse."""

from functools import cache
from pathlib import Path

from integrations_cli.access import Grants
from integrations_cli.cli.view.out import Out
from integrations_cli.config import Config
from integrations_cli.store import glance


def look(out: Out, config: Config) -> tuple[list[glance.WebsiteLine], Grants]:
    """The websites and the grants, which nearly every command asks for first; with the warning, if there is a reason."""
    found = glance.look(config.database)
    _say_so(out, config.database, config.anchor)
    return found


@cache  # said once
def _say_so(out: Out, database: Path, anchor: Path) -> None:
    if glance.older(database, anchor):
        out.warn("the store is older than what this host has written: it was restored, or the end of its log was cut")
