from integrations_cli.actions import list as listing
from integrations_cli.cli.params import Slug
from integrations_cli.cli.tools import Tools
from integrations_cli.masking import counted

MARKS = "C"
NEEDS = "keys"


def command(tools: Tools, slug: Slug) -> None:
    """destroy the website's key and everything under it

    Its audit history stays. Backups still hold the wrapped key.

    \b
    examples:
      integrations website remove beta
      integrations website remove beta --confirm beta

    exit codes: 0, 2, 3 no such website, 5 not confirmed, 6 locked
    """
    tools.options.website = slug
    tools.website()
    found = listing.cards(tools.config.database, [slug])
    lost = f"this destroys the key of {slug} and {counted(len(found), 'integration')} under it"
    tools.confirm_name(slug, f"{lost}; before that: integrations store backup FILE")
    with tools.store() as store, store.writing() as here:
        here.websites.remove(slug)
    if tools.current_website() == slug:
        tools.config.current_website.unlink(missing_ok=True)
    tools.out.done(f"{slug} is removed")
