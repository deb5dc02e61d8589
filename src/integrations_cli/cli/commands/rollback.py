from integrations_cli.actions.rotate import Policy
from integrations_cli.cli import rotating
from integrations_cli.cli.params import ProviderName
from integrations_cli.cli.tools import Tools

MARKS = "WY"
NEEDS = "edit"


def command(tools: Tools, provider: ProviderName) -> int:
    """go back to the credential before the last rotation

    The old value is tested, and sealed again under a new version number; the one it replaces is kept in its turn.

    \b
    examples:
      integrations rollback hubspot -w acme

    exit codes: 0, 2, 3, 4 nothing to go back to, 5 no, 6, 7, 20 the old one is rejected: nothing changed, 21 back, without an answer
    """
    definition = tools.provider(provider)
    return rotating.roll_back(tools, tools.website(aloud=True), definition, Policy())
