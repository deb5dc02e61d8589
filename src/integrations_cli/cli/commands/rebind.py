from integrations_cli.actions import rebind as binding
from integrations_cli.actions.show import show
from integrations_cli.cli.explaining import Explained
from integrations_cli.cli.params import ProviderName
from integrations_cli.cli.tools import Tools

MARKS = "WY"
NEEDS = "edit"


def command(tools: Tools, provider: ProviderName) -> None:
    """confirm where a key is sent, after its definition changed

    Shows the settings that decide it, and the hosts a test may ask. Until it is confirmed, no test sends the key.

    \b
    examples:
      integrations rebind zoho -w acme

    exit codes: 0, 2, 3 no such website or integration, 4 a rotation is under way, 5 no, 6, 7, 8
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    card, _ = show(tools.config.database, website, definition.name)
    with tools.store() as store:
        stored = binding.unbound(store, website, definition)
        if stored is None:
            tools.out.done(f"nothing waits: where the key of {definition.name} of {website} is sent is confirmed")
            return
        for name in definition.destinations:
            value = stored.get(name, definition.defaults().get(name))
            tools.out.note(f"  {name:<14} {'not set' if value is None else value}")
        for host in dict.fromkeys(line.host for line in Explained()(card.but(settings=stored))[1]):
            tools.out.note(f"  {'a test asks':<14} {host}")
        tools.confirm(f"send the key of {definition.name} of {website} there?")
        binding.rebind(store, website, definition, stored)
    tools.out.done(f"{definition.name} of {website} is sealed for where it is sent now")
    tools.out.next(f"integrations test {definition.name} -w {website}")
