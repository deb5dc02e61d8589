from typing import Annotated

from integrations_cli.actions import access
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import access as view

MARKS = "WAFY"
NEEDS = {"all_websites": "store", "": "grant"}


def command(
    tools: Tools,
    who: Annotated[str, Argument(metavar="WHO", help="a user of this machine, or a number", show_default=False)],
) -> None:
    """take a role away, and list what it let them read

    With -A every role of theirs goes, and the ownership of the store. What was read stays read: the list says which credentials
    to change, and where.

    \b
    examples:
      integrations access revoke maria -w acme
      integrations access revoke maria -A --yes --json

    exit codes: 0, 2, 3 no such role, website or user, 5 no, 6, 8 for owners only, or the last owner
    """
    website = None if tools.options.all_websites else tools.website(aloud=True, everywhere=True)
    person = access.person(who)
    tools.confirm(f"take {'every role' if website is None else f'the role on {website}'} from {access.told(person)}?")
    with tools.store() as store:
        change = access.revoke(store, person, website)
    for one in change.taken:
        tools.out.done(f"{access.told(person)} is no longer {one.role} of {one.website or 'the store'}")
    view.revoked(tools.out, person, change)
