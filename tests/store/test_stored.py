"""Rows against what the log tells of them: kinds that are remembered give what each row would give by itself."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_cli.store.stored import COLUMNS, MOST, Stored
from integrations_cli.store.subject import OLD_ROW, Subject, old_row_mac, row_mac

KEYS = {1: os.urandom(32), 2: os.urandom(32)}
MARK = {"hint": None, "fp": "00" * 16}
NAMES = [name.strip() for name in COLUMNS.split(",")]
PLAIN = {
    "i.category": "ai",
    "i.provider": "openai",
    "i.settings": '{"model": "gpt-é"}',
    "i.enabled": 1,
    "i.expires_at": None,
    "i.account": None,
    "i.account_id": None,
    "i.created_at": "2026-11-27T07:00:00Z",
    "v.version": 3,
    "v.card": json.dumps({"api_key": MARK, "organization": {**MARK, "since": "2026-01-01T00:00:00Z"}}),
    "v.created_at": "2026-11-27T07:00:01Z",
    "v.outcome": "ok",
    "v.outcome_cause": None,
    "v.outcome_http": 200,
    "v.outcome_at": "2026-11-27T07:00:02Z",
    "v.verdict": "ok",
}


def columns(**changed):
    return [(PLAIN | changed)[name] for name in NAMES]


def subject(ident, website, row):
    """As the models have it."""
    one = dict(zip(NAMES, row, strict=True))
    card = json.loads(one["v.card"])
    return Subject(
        ident,
        website,
        one["i.category"],
        one["i.provider"],
        json.loads(one["i.settings"]),
        bool(one["i.enabled"]),
        one["v.version"],
        {name: mark.get("since") or one["v.created_at"] for name, mark in card.items()},
        {name.partition(".")[2]: one[name] for name in NAMES[11:]},
        one["i.expires_at"],
        one["i.account"],
        one["i.account_id"],
        one["i.created_at"],
    )


OTHERS: list[dict[str, object]] = [
    {"i.category": "crm"},
    {"i.provider": "groq"},
    {"i.settings": "{}"},
    {"i.enabled": 0},
    {"i.expires_at": "2027-01-01T00:00:00Z"},
    {"i.account": "acct_EXAMPLE"},
    {"i.account_id": "acct_EXAMPLE"},
    {"i.created_at": "2026-11-27T07:00:09Z"},
    {"v.version": 4},
    {"v.card": json.dumps({"api_key": MARK})},
    {"v.card": json.dumps({"api_key": MARK, "organization": {**MARK, "since": "2026-01-01T00:00:09Z"}})},
    {"v.created_at": "2026-11-27T07:00:09Z"},
    {"v.outcome": "rejected"},
    {"v.outcome_cause": "expired"},
    {"v.outcome_http": 401},
    {"v.outcome_at": "2026-11-27T07:00:09Z"},
    {"v.verdict": "rejected"},
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: f"{next(iter(one))}-{OTHERS.index(one)}")
def test_every_column_counts(other):
    stored, ident, website = Stored(KEYS.get), os.urandom(16), os.urandom(16)
    one, two = columns(), columns(**other)
    macs = [row_mac(KEYS[1], subject(ident, website, row)).encode() for row in (one, two)]
    for row, mine, others in ((one, macs[0], macs[1]), (two, macs[1], macs[0]), (one, macs[0], macs[1])):
        assert stored.fits(1, mine, ident, website, row)
        assert not stored.fits(1, others, ident, website, row)


def test_all_columns_are_tried():
    assert {name for one in OTHERS for name in one} == set(NAMES)


def test_website_and_epoch_count_and_a_lost_key_says_nothing():
    stored, ident, website, row = Stored(KEYS.get), os.urandom(16), os.urandom(16), columns()
    mine = row_mac(KEYS[1], subject(ident, website, row)).encode()
    assert stored.fits(1, mine, ident, website, row)
    assert not stored.fits(1, mine, ident, os.urandom(16), row)
    assert not stored.fits(2, mine, ident, website, row)
    assert stored.fits(3, b"", ident, website, row)


def test_short_ones_of_before():
    stored, ident, website, row = Stored(KEYS.get), os.urandom(16), os.urandom(16), columns()
    told = old_row_mac(KEYS[1], subject(ident, website, row)).encode()
    assert len(told) == OLD_ROW
    assert stored.fits(1, told, ident, website, row)
    assert stored.fits(1, told, ident, website, columns(**{"v.outcome": "rejected"}))
    assert not stored.fits(1, told, ident, website, columns(**{"v.version": 4}))


def test_more_kinds_than_are_remembered():
    stored, ident, website = Stored(KEYS.get), os.urandom(16), os.urandom(16)
    for number in [*range(MOST + 5), 0, 1]:
        row = columns(**{"v.outcome_at": f"{number:04}"})
        assert stored.fits(1, row_mac(KEYS[1], subject(ident, website, row)).encode(), ident, website, row)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.text(max_size=8), st.sampled_from([None, "", "x"])), min_size=1, max_size=8)
)
def test_whatever_the_texts_are(rows):
    stored, ident = Stored(KEYS.get), os.urandom(16)
    for website, text, account in rows:
        row = columns(**{"i.settings": json.dumps({"model": text + website.hex()}), "i.account": account})
        assert stored.fits(1, row_mac(KEYS[1], subject(ident, website, row)).encode(), ident, website, row)
