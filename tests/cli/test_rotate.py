"""`rotate`, `rollback` and `store sweep` as they are typed: what they say, how they end, what `show` and `doctor` tell meanwhile."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from tests import keys
from tests.loopback import answers

NEW = ("--secret-env", "api_key=NEW")
GOOD = answers(200, b'{"data": []}')


@pytest.fixture
def acme(ready, third_party):
    """anthropic of acme, connected; the provider answers `says`, one after the other, the last one again and again."""
    third_party.behave = GOOD
    assert ready("add", "anthropic", "--secret-env", "api_key=K", K=keys.ANTHROPIC).code == 0

    def go(*words, says=(200,), **environ):
        left = list(says)

        def behave(connection, request):
            status = left.pop(0) if len(left) > 1 else left[0]
            answers(status, b'{"data": []}' if status == 200 else b"{}")(connection, request)

        third_party.behave = behave
        third_party.requests.clear()
        return ready(*words, NEW=keys.ANTHROPIC_NEW, **environ)

    return go


def shown(acme):
    return json.loads(acme("show", "anthropic", "--json").out)["item"]


def key(acme):
    return shown(acme)["credentials"][0]["fingerprint"]


def test_what_it_says(acme, third_party):
    old = key(acme)
    done = acme("rotate", "anthropic", *NEW)
    new = key(acme)
    lines = done.err.splitlines()
    assert done.code == 0
    assert lines[0].startswith("  1 of 3  tested in memory   ok, ")
    assert lines[1] == f"  2 of 3  swapped            fp {old} → {new}"
    assert lines[2].startswith("  3 of 3  tested as stored   ok, ")
    assert lines[3].startswith("✓ anthropic of acme is rotated; the old credential is kept until 20")
    assert lines[4].startswith("next: revoke the old key at https://")
    assert lines[5] == "undo: integrations rollback anthropic -w acme"
    assert shown(acme)["rotation"]["previous_fingerprint"] == old
    table = acme("show", "anthropic", "--format", "table")
    assert f"Previous:      ••••••••LEAA  fp {old}, until 20" in table.out
    assert "undo     integrations rollback anthropic -w acme" in table.out


def test_a_key_without_an_answer_waits_is_seen_and_goes_on(acme, third_party):
    old = key(acme)
    waits = acme("rotate", "anthropic", *NEW, says=[503])
    assert waits.code == 21
    assert "nothing changed; the new credential waits" in waits.err
    assert "try: integrations rotate anthropic -w acme --resume" in waits.err
    assert (key(acme), shown(acme)["status"], shown(acme)["rotation"]["state"]) == (old, "connected", "pending")
    table = acme("show", "anthropic", "--format", "table").out
    assert "New one waits:" in table and ": unreachable" in table
    assert "resume   integrations rotate anthropic -w acme --resume" in table
    again = acme("rotate", "anthropic", *NEW)
    assert (again.code, third_party.requests) == (4, [])
    assert "--resume" in again.err and "--abort" in again.err
    doctor = json.loads(acme("doctor", "--json").out)["items"]
    assert any("anthropic of acme" in one["text"] and one["state"] == "warning" for one in doctor)
    assert acme("rotate", "anthropic", "--resume").code == 0
    assert key(acme) != old
    assert acme("rotate", "anthropic", "--resume").code == 4


def test_aborted(acme):
    old = key(acme)
    assert acme("rotate", "anthropic", *NEW, says=[503]).code == 21
    done = acme("rotate", "anthropic", "--abort")
    assert (done.code, key(acme), shown(acme)["rotation"]["state"]) == (0, old, "idle")
    assert acme("rotate", "anthropic", "--abort").code == 4
    assert acme("rotate", "anthropic", *NEW).code == 0


def test_no_answer_as_stored(acme):
    old = key(acme)
    done = acme("rotate", "anthropic", *NEW, says=[200, 503])
    assert done.code == 21
    assert "could not be tested as stored" in done.err
    assert "next: integrations rotate anthropic -w acme --resume" in done.err
    item = shown(acme)
    assert (item["status"], item["rotation"]["state"], item["rotation"]["previous_until"]) == ("connected", "swapped_unchecked", None)
    assert "not tested as stored yet" in acme("show", "anthropic", "--format", "table").out
    assert acme("rotate", "anthropic", "--rollback", "--yes").code == 0
    assert key(acme) == old


def test_refused_as_stored(acme):
    before = shown(acme)
    done = acme("rotate", "anthropic", *NEW, says=[200, 401])
    assert (done.code, "the old credential is back" in done.err) == (20, True)
    after = shown(acme)
    assert (after["credentials"], after["status"], after["last_error"]) == (before["credentials"], "connected", None)


def test_rollback_is_tested(acme):
    old = key(acme)
    assert acme("rollback", "anthropic", "--yes").code == 4
    acme("rotate", "anthropic", *NEW)
    new = key(acme)
    refused = acme("rollback", "anthropic", "--yes", says=[401])
    assert (refused.code, key(acme), shown(acme)["status"]) == (20, new, "connected")
    assert acme("rollback", "anthropic").code == 2  # a yes is needed, and nobody can be asked
    silent = acme("rollback", "anthropic", "--yes", says=[503])
    assert (silent.code, key(acme)) == (21, old)
    assert acme("rotate", "anthropic", "--resume").code == 0
    assert acme("rollback", "anthropic", "--yes").code == 0
    assert key(acme) == new


def test_limited_unchecked_and_contradictions(acme, third_party):
    assert acme("rotate", "anthropic", *NEW, says=[402]).code == 21
    assert acme("rotate", "anthropic", "--resume", says=[402]).code == 21
    assert acme("rotate", "anthropic", "--resume", "--accept-limited", says=[402]).code == 0
    for words, code in (
        (("--unchecked",), 2),
        (("--unchecked", "--reason", "x", "--keep", "0"), 2),
        (("--resume", "--abort"), 2),
        (("--keep", "soon"), 2),
    ):
        assert acme("rotate", "anthropic", *(() if "--abort" in words else NEW), *words).code == code, words
    assert acme("rotate", "anthropic", "--resume", *NEW).code == 2
    assert acme("rotate", "anthropic", "--resume", "--keep", "1h").code == 2
    same = acme("rotate", "anthropic", *NEW)
    assert (same.code, "in use already" in same.err, third_party.requests) == (2, True, [])
    words = ("rotate", "anthropic", "--secret-env", "api_key=THIRD", "--unchecked", "--reason", "the vendor is down")
    done = acme(*words, THIRD=keys.ANTHROPIC + "THIRD")
    assert (done.code, third_party.requests, shown(acme)["status"]) == (0, [], "untested")
    assert "the vendor is down" in acme("audit", "list", "--json").out


def test_keep_finish_and_sweep(acme):
    assert acme("rotate", "anthropic", *NEW, "--keep", "0").code == 0
    assert shown(acme)["rotation"]["previous_fingerprint"] is None
    third = {"THIRD": keys.ANTHROPIC + "THIRD"}
    assert acme("rotate", "anthropic", "--secret-env", "api_key=THIRD", "--keep", "1s", **third).code == 0
    while "nothing is overdue" in (swept := acme("store", "sweep")).err:
        assert swept.code == 0
    assert swept.out == "destroyed: anthropic of acme, version 2\n"
    assert acme("rotate", "anthropic", *NEW).code == 0
    assert "is destroyed" in acme("rotate", "anthropic", "--finish").err
    assert acme("rotate", "anthropic", "--finish").code == 0
    assert acme("rollback", "anthropic", "--yes").code == 4
    assert acme("audit", "verify").code == 0


def test_set_on_a_working_integration_takes_the_same_steps(acme):
    old = key(acme)
    silent = acme("set", "anthropic", "max_tokens=99", *NEW, says=[503])
    assert (silent.code, key(acme)) == (21, old)
    assert acme("get", "anthropic", "max_tokens").out == "4096\n"
    assert acme("rotate", "anthropic", "--resume").code == 0
    assert acme("get", "anthropic", "max_tokens").out == "99\n"
    assert acme("rollback", "anthropic", "--yes").code == 0
    assert (key(acme), acme("get", "anthropic", "max_tokens").out) == (old, "4096\n")


UNDO = "undo: integrations rollback anthropic -w acme"


@pytest.mark.parametrize("more", [(), ("--no-test",)])
def test_set_says_where_the_old_credential_is_and_how_to_take_it_back(acme, more):
    old = key(acme)
    done = acme("set", "anthropic", *NEW, *more)
    assert (done.code, done.out) == (0, "")
    assert re.search(r"^the old credential is kept until \d{4}-\d\d-\d\d \d\d:\d\d, then destroyed$", done.err, re.MULTILINE), done.err
    assert "revoke the old key at https://platform.claude.com/settings/keys" in done.err
    assert UNDO in done.err.splitlines()
    assert acme(*UNDO.split()[2:], "--yes").code == 0
    assert key(acme) == old
    assert acme("set", "anthropic", *NEW, *more, "--quiet").err == ""


def test_set_of_what_is_stored_already_keeps_what_was_before_it(acme):
    old = key(acme)
    assert acme("set", "anthropic", *NEW, "--no-test").code == 0
    again = acme("set", "anthropic", *NEW, "--no-test")
    assert (again.code, "is unchanged" in again.err, UNDO in again.err) == (0, True, False)
    assert acme("rollback", "anthropic", "--yes").code == 0
    assert key(acme) == old


def test_set_that_replaces_nothing_says_nothing_of_an_old_one(acme, ready):
    assert UNDO not in acme("set", "anthropic", "max_tokens=8192").err
    given = ("--secret-env", "secret_key=S", "--secret-env", "publishable_key=P")
    assert ready("add", "stripe", "--no-test", *given, S=keys.STRIPE_SECRET, P=keys.STRIPE_PUBLIC).code == 0
    done = ready("set", "stripe", "--secret-env", "webhook_secret=H", "--no-test", H="whsec_" + "0123456789EXAMPLE")
    assert (done.code, "old credential" in done.err, "undo" in done.err) == (0, False, False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_the_provider_is_asked(acme, third_party, environ, number):
    """Ctrl-C says what is the case, and the new key need not be given again."""
    old = key(acme)
    program = f"""
