from typing import Annotated

from integrations_cli.cli import slotting
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools

MARKS = "YD"


def command(
    tools: Tools,
    slot: Annotated[str | None, Argument(metavar="SLOT", help="its number or kind; else the one that opens", show_default=False)] = None,
) -> None:
    """replace the store's own keys

    \b
    examples:
      integrations key rotate

    exit codes: 0, 2, 3 no such slot, 4 another key operation, 5 no, 6 locked, 7
    """
    tools.must_exist()
    slotting.rotate(tools, slot)
