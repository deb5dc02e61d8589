"""A prepared key seals and opens what the vault seals and opens, and refuses what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from integrations_cli.errors import Unreadable
from integrations_cli.store import vault
from integrations_cli.store.moulds import fingerprinted
from integrations_cli.store.prepared import Prepared

KEY, IDENT, SALT = b"K" * 32, b"I" * 16, b"S" * 32


@given(some.binary(max_size=300), some.binary(max_size=1200))
def test_it_seals_and_opens_what_the_vault_does(plaintext, aad):
    mine = Prepared(KEY, IDENT)
    blob = mine.seal(plaintext, aad, SALT)
    assert blob == vault.seal_with_salt(KEY, IDENT, plaintext, aad, SALT)
    assert mine.open(blob, aad) == vault.open_(KEY, IDENT, blob, aad) == plaintext


def test_what_is_very_long_opens_as_well():
    blob = vault.seal(KEY, IDENT, bytes(vault.LARGEST + 1), b"x")
    assert Prepared(KEY, IDENT).open(blob, b"x") == bytes(vault.LARGEST + 1)


@given(some.data())
def test_it_refuses_what_the_vault_refuses_for_the_same_reason(data):
    blob = Prepared(KEY, IDENT).seal(b"EXAMPLE", b"place", SALT)
    at = data.draw(some.integers(0, len(blob) - 1))
    changed = data.draw(
        some.sampled_from([blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :], blob[:at], blob + b"x", b"", blob.hex(), None, 7])
    )
    reasons = []
    for opens in (Prepared(KEY, IDENT).open, lambda one, aad: vault.open_(KEY, IDENT, one, aad)):
        with pytest.raises((Unreadable, TypeError)) as refusal:
            opens(changed, b"place")
        reasons.append(getattr(refusal.value, "reason", TypeError))
    assert reasons[0] == reasons[1]


@pytest.mark.parametrize("key, ident, aad", [(b"k" * 32, IDENT, b"a"), (KEY, b"i" * 16, b"a"), (KEY, IDENT, b"b")])
def test_another_key_or_place_opens_nothing(key, ident, aad):
    blob = Prepared(KEY, IDENT).seal(b"EXAMPLE", b"a", SALT)
    with pytest.raises(Unreadable):
        Prepared(key, ident).open(blob, aad)


@pytest.mark.parametrize("key, ident, salt", [(b"short", IDENT, SALT), (KEY, b"short", SALT), (KEY, IDENT, b"short")])
def test_nothing_of_another_size_is_taken(key, ident, salt):
    with pytest.raises(ValueError, match="32"):
        Prepared(key, ident).seal(b"EXAMPLE", b"a", salt)


@given(some.binary(max_size=20), some.text(max_size=9), some.text(max_size=9), some.text(max_size=300))
def test_a_fingerprint_is_taken_of_what_the_vault_says(website_id, provider, field, text):
    assert fingerprinted(website_id, provider, field, text) == vault.fingerprinted(website_id, provider, field, text)
