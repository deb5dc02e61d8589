from pathlib import Path
from typing import Annotated

from integrations_cli.actions.migrate import policy_of
from integrations_cli.cli import migrating
from integrations_cli.cli.params import (
    AllowIncomplete,
    Argument,
    Batch,
    ContinueOnError,
    Include,
    OnConflict,
    Only,
    Report,
    ShowIgnored,
    TestWhen,
)
from integrations_cli.cli.tools import Tools
from integrations_cli.sources import dotenv

MARKS = "WYDF"


def command(
    tools: Tools,
    files: Annotated[list[str], Argument(metavar="FILE...", help="one or more .env files", show_default=False)],
    on_conflict: OnConflict = "fail",
    continue_on_error: ContinueOnError = False,
    batch: Batch = "1000",
    allow_incomplete: AllowIncomplete = False,
    only: Only = None,
    include: Include = None,
    test: TestWhen = "none",
    report: Report = None,
    show_ignored: ShowIgnored = False,
) -> int:
    """copy keys from .env files

    A plan first, always. The source is never changed; a second run finds nothing to do.

    \b
    examples:
      integrations migrate dotenv .env -w acme --dry-run
      integrations migrate dotenv .env -w acme --yes

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 10 --dry-run found changes, 11 errors, 12 partly written, 20, 21
    """
    names = migrating.providers(only)
    wish = migrating.Wish(policy_of(on_conflict, continue_on_error, allow_incomplete, batch), test, report, show_ignored)
    return migrating.run(tools, lambda: dotenv.read([Path(one) for one in files], include or (), names), wish, {"files": files})
