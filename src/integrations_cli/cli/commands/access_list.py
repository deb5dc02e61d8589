from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import access as view

MARKS = "WAF"
NEEDS = "audit"


def command(tools: Tools) -> None:
    """list who may do what

    Owners of the whole store come first. Without any role the store is open to whoever can unlock it. Needs no key.

    \b
    examples:
      integrations access list -w acme
      integrations access list -A --json

    exit codes: 0, 2 which website, 3, 8
    """
    wanted = set(tools.websites())
    with tools.store() as store, store.reading() as here:
        found = [*here.roles.owners(), *(one for one in here.roles.on_websites() if one.website in wanted)]
    view.listing(tools.out, found)
