"""The application of docs/using-in-an-application.md, as it stands there: two websites at once, each with its own keys."""

import base64
import json
import re

import pytest
from tests.application.test_services import ANTHROPIC, OPENAI
from tests.conftest import ROOT
from tests.loopback import answers

import integrations_cli
from integrations_cli import registry
from integrations_cli.application import Scope
from integrations_cli.masking import Secret
from integrations_cli.store import usage

TEXT = (ROOT / "docs/using-in-an-application.md").read_text()
CODE = [
    compile(code, f"using-in-an-application.md:{at}", "exec") for at, code in enumerate(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
]


@pytest.fixture
def program():
    names = {"__name__": "welcome"}
    for code in CODE:
        exec(code, names)  # the document's own code
    return names


def own(website, name, length=20):
    return f"{website}-{name}-".ljust(length, "0") + "EXAMPLE"


@pytest.fixture
def connect(store, home, third_party):
    """acme has Anthropic, beta has OpenAI; both have a list at Mailchimp."""
    with store.writing() as here:
        for website, name in (("acme", "anthropic"), ("beta", "openai")):
            here.integrations.add(website, registry.get(name), {"api_key": Secret(own(website, name))}, {})
            values = {"api_key": Secret(own(website, "mailchimp") + "-us21"), "server_prefix": Secret("us21")}
            here.integrations.add(website, registry.get("mailchimp"), values, {"default_list_id": f"{website}123456"})
    return lambda: integrations_cli.connect(environ={"HOME": str(home)}, web=third_party.web)


def login(sent):
    """What a request logs in with."""
    kind, _, rest = sent.headers.get("authorization", f"Key {sent.headers.get('x-api-key')}").partition(" ")
    return base64.b64decode(rest).decode() if kind == "Basic" else rest


def vendors(connection, request):
    said = {"api.anthropic.com": ANTHROPIC, "api.openai.com": OPENAI, "us21.api.mailchimp.com": {"id": "x", "status": "pending"}}
    answers(200, json.dumps(said[request.host]).encode())(connection, request)


def test_the_application_of_the_document(program, connect, third_party, made):
    third_party.behave = vendors
    assert program["main"](connect) == ["acme: Hello there (ann@example.com: pending)", "beta: Hello there (bob@example.com: pending)"]
    used = {(sent.host, website) for sent in third_party.requests for website in ("acme", "beta") if f"{website}-" in login(sent)}
    assert used == {
        ("api.anthropic.com", "acme"), ("us21.api.mailchimp.com", "acme"), ("api.openai.com", "beta"), ("us21.api.mailchimp.com", "beta"),
    }  # fmt: skip
    for sent in third_party.requests:
        if "/lists/" in sent.path:
            assert f"{sent.path.split('/')[3][:4]}-mailchimp" in login(sent)
    counted = [(row.website, row.provider, row.action, row.status) for row in usage.rows(made.database)]
    assert counted == [
        ("acme", "anthropic", "ask", "ok"), ("acme", "mailchimp", "subscribe", "ok"),
        ("beta", "mailchimp", "subscribe", "ok"), ("beta", "openai", "ask", "ok"),
    ]  # fmt: skip


def test_without_an_answer_of_the_model_the_visitor_is_welcome_too(program, connect, third_party, capsys):
    third_party.behave = lambda wire, sent: answers(529)(wire, sent) if sent.host == "api.anthropic.com" else vendors(wire, sent)
    assert program["main"](connect)[0] == "acme: Welcome to acme! (ann@example.com: pending)"
    assert own("acme", "anthropic") not in capsys.readouterr().out


def test_everything_an_integration_can_be_asked(program, connect, third_party):
    third_party.says(200, b'{"data": []}')
    with connect() as connection:
        key, limit, word = program["details"](connection.website("acme"))
        assert (key.reveal(), limit, word) == (own("acme", "anthropic"), 4096, "ok")
        assert connection.website("acme").integration_for("ai").setting("max_tokens") == 2048


def test_what_the_document_names_exists():
    known = {"reveal"}
    for one in (integrations_cli.Connection, integrations_cli.Website, integrations_cli.Integration, Scope):
        known |= set(dir(one))
    assert [name for name in re.findall(r"`\.?([a-z_]+)\(", TEXT) if name not in known] == []
