"""Usage rows: what is counted, how much room it takes, and what is never lost."""

import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys
from tests.cli.test_store_backup import as_of_old

from integrations_cli import prices, registry
from integrations_cli.actions import usage as reading
from integrations_cli.errors import NotFound, NotWritten
from integrations_cli.masking import Secret
from integrations_cli.store import glance, usage

DAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def ids(store):
    with store.writing() as here:
        for website in ("acme", "beta"):
            here.integrations.add(website, registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
    return {card.website: card.id for card in glance.cards(store.path)}


def written(store, *uses):
    tally = usage.Tally()
    for one in uses:
        tally.add(*one)
    tally.write(store.path)


def sums(store, since=""):
    return [(row.website, row.day, row.action, row.status, row.calls) for row in usage.rows(store.path, since=since)]


def test_uses_add_up_by_day_action_and_status(store, ids):
    written(
        store,
        (ids["acme"], DAY, "ask", "ok"),
        (ids["acme"], DAY, "ask", "ok", 2),
        (ids["acme"], DAY, "ask", "timeout"),
        (ids["beta"], DAY, "ask", "ok"),
    )
    written(store, (ids["acme"], DAY, "ask", "ok", 4), (ids["acme"], DAY + timedelta(days=1), "ask", "ok"))

    assert sums(store) == [
        ("acme", "2026-11-24", "ask", "ok", 7),
        ("acme", "2026-11-24", "ask", "timeout", 1),
        ("acme", "2026-11-25", "ask", "ok", 1),
        ("beta", "2026-11-24", "ask", "ok", 1),
    ]
    assert sums(store, "2026-11-25") == [("acme", "2026-11-25", "ask", "ok", 1)]
    assert {card.website: card.used_at for card in glance.cards(store.path)} == {
        "acme": "2026-11-25T12:00:00Z",
        "beta": "2026-11-24T12:00:00Z",
    }


def test_it_needs_no_key_and_leaves_no_audit_entry(store, ids, made):
    def entries():
        with sqlite3.connect(made.database) as connection:
            return connection.execute("SELECT count(*) FROM audit_row").fetchone()[0]

    before = entries()
    for key in made.keys_dir.iterdir():
        key.unlink()
    written(store, (ids["acme"], DAY, "ask", "ok"))
    assert entries() == before
    assert len(sums(store)) == 1


def test_no_value_gets_in_as_a_word(store, ids):
    written(store, (ids["acme"], DAY, "ask " + keys.ANTHROPIC, keys.ANTHROPIC), (ids["acme"], DAY, "a\nb", "x" * 41))
    assert {row[2:4] for row in sums(store)} == {("other", "other")}


def test_a_day_has_a_bounded_number_of_rows(store, ids):
    for at in range(100):
        written(store, (ids["acme"], DAY, f"action{at}", "ok"), (ids["acme"], DAY, f"action{at}", f"error{at}"))
    found = sums(store)
    assert len(found) <= usage.KINDS
    assert sum(row[4] for row in found) == 200
    assert sum(row[4] for row in found if row[3] != "ok") == 100


def test_old_days_become_months_and_very_old_months_go(store, ids):
    for days in range(0, 365 * 7, 5):
        written(store, (ids["acme"], DAY - timedelta(days=365 * 7 - days), "ask", "ok", 10, 7, (3, 2), 5))
    found = usage.rows(store.path)
    by_day, by_month = [row for row in found if len(row.day) == 10], [row for row in found if len(row.day) == 7]
    assert len(by_day) <= 85
    assert len(by_month) <= 60 - 13 + 1
    assert min(row.day for row in by_day) >= "2025-10-01"
    assert min(row.day for row in by_month) >= "2021-10"
    march = next(row for row in by_month if row.day == "2025-03")
    assert (march.calls, march.duration_ms, march.tokens_in, march.tokens_out, march.cost) in {(60, 42, 18, 12, 30), (70, 49, 21, 14, 35)}


def test_what_is_gone_is_dropped_and_the_rest_is_kept(store, ids):
    with store.writing() as here:
        here.integrations.remove(here.integrations.get("beta", "anthropic"))
    written(store, (ids["beta"], DAY, "ask", "ok"), (ids["acme"], DAY, "ask", "ok"))
    assert [row[0] for row in sums(store)] == ["acme"]


def test_its_rows_go_with_the_integration(store, ids, made):
    written(store, (ids["beta"], DAY, "ask", "ok"))
    with store.writing() as here:
        here.websites.remove("beta")
    with sqlite3.connect(made.database) as connection:
        assert connection.execute("SELECT count(*) FROM usage").fetchone()[0] == 0


def test_an_old_schema_and_no_store_say_what_to_do(store, ids, tmp_path):
    with sqlite3.connect(store.path) as connection:
        connection.execute("DROP TABLE usage")
    for look in (lambda: written(store, (ids["acme"], DAY, "ask", "ok")), lambda: usage.rows(store.path)):
        with pytest.raises(NotWritten) as refusal:
            look()
        assert refusal.value.tries == ("integrations store upgrade",)
    tally = usage.Tally()
    tally.add(ids["acme"], DAY, "ask", "ok")
    with pytest.raises(NotFound):
        tally.write(tmp_path / "nothing.db")


def test_a_store_of_the_first_schema_is_upgraded(store, ids, made):
    from integrations_cli.store import create

    as_of_old(store.path)
    store.path.chmod(0o600)
    assert create.upgrade(made)[0] == "2: usage"
    written(store, (ids["acme"], DAY, "ask", "ok"))
    assert len(sums(store)) == 1


def test_writers_at_once_lose_nothing(store, ids):
    def work():
        for _ in range(5):
            written(store, (ids["acme"], DAY, "ask", "ok"), (ids["beta"], DAY, "ask", "ok"))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row[4] for row in sums(store)] == [30, 30]


