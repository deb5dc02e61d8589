"""Marks that are made anew are those the store would make; a card that does not fit what is inside is left as it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import ciphers, resealing, vault
from integrations_cli.store.remarking import Marks
from integrations_cli.store.traces import marked

OLD, OLDER, NEW, WEBSITE, PROVIDER = b"o" * 32, b"O" * 32, b"n" * 32, b"w" * 16, "openai"
VALUES = {"api_key": Secret("key-0123456789EXAMPLE"), "organization": Secret("org-0123456789EXAMPLE")}


def card(key, values, **more):
    made = marked(values, {"api_key"}, lambda name, value: vault.fingerprint(key, WEBSITE, PROVIDER, name, value).hex())
    return json.dumps({name: {**mark, **more} for name, mark in made.items()})


def anew(text, values, known=(OLD,)):
    marks = Marks([ciphers.signing(key) for key in known], ciphers.signing(NEW))
    return marks.anew(text, WEBSITE, PROVIDER, vault.pack_credentials(values))


@given(some.dictionaries(some.sampled_from(["api_key", "organization", "secret_key"]), some.text(max_size=90), min_size=1))
def test_nothing_but_the_marks_is_another(texts):
    values = {name: Secret(text) for name, text in texts.items()}
    for more in ({}, {"since": "2026-11-27T07:00:00Z"}):
        assert anew(card(OLD, values, **more), values, (OLDER, OLD)) == card(NEW, values, **more)


@given(some.sampled_from(["0" * 31, "f", ""]))
def test_a_mark_that_stands_in_another_place_too_is_replaced_once(hint):
    mark = vault.fingerprint(OLD, WEBSITE, PROVIDER, "api_key", VALUES["api_key"]).hex()
    text = json.dumps({"api_key": {"hint": hint + mark, "fp": mark}})
    fresh = vault.fingerprint(NEW, WEBSITE, PROVIDER, "api_key", VALUES["api_key"]).hex()
    assert json.loads(anew(text, {"api_key": VALUES["api_key"]})) == {"api_key": {"hint": hint + mark, "fp": fresh}}


ONE = json.loads(card(OLD, VALUES))
WRONG = (
    *({**ONE, "api_key": {"hint": "MPLE", "fp": "00" * 16}}, {**ONE, "api_key": ONE["organization"]}),
    *({"api_key": ONE["api_key"]}, {**ONE, "more": ONE["api_key"]}, {**ONE, "api_key": json.loads(card(OLDER, VALUES))["api_key"]}),
    *({**ONE, "api_key": {}}, {**ONE, "api_key": 7}, [1, 2], 7, None, {}),
)


@pytest.mark.parametrize("wrong", range(len(WRONG)))
def test_what_does_not_fit_is_never_mended(wrong):
    with pytest.raises(resealing.DAMAGE):
        anew(json.dumps(WRONG[wrong]), VALUES, (OLD, OLDER))


@pytest.mark.parametrize("text", ["", "{", "7 7", b"{}", 7, None])
def test_nor_is_what_is_no_card(text):
    with pytest.raises(resealing.DAMAGE):
        anew(text, VALUES)


def test_a_key_that_nobody_has_opens_no_mark():
    with pytest.raises(Unreadable, match="cannot be opened"):
        anew(card(OLD, VALUES), VALUES, ())
