from integrations_cli.actions import list as listing
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import websites as view

MARKS = "F"
NEEDS = "see"


def command(
    tools: Tools, slug: Annotated[str | None, Argument(metavar="SLUG", help="the short name of a website", show_default=False)] = None
) -> None:
    """show one website with its counts

    Needs no key.

    \b
    examples:
      integrations website show acme

    exit codes: 0, 2 which website, 3 no such website
    """
    tools.options.website = slug
    chosen = tools.website()
    line = next(one for one in tools.glance_websites() if one.slug == chosen)
    view.page(tools.out, line, listing.cards(tools.config.database, [chosen]))
