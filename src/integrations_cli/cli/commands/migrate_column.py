from typing import Annotated

from integrations_cli.cli.params import Db, Dsn, Option, Schema, WebsiteColumn
from integrations_cli.cli.tools import Tools

MARKS = "WMSYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(
    tools: Tools,
    table: Annotated[str, Option("--table", metavar="NAME", help="the table", show_default=False)],
    column: Annotated[
        list[str],
        Option("--column", metavar="COLUMN=PROVIDER.FIELD", help="what a column holds; COLUMN.NAME is inside JSON", show_default=False),
    ],
    db: Db = None,
    dsn: Dsn = None,
    schema: Schema = None,
    website_column: WebsiteColumn = None,
    id_column: Annotated[str | None, Option("--id-column", metavar="NAME", help="what tells the rows apart; else the primary key")] = None,
) -> int:
    """copy keys from columns of any table

    PostgreSQL (--secret-env dsn=DATABASE_URL) or SQLite (--db). Read only; SELECT is enough.

    \b
    examples:
      integrations migrate column --db shop.db --table shops --website-column slug --column mail_key=sendgrid.api_key --dry-run
      integrations migrate column --db shop.db --table shops --website-column slug --column config.maps.key=google_maps.api_key --yes

    exit codes: 0, 2, 3 no such table or column, 4 changed meanwhile, 5 no, 6, 8 no SELECT, 10 --dry-run found changes, 11, 12, 20, 21
    """
    given = dict(locals())
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    return migrating.run(kind="column", **given)
