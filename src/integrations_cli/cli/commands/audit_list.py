from typing import Annotated

from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import audit as view

MARKS = "WAF"
NEEDS = "audit"


def command(tools: Tools, limit: Annotated[int, Option("--limit", min=1, max=100000, help="at most this many")] = 50) -> None:
    """list who did what, newest first

    Needs no key.

    \b
    examples:
      integrations audit list -w acme

    exit codes: 0, 2 which website, 3
    """
    website = None if tools.options.all_websites else tools.website()
    among = tools.mine_ids() if website is None else None
    with tools.store() as store, store.reading() as here:
        rows = here.audit.rows(here.websites.get(website).id if website else None, limit, among)
    view.listing(tools.out, rows)
