"""What is filled into a mould is what `vault` and `traces` build, byte for byte."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from integrations_cli import quickjson, registry
from integrations_cli.masking import Secret
from integrations_cli.store import ciphers, vault
from integrations_cli.store.moulds import Mould
from integrations_cli.store.traces import marked

STORE, KEY = os.urandom(16), os.urandom(32)
IDS = some.binary(min_size=16, max_size=16)


@some.composite
def versions(draw):
    """A provider with some of its fields."""
    definition = registry.get(draw(some.sampled_from(["openai", "salesforce", "paypal", "vonage", "google_analytics", "cloudinary"])))
    names = draw(some.lists(some.sampled_from([one.name for one in definition.credentials]), min_size=1, unique=True))
    return definition, {name: Secret(draw(some.text(max_size=80))) for name in names}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(versions(), IDS, IDS, some.dictionaries(some.sampled_from(["host", "account_id"]), some.text(max_size=9) | some.none()))
def test_they_are_what_the_vault_builds(version, website_id, ident, bound):
    definition, values = version
    mould, place = Mould(STORE, definition, values), (website_id, definition.name)
    destination = vault.destination_hash(bound)
    assert mould.place(website_id, ident, destination) == vault.credential_aad(STORE, website_id, ident, 1, definition.name, destination)
    assert mould.plaintext(values) == vault.pack_credentials(values)
    shown = {one.name for one in definition.credentials if one.hint}
    card = marked(values, shown, lambda name, value: vault.fingerprint(KEY, *place, name, value).hex())
    text, short = mould.marked(website_id, values, ciphers.signing(KEY))
    assert text == quickjson.dumps(card, ascii_only=True)
    assert short == {name: mark["fp"][:8] for name, mark in card.items()}
    assert vault.unpack_credentials(mould.plaintext(values)) == values


@pytest.mark.parametrize("text", ["x" * 65536, "\ud800", "ä" * 32768])
def test_what_cannot_be_sealed_is_refused_in_both_ways(text):
    values = {"api_key": Secret(text)}
    for pack in (vault.pack_credentials, Mould(STORE, registry.get("openai"), values).plaintext):
        with pytest.raises(ValueError, match=r"64 KiB|surrogates"):
            pack(values)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not canonical"):
        Mould(STORE, registry.get("openai"), ["Not A Name"])
