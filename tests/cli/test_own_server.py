"""A server of one's own: permitted once, when it is saved; bound into the seal; no other host gets the key."""

import sqlite3

import pytest
from tests import keys

KEY = keys.GOOD["plausible"]["api_key"].encode()
ADD = ("add", "plausible", "-w", "acme", "--secret-stdin", "api_key", "site_id=acme.example")


@pytest.fixture
def asked(ready, third_party):
    third_party.says(200, b'{"results": []}')
    return ready


def test_it_needs_a_permission_and_says_how_to_give_it(asked, third_party):
    done = asked(*ADD, "host=https://stats.example.com", stdin=KEY)
    assert done.code == 8
    assert "not a host of Plausible" in done.err
    assert "try: integrations add plausible" in done.err and "--allow-custom-endpoint    (only if the server is your own)" in done.err
    assert third_party.connections == 0
    assert asked("show", "plausible", "-w", "acme").code == 3


def test_with_it_the_server_is_asked_then_and_later(asked, third_party):
    done = asked(*ADD, "host=https://stats.example.com", "--allow-custom-endpoint", stdin=KEY)
    assert done.code == 0, done.err
    assert asked("test", "plausible", "-w", "acme").code == 0
    assert asked("rotate", "plausible", "-w", "acme", "--secret-stdin", "api_key", stdin=KEY[:-7] + b"0EXAMPLE").code == 0
    assert {one.host for one in third_party.requests} == {"stats.example.com"}


def test_the_configuration_may_allow_it_for_a_provider(asked, home):
    folder = home / ".config" / "integrations"
    (folder / "config.toml").write_text('[providers]\nallow_custom_endpoint = ["plausible"]\n')
    assert asked(*ADD, "host=https://stats.example.com", stdin=KEY).code == 0


def test_the_vendors_own_host_needs_none_and_moving_away_from_it_does(asked, third_party):
    assert asked(*ADD, stdin=KEY).code == 0
    sent = len(third_party.requests)
    assert asked("set", "plausible", "host=https://stats.example.com", "-w", "acme").code == 8
    assert len(third_party.requests) == sent
    assert asked("set", "plausible", "host=https://stats.example.com", "-w", "acme", "--allow-custom-endpoint").code == 0
    assert asked("set", "plausible", "site_id=other.example", "-w", "acme").code == 0  # what was permitted stays so


def test_a_host_that_is_written_into_the_database_gets_nothing(asked, third_party, home):
    assert asked(*ADD, stdin=KEY).code == 0
    sent = len(third_party.requests)
    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute("""UPDATE integration SET settings = '{"site_id": "acme.example", "host": "https://evil.example.com"}'""")
        connection.execute("""UPDATE credential_version SET bound = '{"host": "https://evil.example.com"}'""")
    assert asked("test", "plausible", "-w", "acme").code == 7
    assert len(third_party.requests) == sent


@pytest.mark.parametrize("first", [False, True], ids=["repairing", "the first one"])
def test_nor_does_it_get_the_next_key(asked, third_party, home, first):
    """A new value repairs what does not open, and the first one has nothing to open: the host has to be typed with it."""
    assert asked(*ADD, stdin=KEY).code == 0
    with sqlite3.connect(next(home.rglob("store.db"))) as connection:
        connection.execute("""UPDATE integration SET settings = '{"site_id": "acme.example", "host": "https://evil.example.com"}'""")
        if first:
            connection.execute("DELETE FROM credential_version")
    sent, new = len(third_party.requests), ("-w", "acme", "--secret-stdin", "api_key")
    for words in (("rotate", "plausible", *new), ("set", "plausible", *new), ("set", "plausible", *new, "--no-test")):
        for more in ((), ("--allow-custom-endpoint",))[: 1 if words[0] == "rotate" else 2]:
            ran = asked(*words, *more, stdin=KEY[:-7] + b"0EXAMPLE")
            assert (ran.code, "evil.example.com is stored" in ran.err) == (8, True), (words, more, ran)
    assert len(third_party.requests) == sent
    assert asked("set", "plausible", "host=https://evil.example.com", *new, stdin=KEY[:-7] + b"0EXAMPLE").code == 8
    assert asked("set", "plausible", "host=https://plausible.io", *new, stdin=KEY[:-7] + b"0EXAMPLE").code == 0
    assert {one.host for one in third_party.requests} == {"plausible.io"}


@pytest.mark.parametrize(
    "host", ["http://stats.example.com", "https://10.0.0.1", "https://stats.example.com:8443", "https://user@x.example", "https://a b"]
)
def test_what_is_no_host_is_refused_or_not_asked(asked, third_party, host):
    assert asked(*ADD, f"host={host}", "--allow-custom-endpoint", stdin=KEY).code in {2, 21}
    assert third_party.connections == 0


def test_migrate_takes_no_host_that_is_not_the_vendors(asked):
    done = asked(
        "migrate",
        "env",
        "-w",
        "acme",
        "--dry-run",
        "--json",
        POSTHOG_API_KEY=keys.GOOD["posthog"]["project_api_key"],
        POSTHOG_HOST="https://ph.example.com",
    )
    assert done.code == 11
    assert "custom_endpoint" in done.out
