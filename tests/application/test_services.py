"""The services against stand-ins that want what the vendors' documents want, and answer as they do."""

import base64
import json
import sqlite3
import threading
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from tests import keys
from tests.loopback import answers

import integrations_cli
from integrations_cli import registry
from integrations_cli.application.services import AI, Mailchimp, Zoho
from integrations_cli.errors import BadValue, CheckFailed, MissingInput, NotChecked, NotFound, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import usage
from integrations_cli.store.store import utcnow

ANTHROPIC = {"type": "message", "model": "claude-sonnet-5", "stop_reason": "end_turn",
             "content": [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "Hello "}, {"type": "text", "text": "there"}],
             "usage": {"input_tokens": 12, "output_tokens": 3, "cache_read_input_tokens": 5}}  # fmt: skip
OPENAI = {"object": "chat.completion", "model": "gpt-5.4-mini-2026-03-17",
          "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello there"}}],
          "usage": {"prompt_tokens": 17, "completion_tokens": 3, "total_tokens": 20}}  # fmt: skip
GOOGLE = {"candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [{"text": "…", "thought": True}, {"text": "Hello there"}]}}],
          "modelVersion": "gemini-3.6-flash", "usageMetadata": {"promptTokenCount": 17, "candidatesTokenCount": 1, "thoughtsTokenCount": 2}}  # fmt: skip
AIS = {  # provider → path, what logs in, the answer
    "anthropic": ("api.anthropic.com", "/v1/messages", ("x-api-key", "{key}"), ANTHROPIC),
    "openai": ("api.openai.com", "/v1/chat/completions", ("authorization", "Bearer {key}"), OPENAI),
    "openrouter": ("openrouter.ai", "/api/v1/chat/completions", ("authorization", "Bearer {key}"), OPENAI),
    "google_ai": (
        "generativelanguage.googleapis.com", "/v1beta/models/gemini-3.6-flash:generateContent", ("x-goog-api-key", "{key}"), GOOGLE,
    ),
}  # fmt: skip


@pytest.fixture
def connection(store, home, third_party):
    with store.writing() as here:
        for name in (*AIS, "zoho", "mailchimp"):
            values = {field: Secret(text) for field, text in keys.GOOD[name].items()}
            settings = {"default_list_id": "0123456789"} if name == "mailchimp" else {}
            here.integrations.add("acme", registry.get(name), values, settings)
        here.integrations.add("beta", registry.get("groq"), {"api_key": Secret(keys.GOOD["groq"]["api_key"])}, {})
    with integrations_cli.connect(environ={"HOME": str(home)}, web=third_party.web, write_usage_every=60) as opened:
        yield opened


@pytest.fixture
def acme(connection):
    return connection.website("acme")


def counted(connection):
    connection.recorder.flush()
    return [
        (row.provider, row.action, row.status, row.calls, row.tokens_in, row.tokens_out) for row in usage.rows(connection.config.database)
    ]


# ── AI ──


@pytest.mark.parametrize("name", AIS)
def test_one_prompt_in_and_text_and_tokens_out(connection, acme, third_party, name):
    host, path, (header, login), answer = AIS[name]
    third_party.says(200, json.dumps(answer).encode())
    service = AI(acme, name)
    assert service.configured
    reply = service.ask("Greet me", system="be brief", max_tokens=60)
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.finished) == ("Hello there", 17, 3, True)
    (sent,) = third_party.requests
    assert (sent.method, sent.host, sent.path) == ("POST", host, path)
    assert sent.headers[header] == login.format(key=keys.GOOD[name]["api_key"])
    body = json.loads(sent.body)
    assert {"Greet me", "be brief"} <= set(texts(body))
    assert 60 in body.values() or 60 in body["generationConfig"].values()
    assert name == "google_ai" or body["model"] == service.model
    assert counted(connection) == [(name, "ask", "ok", 1, 17, 3)]


def texts(found):
    if isinstance(found, dict):
        return [text for one in found.values() for text in texts(one)]
    return [text for one in found for text in texts(one)] if isinstance(found, list) else [found]


