"""What the store has in the places that a source speaks of."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from integrations_cli.actions.routes import Routes
from integrations_cli.card import Card
from integrations_cli.sources.finding import Reading

if TYPE_CHECKING:
    from integrations_cli.store import Conversation


def cards(here: "Conversation", reading: Reading, routes: Routes) -> Callable[[str], Mapping[str, Card]]:
    """The cards of a website, by provider; `known` of the routes has the websites that may be looked at."""
    some = (reading.findings, reading.entries, reading.faults)
    names = {(one.website, one.provider) for found in some for one in found if one.provider}
    places = {(slug, provider) for name, provider in names for slug in routes.of(name) if slug in routes.known}
    there: dict[str, dict[str, Card]] = {}
    for (slug, provider), card in here.bulk.cards(places).items():
        there.setdefault(slug, {})[provider] = card
    nothing: dict[str, Card] = {}
    return lambda website: there.get(website, nothing)
