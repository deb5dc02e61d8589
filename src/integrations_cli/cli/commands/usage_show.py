from integrations_cli.actions import usage
from integrations_cli.cli.notes import Annotated, Literal
from integrations_cli.cli.params import AnyProvider, Option, duration
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import usage as view
from integrations_cli.quicktime import timedelta

MARKS = "WAF"
NEEDS = "see"


def command(
    tools: Tools,
    provider: AnyProvider = None,
    since: Annotated[str, Option("--since", metavar="14d", help="how far back", show_default=False)] = "14d",
    by: Annotated[Literal["day", "week", "month"], Option("--by", help="what one cell of the line is", show_default=False)] = "day",
) -> None:
    """calls and errors over time

    Each cell of the line is one day (week, month), and each row has a scale of its own. Costs are estimates from list prices.

    \b
    examples:
      integrations usage show -w acme
      integrations usage show anthropic -w acme --since 90d --by week
      integrations usage show -A --since 365d --by month --json

    exit codes: 0, 2 which website, 3 no such website
    """
    span = duration(since)
    last = tools.clock().date()
    first = last - max(timedelta(0), span - timedelta(days=1))
    spans = usage.spans_since(first, last, by)
    with tools.looking():
        websites = tools.websites()
        name = tools.provider(provider).name if provider else None
        chosen = (tools.config.store, None if tools.options.all_websites else websites, name, first)
        # a line for people is drawn from the calls of each span, a pipe gets sums, and JSON everything
        found = (
            usage.read(*chosen, by) if tools.out.json_mode else usage.totals(*chosen, spans[-view.WIDEST :] if tools.out.tabular else ())
        )
    view.listing(tools.out, found, spans, by, everywhere=tools.options.all_websites)
