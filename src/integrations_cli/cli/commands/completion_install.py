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
        Argument(metavar="[SHELL]", help="the shell; else the one that SHELL names", show_default=False),
    ] = None,
) -> None:
    """write the completion file where your shell looks for it

    No start-up file is edited: where a line has to be added, it is printed.

    \b
    examples:
      integrations completion install
      integrations completion install zsh

    exit codes: 0, 2 which shell, 4 another file stands there, 74
    """
    environ = tools.doors.environ
    chosen = shell or files.shell_in_use(environ)
    path = files.write(chosen, environ)
    tools.out.text(str(path))
    advice = files.line(chosen, path)
    if advice:
        tools.out.note(f"{advice[0]}: {advice[1]}")
    tools.out.note("it is there in the next shell you start")
