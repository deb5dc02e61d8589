"""A handshake alone: the same rules as for a request, and not one byte of HTTP."""

import socket
import ssl

import pytest
from tests.web.test_proxy import Proxy, nowhere

from integrations_cli import registry
from integrations_cli.provider import NoAnswer

GROQ = registry.get("groq")


def refused(web, host="api.groq.com", own=()):
    with pytest.raises(NoAnswer) as caught:
        web.handshake(host, GROQ, own)
    return caught.value.cause


def test_nothing_is_asked(third_party):
    assert 0 < third_party.web().handshake("api.groq.com", GROQ) < 10
    assert (third_party.connections, third_party.requests) == (1, [])


@pytest.mark.parametrize("host", ["api.openai.com", "127.0.0.1", "2130706433", "localhost", "api.groq.com.example.com", "x\\y.groq.com"])
def test_only_hosts_of_the_definition(third_party, host):
    assert refused(third_party.web(), host) == "refused_address"
    assert third_party.connections == 0


def test_a_host_of_ones_own_and_where_it_leads(third_party):
    assert third_party.web().handshake("inference.example.com", GROQ, ["inference.example.com"]) > 0
    elsewhere = third_party.web(allows=lambda address: False)
    assert refused(elsewhere) == "refused_address"
    assert third_party.web(allows=lambda address: False, private=["api.groq.com"]).handshake("api.groq.com", GROQ) > 0


def test_how_it_fails(third_party):
    assert refused(third_party.web(resolve=lambda host: [])) == "dns"
    assert refused(third_party.web(trust=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))) == "tls"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert refused(third_party.web(resolve=lambda host: [("127.0.0.1", port)])) == "connect"
    third_party.greet = lambda raw: False
    assert refused(third_party.web(0.5)) == "timeout"
    third_party.greet = lambda raw: raw.close()
    assert refused(third_party.web()) in {"connect", "tls"}


def test_through_the_proxy(third_party):
    proxy = Proxy(third_party.port)
    assert third_party.web(proxy=f"http://127.0.0.1:{proxy.port}", resolve=nowhere).handshake("api.groq.com", GROQ) > 0
    assert proxy.asked[0].startswith(b"CONNECT api.groq.com:443 ")
    assert third_party.requests == []
    closed = Proxy(third_party.port, "407 Proxy Authentication Required")
    assert refused(third_party.web(proxy=f"http://127.0.0.1:{closed.port}")) == "connect"
