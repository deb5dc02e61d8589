"""Which hosts and addresses may be asked: names from the definition, public addresses, one TLS port (SECURITY.md §7)."""

import ipaddress
import socket
from collections.abc import Callable, Sequence

from integrations_cli.hands import within
from integrations_cli.provider import NoAnswer, is_a_name

Resolve = Callable[[str], Sequence[tuple[str, int]]]
"""Host name → addresses with ports."""

_UNICAST = ipaddress.IPv6Network("2000::/3")  # the open internet, for all of IPv6: https://www.iana.org/assignments/ipv6-address-space
_NOT_REALLY_GLOBAL = tuple(  # Teredo, 6to4 (RFC 7526), protocols (RFC 6890), documentation (RFC 9637): not every Python knows them
    ipaddress.ip_network(net) for net in ("2001::/32", "2002::/16", "192.88.99.0/24", "192.0.0.0/24", "3fff::/20")
)


def system_resolver(host: str) -> Sequence[tuple[str, int]]:
    """What the operating system says; may block for long, so it runs in a thread of its own."""
    return addresses(host, 443)


def addresses(host: str, port: int) -> Sequence[tuple[str, int]]:
    """The same, for another port."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(one[4][0]), port) for one in found]


def is_public(text: str) -> bool:
    """True for an address on the open internet: not private, loopback, link-local, site-local, metadata, multicast, mapped, NAT64, 6to4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    if any(address in net for net in _NOT_REALLY_GLOBAL if net.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def must_be_a_name(host: str) -> None:
    """Raises NoAnswer for IP addresses and what a resolver may read as one: `0x7f.1`, `2130706433`, `127.1`."""
    if not is_a_name(host):
        raise NoAnswer("refused_address", "this is not the name of a host we may ask")


def resolved(host: str, resolve: Resolve, seconds: float) -> Sequence[tuple[str, int]]:
    """The addresses, within the time that is left. Raises NoAnswer (dns, timeout)."""

    def look_up() -> Sequence[tuple[str, int]]:
        try:
            return resolve(host)
        except (OSError, UnicodeError):
            return ()

    answer = within(seconds, look_up)
    if answer is None:
        raise NoAnswer("timeout", "the name was not resolved in time")
    if not answer:
        raise NoAnswer("dns", "the name does not resolve")
    return answer
