from typing import Annotated

from integrations_cli.cli import giving_up
from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools

MARKS = "C"
NEEDS = "store"


def command(
    tools: Tools,
    slot: Annotated[str | None, Option("--slot", metavar="KIND", help="what unlocks the store from now on")] = None,
    recovery_file: Annotated[
        str | None, Option("--recovery-file", metavar="PATH", help="write the new recovery key to this new file, 0600")
    ] = None,
    no_recovery: Annotated[bool, Option("--no-recovery", help="go without a recovery key")] = False,
) -> None:
    """start anew when every key of the store is lost

    Only when no slot opens it. All credentials are given up and must be entered again; settings, websites and the audit history stay,
    but nobody can verify any more what the lost keys signed.

    \b
    examples:
      integrations store backup before.bak
      integrations store abandon-credentials --slot file --recovery-file paper --confirm abandon-credentials

    exit codes: 0, 2, 3 no store yet, 4 a slot still opens it, 5 not confirmed, 6 no usable slot of that kind, 74
    """
    giving_up.give_up(tools, slot, recovery_file, no_recovery)
