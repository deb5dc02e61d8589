"""A round of checks on the plain connection gives the same results as one on the session, and leaves the same rows and entries."""

import itertools
import json
import sqlite3
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from tests.store.test_quick import DAMAGE, FILES, built, copied, sound  # noqa: F401  built is a fixture

from integrations_cli import registry
from integrations_cli.actions import list as listing
from integrations_cli.actions.rotate import Policy, Rotation
from integrations_cli.actions.test import many
from integrations_cli.cli.quickly import first
from integrations_cli.errors import IntegrationsError
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, ok, rejected, unreachable
from integrations_cli.store import open_store, quick

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ANSWERS = {
    "proven": ok("Acme GmbH", account_id="acct-1"),
    "another": ok("Beta GmbH", account_id="acct-2"),
    "limited": Outcome("limited", "a plan without it", None, 200),
    "refused": rejected("the key is not known"),
    "silent": unreachable("no answer", "timeout"),
    "paused": Outcome("rate_limited", "too often", None, 429, retry_after=30),
}
COLUMNS = {
    "integration": "website_id, provider, settings, enabled, last_used_at, last_error_at, last_error_outcome, last_error_cause, "
    "last_error_http, last_error_version, last_error_message, unreadable_since, account, account_id, updated_at",
    "credential_version": "integration_id, version, state, blob, outcome, outcome_cause, outcome_http, outcome_at, verdict, destroy_after",
    "check_bucket": "website_id, provider, tokens, refilled_at",
    "key_operation": "kind",
}


def left(tools):
    """All that a round may change; the order in which answers came is chance."""
    with sqlite3.connect(tools.config.store) as connection:
        bodies = [json.loads(body) | {"pid": None} for (body,) in connection.execute("SELECT body FROM audit_row")]
        tables = {name: connection.execute(f"SELECT {columns} FROM {name}").fetchall() for name, columns in COLUMNS.items()}
    connection.close()
    return sorted(map(json.dumps, bodies)), {name: sorted(rows, key=repr) for name, rows in tables.items()}


def results(tools, answers, quickly):
    """One round after the other, each with another answer. What came of each integration, or the refusal."""
    found = []
    try:
        cards = listing.cards(tools.config.database)
        for name in answers:
            with ExitStack() as later:
                store, slower = first(tools, later) if quickly else (later.enter_context(open_store(tools.config, clock=lambda: NOW)), None)
                store.clock = lambda: NOW
                done = many(store, lambda *_, name=name: ANSWERS[name], cards, lambda: NOW, jobs=2, slower=slower)
                found.append(
                    [(one.website, one.card.provider, one.word, one.outcome, one.error and one.error.what) for one in done.results]
                )
    except IntegrationsError as error:
        found.append((type(error).__name__, error.what, error.why, error.tries))
    return repr(found).replace(str(tools.config.environ["HOME"]), "HOME")


def compare(home, folder, damage, file, answers):
    one, other = copied(home, folder / "quick", damage, file), copied(home, folder / "slow", damage, file)
    one.clock = other.clock = lambda: NOW
    quick_ones, slow_ones = results(one, answers, True), results(other, answers, False)
    assert quick_ones == slow_ones
    assert left(one) == left(other)


@pytest.mark.parametrize("answers", list(itertools.permutations(("proven", "refused", "silent"), 2)))
def test_the_same_of_a_store_in_order(built, tmp_path, answers):  # noqa: F811
    compare(built, tmp_path, [], "none", answers)


def test_the_same_of_every_answer_in_turn(built, tmp_path):  # noqa: F811
    compare(built, tmp_path, [], "none", ["limited", "proven", "another", "paused", "proven"])


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_same_of_a_damaged_store(built, tmp_path, damage):  # noqa: F811
    compare(built, tmp_path, [damage], "none", ["proven"])


@pytest.mark.parametrize("file", FILES[1:])
def test_the_same_where_a_file_is_not_as_it_should_be(built, tmp_path, file):  # noqa: F811
    compare(built, tmp_path, [], file, ["refused"])


def test_nothing_of_it_needs_the_session(built, tmp_path):  # noqa: F811
    tools = copied(built, tmp_path / "home", [], "none")
    store = quick.QuickStore(tools.config, lambda: NOW)
    done = many(store, lambda *_: ANSWERS["proven"], listing.cards(tools.config.database), lambda: NOW)
    assert {one.word for one in done.results} == {"ok"}
    assert {problem for _, problem in sound(tools)} == {None}


def test_a_rotation_under_way_is_left_to_the_store(built, tmp_path):  # noqa: F811
    """The answer proves the new key, so the old one gets its end: that needs what goes with it."""
    tools = copied(built, tmp_path / "home", [], "none")
    anthropic = registry.get("anthropic")
    with open_store(tools.config) as store:
        fresh = {"api_key": Secret("sk-ant-" + "api03-" + "1" * 80 + "EXAMPLEAA")}
        Rotation(
            store, lambda *_: ANSWERS["silent"], "acme", anthropic, Policy(unchecked=True, reason="a test"), lambda *_: None, tools.clock
        ).start(fresh)
    with sqlite3.connect(tools.config.store) as connection:
        connection.execute("UPDATE credential_version SET destroy_after = NULL WHERE state = 'previous'")
    connection.close()
    opened = []
    with ExitStack() as later:
        store, slower = first(tools, later)
        done = many(
            store,
            lambda *_: ANSWERS["proven"],
            listing.cards(tools.config.database, ["acme"]),
            tools.clock,
            slower=lambda: opened.append(1) or slower(),
        )
    assert ({one.word for one in done.results}, opened) == ({"ok"}, [1])
    assert {problem for _, problem in sound(tools)} == {None}
    with sqlite3.connect(tools.config.store) as connection:
        (ends,) = connection.execute("SELECT destroy_after FROM credential_version WHERE state = 'previous'").fetchone()
        actions = [json.loads(body)["action"] for (body,) in connection.execute("SELECT body FROM audit_row")]
    connection.close()
    assert ends is not None
    assert actions.count("check.finished") == len(done.results)