import sys
from integrations_cli.cli.app import run
from integrations_cli.cli.tools import Doors
from integrations_cli.web import Web
web = lambda deadline: Web(30, resolve=lambda host: [("127.0.0.1", {third_party.port})], allows=lambda address: True)
sys.exit(run(["rotate", "anthropic", "--secret-env", "api_key=NEW"], Doors(web=web)))
"""
    held = third_party.greet
    third_party.greet, before = lambda raw: (time.sleep(20), False)[1], third_party.connections
    env = environ | {"PYTHONPATH": os.pathsep.join(sys.path), "NEW": keys.ANTHROPIC_NEW}
    running = subprocess.Popen([sys.executable, "-c", program], env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while third_party.connections == before and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(number)
    _, err = running.communicate(timeout=120)
    third_party.greet = held
    assert (running.returncode, "Traceback" in err) == (130, False), err
    assert "the new credential waits: integrations rotate anthropic -w acme --resume" in err
    assert (key(acme), shown(acme)["rotation"]["state"]) == (old, "pending")
    assert acme("rotate", "anthropic", "--resume").code == 0
    assert key(acme) != old


# ── an optional credential goes ──

STRIPE = {"S": keys.STRIPE_SECRET, "P": keys.STRIPE_PUBLIC, "H": "whsec_" + "0" * 20 + "EXAMPLE"}
ALL = ("--secret-env", "secret_key=S", "--secret-env", "publishable_key=P", "--secret-env", "webhook_secret=H")


def stripe(ready):
    return json.loads(ready("show", "stripe", "--json").out)["item"]


def set_of(ready):
    return sorted(one["name"] for one in stripe(ready)["credentials"] if one["set"])


@pytest.fixture
def shop(ready, third_party):
    """stripe of acme with all its credentials, connected, with a date on which it ends."""
    third_party.behave = answers(200, b'{"object": "account", "id": "acct_1EXAMPLE"}')
    assert ready("add", "stripe", *ALL, "--expires", "2031-01-02", **STRIPE).code == 0
    return ready


def test_an_optional_credential_goes_by_the_steps_of_a_rotation(shop, third_party):
    asked = len(third_party.requests)
    before = stripe(shop)
    done = shop("set", "stripe", "--unset", "webhook_secret")
    assert (done.code, len(third_party.requests) - asked) == (0, 2), done.err
    fp = next(one["fingerprint"] for one in before["credentials"] if one["name"] == "webhook_secret")
    assert f"swapped            webhook_secret {fp} → –" in done.err
    after = stripe(shop)
    assert set_of(shop) == ["publishable_key", "secret_key"]
    assert [one for one in after["credentials"] if one["set"]] == [one for one in before["credentials"] if one["name"] != "webhook_secret"]
    assert after["status"] == "connected"
    told = json.loads(shop("history", "stripe", "--json").out)["items"]
    swapped = next(one for one in told if one["action"] == "rotation.swapped")
    assert (swapped["fields"], swapped["fp"], swapped["fp_old"]) == (["webhook_secret"], None, {"webhook_secret": fp})
    assert f"webhook_secret fp {fp} → –" in shop("history", "stripe", "--format", "table", COLUMNS="200").out
    assert shop("get", "stripe", "webhook_secret", "--reveal").code == 3
    assert shop("rollback", "stripe", "-y").code == 0
    assert set_of(shop) == ["publishable_key", "secret_key", "webhook_secret"]
    assert shop("audit", "verify", "--state").code == 0


def test_what_is_required_or_the_last_or_given_too_cannot_be_unset(shop, ready):
    for words, why in (
        (("--unset", "secret_key"), "secret_key cannot be unset"),
        (("--unset", "webhook_secret", "--secret-env", "webhook_secret=H"), "webhook_secret is given and unset"),
        (("--unset", "currency", "currency=eur"), "currency is given and unset"),
    ):
        done = shop("set", "stripe", *words, **STRIPE)
        assert (done.code, why in done.err) == (2, True), done.err
    assert shop("set", "stripe", "--unset", "nothing").code == 3
    assert shop("set", "stripe", "--unset", "webhook_secret", "--unset", "currency", "--no-test").code == 0
    assert "is unchanged" in shop("set", "stripe", "--unset", "webhook_secret").err
    good = keys.GOOD["twilio"]
    given = ("--secret-env", "account_sid=A", "--secret-env", "auth_token=T")
    assert ready("add", "twilio", "--no-test", *given, A=good["account_sid"], T=good["auth_token"]).code == 0
    assert ready("set", "twilio", "--unset", "auth_token", "--no-test").code == 2  # nothing would be left to sign in with


def test_a_test_that_refuses_what_is_left_changes_nothing(shop, third_party):
    third_party.says(401)
    assert shop("set", "stripe", "--unset", "webhook_secret").code == 20
    assert len(set_of(shop)) == 3
    third_party.says(503)
    assert shop("set", "stripe", "--unset", "webhook_secret").code == 21
    assert len(set_of(shop)) == 3
    third_party.behave = answers(200, b'{"object": "account", "id": "acct_1EXAMPLE"}')
    assert shop("rotate", "stripe", "--resume").code == 0
    assert len(set_of(shop)) == 2
