"""The sources of `migrate`, by kind, from what stands on the command line or in a saved plan: one way in for both."""
# ruff: noqa: PLC0415  a run reads one source, and pays for no other

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli.cli.tools import Tools

if TYPE_CHECKING:
    from integrations_cli.sources.finding import Reading
    from integrations_cli.sources.names import Wanted

Options = Mapping[str, Any]
Reader = Callable[[Tools, Options, "Wanted"], "Reading"]


def env(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
    """The environment of this process."""
    from integrations_cli.sources import env as source

    return source.read(tools.doors.environ, wanted)


def dotenv(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
    """`.env` files."""
    from integrations_cli.sources import dotenv as source

    return source.read([Path(one) for one in options["files"]], wanted)


READERS: Mapping[str, Reader] = {"env": env, "dotenv": dotenv}
