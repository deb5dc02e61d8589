"""One request and its answer, over one connection: HTTP/1.1, no redirect followed, nothing of it remembered.

The connection is closed afterwards, or kept for the next check of the same run, if the answer was whole and clean (kept.py).
"""

import ssl
from typing import NamedTuple

import h11

from integrations_cli.provider import NoAnswer
from integrations_cli.web.kept import Kept, Place
from integrations_cli.web.lean import httpx
from integrations_cli.web.wire import Deadline, Network, Wire, connected

HEADERS = 100 * 1024  # bytes of headers
WARY = (408, 421, 425)  # what speaks of the connection, and not of the question


class Received(NamedTuple):
    """An answer: header names in small letters, and whether the body was cut at the cap."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool


class _Broken(NoAnswer):
    """The connection broke before the first byte of an answer."""


def exchange(
    request: httpx.Request, cap: int, deadline: Deadline, trust: ssl.SSLContext, network: Network, kept: Kept | None = None
) -> Received:
    """Connect, send, read at most `cap` bytes of body. Raises NoAnswer; no text of the other side is in it.

    With `kept`, a GET may go over a connection that has answered before, and leave its own for the next one.
    """
    place = request.url.raw_host.decode("ascii"), request.url.port or 443
    kept = kept if request.method == "GET" else None
    old = kept.take(place, deadline) if kept is not None else None
    if old is not None:
        try:
            return _over(old, request, cap, place, kept)
        except _Broken:
            pass  # it was given up while we asked: once more, on a fresh one, as nothing was answered and a GET changes nothing
    return _over(connected(place[0], deadline, trust, network, place[1]), request, cap, place, kept)


def _over(wire: Wire, request: httpx.Request, cap: int, place: Place, kept: Kept | None) -> Received:
    """Ask over this connection, which is then kept or closed."""
    clean = False
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADERS)
    try:
        received = _asked(request, cap, wire, talk, stays=kept is not None)
        clean = not received.cut and received.status < 500 and received.status not in WARY and _is_over(talk)
        return received
    except h11.ProtocolError:
        raise NoAnswer("bad_response", "the connection broke, or the answer is not HTTP") from None
    finally:
        if kept is not None and clean:
            kept.put(place, wire)
        else:
            wire.close()


def _is_over(talk: h11.Connection) -> bool:
    """Question and answer are whole, both sides stay, and not one byte has come behind the answer."""
    return talk.our_state is h11.DONE and talk.their_state is h11.DONE and talk.trailing_data == (b"", False)


def _asked(request: httpx.Request, cap: int, wire: Wire, talk: h11.Connection, *, stays: bool) -> Received:
    headers = [one for one in request.headers.raw if not stays or one[0].lower() != b"connection"]
    sent = talk.send(h11.Request(method=request.method, target=request.url.raw_path, headers=headers)) or b""
    if request.content:
        sent += talk.send(h11.Data(request.content)) or b""
    wire.write(sent + (talk.send(h11.EndOfMessage()) or b""))  # one that hangs up early may have answered
    head, body, heard = None, bytearray(), False
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(_some(wire, talk, heard))
            heard = True
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


def _some(wire: Wire, talk: h11.Connection, heard: bool) -> bytes:
    try:
        found = wire.read()
    except NoAnswer as error:
        raise error if heard or error.cause == "timeout" else _Broken(error.cause, error.message) from None
    if not found and talk.their_state == h11.SEND_RESPONSE:
        raise (NoAnswer if heard else _Broken)("bad_response", "the connection broke before there was an answer")
    return found


def _received(head: h11.Response | None, body: bytearray, cut: bool) -> Received:
    assert head is not None  # h11 gives the head before the body
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("ascii"), value.decode("utf-8", "replace")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Received(head.status_code, headers, bytes(body), cut)
