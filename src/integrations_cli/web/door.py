"""What a check sees of the network: `get` and `post`, to the definition's hosts only, under one deadline, with capped answers.

Secrets are taken out here and nowhere else. No error text holds a URL's query, a header or a word of the provider.
"""

import re
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from integrations_cli import __version__
from integrations_cli.masking import Secret
from integrations_cli.provider import Answer, NoAnswer, Provider, is_among
from integrations_cli.web.addresses import Resolve, is_public, must_be_a_name, system_resolver
from integrations_cli.web.exchange import exchange
from integrations_cli.web.kept import Kept
from integrations_cli.web.lean import httpx
from integrations_cli.web.sigv4 import Signer
from integrations_cli.web.wire import Deadline, Network, connected, trusted

CAP = 64 * 1024  # bytes of an answer
_HEADER = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
ALWAYS = {
    "user-agent": f"integrations-cli/{__version__}",
    "accept": "application/json",
    "accept-encoding": "identity",
    "connection": "close",
}


class Web:
    """Makes doors. `resolve`, `trust` and `allows` are the network itself, `now` is the clock; tests and the demo bring their own.

    `private` are names that may lead to addresses off the open internet, `proxy` (`http://host:port`) carries every request:
    both come from the configuration only, never from the environment. Of an answer no more than `cap` bytes are read.
    """

    def __init__(
        self,
        deadline: float = 10.0,
        *,
        resolve: Resolve = system_resolver,
        trust: ssl.SSLContext | None = None,
        allows: Callable[[str], bool] = is_public,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        private: Collection[str] = (),
        proxy: str | None = None,
        cap: int = CAP,
    ) -> None:
        self.cap = cap
        self.deadline, self.now = deadline, now
        self.network = Network(resolve, allows, private, proxy)
        self._trust, self._making = trust, Lock()
        self.kept: Kept | None = None

    @contextmanager
    def keeping(self) -> Iterator["Web"]:
        """Inside, connections that have answered well are used again by the next check of the same host; at the end they are closed."""
        self.kept = kept = Kept()
        try:
            yield self
        finally:
            self.kept = None
            kept.close()

    def http(self, definition: Provider, *, own: Collection[str] = ()) -> "Door":
        """A new door for one check: no cookies, no state, the clock starts now. `own` are hosts besides the definition's."""
        trust = self.trust
        return Door(definition, Deadline(self.deadline), self, trust, own)

    @property
    def trust(self) -> ssl.SSLContext:
        """Whom we believe: made once for all checks, also when many of them begin at the same time, because it takes long."""
        with self._making:
            self._trust = self._trust or trusted()
        return self._trust

    def handshake(self, host: str, definition: Provider, own: Collection[str] = ()) -> float:
        """Connect to a host that this provider may be asked at, shake hands over TLS, hang up; nothing is asked. Seconds it took.

        Raises NoAnswer.
        """
        address(f"https://{host}/", definition, own)
        trust, began = self.trust, time.monotonic()
        connected(host, Deadline(self.deadline), trust, self.network).close()
        return time.monotonic() - began


