"""One POST to a service that the operator has configured: Vault, KMS. Private addresses and other ports are allowed here, nothing else is.

One total deadline, verified TLS, a capped answer, no redirect, no retry, no cookie, and no proxy but the configured one.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime

from integrations_cli import __version__
from integrations_cli.provider import NoAnswer
from integrations_cli.web.addresses import addresses
from integrations_cli.web.exchange import exchange
from integrations_cli.web.lean import httpx
from integrations_cli.web.sigv4 import Signer
from integrations_cli.web.wire import Deadline, Network, trusted

CAP = 64 * 1024  # bytes of an answer


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    deadline: float,
    cafile: str | None = None,
    proxy: str | None = None,
    aws: Signer | None = None,
) -> tuple[int, bytes]:
    """Status and body. Raises NoAnswer: also for an address that is not https, a bad CA file, and an answer that is too long."""
    target = _target(url)
    network = Network(lambda host: addresses(host, target.port or 443), lambda address: True, proxy=proxy)
    fixed = {"user-agent": f"integrations-cli/{__version__}", "accept-encoding": "identity", "connection": "close"}
    try:
        request = httpx.Request("POST", target, headers={**fixed, **headers}, content=body)
        if aws is not None:
            host, path = request.headers["host"], target.raw_path.decode("ascii")
            request.headers.update(aws.headers("POST", host, path, headers, body, datetime.now(UTC)))
    except (UnicodeError, ValueError, TypeError):
        raise NoAnswer("connect", "the connection failed") from None
    received = exchange(request, CAP, Deadline(deadline), _trust(cafile), network)
    if received.cut:
        raise NoAnswer("too_large", "the answer is too long")
    return received.status, received.body


def _target(url: str) -> httpx.URL:
    try:
        found = httpx.URL(url)
        if found.scheme == "https" and found.host and not (found.userinfo or found.query or found.fragment):
            return found
    except (httpx.InvalidURL, ValueError, TypeError):
        pass
    raise NoAnswer("refused_address", "its address is not one that starts with https://")


def _trust(cafile: str | None) -> ssl.SSLContext:
    try:
        return trusted(cafile)
    except (OSError, ssl.SSLError):
        raise NoAnswer("tls", "the file of certificate authorities cannot be read") from None
