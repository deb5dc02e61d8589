from typing import Annotated, Literal

from integrations_cli.cli.completion import files
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools

MARKS = ""
NEEDS = ""


def command(
    tools: Tools,
    shell: Annotated[Literal["bash", "zsh", "fish", "powershell"], Argument(metavar="SHELL", help="the shell", show_default=False)],
) -> None:
    """print the completion file of a shell

    \b
    examples:
      integrations completion show bash
      integrations completion show zsh > _integrations

    exit codes: 0, 2 no such shell
    """
    tools.out.raw(files.text(shell).rstrip("\n"))
