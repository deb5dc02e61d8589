"""What the commands that read a Rails application ask for."""

from collections.abc import Mapping
from pathlib import Path

from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources.rails.app import Application


def secrets(tools: Tools, *names: str) -> dict[str, Secret]:
    """What the secret options give; raises UsageError (2) for a name that this command does not know."""
    found = {name: Secret(value) for name, value in tools.secrets().items()}
    if set(found) - set(names):
        raise UsageError("a secret option names something that this command does not take", f"it takes {', '.join(names)}")
    return found


def application(tools: Tools, given: Mapping[str, Secret], root: str | None, env: str, content: str | None = None) -> Application:
    """Where the credentials file is looked for."""
    return Application(
        Path(root or ".").expanduser(), env, Path(content).expanduser() if content else None, given.get("master_key"), tools.doors.environ
    )
