from integrations_cli.actions.settings import set_plain
from integrations_cli.actions.values import accept
from integrations_cli.cli import said
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Assignments, CustomEndpoint, Option, ProviderName
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = "WS"
NEEDS = "edit"


def command(
    tools: Tools,
    provider: ProviderName,
    assignments: Assignments = None,
    unset: Annotated[list[str] | None, Option("--unset", metavar="NAME", help="back to the default, or without it; repeatable")] = None,
    no_test: Annotated[bool, Option("--no-test", help="do not ask the provider")] = False,
    allow_custom_endpoint: CustomEndpoint = False,
) -> int:
    """change settings, or fill in a missing credential

    Other settings and all credentials stay. A filled credential is replaced, and an optional one left out, by the steps of
    rotate. What is so already is not written again.

    \b
    examples:
      integrations set anthropic max_tokens=8192 -w acme
      integrations set anthropic --unset max_tokens -w acme
      integrations set stripe --unset webhook_secret -w acme

    exit codes: 0, 2, 3, 4 changed meanwhile, 6, 7, 20 rejected, 21 could not be checked
    """
    definition = tools.provider(provider)
    website = tools.website(aloud=True)
    values = accept(definition, tools.secrets(), assignments or (), website)
    if not (values.credentials or values.settings or unset):
        raise UsageError(
            "nothing to set", "neither a setting nor a credential was given", f"integrations set {definition.name} NAME=VALUE -w {website}"
        )
    values.custom = tools.custom(definition, allow_custom_endpoint)
    said.notes(tools, values.notes)
    sealed = {*definition.destinations, *(one.name for one in definition.credentials)}
    if not (values.credentials or {*values.settings, *(unset or ())} & sealed):
        saved = quickly(tools, lambda store: set_plain(store, website, definition, values, unset or ()))
        return said.saved(tools, website, definition, None) if saved else said.unchanged(tools, website, definition)
    from integrations_cli.cli import rotating  # noqa: PLC0415  a plain setting needs none of it

    check = None if no_test else tools.check(website=website)
    return rotating.save(tools, website, definition, values, check, unset or ())
