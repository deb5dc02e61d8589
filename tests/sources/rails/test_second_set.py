"""Columns written by an encoder of our own, after the source of Rails: every declaration that the application could have made."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.rails import encoder

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.sources.rails import envelope, writer
from integrations_cli.sources.rails.keyring import Keyring

NAMES, SALT = ("first", "second", "third-EXAMPLE"), "salt-EXAMPLE"
RING = Keyring.derive([Secret(one) for one in NAMES], Secret(SALT))
SHA256 = [encoder.derive(one, SALT) for one in NAMES]
SHA1 = [encoder.derive(one, SALT, "sha1") for one in NAMES]
TEXTS = {
    "empty": "",
    "object": "{}",
    "short": '{"api_key":"sk-ünï-EXAMPLE"}',
    "four bytes": '{"api_key":"😀🏠𝔘"}',
    "140 bytes": "x" * 140,
    "141 bytes": "x" * 141,
    "70 characters of 141 bytes": "ñ" * 70 + "x",
    "long": json.dumps({"private_key": "-----BEGIN\nEXAMPLE\n" * 200}),
}


def reason(column, ring=RING):
    with pytest.raises(Unreadable) as caught:
        envelope.read(column, ring)
    return caught.value.reason


@pytest.mark.parametrize(
    "secrets", [SHA256, SHA1, SHA256[:1], SHA1[:2], SHA256[::-1]], ids=["256", "1", "256 before rotation", "1 before", "turned"]
)
@pytest.mark.parametrize("how", [{}, {"store_key_references": True}, {"deterministic": True}, {"compress": False}, {"envelope": True}, {"envelope": True, "store_key_references": True}], ids=str)  # fmt: skip
def test_every_way_of_writing_is_read(secrets, how):
    for text in TEXTS.values():
        column = encoder.Writer(secrets, **how).column(text)
        assert envelope.read(column, RING).text == text
        turned = json.dumps(dict(reversed(json.loads(column).items())), indent=3)
        assert envelope.read(turned, RING).text == text


@pytest.mark.parametrize("encoding", ["US-ASCII", "ISO-8859-1", "Windows-1252", "Windows-31J", "Shift_JIS", "EUC-JP", "ISO-8859-15"])
def test_other_encodings(encoding):
    text = {"US-ASCII": "plain", "ISO-8859-1": "Málaga", "Windows-1252": "“Málaga”", "ISO-8859-15": "5 €"}.get(encoding, "日本")
    codec = {"Windows-31J": "cp932"}.get(encoding, encoding)
    for size in (1, 100):
        column = encoder.Writer(SHA256).column((text * size).encode(codec), encoding)
        assert envelope.read(column, RING).text == text * size
    assert encoder.Writer(SHA256).column(None) is None


@pytest.mark.parametrize("encoding", ["UTF-16LE", "UTF-7", "Big5", "no-such", "ASCII-8BIT\0"])
def test_an_encoding_that_is_not_accepted_is_refused(encoding):
    assert reason(encoder.Writer(SHA256).column(b"a", encoding)) == "unknown_encoding"


def test_a_reference_that_two_keys_share_and_one_that_is_wrong():
    column = json.loads(encoder.Writer(SHA256, store_key_references=True).column("text"))
    assert reason(json.dumps(column), Keyring.derive([Secret("other")], Secret(SALT))) == "no_key_for_reference"
    column["h"]["i"] = encoder._b64(encoder.reference(SHA256[0]).encode())
    assert reason(json.dumps(column)) == "authentication_failed"
    column["h"]["k"] = json.loads(encoder.Writer(SHA256, envelope=True).column("text"))["h"]["k"]
    assert reason(json.dumps(column)) == "authentication_failed"  # the reference names the key of the key within


def test_a_data_key_under_another_reference_than_the_message_names():
    column = json.loads(encoder.Writer(SHA256, envelope=True, store_key_references=True).column("text"))
    assert envelope.read(json.dumps(column), RING).text == "text"
    column["h"]["i"] = encoder._b64(b"ffff")
    assert reason(json.dumps(column)) == "no_key_for_reference"
    del column["h"]["i"]
    assert envelope.read(json.dumps(column), RING).text == "text"


@pytest.mark.parametrize("text", list(TEXTS.values()), ids=list(TEXTS))
def test_what_we_write_is_read_by_the_rules_of_rails(text):
    for key in RING.keys[:3]:
        for with_reference in (False, True):
            column = writer.column(text, key, reference=with_reference)
            assert encoder.read(column, SHA256).decode() == text
            if with_reference:
                assert encoder.read(column, [key.data]).decode() == text
        with pytest.raises(ValueError, match="Decryption"):
            encoder.read(column, [encoder.derive("other", SALT)])


@settings(deadline=None)
@given(st.text(), st.booleans(), st.booleans(), st.integers(0, 2))
def test_any_text_goes_there_and_back(text, references, compress, key):
    column = encoder.Writer([SHA256[key]], store_key_references=references, compress=compress).column(text.encode("utf-8", "replace"))
    assert envelope.read(column, RING).text == text.encode("utf-8", "replace").decode()


SIGNS = ['"', "{", "}", "A", "=", " ", "\n", "\\", "/", ",", ":", "1", "é", ""]
VALUES = [None, True, False, 0, 1, "", "AAAA", "AAAAAAAAAAAAAAAA", "VVRGLTg=", [], {}, 1.5]


def altered(chance, column):
    """The same column with a sign or a header that is not as it was written."""
    if chance.random() < 0.5:
        for _ in range(chance.randint(1, 2)):
            at = chance.randrange(len(column))
            column = column[:at] + chance.choice(SIGNS) + column[at + chance.choice([0, 1]) :]
        return column
    message = json.loads(column)
    place = chance.choice([message, message["h"]])
    place[chance.choice(["p", "h", "iv", "at", "c", "i", "e", "k", "x"])] = chance.choice([*VALUES, message["p"], message["h"]["iv"]])
    return json.dumps(message)


@pytest.mark.parametrize("many", [500, pytest.param(50_000, marks=pytest.mark.slow)])
def test_what_opens_here_opens_in_rails_to_the_same(many):
    chance, opened = random.Random(many), 0
    for _ in range(many):
        how = {"store_key_references": chance.random() < 0.3, "compress": chance.random() < 0.8}
        text = altered(chance, encoder.Writer(SHA256[: chance.randint(1, 3)], **how).column("x" * chance.choice([1, 10, 200])))
        try:
            found = envelope.read(text, RING).text
        except Unreadable as refused:
            assert refused.reason
            continue
        assert encoder.read(text, SHA256).decode() == found
        opened += 1
    assert opened