class Door:
    """Implements `provider.Http` for one check of one provider."""

    def __init__(self, definition: Provider, deadline: Deadline, web: Web, trust: ssl.SSLContext, own: Collection[str]) -> None:
        self._definition, self._deadline, self._web, self._trust, self._own = definition, deadline, web, trust, own
        self.last_status: int | None = None

    def get(self, url: str, **options: Any) -> Answer:
        """See `provider.Http.get`."""
        return self._ask("GET", url, **options)

    def post(self, url: str, **options: Any) -> Answer:
        """See `provider.Http.post`."""
        return self._ask("POST", url, **options)

    def _ask(
        self,
        method: str,
        url: str,
        *,
        optional: bool = False,
        chosen_by: str | None = None,
        path_setting: str | None = None,
        **options: Any,
    ) -> Answer:
        try:
            web = self._web
            received = exchange(self._request(method, url, **options), web.cap, self._deadline, self._trust, web.network, web.kept)
        except NoAnswer as error:
            if optional:
                return Answer(0)
            raise NoAnswer(error.cause, f"{chosen_by}: {error.message}" if chosen_by else error.message) from None
        self.last_status = received.status if not optional or self.last_status is None else self.last_status
        return Answer(*received, chosen_by, path_setting)

    def _request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        bearer: Any = None,
        basic: tuple[Any, Any] | None = None,
        aws: tuple[Any, Any, Any, str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        jwt: tuple[Any, Mapping[str, Any]] | None = None,
        json: Any = None,
    ) -> httpx.Request:
        target = address(url, self._definition, self._own)
        sent = ALWAYS | {name.lower(): _header(value) for name, value in (headers or {}).items()}
        if bearer is not None:
            sent["authorization"] = _header(f"Bearer {clear(bearer)}")
        try:
            if basic is not None:
                both = b64encode(f"{clear(basic[0])}:{clear(basic[1])}".encode())
                sent["authorization"] = f"Basic {both.decode('ascii')}"
            request = httpx.Request(
                method,
                target,
                params=_clear(params) or None,
                headers=sent,
                data=_clear({**(form or {}), "assertion": _assertion(jwt, self._web.now())} if jwt else form),
                json=_deep(json),
            )
            return _signed(request, aws, self._web.now()) if aws else request
        except (UnicodeError, ValueError, TypeError, httpx.InvalidURL):
            raise NoAnswer("bad_response", "a value cannot be sent in a request") from None


def address(url: str, definition: Provider, own: Collection[str] = ()) -> httpx.URL:
    """The URL, parsed once. Raises NoAnswer (refused_address) for anything but https to a host this provider may be asked at."""
    refused = NoAnswer("refused_address", "this address may not be asked")
    if "\\" in url or any(ord(character) <= 0x20 or ord(character) >= 0x7F for character in url):
        raise refused
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")  # `host` would decode it again, and fail in ways of its own
    except (httpx.InvalidURL, ValueError, TypeError):
        raise refused from None
    if parsed.scheme != "https" or parsed.userinfo or parsed.port not in (None, 443) or parsed.fragment:
        raise refused
    must_be_a_name(host)
    if host not in own and not is_among(host, definition.hosts):
        raise NoAnswer("refused_address", f"the host is not one that {definition.name} may be asked at")
    return parsed


def clear(value: Any) -> str:
    """The text that is sent: the one place where a Secret is taken out for the network."""
    return value.reveal() if isinstance(value, Secret) else str(value)


def _clear(values: Mapping[str, Any] | None) -> dict[str, str] | None:
    return None if values is None else {name: clear(value) for name, value in values.items() if value is not None}


def _deep(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {name: _deep(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_deep(value) for value in data]
    return clear(data) if isinstance(data, Secret) else data


def _signed(request: httpx.Request, aws: tuple[Any, Any, Any, str, str], at: datetime) -> httpx.Request:
    """The same request with an AWS signature over what is sent."""
    access, secret, token, service, region = aws
    signer = Signer(clear(access), clear(secret), clear(token) if token else None, service, region)
    kept = {name: value for name, value in request.headers.items() if name == "content-type"}
    target = request.url.raw_path.decode("ascii")
    added = signer.headers(request.method, request.url.host, target, kept, request.read(), at)
    request.headers.update({name: _header(value) for name, value in added.items()})
    return request


def _assertion(jwt: tuple[Any, Mapping[str, Any]], at: datetime) -> str:
    from integrations_cli.web.jwt import signed  # noqa: PLC0415  one vendor wants it, and cryptography comes with it

    return signed(clear(jwt[0]), jwt[1], at)


def _header(value: Any) -> str:
    """A header's value; refused without being shown when it holds a line break or anything but ASCII."""
    text = clear(value)
    if not _HEADER.fullmatch(text):
        raise NoAnswer("bad_response", "a value cannot be sent in a header")
    return text
