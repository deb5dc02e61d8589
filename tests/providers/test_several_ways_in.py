"""Providers whose check depends on what is stored: Twilio's two kinds of keys, stores that speak S3."""

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests import keys
from tests.loopback import answers
from tests.providers.outcomes import IDENTITY, LISTED, OUTCOMES, scripted, trouble

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.actions.values import settle
from integrations_cli.errors import BadValue, Refused
from integrations_cli.masking import Secret
from integrations_cli.provider import NoAnswer

TWILIO, S3 = registry.get("twilio"), registry.get("aws_s3")
SID = {"account_sid": Secret(keys.GOOD["twilio"]["account_sid"])}
TOKEN = {"auth_token": Secret(keys.GOOD["twilio"]["auth_token"])}
PAIR = {"api_key_sid": Secret("SK" + "0123456789abcdef" * 2), "api_key_secret": Secret("0" * 25 + "EXAMPLE")}
S3_KEYS = {name: Secret(text) for name, text in keys.GOOD["aws_s3"].items()}
OWN = {"endpoint_url": "https://s3.example.com/", "bucket": "acme-example"}


@pytest.mark.parametrize(
    ("given", "script", "word", "paths"),
    [
        (SID, {}, "untestable", []),
        (SID | {"api_key_sid": PAIR["api_key_sid"]}, {}, "untestable", []),
        (SID | PAIR, {"/Messages": (200, {"messages": []})}, "ok", ["/Messages"]),
        (SID | PAIR, {"/Messages": (401, {"code": 20003})}, "rejected", ["/Messages"]),
        (SID | PAIR, {"/Messages": (403, {"code": 70051})}, "limited", ["/Messages"]),
        (SID | PAIR, {"/Messages": (404, {"code": 20404})}, "misconfigured", ["/Messages"]),
        (SID | PAIR, {"/Messages": (200, {})}, "unreachable", ["/Messages"]),
        (SID | TOKEN | PAIR, {"/Messages": (200, {"messages": []}), "": (200, {"status": "active"})}, "ok", [".json", "/Messages"]),
        (SID | TOKEN | PAIR, {"/Messages": (401, {"code": 20003}), "": (200, {"status": "active"})}, "rejected", [".json", "/Messages"]),
        (SID | TOKEN | PAIR, {"": (401, {"code": 20003})}, "rejected", [".json"]),
    ],
)
def test_twilio_is_asked_with_what_is_stored(third_party, given, script, word, paths):
    third_party.behave = scripted(script)
    outcome = check.run(third_party.web(), TWILIO, given, {})
    assert outcome.word == word, outcome
    assert len(third_party.requests) == len(paths)
    for sent, part in zip(third_party.requests, paths, strict=True):
        assert part in sent.path


def test_twilio_a_long_list_of_messages_is_no_problem_and_not_shown(third_party):
    third_party.behave = scripted({"/Messages": (200, {"messages": [{"body": "a private text " * 10000}]})})
    outcome = check.run(third_party.web(), TWILIO, SID | PAIR, {})
    assert outcome.word == "ok"
    assert "private" not in str(outcome)


@pytest.mark.parametrize(
    ("values", "refused"),
    [({}, True), ({"auth_token": "x"}, False), ({"api_key_sid": "x"}, True), ({"auth_token": "x", "api_key_sid": "x"}, True),
     ({"api_key_sid": "x", "api_key_secret": "x"}, False)],
)  # fmt: skip
def test_twilio_needs_one_complete_way_in(values, refused):
    assert bool(TWILIO.refuses({"account_sid": "x", **values})) is refused


def test_twilio_a_setting_can_change_without_the_credentials():
    assert not TWILIO.refuses({"from_number": "+15551234567"})


