"""The passphrase slot."""

import hashlib
import sqlite3

import pytest

from integrations_cli.errors import Locked, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store, slots
from integrations_cli.store.slots import SlotFailed, passphrase

GOOD = "correct horse battery EXAMPLE"


def asks(text):
    return lambda title: Secret(text)


def test_the_right_passphrase_opens_and_a_wrong_one_does_not(config):
    create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks(GOOD)).commit()
    with open_store(config, asks(GOOD)) as store:
        store.verify()
    with open_store(config, asks("another horse battery EXAMPLE")) as store, pytest.raises(Locked):
        store.verify()
    with open_store(config) as store, pytest.raises(Locked) as refusal:
        store.verify()
    assert "nobody can be asked" in refusal.value.why


def test_a_short_one_is_refused(config):
    with pytest.raises(UsageError):
        create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks("short"))
    assert not config.database.exists()


@pytest.mark.parametrize("text", ["", "x" * 13, " " * 20, "e\u0301" * 13], ids=["none", "13", "blank", "13 when composed"])
def test_less_than_14_characters_are_refused(config, text):
    with pytest.raises(UsageError) as refusal:
        create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks(text))
    assert not text or text not in str(refusal.value.as_data())


KEPT = {"n": 2**15, "r": 8, "p": 1, "salt": "5a" * 16}


def test_the_key_is_scrypt_of_the_composed_text():
    expected = hashlib.scrypt("caf\u00e9 EXAMPLE".encode(), salt=b"\x5a" * 16, n=2**15, r=8, p=1, dklen=32, maxmem=2**26)
    assert passphrase.stretch(Secret("cafe\u0301 EXAMPLE"), KEPT) == passphrase.stretch(Secret("caf\u00e9 EXAMPLE"), KEPT) == expected


def test_what_a_new_slot_uses(config):
    place = slots.Place(config, b"\0" * 16, asks(GOOD))
    one, two = (slots.kind("passphrase").create(place, b"\1" * 16) for _ in range(2))
    assert {name: one.params[name] for name in ("n", "r", "p")} == {"n": 2**17, "r": 8, "p": 1}
    assert len(bytes.fromhex(one.params["salt"])) == 16
    assert one.params["salt"] != two.params["salt"] and one.key != two.key
    assert GOOD not in repr(one) and slots.kind("passphrase").unlock(place, b"\1" * 16, "asked", one.params) == one.key


BAD = [
    *({"n": True}, {"n": 131072.0}, {"n": None}, {"n": -(2**17)}, {"n": 2**15 - 1}, {"n": 2**21}, {"n": 0}),
    *({"r": 8.0}, {"r": 1}, {"r": 2**20}, {"p": True}, {"p": 2}, {"p": 10**9}, {"r": None}),
    *({"salt": "zz" * 16}, {"salt": ""}, {"salt": "5a" * 15}, {"salt": None}, {"salt": "5A" * 16}, {"salt": "5a" * 16 + "\n"}),
]


@pytest.mark.parametrize("bad", [*({**KEPT, **one} for one in BAD), {}, [], None, "x"], ids=str)
def test_nothing_runs_with_other_parameters(bad):
    with pytest.raises(SlotFailed) as refusal:  # at once: some of these would run for hours
        passphrase.stretch(Secret(GOOD), bad)
    assert "out of range" in refusal.value.why


def test_what_is_no_text_is_said_without_repeating_it():
    with pytest.raises(SlotFailed) as refusal:
        passphrase.stretch(Secret("correct horse \udcff"), KEPT)
    assert "horse" not in str(refusal.value.as_data())


def test_probe_never_asks(config):
    def never(title):
        raise AssertionError("asked")

    assert slots.kind("passphrase").probe(slots.Place(config, b"\0" * 16, never)) is None
    assert slots.probe(config, "passphrase") == "nobody can be asked"


@pytest.mark.parametrize("n", [2**10, 2**30, 131071, "x"])
def test_parameters_from_the_database_are_checked_before_they_run(config, n):
    create.prepare(config, "passphrase", recovery=False, ask_passphrase=asks(GOOD)).commit()
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE key_slot SET params = json_set(params, '$.n', ?)", (n,))
    with open_store(config, asks(GOOD)) as store, pytest.raises(Locked) as refusal:
        store.verify()
    assert "out of range" in refusal.value.why
