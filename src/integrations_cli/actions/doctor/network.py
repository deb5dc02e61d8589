"""Whether the providers can be reached: a TLS handshake with each host that a test would ask. No request is sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from integrations_cli import registry
from integrations_cli.actions.doctor.note import Note, ok, problem, skipped
from integrations_cli.card import Card
from integrations_cli.errors import NotFound
from integrations_cli.masking import Secret, counted
from integrations_cli.provider import NoAnswer, Provider, is_among

if TYPE_CHECKING:
    from integrations_cli.web import Web

AT_ONCE = 10


def hosts(cards: Sequence[Card]) -> dict[str, tuple[Provider, Mapping[str, str]]]:
    """Each host once, with a definition that may ask it and the hosts of one's own that its settings name.

    Where a key chooses the host, another one of the vendor's stands for it.
    """
    from integrations_cli.web import explain  # noqa: PLC0415  only with --network

    found: dict[str, tuple[Provider, Mapping[str, str]]] = {}
    for card in cards:
        try:
            definition = registry.get(card.provider)
            given = definition.given({name: Secret("x" * 8) for name in card.credentials}, card.settings)
            own = definition.own_hosts(card.settings)
            for line in explain(definition, given)[:1]:
                if line.host in own.values() or is_among(line.host, definition.hosts):
                    found.setdefault(line.host, (definition, own))
        except (NotFound, ValueError, TypeError, KeyError, AttributeError):
            continue  # a row that was written by hand
    return found


def look(web: "Web", cards: Sequence[Card], say: Callable[[str], None]) -> Iterator[Note]:
    """A note about all that answer, and one for each that does not."""
    asked = hosts([card for card in cards if card.enabled])
    if not asked:
        yield skipped("network", "nobody to ask: no integration is switched on")
        return
    say(f"asking {counted(len(asked), 'host')} for a TLS handshake: no request and no key is sent, nothing is counted or billed")

    def shake(host: str) -> tuple[str, float | NoAnswer]:
        definition, own = asked[host]
        try:
            return host, web.handshake(host, definition, own.values())
        except NoAnswer as error:
            return host, error

    with ThreadPoolExecutor(AT_ONCE) as threads:
        results = list(threads.map(shake, sorted(asked)))
    times = {host: result for host, result in results if not isinstance(result, NoAnswer)}
    if times:
        slowest = max(times, key=lambda host: times[host])
        yield ok("network", f"{counted(len(times), 'host')} answered; the slowest is {slowest}, {times[slowest] * 1000:.0f} ms")
    for host, result in results:
        if isinstance(result, NoAnswer):
            name = asked[host][0].name
            yield problem("network", result.cause or "unreachable", f"{host} ({name}): {result.message}", f"integrations test {name} -A")
