"""Third parties on loopback: real sockets, real TLS, every misbehaviour that a provider or a network may show."""

import contextlib
import functools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations_cli import registry
from integrations_cli.cli.demo.certificates import contexts
from integrations_cli.web import Web

CHOSEN = (  # of hosts that a definition writes as a pattern, those that tests ask
    "*.api.mailchimp.com", "acme.my.salesforce.com", "*.zohoapis.com", "*.zohoapis.eu", "api.dublin.ie1.twilio.com", "*.us-east-1.amazonaws.com",
    "*.s3.us-east-1.amazonaws.com", "*.eu-central-1.amazonaws.com", "*.r2.cloudflarestorage.com", "*.example.com", "example.com",
)  # fmt: skip


def hosts() -> list[str]:
    """Every host of the catalogue, and those."""
    return sorted({host for one in registry.all() for host in one.hosts if not host.startswith("^")} | set(CHOSEN))


@dataclass
class Request:
    """What arrived."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@functools.lru_cache(maxsize=1)
def _contexts(half_hour: float) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The certificate of all third parties of this process; it is good for an hour."""
    return contexts(hosts())


Behaviour = Callable[[ssl.SSLSocket, Request], None]


def answers(status: int, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Behaviour:
    """A plain HTTP answer."""

    def behave(connection: ssl.SSLSocket, request: Request) -> None:
        lines = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"} | dict(headers or {})
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        connection.sendall(head.encode() + body)

    return behave


@dataclass
class ThirdParty:
    """A TLS server on 127.0.0.1; `behave` decides about each request, `requests` and `connections` tell what came."""

    behave: Behaviour = field(default_factory=lambda: answers(200))
    greet: Callable[[socket.socket], bool] = lambda raw: True  # before TLS; False: no handshake
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> "ThirdParty":
        server_context, self.trust = _contexts(time.monotonic() // 1800)
        self.tls = self.tls or server_context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`, which has reserved a descriptor for as long as it waits
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.close()

    def web(self, deadline: float = 10.0, **more: Any) -> Web:
        """The real door, with every name leading here."""
        options = {
            "resolve": lambda host: [("127.0.0.1", self.port)],
            "trust": self.trust,
            "allows": lambda address: address == "127.0.0.1",
        }
        return Web(deadline, **(options | more))

    def says(self, status: int, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> None:
        """From now on, this answer."""
        self.behave = answers(status, body, headers)

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(raw)
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            if not self.greet(raw):
                return
            assert self.tls is not None
            with self.tls.wrap_socket(raw, server_side=True) as connection:
                request = _read(connection)
                self.requests.append(request)
                self.behave(connection, request)


def _read(connection: ssl.SSLSocket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ValueError("closed")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Request(method, headers.get("host", ""), path, headers, body)
