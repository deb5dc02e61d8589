"""Every documented answer of every vendor gives the outcome of its table; nothing else ever gives `rejected`."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests import keys
from tests.conftest import SHARED
from tests.loopback import answers
from tests.providers.outcomes import ANYONE, OUTCOMES, scripted

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.masking import Secret

ROWS = [(name, at, row) for name, rows in OUTCOMES.items() for at, row in enumerate(rows)]

IN_THE_PATH = {  # a setting (or what names the account) stands in the path, or is the address itself
    "salesforce", "mailchimp", "cloudinary", "twilio", "whatsapp", "shotstack", "posthog", "plausible", "cloudflare_r2",
}  # fmt: skip


def credentials(name):
    return {field: Secret(text) for field, text in keys.GOOD[name].items()}


def ask(third_party, name, settings=None):
    return check.run(third_party.web(2.0), registry.get(name), credentials(name), keys.NEEDED.get(name, {}) | (settings or {}))


@pytest.mark.parametrize(("name", "at", "row"), ROWS, ids=[f"{name}-{at}-{row[2]}" for name, at, row in ROWS])
def test_a_documented_answer(third_party, name, at, row):
    script, settings, expected = row
    third_party.behave = scripted(script)

    outcome = ask(third_party, name, settings)

    assert outcome.word == expected, outcome
    assert outcome.http_status is not None
    if outcome.word != "ok":
        assert outcome.message


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_what_a_network_in_between_may_say(third_party, name):
    for status, body, expected in ANYONE:
        third_party.says(status, body, {"content-type": "text/html", "location": "https://elsewhere.example.com/", "retry-after": "7"})
        before = third_party.connections
        outcome = ask(third_party, name)
        missing = "misconfigured" if name in IN_THE_PATH else "unreachable"
        allowed = {"moved": {"misconfigured", "unreachable"}, "not found": {missing}}.get(expected, {expected})
        assert outcome.word in allowed, (status, body, outcome)
        assert third_party.connections - before <= 2  # no redirect is followed, nothing is tried again
        if status == 429:
            assert outcome.retry_after == 7


@pytest.mark.parametrize("name", ["mixpanel", "posthog", "mistral", "openai", "twilio"])
def test_a_long_page_is_not_taken_for_a_long_list(third_party, name):
    third_party.says(200, b"<html>" + b"x" * 70_000, {"content-type": "text/html"})
    assert ask(third_party, name).word == "unreachable"
    third_party.says(200, b"<html>" + b"x" * 70_000, {"content-type": "application/json"})
    assert ask(third_party, name).word == "unreachable"


@pytest.mark.parametrize(
    ("name", "at", "whose"),
    [("openrouter", {"data": {"creator_user_id": "user_EXAMPLE"}}, "user_EXAMPLE"),
     ("shotstack", {"success": True, "response": {"owner": "abcde"}}, "abcde"), ("plausible", {"results": []}, "acme.example")],
)  # fmt: skip
def test_whose_key_it_is_is_remembered(third_party, name, at, whose):
    third_party.says(200, json.dumps(at).encode())
    assert ask(third_party, name).account_id == whose


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_whose_key_it_is_is_never_told_by_a_credential(third_party, name):
    """It would be shown and stored in the clear; taken out of it, every account would look the same to a rotation."""
    third_party.behave = scripted(OUTCOMES[name][0][0])
    outcome = ask(third_party, name)
    assert outcome.word == "ok"
    told = [one for one in (outcome.account, outcome.account_id) if one]
    assert not [one for one in told if "[redacted]" in one or one in keys.GOOD[name].values()]


@pytest.mark.parametrize(
    ("answer", "told"),
    [((200, b'{"value": 10.285, "autoReload": false}'), "balance 10.29 EUR"), ((200, b'{"value": -3}'), "balance -3.00 EUR"), ((401, b"{}"), None),
     ((200, b'{"value": "abcd1234"}'), None), ((200, b'{"value": true}'), None), ((200, b'{"value": 1e300}'), None), ((500, b"<html>"), None)],
)  # fmt: skip
def test_the_balance_of_vonage_is_only_a_note(third_party, answer, told):
    third_party.behave = scripted({"/secrets": (200, {"_embedded": {"secrets": []}}), "/account/get-balance": answer})
    outcome = ask(third_party, "vonage")
    assert (outcome.word, outcome.http_status) == ("ok", 200)
    assert [note for note in outcome.notes if "balance" in note] == ([told] if told else [])
    assert [sent.host for sent in third_party.requests] == ["api.nexmo.com", "rest.nexmo.com"]


SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=40)


@pytest.mark.parametrize(
    ("name", "headers", "body", "least", "most"),
    [("groq", {"retry-after": "7"}, {}, 7, 7), ("klaviyo", {"retry-after": format_datetime(SOON, usegmt=True)}, {}, 1800, 2400),
     ("sendgrid", {"x-ratelimit-reset": str(int(SOON.timestamp()))}, {}, 1800, 2400), ("sendgrid", {"x-ratelimit-reset": "1000000001"}, {}, 0, 0),
     ("cloudinary", {"x-featureratelimit-reset": format_datetime(SOON, usegmt=True)}, {}, 1800, 2400), ("brevo", {"x-sib-ratelimit-reset": "30"}, {}, 30, 30),
     ("google_ai", {}, {"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "21.3s"}]}}, 22, 22),
     ("google_ai", {"retry-after": "3"}, {"error": {"details": [{"retryDelay": "21s"}]}}, 3, 3),
     ("hubspot", {}, {"category": "RATE_LIMITS", "policyName": "TEN_SECONDLY_ROLLING"}, 10, 10),
     ("hubspot", {}, {"category": "RATE_LIMITS", "policyName": "DAILY"}, None, None),
     ("google_ai", {}, {"error": {"details": [{"retryDelay": "soon"}, {"retryDelay": 7}, "x"]}}, None, None),
     ("sendgrid", {"x-ratelimit-reset": "-1"}, {}, None, None), ("groq", {"retry-after": "9" * 400}, {}, None, None)],
)  # fmt: skip
def test_how_long_to_wait_is_read_from_where_the_vendor_says_it(third_party, name, headers, body, least, most):
    third_party.says(429, json.dumps(body).encode(), headers)
    outcome = ask(third_party, name)
    assert outcome.word == "rate_limited"
    assert outcome.retry_after is None if least is None else least <= outcome.retry_after <= most


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_plain_401_is_a_refusal(third_party, name):
    third_party.says(401, b"{}")
    assert ask(third_party, name).word == "rejected"


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_no_network_says_nothing_about_the_key(third_party, name):
    third_party.greet = lambda raw: (raw.close(), False)[1]
    outcome = ask(third_party, name)
    assert (outcome.word, outcome.cause) == ("unreachable", "tls")


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_vendor_texts_and_keys_are_never_repeated(third_party, name):
    """The answer echoes every key it was sent, in every place; none of it comes out."""
    canaries = list(keys.GOOD[name].values())

    def echo(status):
        text = json.dumps(" ".join(canaries))[1:-1]
        body = json.dumps({"error": {"message": text, "type": text, "code": text}, "message": text, "title": text, "error_message": text,
                           "account_name": text, "code": text, "status": text, "data": text, "scopes": text})  # fmt: skip
        return answers(status, body.encode(), {"x-echo": text, "openai-organization": text})

    for status in (200, 400, 401, 403, 429, 500):
        third_party.behave = echo(status)
        outcome = ask(third_party, name)
        told = f"{outcome}"
        assert not [one for one in canaries if len(one) >= 8 and one in told]


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_missing_field_sends_nothing(third_party, name):
    outcome = check.run(third_party.web(), registry.get(name), {}, {})
    assert outcome.word == "untestable"
    assert any(field.name in outcome.message for field in registry.get(name).credentials)
    assert third_party.connections == 0


def test_every_provider_has_rows():
    assert set(OUTCOMES) == set(registry.names())
    for name, rows in OUTCOMES.items():
        assert {"ok", "rejected"} <= {row[2] for row in rows}, name


def test_retry_after_may_be_a_date(third_party):
    third_party.says(429, b"{}", {"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"})
    assert ask(third_party, "anthropic").retry_after > 10**9
    third_party.says(429, b"{}", {"retry-after": "soon"})
    assert ask(third_party, "anthropic").retry_after is None


def test_every_line_of_the_vendors_tables_has_a_row():
    """By status and outcome; what needs no request, or no network, is in other tests."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    path = SHARED / "providers.yaml"
    if not path.exists():
        pytest.skip("providers.yaml is not here: set INTEGRATIONS_SHARED")
    general = {500, 502, 503, 504, 529}
    for name, told in yaml.safe_load(path.read_text())["providers"].items():
        rows = [(status, row[2]) for row in OUTCOMES[name] for status in _statuses(row[0])]
        for line in told["outcomes"]:
            for status in line["status"] if isinstance(line["status"], list) else [line["status"]]:
                if isinstance(status, int) and status not in general:
                    assert (status, line["outcome"]) in rows, (name, line)


def _statuses(script):
    for answer in script.values():
        yield from (one[0] for one in answer) if isinstance(answer, list) else (answer[0],)
