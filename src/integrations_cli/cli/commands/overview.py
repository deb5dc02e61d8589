import os

from integrations_cli.actions import care
from integrations_cli.actions import list as listing
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import cards as view
from integrations_cli.cli.view import caring
from integrations_cli.cli.view.layout import cells
from integrations_cli.masking import counted

MARKS = "W"
NEEDS = "see"
HIDDEN = True  # what the bare command does


def command(tools: Tools) -> None:
    """show where you are and what needs care

    exit codes: 0
    """
    if not os.path.exists(tools.config.store):
        tools.out.raw("no store yet: integrations keeps the third-party credentials of your websites")
        tools.out.raw("  start here   integrations init")
        tools.out.raw("  look around  integrations providers list")
        tools.out.raw("  see it work  integrations demo")
        return
    tools.catalogue()
    with tools.looking():
        slugs = tools.slugs()
        current = tools.chosen() or (slugs[0] if len(slugs) == 1 else None)
        start = "" if slugs else 'website add acme --name "Acme Realty"'
        if current in slugs:
            cards = listing.cards(tools.config.store, [str(current)])
            tools.out.sentence(view.summary(cards, str(current)))
            start = "" if cards else f"add -w {current}"
        else:
            tools.out.sentence(counted(len(slugs), "website") + (f": {', '.join(slugs[:8])}" if slugs else ""))
        found = care.needs(tools.config.store, tools.config.anchored, current if current in slugs else None, tools.clock())
        caring.needs(tools.out, list(found))
    if start:
        tools.out.raw(f"  start here  integrations {start}")
    for line in _EVERYDAY if tools.out.tabular and tools.out.width < cells(_IN_ONE) else [_IN_ONE]:
        tools.out.raw(line)


_EVERYDAY = "everyday: add list show test set rotate", "          migrate", "more: integrations --help"
_IN_ONE = "everyday: add list show test set rotate migrate · more: integrations --help"
