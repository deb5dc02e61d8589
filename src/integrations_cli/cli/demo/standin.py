"""A stand-in for a few providers, on loopback: keys that end in EXAMPLE or EXAMPLEAA are good, all others get the vendor's own refusal."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integrations_cli.cli.demo.certificates import contexts

Reply = tuple[int, Any]
HOSTS = ("api.anthropic.com", "api.stripe.com", "api.sendgrid.com", "api.eu.sendgrid.com", "*.api.mailchimp.com")


def _anthropic(key: str) -> Reply:
    if not _good(key):
        return 401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}
    return 200, {"data": [{"id": "claude-sonnet-5", "type": "model"}], "has_more": True}


def _stripe(key: str) -> Reply:
    if not _good(key):
        return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
    return 200, {"object": "account", "id": "acct_1EXAMPLE", "settings": {"dashboard": {"display_name": "Acme Realty"}}}


def _sendgrid(key: str) -> Reply:
    if not _good(key):
        return 401, {"errors": [{"message": "The provided authorization grant is invalid, expired, or revoked", "field": None}]}
    return 200, {"scopes": ["mail.send", "scopes.read"]}


def _mailchimp(key: str) -> Reply:
    if "e" * 4 not in key:
        return 401, {"type": "about:blank", "title": "API Key Invalid", "status": 401}
    return 200, {"account_id": "8d3EXAMPLE", "account_name": "Acme Realty", "login_id": "1", "role": "owner", "total_subscribers": 412}


VENDORS: Mapping[str, Callable[[str], Reply]] = {
    "api.anthropic.com": _anthropic,
    "api.stripe.com": _stripe,
    "api.sendgrid.com": _sendgrid,
    "api.eu.sendgrid.com": _sendgrid,
    "api.mailchimp.com": _mailchimp,
}


def _good(key: str) -> bool:
    return key.endswith(("EXAMPLE", "EXAMPLEAA"))  # as those of Anthropic end


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host = self.headers.get("host", "").partition(":")[0]
        vendor = VENDORS.get(host) or VENDORS.get(host.partition(".")[2])
        status, body = vendor(self._key()) if vendor else (404, {"error": "no such host here"})
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _key(self) -> str:
        authorization = self.headers.get("authorization", "")
        if authorization.startswith("Basic "):
            return base64.b64decode(authorization[6:]).decode().partition(":")[2]
        return self.headers.get("x-api-key") or authorization.removeprefix("Bearer ")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silent: a request line may hold a key."""


@contextmanager
def serve() -> Iterator[tuple[Callable[[str], Sequence[tuple[str, int]]], ssl.SSLContext]]:
    """A resolver that leads every name here, and the context that trusts it. Listens on 127.0.0.1 only."""
    server_context, client_context = contexts(HOSTS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = server_context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    port = server.server_address[1]
    try:
        yield lambda host: [("127.0.0.1", port)], client_context
    finally:
        server.shutdown()
        server.server_close()
