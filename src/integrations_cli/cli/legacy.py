"""The sources that read a Rails application or a database, from the words of the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources import rails_credentials
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails.app import Application


def credentials(tools: Tools, options: Mapping[str, Any], wanted: Wanted) -> Reading:
    """`rails-credentials`."""
    return rails_credentials.read(application(tools, options, secrets(tools, "master_key")), wanted, options.get("under"))


def secrets(tools: Tools, *names: str) -> dict[str, Secret]:
    """What the secret options give; raises UsageError (2) for a name that this command does not know."""
    found = {name: Secret(value) for name, value in tools.secrets().items()}
    if set(found) - set(names):
        raise UsageError("a secret option names something that this command does not take", f"it takes {', '.join(names)}")
    return found


def application(tools: Tools, options: Mapping[str, Any], given: Mapping[str, Secret]) -> Application:
    """Where the credentials file is looked for."""
    content = options.get("content")
    return Application(
        Path(options.get("root") or ".").expanduser(),
        options.get("rails_env") or "production",
        Path(content).expanduser() if content else None,
        given.get("master_key"),
        tools.doors.environ,
    )
