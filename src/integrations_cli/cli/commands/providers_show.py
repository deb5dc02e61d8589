from integrations_cli.cli import browser, pager
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import NoPager, Option, ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import providers as view

MARKS = "F"
NEEDS = ""


def command(
    tools: Tools,
    provider: ProviderName,
    opened: Annotated[bool, Option("--open", help="open the page where a key is made, in a browser")] = False,
    no_pager: NoPager = False,
) -> None:
    """show fields, where to get a key, and what a test sends

    \b
    examples:
      integrations providers show zoho
      integrations providers show stripe --open

    exit codes: 0, 3 no such provider
    """
    definition = tools.provider(provider)
    if opened:
        browser.show(tools.out, definition.keys_url)
    with pager.paged(tools.out, tools.doors.environ, not (no_pager or opened)):
        view.page(tools.out, definition)
