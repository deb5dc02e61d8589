from typing import Annotated

from integrations_cli.actions.rotate import Policy, rotate
from integrations_cli.actions.values import accept
from integrations_cli.cli import again, said
from integrations_cli.cli.params import Argument, Option, ProviderName
from integrations_cli.cli.tools import Tools

MARKS = "WS"
NEEDS = "edit"


def command(
    tools: Tools,
    provider: ProviderName,
    fields: Annotated[list[str] | None, Argument(metavar="FIELD", help="the credentials to replace", show_default=False)] = None,
    accept_limited: Annotated[bool, Option("--accept-limited", help="take a key whose scope or plan is limited")] = False,
    allow_account_change: Annotated[bool, Option("--allow-account-change", help="take a key of another account")] = False,
    reason: Annotated[str | None, Option("--unchecked", metavar="REASON", help="go without a test, and say why")] = None,
) -> None:
    """replace a credential: test, swap, test again

    The old one stays until the new one is accepted, and is kept for 24 hours after that.

    \b
    examples:
      integrations rotate hubspot -w acme
      integrations rotate stripe secret_key -w acme --secret-env secret_key=NEW_KEY

    exit codes: 0, 2, 3, 4 changed meanwhile, 6, 7, 8 another account, 20 rejected: nothing changed, 21 no answer: nothing changed
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    fresh = accept(definition, tools.secrets(), (), website)
    wanted = [definition.credential(name) for name in fields or ()]
    fresh.credentials |= again.ask_new(tools, website, definition, wanted, fresh.credentials)
    policy = Policy(accept_limited, allow_account_change, reason)
    said.notes(tools, fresh.notes)
    with tools.store() as store:
        rotate(store, tools.check(website=website), website, definition, fresh.credentials, policy, said.steps(tools, 3), tools.clock)
    tools.out.done(f"{definition.name} of {website} is rotated; the old credential is kept for 24 hours")
    tools.out.next(f"revoke the old key at {definition.keys_url}")
    tools.out.undo(f"integrations rollback {definition.name} -w {website}")
