"""The one door to the network: what it lets out, where to, and how it ends when the other side misbehaves."""

import logging
import socket
import ssl
import threading
import time
import tracemalloc
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import certifi
import pytest
from tests import keys
from tests.loopback import answers
from tests.web import chaos
from tests.web.chaos import BAD, not_http, reset

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.cli.demo.certificates import contexts
from integrations_cli.masking import Secret
from integrations_cli.provider import NoAnswer
from integrations_cli.web import Web
from integrations_cli.web.addresses import is_public

ANTHROPIC = registry.get("anthropic")
OPEN = replace(ANTHROPIC, hosts=("^.*$",))
KEY = {"api_key": Secret(keys.ANTHROPIC)}
DEADLINE = 0.5
ENOUGH = chaos.LONG / 3  # seconds: however busy the machine is, the deadline has ended it, and not the other side


def ask(web):
    return check.run(web, ANTHROPIC, KEY, {})


# ── misbehaviour ──


@pytest.mark.parametrize("how", BAD, ids=[how.__name__ for how in BAD])
def test_a_bad_server_costs_its_own_deadline_and_nothing_else(third_party, how):
    third_party.behave = how
    tracemalloc.start()
    began = time.monotonic()

    outcome = ask(third_party.web(DEADLINE))

    took, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took <= ENOUGH
    assert peak < 32 * 2**20
    assert outcome.word == "unreachable"
    assert not outcome.blames
    assert third_party.connections == 1


def test_a_server_that_never_shakes_hands(third_party):
    third_party.greet = lambda raw: (time.sleep(chaos.LONG), False)[1]
    began = time.monotonic()
    assert ask(third_party.web(DEADLINE)).cause in {"timeout", "tls"}
    assert time.monotonic() - began <= ENOUGH


def test_a_name_that_resolves_too_late(third_party):
    began = time.monotonic()
    assert ask(third_party.web(DEADLINE, resolve=lambda host: time.sleep(chaos.LONG) or [])).cause == "timeout"
    assert time.monotonic() - began <= ENOUGH


def test_a_name_that_does_not_resolve(third_party):
    def fails(host):
        raise socket.gaierror(-2, "Name or service not known")

    assert ask(third_party.web(resolve=fails)).cause == "dns"


def test_nobody_listens(third_party):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    assert ask(third_party.web(resolve=lambda host: [("127.0.0.1", port)])).cause == "connect"


def test_a_certificate_nobody_vouches_for(third_party):
    assert ask(third_party.web(trust=ssl.create_default_context())).cause == "tls"
    assert third_party.requests == []


def test_a_certificate_for_another_name(third_party):
    third_party.behave = answers(200)
    http = third_party.web().http(OPEN)
    with pytest.raises(NoAnswer) as refusal:
        http.get("https://api.elsewhere.example/")
    assert refusal.value.cause == "tls"
    assert third_party.requests == []


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_certificate_that_is_over_or_not_yet_valid(third_party, hours):
    third_party.tls, trust = contexts(["api.anthropic.com"], datetime.now(UTC) + timedelta(hours=hours))
    assert ask(third_party.web(trust=trust)).cause == "tls"
    assert third_party.requests == []


def test_old_tls_is_refused(third_party):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    third_party.tls = old
    assert ask(third_party.web(trust=None)).cause == "tls"


def test_a_body_longer_than_the_cap_is_cut(third_party):
    third_party.says(200, b"[" + b"1," * 100_000 + b"1]")
    answer = third_party.web().http(OPEN).get("https://api.anthropic.com/")
    assert answer.cut
    assert len(answer.body) == 64 * 1024


# ── where to ──

