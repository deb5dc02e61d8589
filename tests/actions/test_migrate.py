"""Plan and apply on a real store: idempotent, drift, conflicts, whole batches, sources untouched, nothing shown."""

import hashlib
import json
import threading

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.actions import batch, bulk, migrate, surveys
from integrations_cli.actions.plan import Policy
from integrations_cli.actions.routes import Routes
from integrations_cli.errors import Conflict, NotWritten, PartlyApplied, PlanErrors
from integrations_cli.masking import Secret
from integrations_cli.sources import dotenv
from integrations_cli.store import glance, open_store, reencrypt, trail

FILE = f"""
ANTHROPIC_API_KEY={keys.ANTHROPIC}
STRIPE_SECRET_KEY={keys.STRIPE_SECRET}
STRIPE_PUBLISHABLE_KEY={keys.STRIPE_PUBLIC}
MAILCHIMP_API_KEY={keys.GOOD["mailchimp"]["api_key"]}
GMAPS_API_KEY=changeme
"""


@pytest.fixture
def legacy(home):
    """A .env file; call it with a text to write it anew."""
    path = home / "legacy.env"

    def write(text=FILE):
        path.write_text(text)
        path.chmod(0o600)
        return lambda: dotenv.read([path])

    write.path = path  # type: ignore[attr-defined]
    return write


def planned(store, read, **policy):
    return migrate.plan(store, read, "acme", Policy(**policy))


def kinds(plan):
    return {line.provider: line.kind for line in plan.lines}


@pytest.mark.parametrize(
    ("kind", "writes", "size"), [("file", 9_999, 1000), ("file", 10_000, 4000), ("file", 10**6, 4000), ("rails-db", 10**6, 1000)]
)
def test_a_long_file_takes_more_lines_to_a_transaction(kind, writes, size):
    policy = bulk.in_batches(Policy(on_conflict="skip"), surveys.Survey(writes=writes, kind=kind))
    assert (policy.batch, policy.on_conflict) == (size, "skip")


def test_a_plan_writes_nothing_and_is_the_same_twice(store, legacy):
    before = store.path.read_bytes()
    read = legacy()
    first, second = planned(store, read), planned(store, read)
    assert kinds(first) == {"anthropic": "create", "mailchimp": "create", "stripe": "create"}
    assert first.lines == second.lines
    assert first.exit_code() == 10
    assert store.path.read_bytes() == before


def test_applied_twice_changes_nothing_the_second_time(store, legacy):
    read = legacy()
    result = migrate.apply(store, planned(store, read), read)
    assert (result.count("written"), len(result.verified), result.state) == (3, 3, "finished")
    entries = len(trail.newest(store.path, trail.Wanted(), 1000))

    again = planned(store, read)
    assert set(kinds(again).values()) == {"unchanged"}
    assert again.exit_code() == 0
    migrate.apply(store, again, read)
    assert len(trail.newest(store.path, trail.Wanted(), 1000)) == entries


def test_what_is_stored_is_not_called_different_while_fingerprints_are_made_anew(store, legacy):
    read = legacy()
    first = planned(store, read)
    migrate.apply(store, first, read)
    reencrypt._begin(store, resume=False)
    for plan in (lambda: planned(store, read), lambda: surveys.survey(store, lambda: [read()], Routes("acme", ["acme"]), Policy())):
        with pytest.raises(Conflict) as refusal:
            plan()
        assert refusal.value.tries == ("integrations key rotate --resume",)
    reencrypt.reencrypt(store, lambda *told: None)
    assert set(kinds(planned(store, read)).values()) == {"unchanged"}


def test_the_source_is_not_touched(store, legacy):
    read = legacy()
    stat = legacy.path.stat()
    before = (hashlib.sha256(legacy.path.read_bytes()).hexdigest(), stat.st_mtime_ns, stat.st_mode, sorted(legacy.path.parent.iterdir()))
    migrate.apply(store, planned(store, read), read)
    stat = legacy.path.stat()
    assert before == (
        hashlib.sha256(legacy.path.read_bytes()).hexdigest(),
        stat.st_mtime_ns,
        stat.st_mode,
        sorted(legacy.path.parent.iterdir()),
    )


@pytest.mark.parametrize(
    ("on_conflict", "kind", "code", "hint"),
    [("fail", "conflict", 11, "LEAA"), ("skip", "conflict", 0, "LEAA"), ("update", "change", 10, "THER")],
)
def test_another_stored_value(store, legacy, on_conflict, kind, code, hint):
    read = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}")
    migrate.apply(store, planned(store, read), read)
    read = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}OTHER")
    plan = planned(store, read, on_conflict=on_conflict)
    assert (kinds(plan), plan.exit_code()) == ({"anthropic": kind}, code)
    if code == 11:
        with pytest.raises(PlanErrors):
            migrate.apply(store, plan, read)
    else:
        migrate.apply(store, plan, read)
    assert glance.cards(store.path)[0].credentials["api_key"].hint == hint


