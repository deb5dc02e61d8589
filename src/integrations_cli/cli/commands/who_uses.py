from typing import Annotated

from integrations_cli.actions import who_uses
from integrations_cli.cli import leaked
from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import who_uses as view
from integrations_cli.errors import UsageError

MARKS = "F"
NEEDS = "see"


def command(
    tools: Tools,
    file: Annotated[str | None, Option("--file", metavar="PATH", help="read the leaked value from this file; - is standard input")] = None,
    fingerprint: Annotated[str | None, Option("--fingerprint", metavar="HEX", help="the place with this fingerprint; needs no key")] = None,
) -> int:
    """find every integration with this value, in all websites

    The value comes from standard input, a file, or a hidden question; it is not shown, kept or recorded. Several lines are looked
    for one by one, so a leaked .env file can be given as it is. Replaced values that are still kept are found as well.

    \b
    examples:
      integrations who-uses < leaked.txt
      integrations who-uses --file leaked.env --json
      integrations who-uses --fingerprint 3f9a7c2e

    exit codes: 0 found, 2, 3 nobody uses it, 6 locked, 7 some places could not be compared
    """
    if fingerprint is not None and file is not None:
        raise UsageError("either --file or --fingerprint", "both were given")
    tools.must_exist()
    tools.catalogue()
    some = tools.some() is not None  # not an owner's look: only the websites that are seen
    if fingerprint is not None:
        with tools.store() as store:
            return view.listing(tools.out, who_uses.by_fingerprint(store, fingerprint), [None], some)
    asked = who_uses.values(leaked.given(tools, file))
    with tools.store() as store:
        return view.listing(tools.out, who_uses.by_value(store, asked), [line for line, _ in asked], some)