@pytest.mark.parametrize(
    ("status", "body", "error", "word"),
    [
        (401, {"error": {"type": "authentication_error"}}, CheckFailed, "rejected"),
        (400, {"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, CheckFailed, "rejected"),
        (429, {"error": {}}, NotChecked, "rate_limited"),
        (402, {"error": {}}, NotChecked, "limited"),
        (400, {"error": {}}, NotChecked, "not_accepted"),
        (404, {"error": {}}, NotChecked, "not_accepted"),
        (529, {"error": {}}, NotChecked, "unreachable"),
        (200, {"content": "no list"}, NotChecked, "unreachable"),
    ],
)
def test_a_question_that_is_not_answered(connection, acme, third_party, status, body, error, word):
    third_party.says(status, json.dumps(body).encode())
    with pytest.raises(error) as refusal:
        AI(acme, "anthropic").ask("Greet me")
    assert counted(connection) == [("anthropic", "ask", word, 1, 0, 0)]
    assert keys.ANTHROPIC not in f"{refusal.value!r} {refusal.value.what} {refusal.value.why}"
    assert (acme.integration_for("ai", "anthropic").refresh().last_error is not None) is (word == "rejected")


def test_a_provider_that_cannot_be_asked_and_a_website_without_one(connection, third_party):
    with pytest.raises(NotFound):
        AI(connection.website("beta")).ask("Greet me")
    service = Mailchimp(connection.website("beta"))
    assert not service.configured
    with pytest.raises(NotFound):
        service.subscribe("ann@example.com")
    assert third_party.requests == []


# ── Mailchimp ──


@pytest.mark.parametrize(("double", "status"), [(None, "pending"), (True, "pending"), (False, "subscribed")])
def test_a_visitor_is_asked_first_unless_told_otherwise(connection, acme, third_party, double, status):
    if double is not None:
        acme.integration_for("email_marketing").set_setting("double_optin", double)
    third_party.says(200, json.dumps({"id": "abc", "email_address": "ann@example.com", "status": status}).encode())
    done = Mailchimp(acme).subscribe("ann@example.com", merge_fields={"FNAME": "Ann"})
    assert (done.status, done.list_id, done.member_id) == (status, "0123456789", "abc")
    (sent,) = third_party.requests
    assert (sent.method, sent.host, sent.path) == ("POST", "us21.api.mailchimp.com", "/3.0/lists/0123456789/members")
    assert base64.b64decode(sent.headers["authorization"].removeprefix("Basic ")).endswith(
        b":" + keys.GOOD["mailchimp"]["api_key"].encode()
    )
    assert json.loads(sent.body) == {"email_address": "ann@example.com", "status": status, "merge_fields": {"FNAME": "Ann"}}
    assert counted(connection) == [("mailchimp", "subscribe", "ok", 1, 0, 0)]


@pytest.mark.parametrize(
    ("status", "body", "error", "word"),
    [
        (400, {"title": "Invalid Resource"}, NotChecked, "not_accepted"),
        (400, {"title": "Forgotten Email Not Subscribed"}, NotChecked, "not_accepted"),
        (404, {"title": "Resource Not Found"}, NotChecked, "not_accepted"),
        (401, {"title": "API Key Invalid"}, CheckFailed, "rejected"),
        (429, {}, NotChecked, "rate_limited"),
        (503, {}, NotChecked, "unreachable"),
    ],
)
def test_a_visitor_who_cannot_be_added(connection, acme, third_party, status, body, error, word):
    third_party.says(status, json.dumps(body).encode())
    with pytest.raises(error):
        Mailchimp(acme).subscribe("ann@example.com")
    assert counted(connection) == [("mailchimp", "subscribe", word, 1, 0, 0)]


def test_who_is_on_the_list_stays_and_nonsense_is_not_sent(acme, third_party):
    third_party.says(400, b'{"title": "Member Exists"}')
    assert Mailchimp(acme).subscribe("ann@example.com").status == "exists"
    with pytest.raises(BadValue):
        Mailchimp(acme).subscribe("nobody")
    with pytest.raises(BadValue):
        Mailchimp(acme).subscribe("ann@example.com", "../x")
    acme.integration_for("email_marketing").set_setting("default_list_id", None)
    with pytest.raises(MissingInput):
        Mailchimp(acme).subscribe("ann@example.com")
    assert len(third_party.requests) == 1


# ── Zoho ──


class ZohoStandIn:
    """Gives out tokens that can be counted, wants the newest of them, and may replace the refresh token."""

    def __init__(self, replaces=False, seconds=3600):
        self.made, self.replaces, self.seconds, self.seen, self.dead = 0, replaces, seconds, [], set()
        self.lock = threading.Lock()

    def __call__(self, connection, request):
        if request.path == "/oauth/v2/token":
            form = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
            assert form["grant_type"] == "refresh_token"
            with self.lock:
                self.made += 1
                self.seen.append(form["refresh_token"])
                more = {"refresh_token": f"1000.{'c' * 32}.{self.made:032x}"} if self.replaces else {}
                body = {
                    "access_token": f"1000.access.{self.made}",
                    "expires_in": self.seconds,
                    "api_domain": "https://www.zohoapis.com",
                    **more,
                }
            return answers(200, json.dumps(body).encode())(connection, request)
        token = request.headers["authorization"].removeprefix("Zoho-oauthtoken ")
        if token in self.dead:
            return answers(401, b'{"code": "INVALID_TOKEN"}')(connection, request)
        assert request.path == "/crm/v8/Leads"
        body = {"data": [{"code": "SUCCESS", "details": {"id": "4150868000004518001"}, "status": "success"}]}
        return answers(201, json.dumps(body).encode())(connection, request)


def test_many_threads_make_one_token(connection, acme, third_party):
    third_party.behave = zoho = ZohoStandIn()
    found = []
    threads = [threading.Thread(target=lambda: found.append(Zoho(acme).create_lead("Doe", email="doe@example.com"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["4150868000004518001"] * 12
    assert zoho.made == 1
    assert json.loads(third_party.requests[-1].body) == {"data": [{"Last_Name": "Doe", "Email": "doe@example.com"}]}
    assert counted(connection) == [("zoho", "create_lead", "ok", 12, 0, 0)]


def test_a_new_refresh_token_is_committed_first(connection, acme, third_party):
    third_party.behave = zoho = ZohoStandIn(replaces=True)
    Zoho(acme).create_lead("Doe")
    stored = acme.integration_for("crm").credential("refresh_token").reveal()
    assert stored.endswith(f"{1:032x}")
    zoho.dead.add("1000.access.1")  # revoked before its time: once more, with the new one
    Zoho(acme).create_lead("Doe")
    assert zoho.seen == [keys.GOOD["zoho"]["refresh_token"], stored]
    zoho.dead.add("1000.access.2")
    zoho.dead.add("1000.access.3")
    with pytest.raises(CheckFailed):
        Zoho(acme).create_lead("Doe")


def test_a_token_is_renewed_before_its_end(store, home, third_party, connection):
    third_party.behave = zoho = ZohoStandIn()
    later = [timedelta()]
    with integrations_cli.connect(environ={"HOME": str(home)}, web=third_party.web, clock=lambda: utcnow() + later[0]) as mine:
        website = mine.website("acme")
        Zoho(website).create_lead("Doe")
        later[0] = timedelta(minutes=50)
        Zoho(website).create_lead("Doe")
        assert zoho.made == 1
        later[0] = timedelta(minutes=59)
        Zoho(website).create_lead("Doe")
        assert zoho.made == 2


@pytest.mark.parametrize(
    ("token", "lead", "error", "word"),
    [
        ((200, {"error": "invalid_code"}), None, CheckFailed, "rejected"),
        ((400, {"error": "Access Denied", "error_description": "too many requests"}), None, NotChecked, "rate_limited"),
        ((500, {}), None, NotChecked, "unreachable"),
        (None, (202, {"data": [{"code": "MANDATORY_NOT_FOUND"}]}), NotChecked, "not_accepted"),
        (None, (401, {"code": "OAUTH_SCOPE_MISMATCH"}), NotChecked, "not_accepted"),
        (None, (500, {}), NotChecked, "unreachable"),
    ],
)
def test_a_lead_that_is_not_taken(connection, acme, third_party, token, lead, error, word):
    good = 200, {"access_token": "1000.access", "expires_in": 3600}

    def behave(wire, request):
        status, body = (token or good) if "/token" in request.path else lead
        answers(status, json.dumps(body).encode())(wire, request)

    third_party.behave = behave
    with pytest.raises(error):
        Zoho(acme).create_lead("Doe")
    assert counted(connection) == [("zoho", "create_lead", word, 1, 0, 0)]


# ── somebody who can write to the database ──

EVIL = "https://accounts.evil.example"
MOVED = {
    "the row": (f"UPDATE integration SET settings = '{{\"accounts_url\": \"{EVIL}\"}}' WHERE provider = 'zoho'",),
    "the view": ("DROP VIEW card", "VIEW"),
}


@pytest.mark.parametrize("used", [False, True], ids=["at first", "after it was used"])
@pytest.mark.parametrize("way", MOVED)
def test_no_key_goes_to_a_place_that_was_written_in_sql(connection, acme, third_party, way, used):
    third_party.behave = ZohoStandIn()
    if used:
        Zoho(acme).create_lead("Doe")
        connection.tokens.clear()
    with sqlite3.connect(connection.config.database) as database:
        (view,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'card'").fetchone()
        lie = view.replace("i.settings,", f"json_set(i.settings, '$.accounts_url', '{EVIL}') AS settings,")
        assert lie != view
        for statement in MOVED[way]:
            database.execute(lie if statement == "VIEW" else statement)
    asked = len(third_party.requests)
    for act in (lambda: Zoho(acme).create_lead("Doe"), lambda: acme.integration_for("crm").credential("client_secret")):
        with pytest.raises(Unreadable):
            act()
    assert len(third_party.requests) == asked
    assert "evil" not in str([one.host for one in third_party.requests])


def test_a_place_that_was_changed_by_command_is_used_from_then_on(connection, acme, third_party):
    third_party.behave = ZohoStandIn()
    Zoho(acme).create_lead("Doe")
    connection.tokens.clear()
    acme.integration_for("crm").set_setting("api_domain", "https://www.zohoapis.eu")
    Zoho(acme).create_lead("Doe")
    assert [one.host for one in third_party.requests[-2:]] == ["accounts.zoho.eu", "www.zohoapis.eu"]
