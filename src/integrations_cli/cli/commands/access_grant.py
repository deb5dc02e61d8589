from typing import Annotated, Literal

from integrations_cli.access import OWNER, me
from integrations_cli.actions import access
from integrations_cli.cli import topics
from integrations_cli.cli.params import Argument
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import access as view
from integrations_cli.errors import UsageError

MARKS = "WF"
NEEDS = "grant"


def command(
    tools: Tools,
    who: Annotated[str, Argument(metavar="WHO", help="a user of this machine, or a number", show_default=False)],
    role: Annotated[
        Literal["owner", "admin", "operator", "viewer", "auditor"], Argument(metavar="ROLE", help="the role", show_default=False)
    ],
) -> None:
    """give somebody a role on a website

    One role each on a website; another one replaces it. An owner has every right on the whole store. The first grant switches
    checking on, and makes you an owner.

    \b
    examples:
      integrations access grant maria admin -w acme
      integrations access grant 1001 owner

    exit codes: 0, 2 not a name, 3 no such website or user, 6, 8 for owners only
    """
    if role == OWNER and tools.options.website:
        raise UsageError("an owner owns the whole store", "no website goes with it", "integrations access grant WHO owner")
    website = None if role == OWNER else tools.website(aloud=True)
    person = access.person(who)
    with tools.store() as store:
        change = access.grant(store, person, role, website)
    name, where = access.told(person), website or "the store"
    again = "already" if change.was == role else f"now, and was {change.was}" if change.was else "now"
    tools.out.done(f"{name} is {role} of {where} {again}")
    if change.first:
        tools.out.done(f"roles are checked from now on; you ({me().name}) are an owner of the store")
        tools.out.note(topics.WALLS.replace("\n", " "))
    view.no_longer(tools.out, person, change)
