"""Ways out that only the configuration opens: a proxy, and names that lead to a private address."""

import socket
import threading

import pytest
from tests import keys
from tests.loopback import answers

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.web.addresses import is_public

GROQ = registry.get("groq")
KEY = {"api_key": Secret(keys.GOOD["groq"]["api_key"])}
LIST = b'{"data": [], "object": "list"}'


class Proxy:
    """A CONNECT proxy on loopback that leads everything to one port; it remembers what it was asked."""

    def __init__(self, port, status="200 OK"):
        self.port_behind, self.status, self.asked = port, status, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        self.asked.append(head)
        connection.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
        if self.status.startswith("200"):
            behind = socket.create_connection(("127.0.0.1", self.port_behind))
            threading.Thread(target=_copy, args=(behind, connection), daemon=True).start()
            _copy(connection, behind)
        connection.close()


def _copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def nowhere(host):
    raise AssertionError("the proxy resolves names, not we")


def test_a_configured_proxy_carries_the_request_and_sees_no_key(third_party):
    third_party.says(200, LIST)
    proxy = Proxy(third_party.port)
    outcome = check.run(third_party.web(proxy=f"http://127.0.0.1:{proxy.port}", resolve=nowhere), GROQ, KEY, {})
    assert outcome.word == "ok", outcome
    assert proxy.asked[0].startswith(b"CONNECT api.groq.com:443 ")
    assert KEY["api_key"].reveal().encode() not in proxy.asked[0]
    assert len(third_party.requests) == 1


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway", "403 Forbidden"])
def test_a_proxy_that_refuses_says_nothing_about_the_key(third_party, status):
    proxy = Proxy(third_party.port, status)
    assert check.run(third_party.web(proxy=f"http://127.0.0.1:{proxy.port}"), GROQ, KEY, {}).word == "unreachable"
    assert third_party.connections == 0


def test_a_proxy_of_the_environment_is_not_used(third_party, monkeypatch):
    third_party.says(200, LIST)
    proxy = Proxy(third_party.port)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert check.run(third_party.web(), GROQ, KEY, {}).word == "ok"
    assert proxy.asked == []


def test_a_private_address_needs_the_name_in_the_configuration(third_party):
    third_party.behave = answers(200, b'{"results": []}')
    plausible, key = registry.get("plausible"), {"api_key": Secret(keys.GOOD["plausible"]["api_key"])}
    settings = {"site_id": "acme.example", "host": "https://stats.example.com"}
    refused = check.run(third_party.web(allows=is_public), plausible, key, settings)
    assert (refused.word, refused.cause) == ("unreachable", "refused_address")
    assert third_party.connections == 0
    assert check.run(third_party.web(allows=is_public, private=("stats.example.com",)), plausible, key, settings).word == "ok"
    assert check.run(third_party.web(allows=is_public, private=("other.example.com",)), plausible, key, settings).word == "unreachable"


@pytest.mark.parametrize(
    ("text", "proxy", "private"),
    [
        ("", None, ()),
        ('[network]\nproxy = "http://proxy.example:3128"\n', "http://proxy.example:3128", ()),
        ('[network]\nprivate_hosts = ["a.example", "b.example"]\n', None, ("a.example", "b.example")),
    ],
)
def test_the_configuration(tmp_path, text, proxy, private):
    folder = tmp_path / ".config" / "integrations"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)
    found = configuration.load({"HOME": str(tmp_path)})
    assert (found.proxy, found.private_hosts) == (proxy, private)


@pytest.mark.parametrize("text", ["proxy = 7", 'proxy = "socks5://x"', 'proxy = "http://user:pw@x:1"'])
def test_a_proxy_that_is_none_is_refused(tmp_path, text):
    folder = tmp_path / ".config" / "integrations"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[network]\n{text}\n")
    with pytest.raises(UsageError):
        assert configuration.load({"HOME": str(tmp_path)}).proxy
