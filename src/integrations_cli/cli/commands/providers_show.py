from integrations_cli.cli.params import ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import providers as view

MARKS = "F"
NEEDS = ""


def command(tools: Tools, provider: ProviderName) -> None:
    """show fields, where to get a key, and what a test sends

    \b
    examples:
      integrations providers show zoho

    exit codes: 0, 3 no such provider
    """
    view.page(tools.out, tools.provider(provider))
