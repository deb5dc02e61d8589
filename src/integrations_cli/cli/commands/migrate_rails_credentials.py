from typing import Annotated

from integrations_cli.actions.migrate import policy_of
from integrations_cli.cli import legacy, migrating
from integrations_cli.cli.params import (
    AllowIncomplete,
    Batch,
    ContinueOnError,
    Include,
    OnConflict,
    Only,
    Option,
    RailsEnv,
    Report,
    Root,
    ShowIgnored,
    TestWhen,
    UnknownFields,
)
from integrations_cli.cli.tools import Tools
from integrations_cli.sources import rails_credentials

MARKS = "WSYDF"


def command(
    tools: Tools,
    root: Root = None,
    rails_env: RailsEnv = "production",
    content: Annotated[str | None, Option("--content", metavar="FILE", help="this credentials file and no other")] = None,
    under: Annotated[str | None, Option("--under", metavar="NAME", help="only what stands below this name")] = None,
    on_conflict: OnConflict = "fail",
    continue_on_error: ContinueOnError = False,
    batch: Batch = "1000",
    allow_incomplete: AllowIncomplete = False,
    unknown_fields: UnknownFields = "fail",
    only: Only = None,
    include: Include = None,
    test: TestWhen = "none",
    report: Report = None,
    show_ignored: ShowIgnored = False,
) -> int:
    """copy keys from a Rails credentials file

    File and key are chosen as Rails does it. The key: --secret-file master_key=PATH, else RAILS_MASTER_KEY, else the key file.

    \b
    examples:
      integrations migrate rails-credentials --root app -w acme --only zoho --dry-run
      integrations migrate rails-credentials --root app -w acme --only zoho --yes

    exit codes: 0, 2 no key, 3, 4 changed meanwhile, 5 no, 6, 7 the key does not open it, 10 --dry-run found changes, 11, 12, 20, 21
    """
    names = migrating.providers(only)
    wish = migrating.Wish(policy_of(on_conflict, continue_on_error, allow_incomplete, batch), test, report, show_ignored)
    where = legacy.application(tools, legacy.secrets(tools, "master_key"), root, rails_env, content)
    drop = unknown_fields == "drop"
    options = {"root": root or ".", "rails_env": rails_env}
    return migrating.run(tools, lambda: rails_credentials.read(where, include or (), names, under, drop), wish, options)
