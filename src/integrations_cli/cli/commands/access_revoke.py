from typing import Annotated

from integrations_cli.actions import access
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import access as view

MARKS = "WAFYD"
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
      integrations access revoke maria -w acme --dry-run
      integrations access revoke maria -w acme
      integrations access revoke maria -A --yes --json

    exit codes: 0, 2, 3 no such role, website or user, 5 no, 6, 8 for owners only, or the last owner
    """
    website = None if tools.options.all_websites else tools.website(aloud=True, everywhere=True)
    person = access.person(who)
    dry = tools.options.dry_run
    if not dry:
        tools.confirm(f"take {'every role' if website is None else f'the role on {website}'} from {access.told(person)}?")
    with tools.store() as store:
        change = access.revoke(store, person, website, dry=dry)
    for one in change.taken:
        of = f"{one.role} of {one.website or 'the store'}"
        if dry:
            tools.out.note(f"{access.told(person)} would no longer be {of}")
        else:
            tools.out.done(f"{access.told(person)} is no longer {of}")
    if dry:
        tools.out.note("nothing was changed; this is what it lets them read:")
    view.revoked(tools.out, person, change)