REFUSED_URLS = [
    "http://api.anthropic.com/", "https://user@api.anthropic.com/", "https://user:pw@api.anthropic.com/", "https://api.anthropic.com:8443/",
    "https://api.anthropic.com:80/", "https://api.anthropic.com\\@evil.example/", "https://api.anthropic.com/#x", "ftp://api.anthropic.com/",
    "file:///etc/passwd", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/",
    "https://0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/", "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/", "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://localhost/", "https://LOCALHOST/",
    "https://localhost./", "https://anthropic/", "https://api.anthropic.com.evil.example@127.0.0.1/", "https:///api.anthropic.com", "https://",
    "javascript:alert(1)", "//api.anthropic.com/", "api.anthropic.com", "https://api.anthropic.com /", "https://api.anthropic.com\t/", "https://api.anthropic.com\n/",
    "https://api.anthropic.com\r\nhost: evil/", "https://-bad.example/", "https://a..b/", "https://1.2.3/", "https://example.0x7f/", "https://xn--.123/",
    "gopher://api.anthropic.com/", "https://api.anthropic.com:99999/", "https://api.anthropic.com:/\x00",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_an_address_that_may_not_be_asked(third_party, url):
    http = third_party.web().http(OPEN)
    with pytest.raises(NoAnswer) as refusal:
        http.get(url, bearer=KEY["api_key"])
    assert refusal.value.cause in {"refused_address", "bad_response"}
    assert third_party.connections == 0


@pytest.mark.parametrize(
    "host", ["api.openai.com", "evil.example.com", "api.anthropic.com.evil.example", "xapi.anthropic.com", "api.anthropic.co"]
)
def test_only_the_hosts_of_the_definition(third_party, host):
    http = third_party.web().http(ANTHROPIC)
    with pytest.raises(NoAnswer) as refusal:
        http.get(f"https://{host}/")
    assert refusal.value.cause == "refused_address"
    assert third_party.connections == 0


NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.1",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "2002:7f00:1::", "2001:db8::1", "2001::1", "fec0::1", "3fff::1", "5f00::1", "4000::1", "192.88.99.1", "192.0.0.8",
    "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_off_the_open_internet_is_never_connected_to(third_party, address):
    assert not is_public(address)
    outcome = ask(third_party.web(resolve=lambda host: [("8.8.8.8", third_party.port), (address, third_party.port)], allows=is_public))
    assert outcome.cause == "refused_address"
    assert third_party.connections == 0


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "160.79.104.10"])
def test_a_public_address_is_allowed(address):
    assert is_public(address)


def test_the_real_door_refuses_loopback_by_itself(third_party):
    web = Web(1.0, resolve=lambda host: [("127.0.0.1", third_party.port)])
    assert ask(web).cause == "refused_address"
    assert third_party.connections == 0


def test_a_name_that_changes_its_mind_is_resolved_once_per_connection(third_party):
    """DNS rebinding: the address that was looked at is the one that is connected to."""
    seen = []

    def rebinding(host):
        seen.append(host)
        return [("127.0.0.1", third_party.port)] if len(seen) == 1 else [("127.0.0.2", 9)]

    third_party.says(500)
    ask(third_party.web(resolve=rebinding))
    assert third_party.connections == 1
    assert seen == ["api.anthropic.com"]


