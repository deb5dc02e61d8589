from typing import Annotated, Literal

from integrations_cli.cli.params import (
    AllowUnencryptedRows,
    Db,
    Dsn,
    NoLegacyColumns,
    Option,
    RailsEnv,
    RailsTable,
    Root,
    Schema,
    TryPublished,
    Under,
    WebsiteColumn,
    WebsitesTable,
)
from integrations_cli.cli.tools import Tools

MARKS = "WMSYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(
    tools: Tools,
    root: Root = None,
    rails_env: RailsEnv = "production",
    db: Db = None,
    dsn: Dsn = None,
    under: Under = None,
    prefer: Annotated[
        Literal["credentials", "env", "none"], Option("--prefer", help="where file and environment differ", show_default=False)
    ] = "credentials",
    schema: Schema = None,
    table: RailsTable = None,
    websites_table: WebsitesTable = None,
    website_column: WebsiteColumn = None,
    no_legacy_columns: NoLegacyColumns = False,
    allow_unencrypted_rows: AllowUnencryptedRows = False,
    try_published: TryPublished = False,
) -> int:
    """copy keys from a Rails application in one plan

    The credentials file, then the environment where it says nothing, and the database if one is named.

    \b
    examples:
      integrations migrate rails --root app -w acme --dry-run
      integrations migrate rails --root app -w acme --secret-env dsn=DATABASE_URL --create-websites --plan-out plan.json

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 7 credentials file, 8 no SELECT, 10 --dry-run found changes, 11, 12, 20, 21
    """
    given = dict(locals())
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    return migrating.run(kind="rails", **given)
