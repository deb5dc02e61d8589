from typing import Annotated

from integrations_cli.cli.params import Option, Slug
from integrations_cli.cli.tools import Tools

MARKS = ""
NEEDS = "store"


def command(
    tools: Tools,
    slug: Slug,
    name: Annotated[str | None, Option("--name", metavar="TEXT", help="its full name")] = None,
    use: Annotated[bool, Option("--use", help="make it the current website")] = False,
) -> None:
    """add a website

    \b
    examples:
      integrations website add acme --name "Acme Realty"

    exit codes: 0, 2 not a slug, 4 exists already, 6 locked
    """
    with tools.store() as store, store.writing() as here:
        here.websites.add(slug, name)
    if use:
        tools.use(slug)
    tools.out.done(f"{slug} added")
    tools.out.next(f"integrations add -w {slug}", f"integrations migrate env -w {slug} --dry-run")
