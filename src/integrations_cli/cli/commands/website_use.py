from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = ""
NEEDS = {"clear": "", "": "see"}


def command(
    tools: Tools,
    slug: Annotated[str | None, Argument(metavar="SLUG", help="the short name of a website", show_default=False)] = None,
    clear: Annotated[bool, Option("--clear", help="choose none")] = False,
) -> None:
    """choose the website that commands take when none is given

    \b
    examples:
      integrations website use acme
      integrations website use --clear

    exit codes: 0, 2, 3 no such website
    """
    if clear == (slug is not None):
        raise UsageError("which website?", "give a slug, or --clear", "integrations website list")
    if slug is None:
        tools.config.current_website.unlink(missing_ok=True)
        tools.out.done("no current website")
        return
    tools.options.website = slug
    tools.use(tools.website())
    tools.out.done(f"{slug} is the current website")
