from typing import Annotated

from integrations_cli.cli import rekeying, slotting
from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = "YD"


def command(
    tools: Tools,
    slot: Annotated[str | None, Argument(metavar="SLOT", help="its number or kind; else the one that opens", show_default=False)] = None,
    root: Annotated[bool, Option("--root", help="a new root key: every data key and slot is sealed anew")] = False,
    recovery_file: Annotated[
        str | None, Option("--recovery-file", metavar="PATH", help="--root: write the new recovery key to this new file, 0600")
    ] = None,
    no_recovery: Annotated[bool, Option("--no-recovery", help="--root: go without a recovery key")] = False,
) -> int:
    """replace the store's own keys

    Alone: a new key for one slot. Rotating keys does not undo a leak. Whoever had the old key and a copy of the database has the
    credentials. Run all three, then change the credentials at the providers; `integrations key affected` lists them.

    \b
    examples:
      integrations key rotate
      integrations key rotate --root --dry-run
      integrations key rotate --root

    exit codes: 0, 2, 3 no such slot, 4 another key operation, 5 no, 6 locked, 7, 8 no slot could stay
    """
    tools.must_exist()
    if root and slot is not None:
        raise UsageError("--root is for all slots", "a slot by name gets a new key of its own", "integrations key rotate --root")
    if (recovery_file or no_recovery) and not root:
        raise UsageError("--recovery-file and --no-recovery belong to --root", None, "integrations key recovery")
    if root:
        rekeying.root(tools, recovery_file, no_recovery)
    else:
        slotting.rotate(tools, slot)
    return 0
