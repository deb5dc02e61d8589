"""Connections that are used again: only after a whole and clean answer, and never so that one check hears what was said to another."""

import threading
import time

import pytest
from tests.loopback import ThirdParty, _read, answers

from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.provider import NoAnswer
from integrations_cli.web import kept

OPENAI = registry.get("openai")
URL = "https://api.openai.com/v1/models"


def said(body, *lines, status=200, version="1.1"):
    """An answer as bytes, framed by its length."""
    return f"HTTP/{version} {status} X\r\ncontent-length: {len(body)}\r\n{''.join(f'{line}' + chr(13) + chr(10) for line in lines)}\r\n{body}".encode()


@pytest.fixture
def server():
    with ThirdParty() as third_party:
        yield third_party


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine two seconds are over soon."""
    monkeypatch.setattr(kept, "IDLE", 60.0)
    monkeypatch.setattr(kept, "LIFE", 60.0)


def staying(server, *answered, then=None):
    """The server says these, one after each request of a connection; `then` is done after the last one, before it hangs up."""

    def behave(connection, request):
        for number, data in enumerate(answered):
            if number:
                server.requests.append(_read(connection))
            connection.sendall(data)
        if then is not None:
            then(connection)
        else:
            server.requests.append(_read(connection))  # waits until the client hangs up

    server.behave = behave


def ask(web, key="first", method="get"):
    """A new door each time, as each check has one."""
    return getattr(web.http(OPENAI), method)(URL, bearer=Secret(f"{key}-EXAMPLE"))


def test_two_checks_over_one_connection(server):
    staying(server, said("1"), said("2"))
    with server.web(10.0).keeping() as web:
        assert [ask(web, "one").body, ask(web, "two").body] == [b"1", b"2"]
    assert server.connections == 1
    assert [one.headers["authorization"] for one in server.requests] == ["Bearer one-EXAMPLE", "Bearer two-EXAMPLE"]
    assert not any("connection" in one.headers for one in server.requests)


def test_outside_of_a_run_each_has_its_own(server):
    staying(server, said("1"), said("2"))
    web = server.web(10.0)
    assert [ask(web).body, ask(web).body] == [b"1", b"1"]
    assert server.connections == 2
    assert {one.headers["connection"] for one in server.requests} == {"close"}


CHUNKED = b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n"
HINTED = b"HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n" + said("1")


@pytest.mark.parametrize("first", [CHUNKED, HINTED, said("1", status=404), said("1", status=401)], ids=["chunked", "hinted", "404", "401"])
def test_a_whole_answer_leaves_the_connection(server, first):
    staying(server, first, said("2"))
    with server.web(10.0).keeping() as web:
        assert [ask(web).body, ask(web).body] == [b"1", b"2"]
    assert server.connections == 1


UNCLEAN = {
    "it says so": said("1", "connection: close"),
    "old HTTP": said("1", version="1.0"),
    "without an end": b"HTTP/1.1 200 X\r\n\r\n1",
    "a second answer behind it": said("1") + said("of nobody"),
    "a byte behind it": said("1") + b"\n",
    "a body where there is none": b"HTTP/1.1 204 X\r\ncontent-length: 1\r\n\r\n1",
    "a server in trouble": said("1", status=503),
    "too late": said("1", status=408),
    "another host's": said("1", status=421),
    "more than is read": said("1" * 70_000),
}


@pytest.mark.parametrize("first", UNCLEAN.values(), ids=UNCLEAN)
def test_after_anything_else_the_next_check_connects_anew(server, first):
    over = threading.Event()

    def hang_up(connection):
        if first is UNCLEAN["without an end"]:
            connection.unwrap()
        over.wait(5)

    staying(server, first, then=hang_up)
    with server.web(10.0).keeping() as web:
        ask(web, "first")
        staying(server, said("2"))
        assert ask(web, "second").body == b"2"
    over.set()
    assert server.connections == 2


def test_what_comes_when_nobody_has_asked_is_no_answer_to_the_next(server):
    """The first answer is whole; then the server says something more, of its own accord."""
    more, sent, over = threading.Event(), threading.Event(), threading.Event()

    def say_more(connection):
        more.wait(5)
        connection.sendall(said("of nobody"))
        sent.set()
        over.wait(5)

    staying(server, said("1"), then=say_more)
    with server.web(10.0).keeping() as web:
        assert ask(web).body == b"1"
        staying(server, said("2"))
        more.set()
        assert sent.wait(5)
        assert ask(web).body == b"2"
    over.set()
    assert server.connections == 2


def test_one_that_was_hung_up_meanwhile_is_not_used(server):
    gone = threading.Event()

    def hang_up(connection):
        connection.close()
        gone.set()

    staying(server, said("1"), then=hang_up)
    with server.web(10.0).keeping() as web:
        assert ask(web).body == b"1"
        assert gone.wait(5)
        staying(server, said("2"))
        assert ask(web).body == b"2"
    assert [server.connections, len(server.requests)] == [2, 2]


def taking(server, *, before_it_goes=b""):
    """Answers once, takes the second request of the connection, says so much of an answer and hangs up."""

    def go(connection):
        server.requests.append(_read(connection))
        connection.sendall(before_it_goes)
        connection.close()

    staying(server, said("1"), then=go)


def test_one_that_dies_under_the_question_is_asked_once_more(server):
    taking(server)
    with server.web(10.0).keeping() as web:
        assert ask(web, "one").body == b"1"
        first = server.behave

        def behave(connection, request):
            (first if server.connections == 1 else answers(200, b"2"))(connection, request)

        server.behave = behave
        assert ask(web, "two").body == b"2"
    assert [one.headers["authorization"] for one in server.requests] == [f"Bearer {key}-EXAMPLE" for key in ("one", "two", "two")]


def test_but_only_once(server):
    taking(server)
    with server.web(10.0).keeping() as web:
        assert ask(web).body == b"1"
        server.behave = lambda connection, request: connection.close()
        with pytest.raises(NoAnswer) as caught:
            ask(web)
    assert caught.value.cause == "bad_response"
    assert [server.connections, len(server.requests)] == [2, 3]


def test_and_not_when_it_had_begun_to_answer(server):
    taking(server, before_it_goes=b"HTTP/1.1 2")
    with server.web(10.0).keeping() as web:
        assert ask(web).body == b"1"
        with pytest.raises(NoAnswer) as caught:
            ask(web)
    assert caught.value.cause == "bad_response"
    assert [server.connections, len(server.requests)] == [1, 2]


def test_what_is_posted_has_a_connection_of_its_own(server):
    staying(server, said("1"))
    with server.web(10.0).keeping() as web:
        assert ask(web).body == b"1"
        server.behave = lambda connection, request: connection.sendall(said("2"))  # and hangs up
        assert [ask(web, method="post").body, ask(web, method="post").body] == [b"2", b"2"]
    assert server.connections == 3
    assert [one.headers.get("connection") for one in server.requests if one.method == "POST"] == ["close", "close"]


def test_each_check_has_its_own_deadline(server):
    staying(server, said("1"), then=lambda connection: (server.requests.append(_read(connection)), threading.Event().wait(3)))
    with server.web(1.0).keeping() as web:
        assert ask(web).body == b"1"
        time.sleep(0.7)
        began = time.monotonic()
        with pytest.raises(NoAnswer) as caught:
            ask(web)
        assert time.monotonic() - began > 0.9, "what the one before has used is not missing here"
    assert caught.value.cause == "timeout"
    assert [server.connections, len(server.requests)] == [1, 2]


@pytest.mark.parametrize("limit", ["IDLE", "LIFE"])
def test_an_old_one_is_not_used(server, monkeypatch, limit):
    monkeypatch.setattr(kept, limit, 0.0)
    staying(server, said("1"))
    with server.web(10.0).keeping() as web:
        assert [ask(web).body, ask(web).body] == [b"1", b"1"]
    assert server.connections == 2


def test_not_more_than_so_many_are_kept_and_none_when_it_is_over(server, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 1)
    together = threading.Barrier(2)

    def behave(connection, request):
        together.wait(5)
        connection.sendall(said("1"))
        with pytest.raises((ValueError, OSError)):
            _read(connection)
        ended.release()

    server.behave, ended = behave, threading.Semaphore(0)
    with server.web(10.0).keeping() as web:
        threads = [threading.Thread(target=ask, args=(web,)) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert ended.acquire(timeout=5)  # one too many
        assert not ended.acquire(blocking=False)
    assert ended.acquire(timeout=5)  # the run is over


def test_hosts_do_not_share(server):
    groq = registry.get("groq")
    staying(server, said("1"))
    with server.web(10.0).keeping() as web:
        assert ask(web).body == b"1"
        assert web.http(groq).get("https://api.groq.com/openai/v1/models", bearer=Secret("other-EXAMPLE")).body == b"1"
    assert server.connections == 2
