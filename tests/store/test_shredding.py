"""Crypto-shredding: after `website remove` and after a rotation nothing of the old keys, blobs and marks is in the file, free pages included."""

import os
import random
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from integrations_cli import registry
from integrations_cli.errors import NotFound
from integrations_cli.masking import Secret
from integrations_cli.store import engine, open_store, reencrypt, turn
from integrations_cli.store.sealing import New
from integrations_cli.store.store import Store

PROVIDERS = [one for one in registry.all() if len(one.credentials) == 1]


def sites(prefix, values):
    return [f"{prefix}-{number}" for number in range(max(4, values // len(PROVIDERS) + 1))]


def quiet(step, done, total):
    pass


def fill(here, slugs, count, chance):
    """So many values of many lengths, one per integration, spread over the websites."""
    ids = {}
    for slug in slugs:
        ids[slug] = here.websites.add(slug).id
    pairs = [(slug, definition) for definition in PROVIDERS for slug in slugs][:count]
    assert len(pairs) == count
    rows = []
    for slug, definition in pairs:
        text = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=chance.choice((20, 40, 90, 700)))) + "EXAMPLE"
        rows.append(New(ids[slug], definition, {definition.credentials[0].name: Secret(text)}, {}))
    here.bulk.add(rows, "integration.added")


def traces(config, where="1"):
    """Pieces of what must go: of each blob its middle, of each card its fingerprint, of each data key its wrap."""
    with sqlite3.connect(config.database) as connection:
        joined = "FROM credential_version v JOIN integration i ON i.id = v.integration_id JOIN website w ON w.id = i.website_id"
        found = [row[0][60:124] for row in connection.execute(f"SELECT v.blob {joined} WHERE {where} AND length(v.blob) > 0")]
        marks = f"SELECT json_extract(value, '$.fp') {joined}, json_each(v.card) WHERE {where}"
        found += [row[0].encode() for row in connection.execute(marks) if row[0]]
        keys = f"SELECT k.wrapped FROM data_key k JOIN website w ON w.id = k.scope_id WHERE {where}"
        return found + [row[0][60:124] for row in connection.execute(keys)]


def left(config, sought):
    """Those that are still in one of the files. `grep` looks for all at once: by 32 bytes, or less, of what no line or text ends in."""
    files = [path for path in config.data_dir.iterdir() if path.is_file()]
    pieces = [max(one.replace(b"\0", b"\n").split(b"\n"), key=len)[:32] for one in sought]
    assert min(map(len, pieces)) >= 8, "long enough to be found by no accident"
    grep = ["grep", "-aohF", "-f", "-", *map(str, files)]
    done = subprocess.run(grep, input=b"\n".join(pieces), capture_output=True, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    assert done.returncode in {0, 1}, done.stderr
    found = set(done.stdout.split(b"\n"))
    return [one for one, piece in zip(sought, pieces, strict=True) if piece in found]


def shred(store, config, run, values, chance):
    """A few websites with many values, among others; some are changed; then all of the new ones are removed, one after the other."""
    slugs = sites(f"run{run}", values)
    with store.writing() as here:
        fill(here, slugs, values, chance)
    with store.writing() as here:
        for slug in chance.sample(slugs, 2):
            row = here.integrations.all(slug)[0]
            definition = registry.get(row.provider)
            here.integrations.conceal(row, definition, {definition.credentials[0].name: Secret("y" * chance.choice((30, 900)) + "EXAMPLE")})
    sought = traces(config, f"w.slug LIKE 'run{run}-%'")
    assert len(left(config, sought)) == len(sought) >= 2 * values, "the search finds what is there"
    with store.writing() as here:
        for slug in chance.sample(slugs, len(slugs)):
            here.websites.remove(slug)
    return sought


@pytest.mark.parametrize(("runs", "values"), [(20, 24), pytest.param(200, 500, marks=pytest.mark.slow)])
def test_after_website_remove_nothing_is_left(store, made, runs, values):
    chance = random.Random(20261126)
    with store.writing() as here:
        fill(here, ["stays-1", "stays-2"], 20, chance)
    stays = traces(made, "w.slug LIKE 'stays-%'")
    for run in range(runs):
        sought = shred(store, made, run, values, chance)
        assert left(made, sought) == [], run
    assert len(left(made, stays)) == len(stays)
    with store.reading() as here:
        assert {one.problem for one in here.audit.verify()} == {None}, "the chains stay"
        for row in here.integrations.all("stays-1"):
            assert here.integrations.reveal(row)
        with pytest.raises(NotFound):
            here.integrations.all("run0-0")


def test_the_search_finds_what_a_plain_sqlite_would_leave(made, monkeypatch):
    """The control: without `VACUUM` and without `secure_delete` old values stay in free pages."""
    monkeypatch.setattr(Store, "_vacuum", lambda self: None)
    monkeypatch.setattr(engine, "SETTINGS", tuple(one.replace("secure_delete=on", "secure_delete=off") for one in turn.SETTINGS))
    with open_store(made) as store:
        assert left(made, shred(store, made, 0, 40, random.Random(1)))


@pytest.mark.slow
def test_without_the_vacuum_alone_something_is_left_now_and_then(made, monkeypatch):
    """The other control: `secure_delete` alone is not enough, which is why there is a `VACUUM`."""
    monkeypatch.setattr(Store, "_vacuum", lambda self: None)
    chance, at = random.Random(4), [datetime(2027, 1, 1, tzinfo=UTC)]
    with open_store(made, clock=lambda: at[0]) as later:
        with later.writing() as here:
            fill(here, sites("site", 200), 200, chance)
        for _ in range(60):
            if left(made, replaced(later, made, at, chance)):
                return
    raise AssertionError("nothing was ever left: this test proves nothing")


def test_a_large_file_is_cleared_without_standing_in_memory(store, made, monkeypatch):
    """It is built beside the database, in a file that nobody can find."""
    monkeypatch.setattr(engine, "LARGE", 0)
    sought = shred(store, made, 0, 24, random.Random(5))
    assert left(made, sought) == []
    assert {path.name for path in made.data_dir.iterdir()} == {"store.db", "store.db.lock", "store.db-journal"}


@pytest.mark.parametrize(("runs", "values"), [(3, 100), pytest.param(200, 500, marks=pytest.mark.slow)])
def test_after_a_re_encryption_nothing_is_left(store, made, runs, values):
    chance = random.Random(3)
    with store.writing() as here:
        fill(here, sites("site", values), values, chance)
    for run in range(runs):
        sought = traces(made)
        assert len(sought) >= 2 * values
        assert reencrypt.reencrypt(store, quiet).left == []
        assert left(made, sought) == [], run


def replaced(later, config, at, chance):
    """Every value is replaced by one of another length, and the grace period passes; what must be gone then."""
    with sqlite3.connect(config.database) as connection:
        sought = [row[0][60:124] for row in connection.execute("SELECT blob FROM credential_version WHERE length(blob) > 0")]
    with later.writing() as here:
        for row in here.integrations.all():
            definition = registry.get(row.provider)
            text = "".join(chance.choices("0123456789", k=chance.choice((30, 80, 500, 2000)))) + "EXAMPLE"
            here.integrations.conceal(row, definition, {definition.credentials[0].name: Secret(text)})
    assert len(left(config, sought)) == len(sought), "it can be brought back until then"
    at[0] += timedelta(hours=25)
    with later.writing():  # the first write after it destroys what is overdue
        pass
    return sought


@pytest.mark.parametrize(("runs", "values"), [(3, 40), pytest.param(200, 500, marks=pytest.mark.slow)])
def test_after_the_grace_period_of_a_rotation_nothing_is_left(made, runs, values):
    chance, at = random.Random(4), [datetime(2027, 1, 1, tzinfo=UTC)]
    with open_store(made, clock=lambda: at[0]) as later:
        with later.writing() as here:
            fill(here, sites("site", values), values, chance)
        for run in range(runs):
            sought = replaced(later, made, at, chance)
            assert len(sought) == values and left(made, sought) == [], run
