from integrations_cli.actions.affected import affected
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import affected as view

MARKS = "F"
NEEDS = "store"


def command(tools: Tools) -> None:
    """list the credentials to change after a leak

    Every credential that is stored, with the page where it is revoked: in use, replaced and still kept, or waiting for its test. Whoever
    had a key and a copy of the database has them, and rotating the store's keys does not change that. Needs no key.

    \b
    examples:
      integrations key affected
      integrations key affected --format csv > to-change.csv

    exit codes: 0, 3 no store yet
    """
    tools.must_exist()
    tools.catalogue()
    view.listing(tools.out, affected(tools.config.database))
