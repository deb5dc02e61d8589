from typing import Annotated

from integrations_cli.actions.test import test
from integrations_cli.cli.params import Option, ProviderName, duration
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import checks as view

MARKS = "WF"


def command(
    tools: Tools,
    provider: ProviderName,
    timeout: Annotated[str, Option("--timeout", metavar="10s", help="how long the provider may take in all")] = "10s",
    explain: Annotated[bool, Option("--explain", help="say what would be sent, and send nothing")] = False,
) -> int:
    """ask the provider whether the credentials work

    Harmless: nothing is changed at the provider. Only a plain refusal sets the error; no answer says nothing about the key.

    \b
    examples:
      integrations test anthropic -w acme
      integrations test anthropic -w acme --explain

    exit codes: 0 ok or limited, 20 rejected or misconfigured, 21 could not be checked, 3, 6 locked, 7 unreadable
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=not explain)
    if explain:
        return view.explained(tools.out, website, definition, tools.explain(website, definition))
    deadline = duration(timeout)
    with tools.store() as store:
        result = test(store, tools.check(deadline.total_seconds() if deadline else 10.0), website, definition, tools.clock)
    return view.results(tools.out, [result], tools.config.database)
