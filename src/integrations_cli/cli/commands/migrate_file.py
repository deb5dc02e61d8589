from typing import Annotated

from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools

MARKS = "WMSYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(
    tools: Tools,
    file: Annotated[str, Argument(metavar="FILE", help="the export; - is standard input", show_default=False)],
    delimiter: Annotated[
        str | None, Option("--delimiter", metavar="C", help="what stands between the cells of a table; else the header tells")
    ] = None,
) -> int:
    """copy keys from an export of ours or of others

    A sealed export of ours asks for its passphrase or key. Else CSV, TSV, JSON or one JSON object a line, with many websites at once;
    names and values, in JSON or YAML, are read like an environment: what chamber, doppler, heroku and vault print.

    \b
    examples:
      integrations migrate file keys.jsonl --dry-run
      integrations migrate file - --yes < keys.csv
      heroku config --json -a shop | integrations migrate file - -w acme --dry-run

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 10 --dry-run found changes, 11 errors, 12 partly written, 20, 21
    """
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    return migrating.run(tools, "file", file=file, delimiter=delimiter)
