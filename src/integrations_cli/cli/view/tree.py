"""The tree of the seed: the whole catalogue by category, with the state of each integration."""

from collections.abc import Mapping, Sequence

from integrations_cli import registry
from integrations_cli.card import Card
from integrations_cli.categories import CATEGORIES
from integrations_cli.cli.view.cards import SYMBOLS, label, listing
from integrations_cli.cli.view.layout import cells, pad
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import safe
from integrations_cli.provider import Provider

_LABEL = len("  [Connected, limited]")  # the widest


def tree(out: Out, websites: Sequence[str], found: Sequence[Card], *, narrowed: bool = False) -> None:
    """The catalogue by category, with the state of each integration; `narrowed`: only of what was found."""
    if not out.tabular:
        listing(out, websites, found, everywhere=len(websites) > 1)
        return
    for website in websites:
        there = {card.provider: card for card in found if card.website == website}
        out.raw(f"Integrations of {safe(website)}")
        wanted = [one for one in registry.all() if not narrowed or one.name in there]
        groups = [(name, [one for one in wanted if one.category == name]) for name in sorted(CATEGORIES)]
        groups = [(name, members) for name, members in groups if members]
        width = max((cells(one.title) for one in wanted), default=0)
        for at, (name, members) in enumerate(groups):
            _branch(out, CATEGORIES[name].title, members, there, last=at == len(groups) - 1, width=width)


def _branch(out: Out, title: str, members: Sequence[Provider], there: Mapping[str, Card], *, last: bool, width: int) -> None:
    narrow = 8 + width + _LABEL > out.width
    arm, gap = ("─ ", "  ") if narrow else ("── ", "    ")
    out.raw(f"{'└' if last else '├'}{arm}{title}")
    for at, one in enumerate(members):
        end = at == len(members) - 1
        card = there.get(one.name)
        color = SYMBOLS[card.status][1] if card else "dim"
        told = label(card).strip("[]") if narrow else label(card)
        name = pad(one.title, width + (1 if narrow else 2))
        out.raw(f"{' ' if last else '│'}{gap[1:]}{'└' if end else '├'}{arm}{name}{out.paint(told, color)}")