@pytest.mark.parametrize(
    ("settings", "host"),
    [({}, "api.twilio.com"), ({"region": "ie1"}, "api.ie1.twilio.com"), ({"region": "ie1", "edge": "dublin"}, "api.dublin.ie1.twilio.com"),
     ({"edge": "dublin"}, "api.dublin.us1.twilio.com")],
)  # fmt: skip
def test_twilio_region_and_edge_choose_the_host(settings, host):
    from integrations_cli.web import explain

    assert [line.host for line in explain(TWILIO, TWILIO.given(SID | TOKEN, settings))] == [host]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((200, LISTED), "ok"),
        ((403, trouble("InvalidAccessKeyId")), "rejected"),
        ((403, trouble("SignatureDoesNotMatch")), "rejected"),
        ((403, trouble("AccessDenied")), "limited"),
        ((404, trouble("NoSuchBucket")), "misconfigured"),
        ((301, b""), "misconfigured"),
        ((503, trouble("SlowDown")), "rate_limited"),
    ],
)
def test_a_store_of_ones_own_is_asked_for_its_bucket_only(third_party, answer, word):
    third_party.behave = scripted({"": answer})
    outcome = check.run(third_party.web(), S3, S3_KEYS, OWN)
    assert outcome.word == word, outcome
    assert [(sent.host, sent.path) for sent in third_party.requests] == [("s3.example.com", "/acme-example?list-type=2&max-keys=1")]


def test_a_store_of_ones_own_needs_permission():
    with pytest.raises(Refused) as refusal:
        settle(S3, dict(S3_KEYS), dict(OWN))
    assert "--allow-custom-endpoint" in refusal.value.tries[0]
    assert settle(S3, dict(S3_KEYS), dict(OWN), custom=True) == ()
    assert settle(S3, dict(S3_KEYS), dict(OWN), stored=OWN) == ()  # it was permitted when it was saved


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "s3"])
def test_what_would_never_be_asked_is_not_saved(host):
    with pytest.raises(BadValue):
        settle(S3, dict(S3_KEYS), {**OWN, "endpoint_url": f"https://{host}"}, custom=True)


def test_no_other_host_is_asked_than_the_one_that_was_permitted(third_party):
    http = third_party.web().http(S3, own=["s3.example.com"])
    with pytest.raises(NoAnswer) as refusal:
        http.get("https://other.example.com/")
    assert refusal.value.cause == "refused_address"
    assert third_party.connections == 0


def test_another_key_is_noticed_though_it_is_json(third_party):
    """A service account: Google knows the public half of one private key only."""
    analytics = registry.get("google_analytics")
    mine, other = keys.GOOD["google_analytics"]["service_account_json"], keys.service_account()
    public: Any = load_pem_private_key(json.loads(mine)["private_key"].encode(), None).public_key()

    def google(connection, sent):
        token = parse_qs(sent.body.decode())["assertion"][0]
        head, _, signature = token.rpartition(".")
        try:
            public.verify(urlsafe_b64decode(signature + "=="), head.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return answers(400, b'{"error": "invalid_grant"}')(connection, sent)
        claims = json.loads(urlsafe_b64decode(head.partition(".")[2] + "=="))
        assert claims["exp"] - claims["iat"] == 3600
        assert claims["aud"] == "https://oauth2.googleapis.com/token"
        return answers(200, b'{"access_token": "EXAMPLE"}')(connection, sent)

    third_party.behave = google
    outcome = check.run(third_party.web(), analytics, {"service_account_json": Secret(mine)}, {})
    assert (outcome.word, outcome.account) == ("ok", "robot@acme-example.iam.gserviceaccount.com")
    assert check.run(third_party.web(), analytics, {"service_account_json": Secret(other)}, {}).word == "rejected"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"token_uri": "https://evil.example/token"}, "not the JSON"),
        ({"type": "authorized_user"}, "not the JSON"),
        ({"private_key": None}, "not the JSON"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nk3yk3yk3y\n-----END PRIVATE KEY-----"}, "cannot be read"),
    ],
)
def test_a_service_account_that_is_not_one_sends_nothing(third_party, change, says):
    text = json.dumps(json.loads(keys.GOOD["google_analytics"]["service_account_json"]) | change)
    outcome = check.run(third_party.web(), registry.get("google_analytics"), {"service_account_json": Secret(text)}, {})
    assert outcome.word in {"untestable", "unreachable"}
    assert says in outcome.message
    assert third_party.connections == 0
    assert "k3y" not in repr(outcome)


