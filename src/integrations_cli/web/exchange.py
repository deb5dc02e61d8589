"""One request and its answer, over one connection that is closed afterwards: HTTP/1.1, no redirect followed, no retry, nothing kept."""

import ssl
from typing import NamedTuple

import h11
import httpx

from integrations_cli.provider import NoAnswer
from integrations_cli.web.wire import Deadline, Network, Wire, connected

HEADERS = 100 * 1024  # bytes of headers


class Received(NamedTuple):
    """An answer: header names in small letters, and whether the body was cut at the cap."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool


def exchange(request: httpx.Request, cap: int, deadline: Deadline, trust: ssl.SSLContext, network: Network) -> Received:
    """Connect, send, read at most `cap` bytes of body. Raises NoAnswer; no text of the other side is in it."""
    with connected(request.url.raw_host.decode("ascii"), deadline, trust, network, request.url.port or 443) as wire:
        try:
            return _asked(request, cap, wire)
        except h11.ProtocolError:
            raise NoAnswer("bad_response", "the connection broke, or the answer is not HTTP") from None


def _asked(request: httpx.Request, cap: int, wire: Wire) -> Received:
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADERS)
    sent = talk.send(h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)) or b""
    if request.content:
        sent += talk.send(h11.Data(request.content)) or b""
    wire.write(sent + (talk.send(h11.EndOfMessage()) or b""))  # one that hangs up early may have answered
    head, body = None, bytearray()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(_some(wire, talk))
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > cap:
                return _received(head, body[:cap], cut=True)
        elif isinstance(event, h11.EndOfMessage):
            return _received(head, body, cut=False)
        elif not isinstance(event, h11.InformationalResponse):  # it hung up, or wants another protocol
            raise NoAnswer("bad_response", "the connection broke, or the answer is not HTTP")


def _some(wire: Wire, talk: h11.Connection) -> bytes:
    found = wire.read()
    if not found and talk.their_state == h11.SEND_RESPONSE:
        raise NoAnswer("bad_response", "the connection broke before there was an answer")
    return found


def _received(head: h11.Response | None, body: bytearray, cut: bool) -> Received:
    assert head is not None  # h11 gives the head before the body
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("ascii"), value.decode("utf-8", "replace")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Received(head.status_code, headers, bytes(body), cut)
