from integrations_cli.actions import audit
from integrations_cli.cli import pager, params
from integrations_cli.cli.params import AnyProvider
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import audit as view

MARKS = "WAF"
NEEDS = "audit"


def command(
    tools: Tools,
    provider: AnyProvider = None,
    since: params.Since = None,
    action: params.Action = None,
    who: params.Who = None,
    limit: params.Limit = "50",
    no_pager: params.NoPager = False,
) -> None:
    """show what was done with one integration, newest first

    Also after it was removed. Needs no key.

    \b
    examples:
      integrations history hubspot -w acme
      integrations history hubspot -A --since 30d --json

    exit codes: 0, 2 which website, 3 no such website or provider
    """
    websites = tools.websites()
    which = audit.wanted(
        None if tools.options.all_websites else websites,
        tools.clock(),
        provider=tools.provider(provider).name if provider else None,
        since=params.span(since),
        action=action,
        who=who,
    )
    found = audit.newest(tools.config.database, which, params.whole("--limit", limit, 1, 100_000))
    with pager.paged(tools.out, tools.doors.environ, not no_pager):
        view.listing(tools.out, found, everywhere=tools.options.all_websites, one=provider is not None)
