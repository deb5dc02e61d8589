from integrations_cli.actions.show import show
from integrations_cli.cli.params import ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.masking import counted

MARKS = "WC"
NEEDS = "edit"


def command(tools: Tools, provider: ProviderName) -> None:
    """destroy the credentials and remove the integration

    Its audit history stays. To keep the configuration, use disable.

    \b
    examples:
      integrations remove mapbox -w acme
      integrations remove mapbox -w acme --confirm mapbox

    exit codes: 0, 2, 3 no such website or integration, 5 not confirmed, 6 locked
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    card, _ = show(tools.config.database, website, definition.name)
    count = counted(len(card.credentials), "credential")
    tools.confirm_name(
        definition.name,
        f"this destroys {count} of {definition.name} of {website}; reversible instead: integrations disable {definition.name} -w {website}",
    )
    with tools.store() as store, store.writing() as here:
        here.integrations.remove(here.integrations.get(website, definition.name))
    tools.out.done(f"{definition.name} of {website} is removed")
