from pathlib import Path
from typing import Annotated

from integrations_cli.cli import putting_back
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = ""
NEEDS = "store"


def command(tools: Tools, file: Annotated[str, Argument(metavar="FILE", help="a new file, 0600", show_default=False)]) -> None:
    """write a copy of the store, 0600

    Needs no key. Credentials in it are as sealed as in the store; names and settings are readable. Keep it away from the keys.

    \b
    examples:
      integrations store backup nightly.bak
      integrations store restore --drill nightly.bak

    exit codes: 0, 2, 3 no store yet, 4 the file exists, 7 the store is damaged, 8 a key lies there, 74
    """
    from integrations_cli.store import backup  # noqa: PLC0415  the store is entered late

    if file == "-":
        raise UsageError("a backup is a file", "a database cannot be written to standard output", "integrations store backup FILE")
    tools.must_exist()
    target = Path(file).expanduser().absolute()
    found = backup.write(tools.config, target, tools.clock())
    if target.parent.resolve() == tools.config.data_dir.resolve():
        tools.out.warn("it lies beside the store: what takes one takes both")
    tools.out.done(f"{putting_back.holds(found)}: {found.bytes:,} bytes in {tools.short(target)} (0600)")
    tools.out.next(f"integrations store restore --drill {tools.pasted(target)}")
