from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import status as view

MARKS = "F"
NEEDS = "store"


def command(tools: Tools) -> None:
    """say where the store is, and which schema it has

    Needs no key. With -v it says where each value came from.

    \b
    examples:
      integrations store status

    exit codes: 0, 3 no store yet
    """
    from integrations_cli.store import create  # noqa: PLC0415  the store is entered late

    tools.must_exist()
    view.store(tools.out, create.status(tools.config), tools.config if tools.options.verbose else None)
