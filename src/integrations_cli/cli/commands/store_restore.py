from pathlib import Path
from typing import Annotated

from integrations_cli.cli import putting_back
from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = "C"
NEEDS = "store"


def command(
    tools: Tools,
    file: Annotated[str, Argument(metavar="FILE", help="what store backup has written", show_default=False)],
    drill: Annotated[bool, Option("--drill", help="only try whether everything in it opens here; the store stays")] = False,
) -> int:
    """put a backup back, or try whether that would work

    The file is verified first; the store that is there is kept beside the new one. Nothing is written to a restored store until
    `store accept-restore`.

    \b
    examples:
      integrations store restore --drill nightly.bak
      integrations store restore nightly.bak --confirm nightly.bak

    exit codes: 0, 2, 3 no such file, 5 not confirmed, 6 --drill: no key of it is here, 7 no whole backup of ours, 8, 74
    """
    if file == "-":
        raise UsageError("a backup is a file", "a database cannot be read from standard input", "integrations store restore FILE")
    source = Path(file).expanduser().absolute()
    return putting_back.tried(tools, source) if drill else putting_back.put_back(tools, source)
