from typing import Annotated

from integrations_cli.cli import rekeying
from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools

NEEDS = "store"


def command(tools: Tools, test: Annotated[bool, Option("--test", help="prove that the one you have opens the store")] = False) -> None:
    """make a new recovery key, or prove the one you have

    On a terminal only. The new key is shown once and stored nowhere; the one before opens this store no longer.

    \b
    examples:
      integrations key recovery --test
      integrations key recovery

    exit codes: 0, 2 no terminal, 3 there is none, 4 another key operation, 5 not typed back, 6 locked, 7 it does not open the store
    """
    tools.must_exist()
    rekeying.recovery(tools, test)
