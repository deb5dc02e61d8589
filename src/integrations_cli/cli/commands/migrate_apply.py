from pathlib import Path
from typing import Annotated

from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools

MARKS = "RYDFS"
NEEDS = "edit"


def command(
    tools: Tools,
    plan: Annotated[str, Argument(metavar="PLAN", help="a file written by --plan-out", show_default=False)],
) -> int:
    """apply a reviewed plan, unless something changed since

    Source and store are read again: another value, another version or another line, and nothing is written.
    What was decided when the plan was made stands in it.

    \b
    examples:
      integrations migrate dotenv .env -w acme --plan-out plan.json
      integrations migrate apply plan.json --yes

    exit codes: 0, 2, 3, 4 changed since, 5 no, 6, 7 the plan was edited, 11 errors, 12 partly written, 20, 21
    """
    from integrations_cli.cli import applying  # noqa: PLC0415  its help needs nothing of it

    return applying.apply_saved(tools, Path(plan))