def test_the_project_token_of_posthog_is_asked_where_events_go(third_party):
    third_party.says(200, b'{"flags": {}}')
    token = {"project_api_key": Secret(keys.GOOD["posthog"]["project_api_key"])}
    assert check.run(third_party.web(), registry.get("posthog"), token, {"host": "https://eu.posthog.com/"}).word == "ok"
    assert [(sent.host, sent.path) for sent in third_party.requests] == [("eu.i.posthog.com", "/flags/?v=2")]
    third_party.says(401)
    assert check.run(third_party.web(), registry.get("posthog"), token, {}).word == "rejected"


def test_a_store_of_ones_own_without_a_bucket_is_not_asked(third_party):
    assert check.run(third_party.web(), S3, S3_KEYS, {"endpoint_url": "https://s3.example.com"}).word == "untestable"
    assert third_party.connections == 0


@pytest.mark.parametrize(
    ("settings", "at"), [({"bucket": "acme.example"}, "/acme.example?"), ({"bucket": "acme-example", "path_style": True}, "/acme-example?")]
)
def test_a_bucket_in_the_path(third_party, settings, at):
    third_party.behave = scripted({"list-type": (200, LISTED), "": (200, IDENTITY)})
    assert check.run(third_party.web(), S3, S3_KEYS, settings).word == "ok"
    assert third_party.requests[1].host == "s3.us-east-1.amazonaws.com"
    assert third_party.requests[1].path.startswith(at)


def test_the_right_region_is_named(third_party):
    third_party.behave = scripted(
        {"list-type": (400, trouble("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")), "": (200, IDENTITY)}
    )
    outcome = check.run(third_party.web(), S3, S3_KEYS, {"bucket": "acme-example"})
    assert "eu-west-1" in outcome.message
    third_party.behave = scripted(
        {"list-type": (400, trouble("AuthorizationHeaderMalformed", "<Region>\x1b[31m x</Region>")), "": (200, IDENTITY)}
    )
    outcome = check.run(third_party.web(), S3, S3_KEYS, {"bucket": "acme-example"})
    assert outcome.message.endswith("is not the one of the bucket")


def test_china_has_a_domain_of_its_own():
    from integrations_cli.web import explain

    lines = explain(S3, S3.given(S3_KEYS, {"region": "cn-north-1"}))
    assert [line.host for line in lines] == ["sts.cn-north-1.amazonaws.com.cn"]


def test_a_wrong_region_of_the_mail_providers_is_named(third_party):
    for name, settings, other in [("mailgun", {}, "eu"), ("mailgun", {"region": "eu"}, "us")]:
        third_party.behave = scripted({"": [(401, "Forbidden"), (200, {"items": []})]})
        given = {field: Secret(text) for field, text in keys.GOOD[name].items()}
        assert other in check.run(third_party.web(), registry.get(name), given, settings).message.split()


@pytest.mark.parametrize("status", [0, 401, 403, 429, 500])
@pytest.mark.parametrize(
    ("name", "settings", "part", "note"),
    [
        ("mailchimp", {"default_list_id": "0123456789"}, "/lists/", "default_list_id could not be checked"),
        ("mailerlite", {"group_id": "12345"}, "/groups/", "group_id could not be checked"),
        ("mapbox", {}, "/styles/", "style_url could not be checked"),
        ("mailgun", {"domain": "mg.example.com"}, "/domains/", "domain could not be checked"),
        ("aws_s3", {"bucket": "acme-example"}, "list-type", "the bucket could not be checked"),
    ],
)
def test_a_later_step_without_a_verdict_is_only_a_note(third_party, name, settings, part, note, status):
    """The first step has proven the credentials; status 0 is a connection that breaks."""
    first = scripted(OUTCOMES[name][0][0])

    def behave(connection, request):
        if part not in request.path:
            first(connection, request)
        elif status:
            answers(status, b"<html>")(connection, request)

    third_party.behave = behave
    outcome = check.run(third_party.web(), registry.get(name), {field: Secret(text) for field, text in keys.GOOD[name].items()}, settings)
    assert (outcome.word, outcome.notes) == ("ok", (note,))
