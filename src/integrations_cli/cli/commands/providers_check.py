from pathlib import Path
from typing import Annotated

from integrations_cli.actions.lint import lint, load
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import providers as view

MARKS = "F"
NEEDS = ""


def command(
    tools: Tools,
    file: Annotated[str, Argument(metavar="FILE", help="a Python file with `provider = Provider(…)`", show_default=False)],
) -> int:
    """check a definition of a provider of your own

    The file's code is run. Its check is given answers of every kind; nothing is sent.

    \b
    examples:
      integrations providers check acme_crm.py

    exit codes: 0 sound, 2 not a definition, 3 no such file, 23 problems
    """
    path = Path(file)
    definition = load(path)
    found = lint(definition, path.read_text(encoding="utf-8", errors="replace"))
    view.checked(tools.out, path.name, definition, found)
    return 23 if found else 0
