from integrations_cli.actions.show import rotation, show, unconfirmed
from integrations_cli.cli.params import ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import box as view

MARKS = "WF"
NEEDS = "see"


def command(tools: Tools, provider: ProviderName) -> None:
    """show one integration as a card, masked

    Needs no key.

    \b
    examples:
      integrations show stripe -w acme
      integrations show stripe -w acme --json

    exit codes: 0, 2 which website, 3 no such website, provider or integration
    """
    definition = tools.provider(provider)
    with tools.looking():
        card, definition = show(tools.config.store, tools.website(), definition.name)
        turning = rotation(tools.config.store, card.website, definition)
        names = unconfirmed(tools.config.store, card.website, definition)
    view.card(tools.out, card, definition, turning)
    if names:
        tools.out.warn(f"nobody has confirmed where the key is sent: its definition changed ({', '.join(names)})")
        tools.out.next(f"integrations rebind {card.provider} -w {card.website}")
