"""The rows against the log, all in one go as a new epoch asks for them: whatever the ordinary way finds is found."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from integrations_cli.store import in_order, state, traces
from integrations_cli.store.chain import Signer, body
from integrations_cli.store.in_order import Asked, Streamed
from integrations_cli.store.subject import Subject

SITES = [bytes([at]) * 16 for at in range(1, 7)]
ROWS = """
    CREATE TABLE website (id BLOB PRIMARY KEY, slug TEXT);
    CREATE TABLE integration (id BLOB PRIMARY KEY, website_id BLOB, category, provider, settings, enabled, expires_at, account, account_id, created_at);
    CREATE TABLE credential_version (integration_id BLOB, version INTEGER, state TEXT, card, created_at, outcome, outcome_cause, outcome_http, outcome_at, verdict);
"""


@pytest.fixture
def connection():
    with closing(sqlite3.connect(":memory:")) as made:
        made.text_factory = lambda data: data.decode("utf-8", "replace")
        made.executescript(ROWS)
        for at, site in enumerate(SITES[::2]):
            made.execute("INSERT INTO website VALUES (?, ?)", (site, f"site-{at}"))
        for at, site in enumerate([*SITES[1:], "text", None, 7, *SITES]):
            ident = os.urandom(16)
            made.execute("INSERT INTO integration (id, website_id, provider) VALUES (?, ?, ?)", (ident, site, f"p{at}"))
            for version in range(at % 3):
                made.execute("INSERT INTO credential_version (integration_id, version, state) VALUES (?, ?, 'active')", (ident, version))
        yield made


def both(connection, websites):
    with closing(Streamed(connection)) as streamed:
        asked = Asked(connection)
        for one in websites:
            (slug, rows), (expected, more) = streamed.of(one), asked.of(one)
            assert (slug, sorted(rows, key=repr)) == (expected, sorted(more, key=repr))
            yield slug, len(rows)


@pytest.mark.parametrize("pieces", [1, 3, 500])
def test_one_question_for_all_finds_what_one_for_each_finds(connection, monkeypatch, pieces):
    monkeypatch.setattr(in_order, "AT_ONCE", pieces)
    assert [slug for slug, _ in both(connection, SITES)] == ["site-0", None, "site-1", None, "site-2", None]
    assert sum(count for _, count in both(connection, [b"", *SITES, b"\xff" * 16])) == 14
    assert sum(count for _, count in both(connection, SITES[3:])) == 8


def test_in_any_order_too(connection):
    found = list(both(connection, [SITES[3], SITES[1], SITES[4], SITES[4], SITES[0]]))
    assert len(found) == 5 and all(count for _, count in found[:4])


@pytest.mark.parametrize("column", ["integration SET provider", "website SET slug"])
def test_bytes_that_are_no_text_are_read_all_the_same(connection, column):
    patient = connection.text_factory
    connection.execute(f"UPDATE {column} = CAST(x'ff6161' AS TEXT)")
    assert len(list(both(connection, SITES))) == 6
    assert connection.text_factory is patient


WORDS = some.text(max_size=12) | some.sampled_from(['"row":"', '"action":"x"', '\\"integration\\":\\"', '"version":7}', "\n"])
FACTS = some.dictionaries(
    some.sampled_from(["account", "about", "cause", "fields", "reason", "policy", "previous", "slug", "versions"]),
    WORDS | some.lists(WORDS, max_size=2) | some.integers(0, 9) | some.dictionaries(some.sampled_from(["a", "z"]), WORDS, max_size=2),
    max_size=4,
)


@given(FACTS, some.none() | some.integers(0, 2**40), some.none() | some.from_regex(r"[0-9a-f]{20}", fullmatch=True), some.booleans())
def test_an_entry_is_read_as_json_reads_it(facts, version, was, of_one):
    """Its action, and what it says of a row."""
    subject = Subject(os.urandom(16), os.urandom(16), "ai", "openai", {}, True, 1, {}, traces.UNTESTED) if of_one else None
    facts = {**facts, "version": version, "row_was": was if of_one else None}
    entry = body(Signer(b"s" * 16, 1, b"k" * 32), datetime(2026, 11, 27, tzinfo=UTC), "check.finished", "ok", facts, subject)
    told = json.loads(entry)
    names = ("action", "integration", "provider", "row", "row_was", "version") if of_one else ("action",)
    expected = [str(told[name]).encode() if told.get(name) is not None else b"" for name in names]
    assert state._ENTRY.match(entry).groups(b"") == (*expected, *[b""] * (6 - len(expected)))
