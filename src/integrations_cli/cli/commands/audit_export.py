import sys
from pathlib import Path
from typing import Annotated, Literal

from integrations_cli.actions import audit
from integrations_cli.cli import params
from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import trail as view
from integrations_cli.errors import MissingInput
from integrations_cli.store import files

MARKS = "WA"
NEEDS = "audit"


def command(
    tools: Tools,
    to: Annotated[str | None, Option("--to", metavar="FILE", help="the file, 0600; - for standard output")] = None,
    form: Annotated[Literal["ndjson", "csv"], Option("--format", help="one entry a line", show_default=False)] = "ndjson",
    since: params.Since = None,
) -> None:
    """write the entries for another system

    Oldest first, each with its MAC. The file is replaced as a whole, or not at all; the export itself is recorded.

    \b
    examples:
      integrations audit export -A --to audit.ndjson
      integrations audit export -w acme --since 30d --format csv --to -

    exit codes: 0, 2 which website or file, 3, 6 locked, 74
    """
    if to is None:
        raise MissingInput("missing: --to FILE", "where it goes was not said", f"{tools.retyped()} --to audit.{form}")
    websites = tools.websites()
    which = audit.wanted(None if tools.options.all_websites else websites, tools.clock(), since=params.span(since))
    with tools.store() as store:
        lines = view.lines(audit.export(store, which, form), form)
        if to == "-":
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()
            return
        path = Path(to).expanduser().absolute()
        with files.replacing(path) as file:
            file.writelines(lines)
    tools.out.done(f"the log is in {tools.short(path)}")
