"""Connections under one total deadline: name, connect, handshake, every read and write get the time that is left.

A connection carries one request and is closed, unless a run of many checks keeps it (kept.py): nothing else of a check, no cookie and no
TLS session, is there for the next.
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Self

import certifi

from integrations_cli.provider import NoAnswer
from integrations_cli.web.addresses import Resolve, resolved
from integrations_cli.web.lean import httpx

PIECE = 16384  # bytes that are written under one look at the clock
READ = 65536  # bytes that are read at once
SLACK = (
    0.05  # seconds that a socket may wait too long: to tell it how long, each time, is a system call and gives the turn to another thread
)
FRESH = 30.0  # seconds for which a name that was looked up is not looked up again


def trusted(cafile: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 at least, always verified; unlike `create_default_context` it ignores SSLKEYLOGFILE.

    `cafile` replaces the public authorities.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile or certifi.where())
    return context


class Deadline:
    """A point in time after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left; raises NoAnswer (timeout) when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise NoAnswer("timeout", f"no answer in {self.seconds:g} s")
        return left


@dataclass(frozen=True)
class Network:
    """What is outside: how names resolve, which addresses are allowed, names that may be private, and the proxy, if one is configured."""

    resolve: Resolve
    allows: Callable[[str], bool]
    private: Collection[str] = ()
    proxy: str | None = None
    _known: dict[str, tuple[float, Sequence[tuple[str, int]]]] = field(default_factory=dict, repr=False, compare=False)

    def addresses(self, host: str, deadline: Deadline) -> Sequence[tuple[str, int]]:
        """Where a name leads: all of it must be allowed, or none is used. What is returned was looked at, and is what is connected to.

        Raises NoAnswer (dns, timeout, refused_address).
        """
        until, known = self._known.get(host, (0.0, ()))
        if until > time.monotonic():
            return known
        found = resolved(host, self.resolve, deadline.left())
        if host not in self.private and not all(self.allows(address) for address, _ in found):
            raise NoAnswer("refused_address", "the name leads to an address that is not on the open internet")
        self._known[host] = time.monotonic() + FRESH, found[:4]
        return found[:4]

    def forget(self, host: str) -> None:
        """Nobody is there: the name is looked up again next time."""
        self._known.pop(host, None)


class Wire:
    """A connected socket under the deadline. Raises NoAnswer (timeout, bad_response)."""

    def __init__(self, raw: socket.socket, deadline: Deadline, waits: float = -1.0, since: float | None = None) -> None:
        self._socket, self._deadline, self._waits = raw, deadline, waits
        self.since = time.monotonic() if since is None else since

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def read(self, most: int = READ) -> bytes:
        """What has come, at least a byte; nothing at the end."""
        try:
            self._be_patient()
            return self._socket.recv(most)
        except TimeoutError:
            raise NoAnswer("timeout", "no answer in time") from None
        except OSError:
            raise NoAnswer("bad_response", "the connection broke") from None

    def write(self, data: bytes) -> bool:
        """All of it; False if the other side does not take it any more, which may have answered before."""
        try:
            for at in range(0, len(data), PIECE):
                self._be_patient()
                self._socket.sendall(data[at : at + PIECE])
        except TimeoutError:
            raise NoAnswer("timeout", "no answer in time") from None
        except OSError:
            return False
        return True

    def is_silent(self) -> bool:
        """True if nothing has come that was not read, and the other side has not hung up."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return False
        watch = select.poll()
        watch.register(self._socket, select.POLLIN | select.POLLPRI)
        return not watch.poll(0)

    def under(self, deadline: Deadline) -> "Wire":
        """The same connection for the next question, which has a deadline of its own."""
        return Wire(self._socket, deadline, self._waits, self.since)

    def _be_patient(self) -> None:
        """The socket waits for the time that is left. Raises NoAnswer (timeout) when there is none."""
        left = self._deadline.left()
        if not left <= self._waits <= left + SLACK:
            self._socket.settimeout(left)
            self._waits = left

    def secure(self, trust: ssl.SSLContext, host: str) -> "Wire":
        """The same over TLS, once the certificate has proven to be this host's. Raises NoAnswer (tls, timeout)."""
        try:
            self._be_patient()
            return Wire(trust.wrap_socket(self._socket, server_hostname=host), self._deadline, self._waits)
        except TimeoutError:
            raise NoAnswer("timeout", "no answer in time") from None
        except (OSError, ValueError):
            raise NoAnswer("tls", "the certificate or the TLS handshake is not acceptable") from None


def connected(host: str, deadline: Deadline, trust: ssl.SSLContext, network: Network, port: int = 443) -> Wire:
    """TCP and TLS with a host, through the proxy if there is one. Raises NoAnswer."""
    raw = _through(network.proxy, host, port, deadline) if network.proxy else _straight(host, deadline, network)
    try:
        return raw.secure(trust, host)
    except NoAnswer:
        raw.close()
        raise


def _straight(host: str, deadline: Deadline, network: Network) -> Wire:
    for address, port in network.addresses(host, deadline):
        raw = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            left = deadline.left()
            raw.settimeout(left)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.connect((address, port))
            return Wire(raw, deadline, left)
        except TimeoutError:
            raw.close()
            raise NoAnswer("timeout", "no answer in time") from None
        except (OSError, OverflowError):
            raw.close()
    network.forget(host)
    raise NoAnswer("connect", "the connection was refused")


def _through(proxy: str, host: str, port: int, deadline: Deadline) -> Wire:
    """A tunnel: the configuration vouches for the proxy's own name or address, and the proxy looks up the host's."""
    url = httpx.URL(proxy)
    try:
        wire = Wire(socket.create_connection((url.host, url.port or 80), deadline.left()), deadline)
    except TimeoutError:
        raise NoAnswer("timeout", "no answer in time") from None
    except OSError:
        raise NoAnswer("connect", "the proxy cannot be reached") from None
    try:
        behind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        wire.write(f"CONNECT {behind} HTTP/1.1\r\nhost: {behind}\r\n\r\n".encode("ascii"))
        _must_tunnel(wire)
    except NoAnswer:
        wire.close()
        raise
    return wire


def _must_tunnel(wire: Wire) -> None:
    """Read the proxy's answer; raises NoAnswer unless it lets us through."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 8192:
        piece = wire.read(4096)
        if not piece:
            break
        head += piece
    if b" 200" not in head.partition(b"\r\n")[0][:14]:
        raise NoAnswer("connect", "the proxy does not let us through")
