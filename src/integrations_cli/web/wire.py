"""Connections under one total deadline: name, connect, handshake, every read and write get the time that is left."""

import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import certifi
import httpcore
import httpx

from integrations_cli.provider import NoAnswer
from integrations_cli.web.addresses import Resolve, resolved


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


class _Stream(httpcore.NetworkStream):
    """A stream whose own time-outs are replaced by the total deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), 16384):
            self._inner.write(buffer[at : at + 16384], self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)
        except httpcore.ConnectError:
            raise NoAnswer("tls", "the certificate or the TLS handshake is not acceptable") from None

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@dataclass(frozen=True)
class Network:
    """What is outside: how names resolve, which addresses are allowed, names that may be private, and the proxy, if one is configured."""

    resolve: Resolve
    allows: Callable[[str], bool]
    private: Collection[str] = ()
    proxy: str | None = None

    @property
    def proxy_host(self) -> str | None:
        """The proxy's own name or address: the configuration vouches for it."""
        return httpx.URL(self.proxy).host if self.proxy else None


class _Backend(httpcore.NetworkBackend):
    """Connects only to an address that was looked at: all of them must be allowed, or none is used."""

    def __init__(self, deadline: Deadline, network: Network) -> None:
        self._deadline, self._network = deadline, network
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        network = self._network
        if host == network.proxy_host:
            addresses: Sequence[tuple[str, int]] = [(host, port)]
        else:
            addresses = resolved(host, network.resolve, self._deadline.left())
            if host not in network.private and not all(network.allows(address) for address, _ in addresses):
                raise NoAnswer("refused_address", "the name leads to an address that is not on the open internet")
        for address, at_port in addresses[:4]:
            try:
                return _Stream(self._plain.connect_tcp(address, at_port, self._deadline.left(), None, socket_options), self._deadline)
            except httpcore.ConnectError:
                continue
        raise NoAnswer("connect", "the connection was refused")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise NoAnswer("refused_address", "only TCP")


def handshake(host: str, deadline: Deadline, trust: ssl.SSLContext, network: Network) -> None:
    """TCP and TLS with a host, through the proxy if there is one, and nothing after that. Raises NoAnswer."""
    backend = _Backend(deadline, network)
    try:
        if network.proxy:
            proxy = httpx.URL(network.proxy)
            stream = backend.connect_tcp(proxy.host, proxy.port or 80)
            stream.write(f"CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n".encode("ascii"))
            _must_tunnel(stream)
        else:
            stream = backend.connect_tcp(host, 443)
        stream.start_tls(trust, host).close()
    except httpcore.TimeoutException:
        raise NoAnswer("timeout", "no answer in time") from None
    except (httpcore.NetworkError, OSError):
        raise NoAnswer("connect", "the connection broke") from None


def _must_tunnel(stream: httpcore.NetworkStream) -> None:
    """Read the proxy's answer; raises NoAnswer unless it lets us through."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 8192:
        piece = stream.read(4096)
        if not piece:
            break
        head += piece
    if b" 200" not in head.partition(b"\r\n")[0][:14]:
        raise NoAnswer("connect", "the proxy does not let us through")


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class Transport(httpx.BaseTransport):
    """httpx over httpcore with our network: no proxy but the configured one, no environment, no retry, HTTP/1.1."""

    def __init__(self, deadline: Deadline, trust: ssl.SSLContext, network: Network) -> None:
        backend = _Backend(deadline, network)
        proxy = httpcore.Proxy(network.proxy) if network.proxy else None
        self._pool = httpcore.ConnectionPool(ssl_context=trust, network_backend=backend, max_connections=2, retries=0, proxy=proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()
