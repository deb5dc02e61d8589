"""The contract of all providers; it covers a new file untouched."""

import ast
import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from tests import keys
from tests.conftest import SHARED
from tests.loopback import answers
from tests.providers.outcomes import OUTCOMES, scripted

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.categories import CATEGORIES
from integrations_cli.errors import BadValue, NotFound
from integrations_cli.masking import Secret
from integrations_cli.web import every_request, explain

NAMES = registry.names()
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "requests"


@pytest.fixture(params=NAMES)
def one(request):
    return registry.get(request.param)


def test_it_introduces_itself(one):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", one.name)
    assert Path(registry.__file__).parent.joinpath("providers", f"{one.name}.py").exists()
    assert one.category in CATEGORIES
    assert one.title
    assert one.description and not one.description.endswith(".")
    assert one.keys_url.startswith("https://")
    assert one.credentials
    for field in one.fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
        assert field.label
    assert len({field.name for field in one.fields}) == len(one.fields)


def test_its_file_is_small_and_imports_only_words(one):
    path = Path(registry.__file__).parent / "providers" / f"{one.name}.py"
    tree = ast.parse(path.read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= {"integrations_cli.provider", "collections.abc", "typing", "re", "urllib.parse", "json"}
    assert len(path.read_text().splitlines()) <= 165
    assert "https://" in ast.get_docstring(tree), "the vendor's page"


def test_its_fields_are_sound(one):
    for field in one.fields:
        if field.default is not None:
            assert field.accept(field.default)[0] == field.default
            assert field.default not in field.retired, "a retired value is never the default"
        if field.choices and isinstance(field.default, str):
            assert field.default in field.choices
        for retired in field.retired:
            assert field.accept(retired)[1], "kept, with a note"
            assert retired not in field.choices
        if field.pattern:
            assert not re.search(r"\\[dw]|(?<!\\)\$$|^\^", field.pattern), "ASCII classes, fullmatch"
            re.compile(field.pattern)
        if field.destination and not one.is_credential(field.name):
            assert field.strict or (field.choices and not field.open) or field.type == "boolean", (
                "what chooses a host is refused when it does not match"
            )
    for name in one.unproven:
        assert one.is_credential(name)


def test_hosts_are_plain_names_or_patterns_of_the_vendor(one):
    assert one.hosts
    for host in one.hosts:
        if host.startswith("^"):
            assert host.endswith("$") and re.search(r"\\\.[a-z]+", host)
            assert not re.compile(host).fullmatch("evil.example")
        else:
            assert host == host.lower() and "." in host and "/" not in host


def test_environment_names_are_nobody_elses():
    seen: dict[str, str] = {}
    for one in registry.all():
        for field in one.fields:
            for name in (*field.env, *field.env_if_asked, *field.env_file):
                assert name not in one.env_splits
                assert seen.setdefault(name, f"{one.name}.{field.name}") == f"{one.name}.{field.name}"


def test_its_own_good_values_are_accepted(one):
    for name, text in keys.GOOD[one.name].items():
        assert one.credential(name).accept_credential(text)[0].reveal() == text
    assert one.missing({*keys.GOOD[one.name], *keys.NEEDED.get(one.name, {})}) == ()


@pytest.mark.parametrize(
    "bad",
    ["", "   ", "changeme", "••••••••abcd", "****", "<your key>", "your_key", "a b", "k\ney", "k\x1b[31m", "schlüssel", "k\0y", "‮abc"],
)
def test_what_cannot_be_a_key_is_refused_without_being_repeated(one, bad):
    with pytest.raises(BadValue) as refusal:
        one.credentials[0].accept_credential(bad)
    if len(bad.strip()) > 3:
        assert bad.strip() not in str(refusal.value.as_data())


def test_an_unknown_field_is_named_with_the_known_ones(one):
    with pytest.raises(NotFound) as refusal:
        one.field("apikey")
    assert one.credentials[0].name in refusal.value.why


def test_the_requests_of_its_check(one, third_party, request):
    """Golden: read the file when it changes. Read `{api_key}` as the value of that field."""
    third_party.behave = fine(one.name)
    settings = keys.SETTINGS.get(one.name) or {field.name: _sample(field) for field in one.settings if field.default is None}
    outcome = check.run(
        third_party.web(now=lambda: NOON), one, {name: Secret(text) for name, text in keys.GOOD[one.name].items()}, settings
    )
    odd = [note for note in outcome.notes if "not proven" not in note and not note.startswith("balance ")]
    assert (outcome.word, odd) == ("ok", []), outcome
    text = "\n".join(_told(sent, one.name) for sent in third_party.requests)
    path = GOLDEN / f"{one.name}.txt"
    if request.config.getoption("--accept"):
        path.write_text(text)
    assert text == path.read_text(), "the requests changed: pytest --accept, then read the difference"


SAMPLES = {"organization_id": "org-EXAMPLE", "instance_url": "https://acme.my.salesforce.com", "portal_id": "1234567", "default_list_id": "0123456789",
           "default_sender": "a@example.com", "group_id": "12345", "default_center": "52.52,13.41", "accounts_url": "https://accounts.zoho.com"}  # fmt: skip


def _sample(field):
    return SAMPLES.get(field.name, "acme-example")


def fine(name):
    """The vendor's own good answer, which is the first of its rows."""
    return scripted(OUTCOMES[name][0][0], _everything_is_fine)


def _everything_is_fine(connection, sent):
    body = {"data": [], "models": [], "access_token": "EXAMPLE", "org": [{"id": "1", "company_name": "Acme"}], "active": True, "portalId": 1234567,
            "account_id": "x", "scopes": ["mail.send"], "total": 0, "status": "OK", "code": "TokenValid", "object": "account", "id": "acct_EXAMPLE",
            "api_domain": "https://www.zohoapis.com"}  # fmt: skip
    answers(200, json.dumps(body).encode())(connection, sent)


def _told(sent, name):
    """The request with `{field}` in place of every credential: nothing in a golden file looks like a key."""
    skipped = {"host", "connection", "user-agent", "accept-encoding", "content-length"}
    body = re.sub(r"assertion=[^&]+", "assertion={a token signed with the key in service_account_json}", sent.body.decode())
    headers = {header: value for header, value in sorted(sent.headers.items()) if header not in skipped}
    if headers.get("authorization", "").startswith("Basic "):
        headers["authorization"] = "Basic " + base64.b64decode(headers["authorization"][6:]).decode()
    lines = [f"{sent.method} https://{sent.host}{sent.path}", *(f"{header}: {value}" for header, value in headers.items())]
    text = "\n".join([*lines, "", body]) + ("\n" if body else "")
    for field, value in sorted(keys.GOOD[name].items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"{{{field}}}").replace(quote(value, safe=""), f"{{{field}}}")
    return text


def test_it_says_what_it_would_send_without_sending(one, third_party):
    values = {name: Secret(f"<{name}>") for name in keys.GOOD[one.name]}
    lines = explain(one, one.given(values, keys.NEEDED.get(one.name, {})))
    assert len(lines) == 1
    assert third_party.connections == 0
    assert lines[0].method in {"GET", "POST"}
    assert lines[0].sends


def test_it_names_every_request_it_may_send(one, third_party):
    """What a vendor that is fine is asked, and one that refuses everything."""
    third_party.behave = fine(one.name)
    settings = keys.SETTINGS.get(one.name) or {field.name: _sample(field) for field in one.settings if field.default is None}
    values = {name: Secret(text) for name, text in keys.GOOD[one.name].items()}
    lines = every_request(one, one.given(values, settings))
    check.run(third_party.web(now=lambda: NOON), one, values, settings)
    third_party.says(401)
    check.run(third_party.web(now=lambda: NOON), one, values, settings)
    sent = [(asked.method, asked.host, asked.path.partition("?")[0]) for asked in third_party.requests]
    named = [(line.method, line.host, line.path or "/") for line in lines]
    assert set(sent) <= set(named)
    assert [line.always for line in lines] == [True] + [False] * (len(lines) - 1)
    assert lines[:1] == explain(one, one.given(values, settings))
    assert len(set(named)) == len(named) <= 4


def test_a_changed_key_is_noticed(one, third_party):
    """The check is sensitive: a vendor that accepts one key only refuses any other."""
    good = {name: Secret(text) for name, text in keys.GOOD[one.name].items()}

    needed = keys.NEEDED.get(one.name, {})

    def ask(credentials):
        return check.run(third_party.web(now=lambda: NOON), one, credentials, needed).word

    def same(sent):
        return sent.method, sent.host, sent.path, sorted(sent.headers.items()), sent.body

    third_party.behave = fine(one.name)
    first = check.run(third_party.web(now=lambda: NOON), one, good, needed)
    assert first.word == "ok"
    known = [same(sent) for sent in third_party.requests]

    def strict(connection, sent):
        (fine(one.name) if same(sent) in known else answers(401, b"{}"))(connection, sent)

    third_party.behave = strict
    assert ask(good) == "ok"
    for name, value in good.items():
        if name not in (*one.unproven, "server_prefix", "service_account_json") and not any(
            name in note for note in first.notes
        ):  # JSON with another letter is no JSON
            at = min(8, len(value.reveal()) - 1)
            head, old, tail = value.reveal()[:at], value.reveal()[at], value.reveal()[at + 1 :]
            assert ask({**good, name: Secret(head + ("x" if old != "x" else "y") + tail)}) == "rejected"


# ── against the design's own data ──


def facts():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    path = SHARED / "providers.yaml"
    if not path.exists():
        pytest.skip("providers.yaml is not here: set INTEGRATIONS_SHARED")
    return yaml.safe_load(path.read_text())["providers"]


def test_it_agrees_with_the_vendor_facts(one):
    told = facts().get(one.name)
    if told is None:
        pytest.skip("the design does not know it")
    assert one.category == told["category"]
    for kind, fields in (("credentials", one.credentials), ("settings", one.settings)):
        assert [field.name for field in fields] == [entry["name"] for entry in told[kind]]
        for field, entry in zip(fields, told[kind], strict=True):
            assert field.required == bool(entry["required"]), field.name
            assert field.default == entry.get("default"), field.name
            assert field.destination == bool(entry.get("destination")), field.name
            assert (field.pattern or "").strip() == _bare(entry.get("pattern")), field.name
            assert field.strict == (entry.get("on_mismatch") == "refuse"), field.name
            assert list(field.choices) == list(entry.get("choices") or []), field.name
            names = entry.get("env") or []
            asked = set(told.get("env_ambiguous") or ())
            assert [*field.env, *(set(field.env_file) - asked)] == [name for name in names if name not in asked], field.name
            assert list(field.env_if_asked) == [name for name in names if name in asked], field.name
    looks = [(entry["field"], entry["pattern"], entry["action"] == "refuse") for entry in told["lookalikes"]]
    assert sorted((field.name, known.pattern, known.refuse) for field in one.fields for known in field.lookalikes) == sorted(looks)


def _bare(pattern):
    """Theirs are anchored, ours are matched as a whole."""
    text = pattern or ""
    inner = text.removeprefix("^").removesuffix("$")
    return inner[1:-1] if inner.startswith("(") and inner.endswith(")") and "|" in inner and inner.count("(") == 1 else inner


def test_the_fields_of_the_seed_are_there():
    path = SHARED / "spec/website-integrations-system.md"
    if not path.exists():
        pytest.skip("the seed is not here: set INTEGRATIONS_SHARED")
    appendix = path.read_text().partition("## Appendix")[2]
    rows = re.findall(r"^\| ([A-Z][A-Za-z ]+) \| ([a-z_, ]+) \| ([a-z_, ]+) \|$", appendix, re.MULTILINE)
    assert len(rows) == 13
    for title, credentials, settings in rows:
        one = registry.get(title.lower().replace(" ", "_"))
        assert [field.name for field in one.credentials] == credentials.split(", ")
        assert set(settings.split(", ")) <= {field.name for field in one.settings}
