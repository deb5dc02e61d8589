from integrations_cli.actions.migrate import policy_of
from integrations_cli.cli import migrating
from integrations_cli.cli.params import (
    AllowIncomplete,
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
from integrations_cli.sources import env

MARKS = "WYDF"


def command(
    tools: Tools,
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
    """copy keys from the environment of this process

    A plan first, always. The source is never changed; a second run finds nothing to do.

    \b
    examples:
      integrations migrate env -w acme --dry-run
      integrations migrate env -w acme --yes --report report.json

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 10 --dry-run found changes, 11 errors, 12 partly written, 20, 21
    """
    names = migrating.providers(only)
    wish = migrating.Wish(policy_of(on_conflict, continue_on_error, allow_incomplete, batch), test, report, show_ignored)
    return migrating.run(tools, lambda: env.read(tools.doors.environ, include or (), names), wish, {})
