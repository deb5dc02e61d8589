"""A unique fake secret is never in an output, a log, an exception or a file, whatever command runs and however it ends."""

import base64
import logging
import tempfile

import pytest
from tests.canary import Sought, canary, files_below, forms, hits
from tests.loopback import answers

FORMATS = ((), ("--json",), ("--format", "csv"), ("--format", "table"), ("--format", "ndjson"))


@pytest.fixture
def secret():
    return canary("sk-ant-" + "api03-")


def test_the_search_finds_what_is_planted(secret):
    for form, text in forms(secret).items():
        assert hits([secret], {"planted": b"x" * 7 + text + b"y"}), form
    assert hits([secret], {"empty": b"nothing here"}) == []


def test_the_quick_search_finds_every_form_wherever_it_stands(secret):
    found = forms(secret).values()
    short, others = b"13 bytes long", forms(canary())
    sought = Sought([*found, short])
    for text in (*found, short):
        for at in range(9):
            assert sought.within(b"x" * at + text + b"y" * 3), (text, at)
    assert not any(sought.within(b"x" * at + text) for text in others.values() for at in range(9))
    assert not sought.within(b"")


def echoing(connection, request):
    """A provider that repeats the key in every place of its answer."""
    key = request.headers.get("x-api-key", "")
    answers(
        401, f'{{"error": {{"type": "{key}", "message": "{key} {base64.b64encode(key.encode()).decode()}"}}}}'.encode(), {"x-echo": key}
    )(connection, request)


def test_no_command_shows_it(ready, third_party, home, secret, caplog, monkeypatch, tmp_path_factory):
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    second = canary("sk-ant-" + "api03-")
    (home / "legacy.env").write_text(f'ANTHROPIC_API_KEY={second}\nOPENAI_API_KEY="{second}" {second}\nSTRIPE_SECRET_KEY={second}\n')
    good = answers(200, b'{"data": []}')
    broken = lambda connection, request: connection.close()  # noqa: E731
    ways = [("secret-env", {"env": {"S": secret}}), ("stdin", {"stdin": secret.encode()})]
    outputs: dict[str, bytes] = {}

    def keep(words, ran):
        outputs[f"{len(outputs)} {' '.join(words[:2])}"] = (ran.out + ran.err).encode()
        return ran.code

    def go(*words, env=None, stdin=b""):
        return keep(words, ready(*words, stdin=stdin, **(env or {})))

    for behave in (echoing, broken, good):
        third_party.behave = behave
        go("add", "anthropic", "--secret-env", "api_key=S", "--debug", env={"S": secret})
        go("add", "anthropic", "--secret-stdin", "api_key", stdin=secret.encode())
        go("add", "anthropic", "--secret-stdin", "api_key", "--json", stdin=(secret + "\nx").encode())
    for kind, given in ways:
        for provider in ("anthropic", "openai", "mailchimp", "stripe"):
            go(
                "add",
                provider,
                f"--{kind}" if kind == "secret-env" else "--secret-stdin",
                "api_key=S" if kind == "secret-env" else "api_key",
                **given,
            )
    for behave in (echoing, broken, good):
        third_party.behave = behave
        for more in FORMATS:
            go("test", "anthropic", *more)
        go("rotate", "anthropic", "--secret-env", "api_key=S", env={"S": second})
        go("test", "anthropic", "--explain")
    for words in (("list",), ("list", "-A"), ("list", "--tree"), ("show", "anthropic"), ("audit", "list"), ("key", "status"), ("store", "status"),
                  ("migrate", "dotenv", str(home / "legacy.env"), "--dry-run", "--show-ignored"), ("add", "anthropic", "--questions")):  # fmt: skip
        for more in FORMATS:
            go(*words, *more)
    for words in (("due", "--unused-for", "0s"), ("doctor", "--deep"), ("who-uses",), ("doctor", "--bundle", "-")):
        for more in FORMATS if "-" not in words else ((),):
            keep(words, ready(*words, *more, stdin=f"A={secret}".encode()))
    for words in (
        ("set", "anthropic", f"api_key={secret}"),
        ("set", "anthropic", f"max_tokens={secret}"),
        ("set", "anthropic", f"{secret}=1"),
        ("set", "anthropic", f"default_model={secret} x\x1b"),
        ("add", "anthropic", secret),
        ("add", secret),
        ("test", secret),
        ("show", "anthropic", "-w", secret),
        ("get", "anthropic", secret),
        ("get", "anthropic", "api_key"),
        ("list", "--status", secret),
        ("list", "--format", secret),
        ("list", f"--{secret}"),
        (secret,),
        ("website", "add", f"{secret} x"),
        ("website", secret),
        ("migrate", "env", "--batch", secret),
        ("migrate", "env", "--include", secret),
        ("migrate", "dotenv", str(home / "no.env"), "--yes"),
        ("add", "anthropic", "--secret-env", f"api_key={secret}"),
        ("add", "anthropic", "--secret-file", f"api_key={secret}"),
        ("add", "anthropic", "--secret-file", secret),
        ("add", "anthropic", "--expires", secret),
    ):
        for more in ((), ("--json",), ("--debug",)):
            assert go(*words, *more) != 0, words[:2]
    go("migrate", "dotenv", str(home / "legacy.env"), "--yes", "--continue-on-error", "--report", str(home / "report.json"))
    go("migrate", "env", "--yes", env={"MAPBOX_TOKEN": secret, "HUBSPOT_API_KEY": f"{secret} {secret}"})
    go("rollback", "anthropic", "--yes")
    go("remove", "anthropic", "--confirm", "anthropic")
    go("website", "remove", "acme", "--confirm", "acme")
    assert len(outputs) > 100

    texts = outputs | files_below(home, temporary, but=["legacy.env"]) | {"log": caplog.text.encode()}
    assert hits([secret, second], texts) == []


def test_an_unexpected_fault_shows_class_and_place_only(ready, secret, monkeypatch):
    from integrations_cli.actions import values

    def fails(*arguments, **_):
        raise RuntimeError(f"{arguments} {secret}")

    monkeypatch.setattr(values, "settle", fails)
    monkeypatch.setattr("integrations_cli.cli.wizard.settle", fails)
    for more in ((), ("--debug",), ("--json",)):
        ran = ready("add", "anthropic", "--no-test", "--secret-stdin", "api_key", *more, stdin=secret.encode())
        assert ran.code == 1
        assert "RuntimeError" in ran.err
        assert hits([secret], {"err": ran.err.encode(), "out": ran.out.encode()}) == []


def test_the_model_shows_no_value_when_printed(store, secret):
    from integrations_cli import registry
    from integrations_cli.masking import Secret

    value = Secret(secret)
    with store.writing() as here:
        row = here.integrations.add("acme", registry.get("anthropic"), {"api_key": value}, {})
        shown = f"{row!r} {row} {row.model_dump()} {value!r} {value} {value:>5} {[value]} {{'a': {value}}}"
    assert hits([secret], {"shown": shown.encode()}) == []
    with pytest.raises(TypeError):
        __import__("json").dumps(value)
    with pytest.raises(TypeError):
        __import__("pickle").dumps(value)
    with pytest.raises(TypeError):
        hash(value)
