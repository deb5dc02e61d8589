from integrations_cli.actions.switch import switch
from integrations_cli.cli.params import ProviderName, Why
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools

MARKS = "W"
NEEDS = "edit"


def command(tools: Tools, provider: ProviderName, reason: Why = None) -> None:
    """switch an integration off; the configuration stays

    \b
    examples:
      integrations disable twilio -w acme
      integrations disable twilio -w acme --reason "the bill is not paid"

    exit codes: 0, 2, 3 no such website or integration, 6 locked
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    changed = quickly(tools, lambda store: switch(store, website, definition, to=False, reason=reason))
    tools.out.done(f"{definition.name} of {website} is disabled" + ("" if changed else " already"))
