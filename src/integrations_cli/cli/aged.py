"""A store that is older than what this host has written: reads go on and say so, writes refuse."""

from functools import cache
from pathlib import Path

from integrations_cli.cli.view.out import Out
from integrations_cli.config import Config
from integrations_cli.store import glance


def websites(out: Out, config: Config) -> list[glance.WebsiteLine]:
    """What can be seen of them without a key, which nearly every command asks first; with the warning, if there is a reason."""
    found = glance.websites(config.database)
    _say_so(out, config.database, config.anchor)
    return found


@cache  # said once
def _say_so(out: Out, database: Path, anchor: Path) -> None:
    if glance.older(database, anchor):
        out.warn("the store is older than what this host has written: it was restored, or the end of its log was cut")