@pytest.mark.parametrize(
    "variable", ["HTTPS_PROXY", "ALL_PROXY", "https_proxy", "NO_PROXY", "SSLKEYLOGFILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]
)
def test_the_environment_changes_nothing(third_party, monkeypatch, tmp_path, variable):
    monkeypatch.setenv(variable, str(tmp_path / "x") if "SSL" in variable or "CA" in variable else "http://127.0.0.1:9\x01")
    third_party.says(200, b'{"data": []}')
    assert ask(third_party.web()).word == "ok"
    assert not (tmp_path / "x").exists()


# ── what is told ──


@pytest.mark.parametrize("bad", ["a\r\nevil: 1", "a\nb", "a\0b", "schlüssel", "a\x7fb", " a"])
def test_a_value_that_cannot_stand_in_a_header_is_refused_without_being_shown(third_party, bad):
    bad = f"EXAMPLE{bad}EXAMPLE" if bad.strip() == bad else f"{bad}EXAMPLE"
    http = third_party.web().http(OPEN)
    with pytest.raises(NoAnswer) as refusal:
        http.get("https://api.anthropic.com/", headers={"x-api-key": Secret(bad)})
    assert "EXAMPLE" not in f"{refusal.value.message} {refusal.value!r}"
    assert third_party.connections == 0


def test_nothing_is_logged_that_holds_a_key(third_party, caplog):
    caplog.set_level(logging.DEBUG)
    maps = registry.get("google_maps")
    key = keys.GOOD["google_maps"]["api_key"]
    for behave in (answers(200, b"{}"), answers(500), reset, not_http):
        third_party.behave = behave
        outcome = check.run(third_party.web(DEADLINE), maps, {"api_key": Secret(key)}, {})
        assert key not in str(outcome)
    assert any(key in request.path for request in third_party.requests), "it was sent"
    assert key not in caplog.text


def test_a_definition_with_a_fault_says_nothing_about_the_key(third_party):
    def broken(http, given):
        raise ValueError(given["api_key"].reveal())

    outcome = check.run(third_party.web(), replace(ANTHROPIC, check=broken), KEY, {})
    assert (outcome.word, keys.ANTHROPIC in str(outcome)) == ("unreachable", False)


def test_a_definition_that_hangs_is_given_up(third_party):
    began = time.monotonic()
    outcome = check.run(third_party.web(DEADLINE), replace(ANTHROPIC, check=lambda http, given: time.sleep(chaos.LONG)), KEY, {})
    assert outcome.cause == "timeout"
    assert time.monotonic() - began <= ENOUGH


def test_many_checks_at_once_do_not_mix(third_party):
    third_party.behave = lambda connection, request: answers(
        200 if request.headers["x-api-key"].startswith("good") else 401, b'{"data": []}'
    )(connection, request)
    results = {}

    def one(name):
        results[name] = check.run(third_party.web(5.0), ANTHROPIC, {"api_key": Secret(name)}, {}).word

    threads = [threading.Thread(target=one, args=(f"{'good' if at % 2 else 'poor'}-{at}-EXAMPLE",)) for at in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: word for name, word in results.items() if (word == "ok") != name.startswith("good")} == {}


# ── nothing is kept but where a name leads ──


def test_no_cookie_of_one_check_goes_into_the_next(third_party):
    third_party.says(200, b'{"data": []}', {"set-cookie": "session=EXAMPLE; Path=/", "connection": "keep-alive"})
    web = third_party.web()
    assert [ask(web).word for _ in range(2)] == ["ok", "ok"]
    assert third_party.connections == len(third_party.requests) >= 2
    assert {("cookie" in request.headers, request.headers["connection"]) for request in third_party.requests} == {(False, "close")}


def test_a_name_is_looked_up_once_for_many_checks(third_party):
    third_party.says(500)
    seen = []
    web = third_party.web(resolve=lambda host: seen.append(host) or [("127.0.0.1", third_party.port)])
    for _ in range(3):
        ask(web)
    assert (third_party.connections, seen) == (3, ["api.anthropic.com"])


def test_a_name_where_nobody_answers_is_looked_up_again(third_party):
    third_party.says(500)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ports = iter([port, third_party.port])
    web = third_party.web(resolve=lambda host: [("127.0.0.1", next(ports))])
    assert [ask(web).cause for _ in range(2)] == ["connect", "bad_response"]


def test_an_address_that_was_refused_is_looked_at_again(third_party):
    seen = []
    web = third_party.web(resolve=lambda host: seen.append(host) or [("10.0.0.1", third_party.port)])
    assert [ask(web).cause for _ in range(2)] == ["refused_address"] * 2
    assert len(seen) == 2


def test_whom_we_believe_is_made_once_for_checks_that_begin_together(monkeypatch):
    made, file = [], certifi.where()
    monkeypatch.setattr(certifi, "where", lambda: (time.sleep(0.05), made.append(1), file)[2])
    web = Web(1.0)
    threads = [threading.Thread(target=web.http, args=(ANTHROPIC,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


# ── the answer ──


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, b"{}"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 200, b"{}"),
        (b"HTTP/1.0 200 OK\r\n\r\n{}", 200, b"{}"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    ],
    ids=["informational", "chunked", "until the end", "empty"],
)
def test_forms_of_an_answer(third_party, raw, status, body):
    third_party.behave = lambda connection, request: connection.sendall(raw)
    answer = third_party.web().http(OPEN).get("https://api.anthropic.com/")
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx y: z\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "two lengths", "another protocol", "a bad header"],
)
def test_what_is_no_answer(third_party, raw):
    third_party.behave = lambda connection, request: connection.sendall(raw)
    with pytest.raises(NoAnswer) as refusal:
        third_party.web().http(OPEN).get("https://api.anthropic.com/")
    assert refusal.value.cause == "bad_response"


def test_headers_of_the_same_name_are_one(third_party):
    third_party.behave = lambda connection, request: connection.sendall(
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: \xc3\xa9\r\nX-B: \xe9\r\ncontent-length: 0\r\n\r\n"
    )
    answer = third_party.web().http(OPEN).get("https://api.anthropic.com/")
    assert (answer.headers["x-a"], answer.headers["x-b"]) == ("1, é", "\N{REPLACEMENT CHARACTER}")
