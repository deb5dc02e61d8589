from typing import Annotated, Literal

from integrations_cli.cli import wizard
from integrations_cli.cli.params import Argument, Assignments, CustomEndpoint, Option, expiry
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import providers as view

MARKS = "WSF"
NEEDS = {"questions": "", "": "edit"}


def command(
    tools: Tools,
    provider: Annotated[str | None, Argument(metavar="PROVIDER", help="a name from the catalogue", show_default=False)] = None,
    assignments: Assignments = None,
    no_test: Annotated[bool, Option("--no-test", help="save without asking the provider")] = False,
    on_conflict: Annotated[Literal["fail", "skip", "update"], Option("--on-conflict", help="when it is set up already")] = "fail",
    expires: Annotated[str | None, Option("--expires", metavar="DATE", help="when the credential ends, like 2027-01-31")] = None,
    allow_custom_endpoint: CustomEndpoint = False,
    questions: Annotated[bool, Option("--questions", help="list what would be asked, and stop")] = False,
) -> int:
    """add an integration: ask, test, save

    Nothing is saved when the provider refuses the credentials. Without a terminal everything comes through options.

    \b
    examples:
      integrations add anthropic -w acme
      integrations add anthropic -w acme --secret-env api_key=NEW_KEY max_tokens=8192
      integrations add anthropic --questions --json

    exit codes: 0, 2 something is missing, 3, 4 set up already, 5 no, 6, 20 rejected: nothing saved, 21 saved but not checked
    """
    if questions:
        definition = tools.provider(wizard.must(provider))
        view.questions(tools.out, definition, tools.secrets(ask=False), assignments or ())
        return 0
    ends = expiry(expires)
    website = tools.website(aloud=True, ask=True)
    if ends and ends < tools.clock().strftime("%Y-%m-%dT%H:%M:%SZ"):
        tools.out.warn(f"{ends[:10]} is over: it will be shown as expired")
    definition = wizard.choose_provider(tools, website, provider)
    return wizard.add(
        tools,
        website,
        definition,
        assignments or (),
        not no_test,
        on_conflict,
        ends,
        tools.custom(definition, allow_custom_endpoint),
    )
