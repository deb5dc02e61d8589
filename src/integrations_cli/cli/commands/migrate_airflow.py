from typing import Annotated

from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools

MARKS = "WMYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(
    tools: Tools,
    file: Annotated[str, Argument(metavar="FILE", help="the export; - is standard input", show_default=False)],
) -> int:
    """copy keys from connections of Apache Airflow

    Reads what airflow connections export writes: JSON, YAML, or lines of NAME=address.
    Used are the ones a mapping names, and those called like a provider; nothing is guessed.

    \b
    examples:
      airflow connections export - | integrations migrate airflow - --dry-run
      integrations migrate airflow connections.json --mapping map.toml --dry-run

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 10 --dry-run found changes, 11 errors, 12 partly written, 20, 21
    """
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    return migrating.run(tools, "airflow", file=file)
