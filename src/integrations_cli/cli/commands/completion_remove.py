from typing import Annotated, Literal

from integrations_cli.cli.completion import files
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools

MARKS = ""
NEEDS = ""


def command(
    tools: Tools,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"] | None,
        Argument(metavar="[SHELL]", help="the shell; else all of them", show_default=False),
    ] = None,
) -> None:
    """remove what completion install has written

    \b
    examples:
      integrations completion remove
      integrations completion remove zsh

    exit codes: 0, 2 no such shell, 4 the file there is another one
    """
    gone = [path for one in ([shell] if shell else files.SHELLS) if (path := files.remove(one, tools.doors.environ))]
    for path in gone:
        tools.out.text(str(path))
    tools.out.done("removed" if gone else "nothing to remove")
