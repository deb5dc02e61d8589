from typing import Annotated

from integrations_cli.cli.params import Argument, Slug
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Conflict
from integrations_cli.store.slugs import must_be_slug

MARKS = "Y"
NEEDS = "keys"


def command(tools: Tools, slug: Slug, new: Annotated[str, Argument(metavar="NEW", help="the new slug", show_default=False)]) -> None:
    """change the slug; nothing is re-encrypted

    \b
    examples:
      integrations website rename acme acme-realty

    exit codes: 0, 2 not a slug, 3 no such website, 4 the new slug is taken, 5 no, 6 locked
    """
    tools.options.website = slug
    tools.website()
    must_be_slug(new)
    if new != slug and any(one.slug == new for one in tools.glance_websites()):  # before anything is asked
        raise Conflict(f"there is a website {new} already", "a slug stands for one website", f"integrations website show {new}")
    tools.confirm(f"rename {slug} to {new}: scripts that say -w {slug} will no longer find it")
    with tools.store() as store, store.writing() as here:
        here.websites.rename(slug, new)
    if tools.current_website() == slug:
        tools.use(new)
    tools.out.done(f"{slug} is now {new}")
