from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import websites as view

MARKS = "F"
NEEDS = "see"


def command(tools: Tools) -> None:
    """list the websites

    Needs no key.

    \b
    examples:
      integrations website list

    exit codes: 0, 3 no store yet
    """
    lines = tools.glance_websites()
    view.listing(tools.out, lines, tools.current_website(), None if lines else tools.outsider())
