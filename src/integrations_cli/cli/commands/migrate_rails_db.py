from typing import Annotated

from integrations_cli.cli.params import Db, Dsn, Option, RailsEnv, Root, Schema, WebsiteColumn
from integrations_cli.cli.tools import Tools

MARKS = "WMSYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(
    tools: Tools,
    db: Db = None,
    dsn: Dsn = None,
    root: Root = None,
    rails_env: RailsEnv = "production",
    schema: Schema = None,
    table: Annotated[str | None, Option("--table", metavar="NAME", help="the integrations table, if it is not found")] = None,
    websites_table: Annotated[str | None, Option("--websites-table", metavar="NAME", help="the websites table")] = None,
    website_column: WebsiteColumn = None,
    no_legacy_columns: Annotated[bool, Option("--no-legacy-columns", help="leave maps_api_key and its like alone")] = False,
    allow_unencrypted_rows: Annotated[bool, Option("--allow-unencrypted-rows", help="take JSON that was never encrypted")] = False,
    try_published: Annotated[
        bool, Option("--try-published", "--try-public-keys", help="try the development keys that anybody may know")
    ] = False,
) -> int:
    """copy keys from a Rails database: rows and old columns

    PostgreSQL (--secret-env dsn=DATABASE_URL) or SQLite (--db). Read only; SELECT is enough. The keys of the rows come from the
    credentials file below --root, or from --secret-file primary_key=PATH and key_derivation_salt=PATH. Old columns need none.

    \b
    examples:
      integrations migrate rails-db --db production.sqlite3 --root app --dry-run
      integrations migrate rails-db --secret-env dsn=DATABASE_URL --only google_maps --create-websites --yes

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 7 credentials file, 8 no SELECT, 10 --dry-run found changes, 11, 12, 20, 21
    """
    given = dict(locals())
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    options = {name: value for name, value in given.items() if name != "tools" and value}
    return migrating.run(tools, "rails-db", options)
