from typing import Annotated, Literal

from integrations_cli.cli import slotting
from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools

MARKS = "FC"
NEEDS = "store"


def command(
    tools: Tools,
    verb: Annotated[Literal["list", "add", "remove"], Argument(metavar="VERB", help="list, add or remove", show_default=False)] = "list",
    kind: Annotated[
        str | None,
        Argument(metavar="KIND", help="add: which kind; remove: the kind or the number", show_default=False),
    ] = None,
    key_file: Annotated[
        str | None, Option("--key-file", metavar="PATH", help="add env: make the key in this new file, for INTEGRATIONS_KEY_FILE")
    ] = None,
) -> int:
    """list, add or remove a way to unlock the store

    A new key is kept and read back before anything is sealed with it. The last slot that opens is never removed.

    \b
    examples:
      integrations key slot list
      integrations key slot add file
      integrations key slot add env --key-file /run/secrets/integrations
      integrations key slot remove 2 --confirm passphrase

    exit codes: 0, 2, 3 no such slot, 4 another key operation, 5 not confirmed, 6 locked, 7, 8 the last that opens
    """
    tools.must_exist()
    if verb == "list":
        return slotting.listing(tools)
    if verb == "add":
        slotting.add(tools, kind, key_file)
    else:
        slotting.remove(tools, kind)
    return 0