def test_counting_costs_little():
    tally = usage.Tally()
    began = time.process_time()
    for at in range(20_000):
        tally.add("00" * 16, DAY, "ask", "ok", 1, at % 7, (100, 20), 3)
    assert (time.process_time() - began) / 20_000 < 0.001
    assert next(iter(tally.sums.values()))[0] == 20_000


def test_summaries_by_day_week_and_month(store, ids):
    for days in range(40):
        written(store, (ids["acme"], DAY - timedelta(days=days), "ask", "ok" if days % 4 else "timeout", 1, 10))
    rows = usage.rows(store.path, ["acme"], "anthropic")
    for by in ("week", "month"):
        added = usage.rows(store.path, ["acme"], "anthropic", by=by)
        assert len(added) < len(rows) / 2
        assert reading.summaries(added, by) == reading.summaries(rows, by)
    for by, spans in (("day", 40), ("week", 7), ("month", 2)):
        (one,) = reading.summaries(rows, by)
        assert (one.total.calls, one.total.errors, one.total.success, one.total.mean_ms) == (40, 10, 0.75, 10)
        assert len(one.spans) == spans
        assert sum(figures.calls for figures in one.spans.values()) == 40
    for by in ("day", "week", "month"):  # what a table shows is what JSON says
        shown = reading.spans_since(DAY.date() - timedelta(days=30), DAY.date(), by)
        (full,) = reading.read(store.path, ["acme"], "anthropic", DAY.date() - timedelta(days=30), by)
        (short,) = reading.totals(store.path, ["acme"], None, DAY.date() - timedelta(days=30), shown)
        assert short.total == full.total
        assert {span: one.calls for span, one in short.spans.items()} == {span: one.calls for span, one in full.spans.items()}
    assert reading.spans_since(DAY.date() - timedelta(days=13), DAY.date(), "week") == ["2026-W46", "2026-W47", "2026-W48"]


def test_prices_are_estimates_with_a_date_and_a_source():
    assert prices.cost("anthropic", "claude-sonnet-5", 1_000_000, 100_000) == 3_000_000
    assert prices.cost("anthropic", "claude-haiku-4-5-20251001", 1_000_000, 0) == 1_000_000
    assert prices.cost("openai", "gpt-5.4-mini-2026-03-17", 0, 1_000_000) == 4_500_000
    assert prices.cost("openrouter", "anthropic/claude-sonnet-5", 1_000_000, 0) == 2_000_000
    assert prices.cost("openrouter", "google/gemini-2.5-pro", 1_000_000, 0) == 1_250_000
    assert prices.cost("openai", "no-such-model", 5, 5) is None
    assert prices.cost("openai", "mine", 10, 0, {"openai/mine": [1, 2]}) == 10
    assert prices.cost("openai", "mine", 10, 0, {"openai/mine": "free"}) is None
    assert prices.AS_OF
    assert {name.split("/")[0] for name in prices.PRICES} == set(prices.SOURCES)
