from integrations_cli.actions import list as listing
from integrations_cli.card import STATUSES
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Option, one_of, span
from integrations_cli.cli.tools import Tools

MARKS = "WAF"
NEEDS = "see"


def command(
    tools: Tools,
    category: Annotated[str | None, Option("--category", metavar="C", help="only this category")] = None,
    provider: Annotated[str | None, Option("--provider", metavar="P", help="only this provider")] = None,
    status: Annotated[str | None, Option("--status", metavar="S", help="only this status, such as error")] = None,
    expiring: Annotated[str | None, Option("--expiring", metavar="14d", help="only what expires within this time")] = None,
    unused_for: Annotated[str | None, Option("--unused-for", metavar="90d", help="only what was not used for this time")] = None,
    available: Annotated[bool, Option("--available", help="what is not set up yet, and could be added")] = False,
    tree: Annotated[bool, Option("--tree", help="the whole catalogue as a tree")] = False,
) -> None:
    """list the integrations of a website

    Needs no key: what is shown of a credential is a mask and a fingerprint. One unreadable row never breaks the list.

    \b
    examples:
      integrations list -w acme
      integrations list -A --status error
      integrations list -w acme --available --category payment
      integrations list -w acme --json

    exit codes: 0, 2 which website, 3 no such website
    """
    if category is not None:
        from integrations_cli.categories import CATEGORIES  # noqa: PLC0415  most lists are of all

        one_of("category", category, CATEGORIES)
    one_of("status", status, STATUSES)
    with tools.looking():
        websites = tools.websites(few=not (tree or available))
        name = tools.provider(provider).name if provider else None
        wanted = listing.wanted(category, status, span(expiring), span(unused_for), tools.clock)
        narrowed = any((category, provider, status, expiring, unused_for))
        chosen = (tools.config.store, None if tools.options.all_websites else websites, name)
        if available:
            _available(tools, websites, category, name, alone=not (tree or status or expiring or unused_for))
        elif tree:
            from integrations_cli.cli.view import tree as trees  # noqa: PLC0415  the whole catalogue is imported for it

            trees.tree(tools.out, websites, wanted.of(listing.cards(*chosen)), narrowed=narrowed)
        elif tools.out.tabular or tools.out.json_mode:
            from integrations_cli.cli.view import cards  # noqa: PLC0415  a pipe does without

            if tools.out.json_mode:
                cards.items(tools.out, listing.card_pages(*chosen, wanted))
            else:  # how wide it is, is known at its end
                found = wanted.of(listing.cards(*chosen))
                cards.listing(tools.out, websites, found, everywhere=tools.options.all_websites, narrowed=narrowed)
        else:
            from integrations_cli.actions import lines  # noqa: PLC0415
            from integrations_cli.cli.view import listed  # noqa: PLC0415

            listed.streamed(tools.out, websites, lines.lines(*chosen, wanted), everywhere=tools.options.all_websites, narrowed=narrowed)


def _available(tools: Tools, websites: list[str], category: str | None, provider: str | None, *, alone: bool) -> None:
    """What could be added. Raises UsageError (2) together with what is asked of integrations that are there."""
    from integrations_cli.actions.available import available  # noqa: PLC0415  most lists are of what is there
    from integrations_cli.cli.view.available import listing as shown  # noqa: PLC0415
    from integrations_cli.errors import UsageError  # noqa: PLC0415

    if not alone:
        raise UsageError("--available goes with --category and --provider only", "the others are about what is set up")
    tools.catalogue()
    shown(tools.out, available(tools.config.store, websites, category, provider), websites, tools.options.all_websites)
