"""`integrations_cli.connect`: the seed's calls, many threads, many websites."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from tests import keys
from tests.canary import files_below, hits

import integrations_cli
from integrations_cli import registry
from integrations_cli.application.services import Zoho
from integrations_cli.errors import BadValue, CheckFailed, Conflict, NotChecked, NotFound, Refused
from integrations_cli.masking import Secret
from integrations_cli.store import usage


def key_of(website, provider="anthropic"):
    return f"sk-ant-api03-{website}-" + "0" * 80 + "EXAMPLEAA" if provider == "anthropic" else f"sk-proj-{website}-0123456789abcdefEXAMPLE"


@pytest.fixture
def filled(store):
    with store.writing() as here:
        for website in ("acme", "beta"):
            here.integrations.add(website, registry.get("anthropic"), {"api_key": Secret(key_of(website))}, {"max_tokens": 100})
            here.integrations.add(website, registry.get("openai"), {"api_key": Secret(key_of(website, "openai"))}, {})
            here.integrations.add(website, registry.get("mailchimp"), {}, {"double_optin": False})
    return store


@pytest.fixture
def connection(filled, home, third_party):
    with integrations_cli.connect(environ={"HOME": str(home)}, web=third_party.web, write_usage_every=60) as opened:
        yield opened


@pytest.fixture
def acme(connection):
    return connection.website("acme")


def audit(made):
    with sqlite3.connect(made.database) as database:
        return [json.loads(row[0]) for row in database.execute("SELECT body FROM audit_row ORDER BY at, seq")]


def choose(made, text):
    made.config_dir.mkdir(exist_ok=True)
    made.file.write_text(text)


# ── choosing ──


def test_what_is_mistyped_is_not_taken_for_what_is_not_set_up(acme):
    with pytest.raises(NotFound, match="no such category"):
        acme.integration_for("aii")
    with pytest.raises(NotFound, match="api_key of anthropic is a credential, not a setting"):
        acme.integration_for("ai").setting("api_key")
    assert repr(acme.integration_for("ai")) == "Integration(website='acme', provider='anthropic')"
    with pytest.raises(NotFound) as nothing:
        Zoho(acme).integration  # noqa: B018  it raises
    assert nothing.value.tries == ("integrations add zoho -w acme",)


def test_the_integration_of_a_category_is_always_the_same_one(acme, filled):
    assert acme.integration_for("ai").provider == "anthropic"
    assert acme.integration_for("ai", "openai").provider == "openai"
    assert acme.integration_for("ai", provider="gemini") is None
    assert acme.integration_for("crm") is None
    assert acme.integration_configured("ai")
    assert not acme.integration_configured("payment")
    with filled.writing() as here:
        here.integrations.change(
            here.integrations.get("acme", "anthropic"), registry.get("anthropic"), enabled=False, action="integration.disabled"
        )
    assert acme.integration_for("ai").provider == "openai"
    assert acme.integration_for("ai", "anthropic") is None


def test_never_an_empty_one(acme):
    assert acme.integration_for("email_marketing") is None
    assert not acme.integration_configured("email_marketing", "mailchimp")


def test_the_configuration_names_a_default(filled, made, home):
    choose(made, '[defaults]\nai = "openai"\n[defaults.beta]\nai = "anthropic"\n')
    with integrations_cli.connect(environ={"HOME": str(home)}) as connection:
        assert connection.website("acme").integration_for("ai").provider == "openai"
        assert connection.website("beta").integration_for("ai").provider == "anthropic"
        with filled.writing() as here:
            here.integrations.change(
                here.integrations.get("acme", "openai"), registry.get("openai"), enabled=False, action="integration.disabled"
            )
        assert connection.website("acme").integration_for("ai").provider == "anthropic"


def test_scopes(acme, filled):
    def names(scope):
        return [one.provider for one in scope]

    assert names(acme.integrations) == ["anthropic", "openai", "mailchimp"]
    assert names(acme.integrations.enabled().for_category("ai")) == ["anthropic", "openai"]
    assert names(acme.integrations.by_provider("openai")) == ["openai"]
    assert names(acme.integrations.with_errors()) == []
    acme.integration_for("ai").record_error("rejected", http_status=401)
    assert names(acme.integrations.with_errors()) == ["anthropic"]
    assert acme.integration_for("ai").card.last_error["http_status"] == 401
    acme.integration_for("ai").clear_error()
    assert len(acme.integrations.with_errors()) == 0
    assert names(acme.integrations.recently_used()) == ["anthropic"]
    acme.integration_for("ai", "openai").record_usage()
    assert set(names(acme.integrations.recently_used(timedelta(minutes=5)))) == {"anthropic", "openai"}
    assert acme.integrations.for_category("maps").first() is None


def test_only_a_refusal_sets_the_error(acme):
    ai = acme.integration_for("ai")
    for word in ("timeout", "rate_limited", "RuntimeError", "unreachable"):
        ai.record_error(word)
    assert ai.refresh().last_error is None


def test_what_is_not_there(connection, acme):
    with pytest.raises(NotFound):
        connection.website("nowhere")
    with pytest.raises(NotFound):
        acme.integration_for("ai").credential("api_kee")
    with pytest.raises(NotFound):
        acme.integration_for("ai").setting("api_kee")
    with pytest.raises(NotFound):
        acme.integration_for("ai").setting("api_key")


# ── values ──


def test_settings_and_their_defaults(acme):
    ai = acme.integration_for("ai")
    assert ai.setting("max_tokens") == 100
    assert ai.setting("default_model") == "claude-sonnet-5"
    mail = acme.integrations.by_provider("mailchimp").first()
    assert mail.setting("double_optin") is False
    mail.set_setting("double_optin", None)
    assert mail.setting("double_optin") is True
    mail.set_setting("double_optin", False)
    assert acme.integrations.by_provider("mailchimp").first().setting("double_optin") is False
    ai.set_setting("max_tokens", "200")
    assert ai.setting("max_tokens") == 200
    with pytest.raises(BadValue):
        ai.set_setting("max_tokens", "many")


def test_a_credential_is_opened_once_per_version_and_the_log_says_so(acme, made):
    ai = acme.integration_for("ai")
    assert ai.credential("api_key").reveal() == key_of("acme")
    for _ in range(5):
        acme.integration_for("ai").credential("api_key")
    revealed = [entry for entry in audit(made) if entry["action"] == "credential.revealed"]
    assert [(entry["provider"], entry["via"], entry["fields"]) for entry in revealed] == [("anthropic", "python", ["api_key"])]
    fresh = key_of("acme-new")
    ai.set_credential("api_key", fresh)
    assert ai.credential("api_key").reveal() == fresh
    assert len([entry for entry in audit(made) if entry["action"] == "credential.revealed"]) == 2
    assert fresh not in repr(ai) + str(ai.credential("api_key")) + repr(ai.connection)


def test_a_change_by_somebody_else_is_seen(acme, filled):
    ai = acme.integration_for("ai")
    ai.credential("api_key")
    with filled.writing() as here:
        here.integrations.conceal(
            here.integrations.get("acme", "anthropic"), registry.get("anthropic"), {"api_key": Secret(key_of("other"))}
        )
    assert ai.credential("api_key").reveal() == key_of("other")
    with filled.writing() as here:
        here.integrations.change(
            here.integrations.get("acme", "anthropic"), registry.get("anthropic"), enabled=False, action="integration.disabled"
        )
    with pytest.raises(Refused):
        ai.credential("api_key")


def test_test_connection_and_rotation(acme, third_party):
    ai = acme.integration_for("ai")
    third_party.says(200, b'{"data": []}')
    assert ai.test_connection().word == "ok"
    assert ai.card.status == "connected"
    third_party.says(401, b"{}")
    with pytest.raises(CheckFailed):
        ai.rotate_credential("api_key", keys.ANTHROPIC_NEW)
    assert ai.credential("api_key").reveal() == key_of("acme")
    third_party.says(500, b"")
    with pytest.raises(NotChecked):
        ai.rotate_credential("api_key", keys.ANTHROPIC_NEW)
    third_party.says(200, b'{"data": []}')
    assert ai.rotate_credential("api_key", Secret(keys.ANTHROPIC_NEW)).word == "ok"
    assert ai.credential("api_key").reveal() == keys.ANTHROPIC_NEW


# ── uses ──


def rows(connection):
    connection.recorder.flush()
    return [(row.website, row.action, row.status, row.calls) for row in usage.rows(connection.config.database)]


def test_a_use_is_counted_with_its_error_class(connection, acme):
    ai = acme.integration_for("ai")
    with ai.use("ask") as use:
        use.tokens("claude-sonnet-5", 1000, 100)
        time.sleep(0.01)
    with pytest.raises(ZeroDivisionError), ai.use("ask"):
        1 / 0  # noqa: B018
    with pytest.raises(Conflict), ai.use("ask"):
        raise Conflict("no")
    connection.website("beta").integration_for("ai").record_usage(count=3)
    assert rows(connection) == [
        ("acme", "ask", "ZeroDivisionError", 1),
        ("acme", "ask", "conflict", 1),
        ("acme", "ask", "ok", 1),
        ("beta", "use", "ok", 3),
    ]
    (good,) = [row for row in usage.rows(connection.config.database) if row.action == "ask" and row.status == "ok"]
    assert (good.tokens_in, good.tokens_out, good.cost, good.unpriced) == (1000, 100, 3000, 0)
    assert good.duration_ms >= 10


def test_prices_of_ones_own(filled, made, home):
    choose(made, '[prices]\n"openai/mine" = [1.0, 2.0]\n')
    with integrations_cli.connect(environ={"HOME": str(home)}) as connection:
        ai = connection.website("acme").integration_for("ai", "openai")
        ai.record_usage(tokens=(1_000_000, 500_000), model="mine")
        ai.record_usage(tokens=(1, 1), model="unknown")
        connection.recorder.flush()
        (row,) = usage.rows(connection.config.database)
        assert (row.cost, row.unpriced) == (2_000_000, 1)


def test_what_cannot_be_written_is_kept(connection, acme, made):
    ai = acme.integration_for("ai")
    made.database.chmod(0o644)
    ai.record_usage()
    with pytest.raises(Refused):
        connection.recorder.flush()
    ai.record_usage()
    made.database.chmod(0o600)
    assert rows(connection) == [("acme", "use", "ok", 2)]


def test_recording_costs_less_than_a_millisecond(acme):
    ai = acme.integration_for("ai")
    began = time.process_time()
    for _ in range(2000):
        with ai.use("ask") as use:
            use.tokens("claude-sonnet-5", 10, 10)
    assert (time.process_time() - began) / 2000 < 0.001


def test_uses_are_written_in_the_background_and_at_the_end(filled, home, made):
    program = (
        "import integrations_cli, time, sys\n"
        "connection = integrations_cli.connect(write_usage_every=0.2)\n"
        "connection.website('acme').integration_for('ai').record_usage()\n"
        "time.sleep(1.0 if sys.argv[1] == 'wait' else 0)\n"
        "import os\n"
        "os._exit(0) if sys.argv[1] == 'wait' else None\n"
    )
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for way, calls in (("wait", 1), ("end", 2)):
        subprocess.run([sys.executable, "-c", program, way], env=environ, check=True, timeout=60)
        assert sum(row.calls for row in usage.rows(made.database)) == calls


def test_a_forked_worker_counts_for_itself(filled, home, made):
    program = (
        "import integrations_cli, os\n"
        "connection = integrations_cli.connect(write_usage_every=60)\n"
        "ai = connection.website('acme').integration_for('ai')\n"
        "ai.record_usage(count=10)\n"
        "if os.fork() == 0:\n"
        "    ai.record_usage(count=1)\n"
        "    connection.close()\n"
        "    raise SystemExit\n"
        "os.wait()\n"
    )
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True, timeout=60)
    assert sum(row.calls for row in usage.rows(made.database)) == 11


# ── side by side ──


def test_fifty_threads_and_two_websites_never_mix_their_keys(connection, made, home):
    wrong, ready = [], threading.Barrier(50)

    def work(number):
        slug = ("acme", "beta")[number % 2]
        ready.wait(30)
        for at in range(8):
            provider = ("anthropic", "openai")[at % 2]
            one = connection.website(slug).integration_for("ai", provider)
            with one.use("work"):
                if one.credential("api_key").reveal() != key_of(slug, provider):
                    wrong.append((number, slug, provider))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert rows(connection) == [(slug, "work", "ok", 100) for slug in ("acme", "acme", "beta", "beta")]
    assert len([entry for entry in audit(made) if entry["action"] == "credential.revealed"]) == 4
    values = [key_of(slug, provider) for slug in ("acme", "beta") for provider in ("anthropic", "openai")]
    found = hits(values, files_below(home, but=["key"]))
    assert [one for one in found if "half" not in one] == []


def test_two_stores_at_once_know_nothing_of_each_other(connection, tmp_path_factory):
    from integrations_cli import config as configuration
    from integrations_cli.store import create, open_store

    other = tmp_path_factory.mktemp("other")
    create.prepare(configuration.load({}, str(other)), "file", recovery=False).commit()
    with open_store(configuration.load({}, str(other))) as store, store.writing() as here:
        here.websites.add("acme")
        here.integrations.add("acme", registry.get("anthropic"), {"api_key": Secret(key_of("elsewhere"))}, {})
    with integrations_cli.connect(other, environ={}) as second:
        assert second.website("acme").integration_for("ai").credential("api_key").reveal() == key_of("elsewhere")
        assert connection.website("acme").integration_for("ai").credential("api_key").reveal() == key_of("acme")


# ── the rest ──


def test_an_application_keeps_its_own_umask(filled, home):
    before = os.umask(0o022)
    try:
        with integrations_cli.connect(environ={"HOME": str(home)}) as connection:
            connection.website("acme").integration_for("ai").credential("api_key")
            assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_importing_the_package_stays_cheap():
    program = (
        "import sys, integrations_cli; integrations_cli.__version__; print(*sorted(name for name in sys.modules if 'integrations' in name))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert ran.stdout.split() == ["integrations_cli"]
    assert set(integrations_cli.__all__) >= {"connect", "Connection", "Website", "Integration", "Secret"}
    with pytest.raises(AttributeError):
        integrations_cli.nothing  # noqa: B018


def test_the_fall_back_to_the_environment_is_off(filled, home):
    environ = {"HOME": str(home), "GEMINI_API_KEY": keys.GOOD["google_ai"]["api_key"], "STRIPE_SECRET_KEY": keys.STRIPE_SECRET,
               "STRIPE_PUBLISHABLE_KEY": keys.STRIPE_PUBLIC, "MAILCHIMP_API_KEY": "0123456789abcdef" * 2 + "-us21", "MAILCHIMP_SERVER_PREFIX": "us21"}  # fmt: skip
    with integrations_cli.connect(environ=environ) as connection:
        assert connection.website("acme").integration_for("payment") is None
    with integrations_cli.connect(environ=environ, fall_back_to_environment=True) as connection:
        acme = connection.website("acme")
        stripe = acme.integration_for("payment")
        assert stripe.credential("secret_key").reveal() == keys.STRIPE_SECRET
        assert acme.integration_for("ai").provider == "anthropic"
        assert acme.integration_for("ai", "google_ai").credential("api_key").reveal() == keys.GOOD["google_ai"]["api_key"]
        assert acme.integration_for("email_marketing", "mailchimp") is None, "what is set up, even half, is not replaced"
        with stripe.use("charge"):
            pass
        with pytest.raises(Refused):
            stripe.set_credential("secret_key", keys.STRIPE_SECRET)
        with pytest.raises(Refused):
            stripe.set_setting("currency", "eur")
        assert stripe.test_connection().word == "untestable"
        assert keys.STRIPE_SECRET not in repr(stripe)
        connection.recorder.flush()
        assert usage.rows(connection.config.database) == []
