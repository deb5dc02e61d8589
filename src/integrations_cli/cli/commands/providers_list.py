from integrations_cli import registry
from integrations_cli.categories import CATEGORIES
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Option, one_of
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import providers as view

MARKS = "F"
NEEDS = ""


def command(
    tools: Tools,
    category: Annotated[str | None, Option("--category", metavar="C", help="only this category")] = None,
    search: Annotated[str | None, Option("--search", metavar="TEXT", help="only names, titles and descriptions with this text")] = None,
) -> None:
    """list the catalogue

    \b
    examples:
      integrations providers list
      integrations providers list --category payment

    exit codes: 0, 2 no such category
    """
    one_of("category", category, CATEGORIES)
    tools.catalogue()
    found = [one for one in registry.all() if category in (None, one.category)]
    if search:
        found = [one for one in found if search.lower() in f"{one.name} {one.title} {one.description}".lower()]
    view.catalogue(tools.out, found)
    for name, why in registry.faults().items():
        tools.out.warn(f"the plug-in {name} is not used: {why}")
