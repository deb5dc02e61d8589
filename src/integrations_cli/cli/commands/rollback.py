from integrations_cli.actions.rotate import rollback
from integrations_cli.cli.params import ProviderName
from integrations_cli.cli.tools import Tools

MARKS = "WY"
NEEDS = "edit"


def command(tools: Tools, provider: ProviderName) -> None:
    """go back to the credential before the last rotation

    The old value is sealed again under a new version number; the one it replaces is kept in its turn.

    \b
    examples:
      integrations rollback hubspot -w acme

    exit codes: 0, 2, 3, 4 nothing to go back to, 5 no, 6, 7
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    tools.confirm(f"go back to the credential of {definition.name} of {website} before the last rotation")
    with tools.store() as store:
        rollback(store, website, definition)
    tools.out.done(f"{definition.name} of {website} has its previous credential again")
    tools.out.next(f"integrations test {definition.name} -w {website}")
