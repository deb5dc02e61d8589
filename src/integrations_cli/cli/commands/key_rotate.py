from typing import Annotated

from integrations_cli.cli import rekeying, slotting
from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = "YD"
NEEDS = "store"


def command(
    tools: Tools,
    slot: Annotated[str | None, Argument(metavar="SLOT", help="its number or kind; else the one that opens", show_default=False)] = None,
    root: Annotated[bool, Option("--root", help="a new root key: every data key and slot is sealed anew")] = False,
    reencrypt: Annotated[bool, Option("--reencrypt", help="new data, fingerprint and audit keys, while others work")] = False,
    resume: Annotated[bool, Option("--resume", help="go on with a re-encryption that was stopped")] = False,
    recovery_file: Annotated[
        str | None, Option("--recovery-file", metavar="PATH", help="--root: write the new recovery key to this new file, 0600")
    ] = None,
    no_recovery: Annotated[bool, Option("--no-recovery", help="--root: go without a recovery key")] = False,
) -> int:
    """replace the store's own keys

    Alone, a new key for one slot. Rotating keys does not undo a leak. Whoever had the old key and a copy of the database has the
    credentials. Run all three, then change the credentials at the providers; `integrations key affected` lists them.

    \b
    examples:
      integrations key rotate
      integrations key rotate --root --dry-run
      integrations key rotate --root
      integrations key rotate --reencrypt

    exit codes: 0, 2, 3 no such slot, 4 another key operation, 5 no, 6 locked, 7, 8 no slot could stay, 12 a version did not open
    """
    tools.must_exist()
    if sum((root, reencrypt or resume, slot is not None)) > 1:
        raise UsageError(
            "one rotation at a time: a slot, --root or --reencrypt", "each is complete in itself", "integrations help security"
        )
    if (recovery_file or no_recovery) and not root:
        raise UsageError(
            "--recovery-file and --no-recovery belong to --root",
            "nothing else makes a new recovery key on the way",
            "integrations key recovery",
        )
    if reencrypt or resume:
        return rekeying.reencrypt(tools, resume)
    if root:
        rekeying.root(tools, recovery_file, no_recovery)
    else:
        slotting.rotate(tools, slot)
    return 0
