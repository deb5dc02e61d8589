"""The main job, command by command, in one process."""

import json

from tests import keys


def test_from_nothing_to_a_tested_integration(run, third_party):
    assert run("list").code == 3
    assert run("init", "--slot", "file", "--no-recovery").code == 0
    assert run("website", "add", "acme", "--name", "Acme Realty").code == 0

    third_party.says(200, b'{"data": []}')
    added = run("add", "anthropic", "-w", "acme", "--secret-stdin", "api_key", "max_tokens=8192", stdin=keys.ANTHROPIC.encode() + b"\n")

    assert added.code == 0, added.err
    assert third_party.requests[0].headers["x-api-key"] == keys.ANTHROPIC
    listed = json.loads(run("list", "-w", "acme", "--json").out)
    assert [(one["provider"], one["status"]) for one in listed["items"]] == [("anthropic", "connected")]
    assert listed["items"][0]["credentials"][0]["hint"] == "LEAA"
    shown = json.loads(run("show", "anthropic", "--json").out)["item"]
    assert {one["name"]: (one["value"], one["default"]) for one in shown["settings"]} == {
        "default_model": ("claude-sonnet-5", True),
        "max_tokens": (8192, False),
    }


def test_a_refused_key_is_not_saved(ready, third_party):
    third_party.says(401, b'{"type":"error","error":{"type":"authentication_error"}}')

    refused = ready("add", "anthropic", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())

    assert refused.code == 20
    assert "nothing was saved" in refused.err
    assert json.loads(ready("list", "--json").out)["items"] == []


def test_a_silent_provider_leaves_it_untested(ready, third_party):
    third_party.says(500, b"oops")

    saved = ready("add", "anthropic", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())

    assert saved.code == 21
    assert json.loads(ready("list", "--json").out)["items"][0]["status"] == "untested"


def test_test_tells_what_the_provider_said_and_only_a_refusal_sets_the_error(ready, third_party):
    ready("add", "anthropic", "--no-test", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())

    def status_after(status: int, body: bytes) -> tuple[int, str]:
        third_party.says(status, body)
        code = ready("test", "anthropic").code
        return code, json.loads(ready("list", "--json").out)["items"][0]["status"]

    assert status_after(500, b"") == (21, "untested")
    assert status_after(200, b'{"data": []}') == (0, "connected")
    assert status_after(429, b"{}") == (21, "connected")
    assert status_after(401, b"{}") == (20, "error")
    assert status_after(503, b"") == (21, "error")
    assert status_after(402, b'{"error": {"type": "billing_error"}}') == (0, "connected")


def test_a_stored_false_stays_false(ready):
    ready(
        "add", "mailchimp", "--no-test", "double_optin=false", "--secret-stdin", "api_key", stdin=keys.GOOD["mailchimp"]["api_key"].encode()
    )

    assert ready("get", "mailchimp", "double_optin").out == "false\n"
    assert ready("set", "mailchimp", "--unset", "double_optin").code == 0
    assert ready("get", "mailchimp", "double_optin").out == "true\n"


def test_set_changes_one_setting_and_nothing_else(ready):
    ready("add", "anthropic", "--no-test", "max_tokens=100", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())
    before = json.loads(ready("show", "anthropic", "--json").out)["item"]

    assert ready("set", "anthropic", "default_model=claude-opus-5").code == 0

    after = json.loads(ready("show", "anthropic", "--json").out)["item"]
    assert after["credentials"] == before["credentials"]
    assert {one["name"]: one["value"] for one in after["settings"]} == {"default_model": "claude-opus-5", "max_tokens": 100}


def test_rotate_and_back(ready, third_party):
    third_party.says(200, b'{"data": []}')
    ready("add", "anthropic", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())
    first = json.loads(ready("show", "anthropic", "--json").out)["item"]["credentials"][0]["fingerprint"]

    assert ready("rotate", "anthropic", "--secret-env", "api_key=NEW", NEW=keys.ANTHROPIC_NEW).code == 0
    second = json.loads(ready("show", "anthropic", "--json").out)["item"]["credentials"][0]["fingerprint"]
    assert ready("rollback", "anthropic", "--yes").code == 0
    third = json.loads(ready("show", "anthropic", "--json").out)["item"]["credentials"][0]["fingerprint"]

    assert first != second
    assert third == first
    assert ready("audit", "verify").code == 0


def test_a_refused_rotation_leaves_the_old_credential_and_its_status(ready, third_party):
    third_party.says(200, b'{"data": []}')
    ready("add", "anthropic", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())
    before = json.loads(ready("show", "anthropic", "--json").out)
    third_party.says(401)

    assert ready("rotate", "anthropic", "--secret-env", "api_key=NEW", NEW=keys.ANTHROPIC_NEW).code == 20
    assert json.loads(ready("show", "anthropic", "--json").out) == before
    third_party.says(500)
    assert ready("rotate", "anthropic", "--secret-env", "api_key=NEW", NEW=keys.ANTHROPIC_NEW).code == 21
    after = json.loads(ready("show", "anthropic", "--json").out)
    assert after["item"].pop("rotation")["state"] == "pending"
    assert after["item"] == {name: value for name, value in before["item"].items() if name != "rotation"}


def test_disable_enable_remove(ready):
    ready("add", "anthropic", "--no-test", "--secret-stdin", "api_key", stdin=keys.ANTHROPIC.encode())
    before = json.loads(ready("show", "anthropic", "--json").out)["item"]

    assert ready("disable", "anthropic").code == 0
    assert json.loads(ready("show", "anthropic", "--json").out)["item"]["status"] == "disabled"
    assert ready("enable", "anthropic").code == 0
    after = json.loads(ready("show", "anthropic", "--json").out)["item"]
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert ready("remove", "anthropic").code == 2
    assert ready("remove", "anthropic", "--confirm", "stripe").code == 5
    assert ready("remove", "anthropic", "--confirm", "anthropic").code == 0
    assert ready("show", "anthropic").code == 3