def test_absent_never_means_remove(store, legacy):
    read = legacy(f"STRIPE_SECRET_KEY={keys.STRIPE_SECRET}\nSTRIPE_PUBLISHABLE_KEY={keys.STRIPE_PUBLIC}")
    migrate.apply(store, planned(store, read), read)
    read = legacy("STRIPE_WEBHOOK_SECRET=whsec_" + "0123456789EXAMPLE")
    plan = planned(store, read)
    assert kinds(plan) == {"stripe": "change"}
    migrate.apply(store, plan, read)
    assert set(glance.cards(store.path)[0].credentials) == {"secret_key", "publishable_key", "webhook_secret"}


def test_one_bad_line_stops_all_unless_told_otherwise(store, legacy):
    read = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}\nSTRIPE_SECRET_KEY={keys.STRIPE_PUBLIC}")
    plan = planned(store, read)
    assert kinds(plan) == {"anthropic": "create", "stripe": "invalid"}
    with pytest.raises(PlanErrors):
        migrate.apply(store, plan, read)
    assert glance.cards(store.path) == []
    result = migrate.apply(store, planned(store, read, continue_on_error=True), read)
    assert (result.count("written"), result.exit_code()) == (1, 12)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        (f"STRIPE_SECRET_KEY={keys.STRIPE_SECRET}", "incomplete", "missing_field"),
        (f"STRIPE_SECRET_KEY={keys.STRIPE_PUBLIC}", "invalid", "bad_value"),
        (f"STRIPE_SECRET_KEY={keys.STRIPE_SECRET}\nSTRIPE_PUBLISHABLE_KEY=pk_live_" + "0123456789EXAMPLE", "invalid", "contradiction"),
        ("HUBSPOT_API_KEY=01234567-0123-0123-0123-0123456789ab", "invalid", "bad_value"),
        ("OPENAI_API_KEY=sk-schlüssel-0123456789", "invalid", "bad_value"),
        ("OPENAI_API_KEY=••••••••abcd", "invalid", "masked"),
        ("OPENAI_API_KEY=op://vault/x/y", "invalid", "reference"),
        ("OPENAI_API_KEY=sk-one-EXAMPLE\nOPENAI_API_KEY=sk-two-EXAMPLE", "conflict", "source_disagrees"),
        ("GMAPS_API_KEY=AIzaOneEXAMPLE\nGOOGLE_MAPS_API_KEY=AIzaTwoEXAMPLE", "conflict", "source_disagrees"),
        (f"OPENAI_API_KEY=sk-one-EXAMPLE\nOPENAI_ORG_ID={keys.GOOD['openai']['api_key']}", "invalid", "bad_value"),
        (f"ZOHO_CLIENT_ID={keys.GOOD['zoho']['client_id']}\nZOHO_ACCOUNTS_URL=https://accounts.evil.example", "invalid", "bad_value"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_written(store, legacy, text, kind, reason):
    plan = planned(store, legacy(text))
    assert [(line.kind, line.reason) for line in plan.lines] == [(kind, reason)]
    assert plan.exit_code() == 11


def test_equal_values_in_two_places_are_fine(store, legacy):
    assert kinds(planned(store, legacy("GMAPS_API_KEY=AIzaOneEXAMPLE\nGOOGLE_MAPS_API_KEY= AIzaOneEXAMPLE "))) == {"google_maps": "create"}


def test_an_incomplete_line_may_be_allowed(store, legacy):
    read = legacy(f"STRIPE_SECRET_KEY={keys.STRIPE_SECRET}")
    migrate.apply(store, planned(store, read, allow_incomplete=True), read)
    assert glance.cards(store.path)[0].credentials.keys() == {"secret_key"}


def test_a_setting_alone_is_no_integration(store, legacy):
    plan = planned(store, legacy("PAYPAL_MODE=live"))
    assert (plan.lines, [one.reason for one in plan.reading.ignored]) == ([], ["no_credential"])


@pytest.mark.parametrize("change", ["source", "store", "gone"])
def test_drift_between_plan_and_apply(store, legacy, change):
    read = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}")
    plan = planned(store, read)
    if change == "source":
        read = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC_NEW}")
    elif change == "gone":
        read = legacy("")
    else:
        other = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC_NEW}")
        migrate.apply(store, planned(store, other), other)
        read = legacy(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}")
    cards = glance.cards(store.path)
    with pytest.raises(Conflict) as refusal:
        migrate.apply(store, plan, read)
    assert refusal.value.exit_code == 4
    assert glance.cards(store.path) == cards


def test_a_plan_that_was_applied_already_may_be_applied_again(store, legacy):
    read = legacy()
    plan = planned(store, read)
    migrate.apply(store, plan, read)
    migrate.apply(store, plan, read)
    assert [card.version for card in glance.cards(store.path)] == [1, 1, 1]


