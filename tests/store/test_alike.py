"""Entries that are built once and filled in are what `body` builds, byte for byte."""

import os
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from integrations_cli.store import alike, traces
from integrations_cli.store.alike import Alike
from integrations_cli.store.chain import Signer, body
from integrations_cli.store.epochs import Epoch
from integrations_cli.store.subject import Subject
from integrations_cli.store.verifying import proof

NAMES = some.sampled_from(["api_key", "secret_key", "region", "z", "a_1"])
MOMENTS = some.sampled_from(["2026-11-27T03:00:00Z", "2027-01-01T00:00:00Z", "x%s"])
SUBJECTS = some.builds(
    Subject,
    some.binary(min_size=16, max_size=16),
    some.binary(min_size=16, max_size=16),
    some.just("ai"),
    some.sampled_from(["openai", "groq"]),
    some.dictionaries(NAMES, some.text(max_size=4) | some.integers(0, 9) | some.booleans(), max_size=2),
    some.booleans(),
    some.sampled_from([None, 1, 2]),
    some.dictionaries(NAMES, MOMENTS, max_size=2),
    some.dictionaries(some.sampled_from(traces.SAID), some.none() | MOMENTS | some.integers(0, 999), max_size=2),
    some.none() | MOMENTS,
    some.none() | some.text(max_size=4),
    some.none() | some.text(max_size=4),
    MOMENTS,
)
MARKS = some.dictionaries(NAMES, some.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}"), max_size=3)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    some.lists(some.tuples(SUBJECTS, some.lists(NAMES, unique=True, max_size=3), MARKS, some.none() | some.text(max_size=4)), max_size=12)
)
def test_they_are_what_body_builds(entries):
    signer, moment = Signer(os.urandom(16), 1, os.urandom(32)), datetime(2026, 11, 26, 9, 14, 3, 7, UTC)
    made = Alike(signer, moment)
    for subject, fields, fp, cause in entries:
        facts = {"fields": tuple(fields) or None, "version": subject.version if cause is None else None, "cause": cause}
        assert made.entry("integration.migrated", subject, facts, fp) == body(
            signer, moment, "integration.migrated", "ok", {**facts, "fp": fp or None}, subject
        )


SLUGS = some.from_regex(r"[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True)
FACTS = some.fixed_dictionaries({"slug": SLUGS}, optional={"chain": some.binary(min_size=16, max_size=16).map(bytes.hex)})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(some.tuples(some.sampled_from(["website.added", "chain.started"]), FACTS), max_size=9))
def test_those_of_no_integration_are_too(entries):
    signer, moment = Signer(os.urandom(16), 1, os.urandom(32)), datetime(2026, 11, 26, 9, 14, 3, 7, UTC)
    made = Alike(signer, moment)
    for action, facts in entries:
        assert made.plain(action, facts) == body(signer, moment, action, "ok", facts)


def test_only_so_many_kinds_are_remembered(monkeypatch):
    monkeypatch.setattr(alike, "MOST", 2)
    signer, moment = Signer(os.urandom(16), 1, os.urandom(32)), datetime.now(UTC)
    made = Alike(signer, moment)
    for name in ("a", "b", "c", "a"):
        subject = Subject(os.urandom(16), os.urandom(16), "ai", name, {}, True, None)
        assert made.entry("integration.migrated", subject, {}, {}) == body(
            signer, moment, "integration.migrated", "ok", {"version": None}, subject
        )
    assert len(made._bodies) <= 2
    assert len(made._rows) <= 2


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    some.lists(some.tuples(some.binary(min_size=16, max_size=16), some.integers(1, 2**53 - 1), some.booleans()), max_size=9),
    some.booleans(),
)
def test_what_starts_an_epoch_is_too(heads, lost):
    old_key = None if lost else os.urandom(32)
    signer, moment = Signer(os.urandom(16), 4, os.urandom(32)), datetime(2026, 11, 26, 9, 14, 3, 7, UTC)
    made = Epoch(signer, moment, 3, old_key)
    for chain, seq, changed in heads:
        mac = os.urandom(32)
        told = {"epoch": 3, "seq": seq, "mac": mac.hex(), "proof": proof(old_key, 4, chain, seq, mac) if old_key else None}
        facts = {"epoch": 4, "before": told, "cause": "key_lost" if lost else None, "rows": "changed" if changed else None}
        assert made.entry(chain, seq, mac, changed) == body(signer, moment, "epoch.started", "ok", facts)
