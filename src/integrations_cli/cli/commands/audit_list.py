from integrations_cli.actions import audit
from integrations_cli.cli import pager, params
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import audit as view

MARKS = "WAF"
NEEDS = "audit"


def command(
    tools: Tools,
    since: params.Since = None,
    action: params.Action = None,
    who: params.Who = None,
    limit: params.Limit = "50",
    no_pager: params.NoPager = False,
) -> None:
    """list who did what, newest first

    Needs no key, so it shows what stands in the log; whether that is what was written, audit verify says.

    \b
    examples:
      integrations audit list -w acme --since 2d
      integrations audit list -A --action credential.revealed
      integrations audit list -A --who maria --json

    exit codes: 0, 2 which website, 3 no such website
    """
    websites = tools.websites()
    which = audit.wanted(None if tools.options.all_websites else websites, tools.clock(), since=params.span(since), action=action, who=who)
    found = audit.newest(tools.config.database, which, params.whole("--limit", limit, 1, 100_000))
    with pager.paged(tools.out, tools.doors.environ, not no_pager):
        view.listing(tools.out, found, everywhere=tools.options.all_websites)