def test_batches_are_whole(store, legacy):
    read = legacy()
    plan = planned(store, read, batch=1)
    seen = []

    def stop(done, total):
        seen.append((done, len(glance.cards(store.path))))
        if done == 2:
            raise KeyboardInterrupt

    states = []
    with pytest.raises(KeyboardInterrupt):
        migrate.apply(store, plan, read, progress=stop, report=lambda result: states.append(result.state))
    assert seen == [(1, 1), (2, 2)]
    assert states[-1] == "interrupted"
    assert migrate.apply(store, planned(store, read), read).count("written") == 1


def test_a_conflict_after_a_batch_was_kept_is_told_as_what_it_leaves(store, legacy):
    plan, told = planned(store, legacy(), batch=1), []

    def report(result):
        told.append((result.state, result.exit_code(), result.count("written")))
        if result.count("written") == 1 and result.state == "running":  # somebody else is quicker with the next one
            with store.writing() as here:
                values = {"api_key": Secret("f" * 32 + "-us21"), "server_prefix": Secret("us21")}
                here.integrations.add("acme", registry.get("mailchimp"), values, {})

    with pytest.raises(PartlyApplied) as stopped:
        migrate.apply(store, plan, legacy(), report=report)
    assert (stopped.value.exit_code, stopped.value.why) == (12, "1 line of earlier batches was written")
    assert told[-1] == ("failed", 12, 1)


def test_the_report_of_a_run_that_was_stopped_has_the_code_it_ends_with(store, legacy):
    for stop, state, code in ((Conflict("x"), "failed", 4), (KeyboardInterrupt(), "interrupted", 130), (NotWritten("x"), "failed", 74)):
        plan, told = planned(store, legacy()), []

        def read(stop=stop):
            raise stop

        with pytest.raises(type(stop)):
            migrate.apply(store, plan, read, report=lambda result, told=told: told.append((result.state, result.exit_code())))
        assert told == [(state, code)]


def test_two_runs_at_once(made, store, legacy):
    read = legacy()
    plans = []
    for _ in range(2):
        with open_store(made) as mine:
            plans.append(planned(mine, read))
    results = []

    def run(plan):
        with open_store(made) as mine:
            results.append(migrate.apply(mine, plan, read).exit_code())

    threads = [threading.Thread(target=run, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0, 0]
    assert [card.version for card in glance.cards(store.path)] == [1, 1, 1]
    with store.reading() as here:
        assert not any(one.problem for one in here.audit.verify())


def test_the_command_in_ci(ready, home):
    (home / "legacy.env").write_text(FILE)
    (home / "legacy.env").chmod(0o600)
    path = str(home / "legacy.env")
    assert ready("migrate", "dotenv", path, "--dry-run").code == 10
    refused = ready("migrate", "dotenv", path)
    assert (refused.code, "--yes" in refused.err) == (2, True)
    done = ready("migrate", "dotenv", path, "--yes", "--report", str(home / "report.json"), "--json")
    assert done.code == 0
    report = json.loads((home / "report.json").read_text())
    assert report["summary"] == {"written": 3, "verified": 3, "unchanged": 0, "kept": 0, "failed": 0, "not_reached": 0}
    assert json.loads(done.out)["state"] == "finished"
    assert (home / "report.json").stat().st_mode & 0o777 == 0o600
    second = ready("migrate", "dotenv", path, "--yes", "--json")
    assert (second.code, json.loads(second.out)["summary"]["unchanged"]) == (0, 3)
    assert ready("migrate", "env", "--dry-run", OPENAI_API_KEY="sk-0123456789abcdefEXAMPLE").code == 10


def test_test_before_and_after(ready, third_party, home):
    (home / "a.env").write_text(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}")
    third_party.says(401)
    assert ready("migrate", "dotenv", str(home / "a.env"), "--yes", "--test", "before").code == 11
    assert json.loads(ready("list", "--json").out)["items"] == []
    assert ready("migrate", "dotenv", str(home / "a.env"), "--yes", "--test", "after").code == 20
    assert json.loads(ready("list", "--json").out)["items"][0]["status"] == "error"


@pytest.mark.parametrize(("many", "told"), [(2000, "the closest is site-1999"), (2001, "integrations website list shows them")])
def test_the_website_that_was_meant_is_not_looked_for_among_very_many(many, told):
    assert Routes(None, [f"site-{at}" for at in range(many)]).refused("site-19990").endswith(told)


def test_a_full_disk_after_earlier_batches_is_told_as_what_it_leaves():
    full = NotWritten("nothing was written", "the disk is full")
    assert batch.after_others(full, 0) is full
    told = batch.after_others(full, 250)
    assert (told.exit_code, told.what, told.why) == (
        74,
        "the rest was not written",
        "the disk is full; 250 lines of earlier batches were written",
    )
    assert batch.after_others(NotWritten("could not write r.json"), 1).what == "could not write r.json"
