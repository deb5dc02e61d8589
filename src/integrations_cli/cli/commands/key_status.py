from typing import Annotated

from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import status as view

MARKS = "F"
NEEDS = "store"


def command(tools: Tools, verify: Annotated[bool, Option("--verify", help="unlock with each slot that is present")] = False) -> int:
    """say how the store is unlocked, and whether it can be

    \b
    examples:
      integrations key status
      integrations key status --verify

    exit codes: 0, 3 no store yet, 6 no slot is usable
    """
    from integrations_cli.store import create  # noqa: PLC0415  the store is entered late

    tools.must_exist()
    return view.slots(tools.out, create.key_status(tools.config, verify=verify, ask_passphrase=tools.passphrase))
