"""What was destroyed is gone from the file: not a piece of its ciphertext is left, in any page, after a rotation and a sweep."""

import os
import random
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions.rotate import Policy, Rotation
from integrations_cli.actions.sweep import sweep
from integrations_cli.errors import CheckFailed, NotChecked
from integrations_cli.masking import Secret
from integrations_cli.provider import ok, rejected, unreachable
from integrations_cli.store import create, open_store
from integrations_cli.store.sealing import New

NAMES = registry.names()[:25]
WAYS = ("swapped", "refused", "aborted", "back")  # the ways in which a rotation destroys
SIZES = (163, 227, 291, 355, 611, 1187)  # bytes of ciphertext
PIECE = 24  # bytes of it that are looked for
OVER = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A store with 20 websites, to be copied."""
    home = tmp_path_factory.mktemp("free")
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        for number in range(20):
            here.websites.add(f"w{number}", None)
    return home


def blobs(store):
    with sqlite3.connect(store.path) as connection:
        return {blob for (blob,) in connection.execute("SELECT blob FROM credential_version") if blob}


def fill(store, count, dice):
    with store.writing() as here:
        rows = [(here.websites.get(f"w{number}").id, registry.get(name)) for number in range(20) for name in NAMES]
        longer = lambda: "0" * dice.choice([0, 64, 256, 1000])  # noqa: E731
        values = lambda one: {name: Secret(text + longer()) for name, text in keys.GOOD[one.name].items()}  # noqa: E731
        here.bulk.add([New(website, one, values(one), {}) for website, one in rows[:count]], "integration.migrated")


def rotated(store, way, website):
    """One rotation, ended in one of its ways; what was stored while it went on."""
    says = {"swapped": [ok()], "refused": [rejected()], "aborted": [unreachable("down")], "back": [ok(), rejected()]}[way]
    seen = set()

    def check(*_):
        seen.update(blobs(store))
        return says.pop(0) if len(says) > 1 else says[0]

    rotation = Rotation(
        store, check, website, registry.get("anthropic"), Policy(keep=timedelta(0)), lambda *_: None, lambda: datetime.now(UTC)
    )
    try:
        rotation.start({"api_key": Secret(keys.ANTHROPIC_NEW)})
    except CheckFailed:
        pass
    except NotChecked:
        rotation.abort()
    return seen


def lived_in(store, dice):
    """Rows grow when they are tested and replaced, in any order: that is what moves pages about. Two of three are overdue afterwards."""
    with sqlite3.connect(store.path, isolation_level=None) as connection:
        connection.execute("PRAGMA secure_delete=on")
        ids = [row[0] for row in connection.execute("SELECT integration_id FROM credential_version WHERE state = 'active' AND version = 1")]
        dice.shuffle(ids)
        connection.execute("BEGIN")
        for ident in ids[::2]:
            connection.execute(
                "UPDATE credential_version SET outcome = 'unreachable', outcome_at = ? WHERE integration_id = ?", (OVER, ident)
            )
        for ident in ids[: len(ids) * 2 // 3]:
            mine = (ident,)
            connection.execute(
                "UPDATE credential_version SET state = 'previous', destroy_after = ? WHERE integration_id = ? AND state = 'active'",
                (OVER, *mine),
            )
            new = "SELECT integration_id, 9, 'active', data_key_id, ?, bound, card, created_at, actor FROM credential_version WHERE integration_id = ? AND version = 1"
            names = "integration_id, version, state, data_key_id, blob, bound, card, created_at, actor"
            connection.execute(f"INSERT INTO credential_version ({names}) {new}", (os.urandom(dice.choice(SIZES)), ident))
        connection.execute("COMMIT")


def run(base, folder, count, dice, ways):
    """Fill, rotate, sweep: how many destroyed values have left something in the file, and how many were destroyed."""
    home = folder / "home"
    shutil.copytree(base, home)
    config = configuration.load({"HOME": str(home)})
    with open_store(config) as store:
        fill(store, count, dice)
        seen = blobs(store)
        for number, way in enumerate(ways):
            seen |= rotated(store, way, f"w{number}")
        seen |= blobs(store)
        lived_in(store, dice)
        assert len(sweep(store)) > count // 2
        gone = seen - blobs(store)
        file = store.path.read_bytes()
    shutil.rmtree(home)
    pieces = {blob[at : at + PIECE]: blob for blob in gone for at in range(0, len(blob) - PIECE, PIECE)}
    left = {pieces[file[at : at + PIECE]] for at in range(len(file)) if file[at : at + PIECE] in pieces}
    return len(left), len(gone)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_of_what_was_destroyed(base, tmp_path, way):
    dice = random.Random(way)
    for _ in range(4):
        left, gone = run(base, tmp_path, 60, dice, [way])
        assert (left, gone > 30) == (0, True)


def test_without_vacuum_something_is_left(base, tmp_path, monkeypatch):
    """The negative control: overwriting deleted bytes is not enough, pages that were moved about keep remains."""
    from integrations_cli.store import Store

    monkeypatch.setattr(Store, "_vacuum", lambda self: None)
    monkeypatch.setattr(Store, "remains", lambda self: False)
    dice = random.Random(1)
    assert any(run(base, tmp_path, 400, dice, [])[0] for _ in range(40))


@pytest.mark.slow
def test_nothing_is_left_in_200_runs(base, tmp_path):
    dice = random.Random(2)
    assert [run(base, tmp_path, 500, dice, WAYS)[0] for _ in range(200)] == [0] * 200
