from integrations_cli.actions.show import show
from integrations_cli.actions.values import Values
from integrations_cli.cli import again, rotating
from integrations_cli.cli.params import CustomEndpoint, ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import MissingInput

MARKS = "W"
NEEDS = "edit"


def command(tools: Tools, provider: ProviderName, allow_custom_endpoint: CustomEndpoint = False) -> int:
    """answer the questions again; Enter keeps

    Terminal only: in a script, use set.

    \b
    examples:
      integrations edit anthropic -w acme

    exit codes: 0, 2 no terminal, 3, 5 no, 6, 7, 20 rejected: nothing changed, 21 could not be checked
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    card, _ = show(tools.config.database, website, definition.name)
    if not tools.ask.may_ask():
        raise MissingInput(
            "edit asks questions", "there is no terminal to ask on", f"integrations set {definition.name} NAME=VALUE -w {website}"
        )
    values = Values(*again.ask_again(tools, definition, card), custom=tools.custom(definition, allow_custom_endpoint))
    if not (values.credentials or values.settings):
        tools.out.done("nothing changed")
        return 0
    return rotating.save(tools, website, definition, values, tools.check(website=website))
