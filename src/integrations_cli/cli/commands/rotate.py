from typing import Annotated

from integrations_cli.actions.rotate import Policy
from integrations_cli.actions.values import accept
from integrations_cli.cli import again, rotating, said
from integrations_cli.cli.params import Argument, Option, ProviderName
from integrations_cli.cli.tools import Tools

MARKS = "WSY"
NEEDS = "edit"


def command(
    tools: Tools,
    provider: ProviderName,
    fields: Annotated[list[str] | None, Argument(metavar="FIELD", help="the credentials to replace", show_default=False)] = None,
    keep: Annotated[str | None, Option("--keep", metavar="TIME", help="how long the old one is kept: 24h, or 0")] = None,
    resume: Annotated[bool, Option("--resume", help="go on with a rotation that was stopped, or got no answer")] = False,
    abort: Annotated[bool, Option("--abort", help="destroy the new credential that waits")] = False,
    rollback: Annotated[bool, Option("--rollback", help="bring back the credential of before")] = False,
    finish: Annotated[bool, Option("--finish", help="destroy the old credential now")] = False,
    accept_limited: Annotated[bool, Option("--accept-limited", help="take a key whose scope or plan is limited")] = False,
    unchecked: Annotated[bool, Option("--unchecked", help="do not ask the provider; needs --reason")] = False,
    reason: Annotated[str | None, Option("--reason", metavar="TEXT", help="why without a test; kept in the audit log")] = None,
    allow_account_change: Annotated[bool, Option("--allow-account-change", help="take a key of another account")] = False,
) -> int:
    """replace a credential: test, swap, test again

    The old one stays until the new one is accepted, and is kept for 24 hours after that. Without an answer the new one waits.

    \b
    examples:
      integrations rotate hubspot -w acme
      integrations rotate stripe secret_key -w acme --secret-env secret_key=NEW_KEY
      integrations rotate hubspot -w acme --resume
      integrations rotate hubspot -w acme --finish

    exit codes: 0, 2, 3, 4 a rotation is under way, or none is, 5 no, 6, 7, 8 another account: nothing changed,
    20 rejected: nothing changed, 21 no answer: the new one waits
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    secrets = tools.secrets()
    ways = {"resume": resume, "abort": abort, "rollback": rollback, "finish": finish}
    way = rotating.one_way(ways, given=bool(fields or secrets))
    policy = Policy(accept_limited, allow_account_change, unchecked, reason, keep=rotating.keep(keep, way), ask=rotating.accepts(tools))
    if way == "rollback":
        return rotating.roll_back(tools, website, definition, policy)
    with tools.store() as store, rotating.told_when_interrupted(tools, website, definition):
        rotation = rotating.made(tools, store, website, definition, policy)
        if way in ("abort", "finish"):
            return rotating.ended_early(tools, rotation, way)
        if way == "resume":
            return rotating.ended(tools, website, definition, rotation.resume())
        rotation.must_be_settled()
        fresh = accept(definition, secrets, (), website)
        wanted = [rotating.credential(definition, name, website) for name in fields or ()]
        fresh.credentials |= again.ask_new(tools, website, definition, wanted, fresh.credentials)
        said.notes(tools, fresh.notes)
        return rotating.ended(tools, website, definition, rotation.start(fresh.credentials))
