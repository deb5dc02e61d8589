"""The vectors of SECURITY.md §2.4, byte for byte, and everything that must not open."""

import hashlib
import json
import random
import re
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SHARED
from tests.vectors import reader

from integrations_cli.errors import Locked, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import audit, ciphers, vault


def counting(start: int) -> bytes:
    return bytes(range(start, start + 16))


STORE, WEBSITE, INTEGRATION, DATA_KEY, ROOT_KEY, SLOT = map(counting, (0x10, 0x20, 0x30, 0x40, 0x50, 0x60))
DATA, ROOT, SLOT_KEY, FINGERPRINT, AUDIT = (bytes([one]) * 32 for one in (0xD1, 0xD2, 0xD3, 0xD4, 0xD5))
BOUND = {"base_url": "https://api.example.com", "region": None}
VALUES = {"api_key": Secret("example-not-a-real-key")}
AAD = vault.credential_aad(STORE, WEBSITE, INTEGRATION, 1, "example", vault.destination_hash(BOUND))
V1 = vault.seal_with_salt(DATA, DATA_KEY, vault.pack_credentials(VALUES), AAD, b"\x5a" * 32)
DATA_AAD = vault.aad("data-key", STORE, DATA_KEY, b"website", WEBSITE)
V2 = vault.seal_with_salt(ROOT, ROOT_KEY, DATA, DATA_AAD, b"\x5b" * 32)
ROOT_AAD = vault.aad("root-key", STORE, b"file", ROOT_KEY)
V3 = vault.seal_with_salt(SLOT_KEY, SLOT, ROOT, ROOT_AAD, b"\x5c" * 32)
BLOBS = {"credential": (V1, DATA, DATA_KEY, AAD), "data key": (V2, ROOT, ROOT_KEY, DATA_AAD), "root key": (V3, SLOT_KEY, SLOT, ROOT_AAD)}
each_blob = pytest.mark.parametrize("name", BLOBS)


def test_v1_a_credential():
    assert vault.destination_hash(BOUND).hex() == "7c9e48ac3e411586e4a6d56be5f575c1ce1e04dbf138ccb9a95b50a3c7dfde30"
    assert len(AAD) == 157
    assert hashlib.sha256(AAD).hexdigest() == "cd01aa1580755099a9a698ec04e1bafb38bf250a009408a7fe1069f7a37d9933"
    assert V1.hex() == (
        "495301404142434445464748494a4b4c4d4e4f" + "5a" * 32 + "45b95bf890e6677274752ecf42b6364f19c3fdabf662e286386a6e9b26e61eb5"
        "4726fa47f145d75d15dbecfc87011b5cfb5ea4e7526206fa50ad0fc9eb755b2df13601f38b361167ea8ae0e7deb4bd4cdc51e988419edccc3374798051b1970d"
        "20ab419ae2f6a90be4bd3da3881036c4"
    )
    assert vault.unpack_credentials(vault.open_(DATA, DATA_KEY, V1, AAD)) == VALUES


def test_v2_to_v5_wrapped_keys_key_text_and_fingerprint():
    assert (len(V2), hashlib.sha256(V2).hexdigest()) == (131, "b029ded54145b75ff4c293cf019b25c266ab2b1cd8442f78ac8242050073447d")
    assert hashlib.sha256(V3).hexdigest() == "260286863398473601e1f18c5ed181dedd41ca7446999d0fa8bbaae563ae45df"
    assert vault.key_text(SLOT_KEY) == "2PJ5-HU6T-2PJ5-HU6T-2PJ5-HU6T-2PJ5-HU6T-2PJ5-HU6T-2PJ5-HU6T-2PJ2-QPFM"
    found = vault.fingerprint(FINGERPRINT, WEBSITE, "example", "api_key", VALUES["api_key"])
    assert found.hex() == "f7568a7702582fdbbbf666236c491f63"


def test_v6_the_audit_chain():
    before = audit.genesis(AUDIT, STORE, WEBSITE)
    assert before.hex() == "df44320e413595f68dd5594171e2cc6a140203201fde9db2e25d2c7ec2d24a18"
    body = b'{"action":"credential.set","outcome":"ok"}'
    assert audit.link(AUDIT, 1, WEBSITE, 1, before, body).hex() == "24a6461be3b0f7c525fa705683d9c9a8b6070658044d55efcf80022426fcda6d"


def test_a_second_implementation_opens_what_we_seal():
    for size in (1, 13, 64, 200, 4000):
        values = {"api_key": Secret("k" * size), "other": Secret("ä\n" * 3)}
        aad = vault.credential_aad(STORE, WEBSITE, INTEGRATION, size, "example", vault.destination_hash(BOUND))
        blob = vault.seal(DATA, DATA_KEY, vault.pack_credentials(values), aad)
        assert aad == reader.credential_aad(STORE, WEBSITE, INTEGRATION, size, "example", BOUND)
        assert json.loads(reader.open_blob(DATA, blob, aad)) == {name: value.reveal() for name, value in values.items()}


def test_we_open_what_a_second_implementation_seals():
    for size in (0, 13, 64, 4000):
        values = {"api_key": "k" * size, "other": "ä\n"}
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        aad = reader.credential_aad(STORE, WEBSITE, INTEGRATION, 7, "example", BOUND)
        blob = reader.seal_blob(DATA, DATA_KEY, b"\x77" * 32, text + b" " * (-len(text) % 64), aad)
        opened = vault.unpack_credentials(vault.open_(DATA, DATA_KEY, blob, aad))
        assert {name: value.reveal() for name, value in opened.items()} == values
    assert reader.open_blob(DATA, V1, AAD).rstrip() == b'{"api_key":"example-not-a-real-key"}'
    assert (reader.open_blob(ROOT, V2, DATA_AAD), reader.open_blob(SLOT_KEY, V3, ROOT_AAD)) == (DATA, ROOT)


def opens(blob: bytes, key: bytes = DATA, key_id: bytes = DATA_KEY, aad: bytes = AAD) -> str:
    """`opened`, or the reason why not; any other exception is a failure of the test."""
    try:
        vault.open_(key, key_id, blob, aad)
    except Unreadable as error:
        return error.reason
    return "opened"


@each_blob
def test_one_changed_byte_anywhere_never_opens(name):
    blob, *rest = BLOBS[name]
    assert opens(blob, *rest) == "opened"
    chosen = random.Random(7)
    for at in range(len(blob)):
        for change in (1, 0x80, chosen.randrange(2, 255)):
            assert opens(changed(blob, at, change), *rest) == reason_at(at)


def changed(blob: bytes, at: int, change: int) -> bytes:
    return blob[:at] + bytes([blob[at] ^ change]) + blob[at + 1 :]


def reason_at(at: int) -> str:
    """What a change at this byte must be called (§2.2)."""
    return "format" if at < 3 else "unknown_key" if at < 19 else "wrong_key" if at < 83 else "altered_or_moved"


@pytest.mark.slow
@each_blob
def test_every_byte_times_255_never_opens(name):
    blob, *rest = BLOBS[name]
    for at in range(len(blob)):
        for change in range(1, 256):
            assert opens(changed(blob, at, change), *rest) == reason_at(at)


@each_blob
def test_cuts_and_splices_never_open(name):
    blob, key, key_id, aad = BLOBS[name]
    other = vault.seal(key, key_id, vault.open_(key, key_id, blob, aad), aad)
    assert opens(other, key, key_id, aad) == "opened"
    for at in range(len(blob)):
        assert opens(blob[:at], key, key_id, aad) != "opened"
        assert opens(blob[at + 1 :], key, key_id, aad) == "format"
    for at in range(20, len(blob)):  # the 19 bytes of the header are the same in both
        assert opens(blob[:at] + other[at:], key, key_id, aad) != "opened"
        assert opens(other[:at] + blob[at:], key, key_id, aad) != "opened"
    assert opens(blob + b"\0", key, key_id, aad) != "opened"
    assert opens(blob + blob, key, key_id, aad) != "opened"


def test_another_suite_is_refused():
    assert {opens(b"IS" + bytes([suite]) + V1[3:]) for suite in range(256) if suite != 1} == {"format"}


PLACE = (STORE, WEBSITE, INTEGRATION, 1, "example", vault.destination_hash(BOUND))
ELSEWHERE = (ROOT_KEY, INTEGRATION, WEBSITE, 2, "example2", vault.destination_hash({**BOUND, "region": "eu"}))


@pytest.mark.parametrize("part", range(len(PLACE)), ids=["store", "website", "integration", "version", "provider", "destination"])
def test_a_credential_opens_only_in_its_own_place(part):
    moved = PLACE[:part] + ELSEWHERE[part : part + 1] + PLACE[part + 1 :]
    assert opens(V1, aad=vault.credential_aad(*PLACE)) == "opened"
    assert opens(V1, aad=vault.credential_aad(*moved)) == "altered_or_moved"


def test_a_wrapped_key_serves_one_purpose_only():
    for purpose in ("root-key", "credential", "bundle", "data-key2", ""):
        assert opens(V2, ROOT, ROOT_KEY, vault.aad(purpose, STORE, DATA_KEY, b"website", WEBSITE)) == "altered_or_moved"
    for scope in (b"audit", b"fingerprint"):
        assert opens(V2, ROOT, ROOT_KEY, vault.aad("data-key", STORE, DATA_KEY, scope, WEBSITE)) == "altered_or_moved"
    for kind in (b"keyring", b"recovery", b"env", b"passphrase"):
        assert opens(V3, SLOT_KEY, SLOT, vault.aad("root-key", STORE, kind, ROOT_KEY)) == "altered_or_moved"


def test_nothing_of_the_key_or_the_value_stands_in_a_refusal():
    for key, key_id, aad in ((ROOT, DATA_KEY, AAD), (DATA, ROOT_KEY, AAD), (DATA, DATA_KEY, b"")):
        with pytest.raises(Unreadable) as refusal:
            vault.open_(key, key_id, V1, aad)
        said = f"{refusal.value.as_data()} {refusal.value.args} {refusal.value.__cause__}"
        assert key.hex() not in said and "example-not-a-real-key" not in said
        assert refusal.value.tries == ("integrations key status",)


def test_each_reason():
    assert opens(b"") == "format"
    assert opens(b"IS\x02" + V1[3:]) == "format"
    assert opens(V1, key_id=ROOT_KEY) == "unknown_key"
    assert opens(V1, key=ROOT) == "wrong_key"
    assert opens(V1, aad=AAD + b"\0") == "altered_or_moved"


@given(st.binary(max_size=260))
def test_junk_is_refused_and_nothing_else_happens(junk):
    assert opens(junk) == "format" or junk[:3] == vault.MAGIC
    assert opens(b"IS\x01" + DATA_KEY + junk) in {"format", "wrong_key"}
    with pytest.raises(Unreadable):
        vault.unpack_credentials(junk)


@given(st.text(max_size=80))
def test_junk_is_no_key(text):
    with pytest.raises(Locked) as refusal:
        vault.read_key_text(text)
    assert len(text) < 8 or text not in str(refusal.value.as_data())


@given(st.binary(min_size=32, max_size=32))
def test_every_key_is_read_back_from_its_text(key):
    text = vault.key_text(key)
    assert [len(group) for group in text.split("-")] == [4] * 14
    assert vault.read_key_text(text) == vault.read_key_text(f"  {text.lower()}\n") == reader.key_of(text) == key


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_length_prefixes_are_injective(left, right):
    assert (vault.lp(*left) == vault.lp(*right)) == (left == right)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=5
    )
)
def test_what_is_packed_is_unpacked(values):
    secrets = {name: Secret(text) for name, text in values.items()}
    packed = vault.pack_credentials(secrets)
    assert len(packed) % 64 == 0
    assert vault.unpack_credentials(packed) == secrets
    assert json.loads(packed) == values


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_fingerprints_are_equal_exactly_for_equal_values(one, two):
    first, second = (vault.fingerprint(FINGERPRINT, WEBSITE, "example", "api_key", Secret(text)) for text in (one, two))
    assert (first == second) == (one == two)
    assert first == reader.fingerprint(FINGERPRINT, WEBSITE, "example", "api_key", one)
    assert first != vault.fingerprint(FINGERPRINT, INTEGRATION, "example", "api_key", Secret(one))


def test_values_are_kept_exactly():
    values = {"a": Secret(" \t x \n"), "b": Secret("\u00e9"), "c": Secret("e\u0301"), "d": Secret("\0\ufeff•"), "e": Secret("")}
    assert vault.unpack_credentials(vault.pack_credentials(values)) == values


def test_64_kib_and_no_more():
    head = len(b'{"a":""}')
    assert len(vault.pack_credentials({"a": Secret("k" * (64 * 1024 - head))})) == 64 * 1024
    with pytest.raises(ValueError):
        vault.pack_credentials({"a": Secret("k" * (64 * 1024 - head + 1))})


def slowly(data):
    """The canonical form, word for word as SECURITY.md has it, every value walked."""

    def walked(one):
        if isinstance(one, Mapping):
            if not all(isinstance(name, str) and re.fullmatch("[a-z][a-z0-9_]{0,63}", name) for name in one):
                raise ValueError("a name")
            return {name: walked(value) for name, value in one.items()}
        if isinstance(one, list | tuple):
            return [walked(value) for value in one]
        if one is not None and not isinstance(one, str | bool | int):
            raise ValueError("a type")
        if isinstance(one, int) and abs(one) >= 2**53:
            raise ValueError("an integer")
        return one

    return json.dumps(walked(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Word(str):
    __slots__ = ()


names = st.one_of(st.sampled_from(["a", "b", "api_key", "a1_", "A", "_a", "", "a" * 64, "a" * 65, "a\n", Word("a")]), st.integers(0, 2))
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(st.characters(exclude_categories=()), max_size=6),
    st.builds(Word, st.text(max_size=3)),
    st.sampled_from([1.5, b"b", object()]),
)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(names, inner, max_size=4),
        st.dictionaries(names, inner, max_size=3).map(MappingProxyType),
    ),
    max_leaves=8,
)


@given(anything)
def test_the_quick_canonical_form_is_the_slow_one(data):
    try:
        expected = slowly(data)
    except ValueError:
        with pytest.raises(ValueError):
            vault.canonical(data)
        return
    assert vault.canonical(data) == expected
    assert vault.canonical(data) == expected  # and with its names remembered


def test_only_so_many_names_are_remembered(monkeypatch):
    monkeypatch.setattr(vault, "_NAMES", set())  # the process goes on with its own
    for number in range(vault.REMEMBERED + 500):
        assert vault.canonical({f"name_{number}": number}) == b'{"name_%d":%d}' % (number, number)
    assert len(vault._NAMES) <= vault.REMEMBERED


def test_what_looks_alike_is_another_destination():
    """What is remembered of destinations never takes one for the other."""
    for _ in range(2):
        for bound in ({}, {"a": None}, {"a": "1"}, {"a": 1}, {"a": True}, {"a": "", "b": None}, {"b": None, "a": ""}, {"a": "x" * 2000}):
            assert vault.destination_hash(bound) == hashlib.sha256(slowly(bound)).digest()
            assert vault.destination_hash(MappingProxyType(bound)) == hashlib.sha256(slowly(bound)).digest()
    for bound in ({"A": None}, {"a": 1.0}, {"a": "\ud800"}, {1: None}):
        with pytest.raises(ValueError):
            vault.destination_hash(bound)


@pytest.mark.parametrize("size", [0, 1, 255, 256, vault.REMEMBERED - 1, vault.REMEMBERED, 70_000])
def test_every_part_has_its_length_in_front(size):
    for _ in range(2):
        assert vault.lp(b"x" * size, b"y") == size.to_bytes(4, "big") + b"x" * size + b"\0\0\0\1y"


def test_canonical_json():
    assert (
        vault.canonical({"b": [True, None, 2**53 - 1], "a": "ä\u2028\x7f"})
        == '{"a":"ä\u2028\x7f","b":[true,null,9007199254740991]}'.encode()
    )
    assert vault.canonical(MappingProxyType({"a": MappingProxyType({"b": (1,)})})) == b'{"a":{"b":[1]}}'


@pytest.mark.parametrize(
    "data",
    [
        *(
            {"a": 1.5},
            {"A": 1},
            {"a": 2**53},
            {"a": -(2**53)},
            {"a": object()},
            {1: "a"},
            {"a": b"b"},
            {"a": float("nan")},
            {"a": {"b": [1.0]}},
        ),
        *({"": 1}, {"_a": 1}, {"a" * 65: 1}, {"a\n": 1}, {"ä": 1}, {"a": "\ud800"}, {"a": ["x\udfff"]}, {"a": {1}}),
    ],
)
def test_only_canonical_data_is_sealed(data):
    with pytest.raises(ValueError):
        vault.canonical(data)


@pytest.mark.parametrize(
    "plain",
    [
        *(
            b'{"a":"b"}' + b" " * 119,
            b'{"a":"\\u0062"}' + b" " * 50,
            b'{"a":"\\ud800"}' + b" " * 50,
            b'{"a":1.0}' + b" " * 55,
            b'{"a":null}' + b" " * 54,
        ),
        *(
            b"",
            b" " * 64,
            b"{}",
            b"\xef\xbb\xbf{}" + b" " * 59,
            '{"a":"b"}'.ljust(64).encode("utf-16"),
            b"[" * 100000,
            b'{"a":"b"}\n'.ljust(64),
        ),
        *(b'{"a": "b"}'.ljust(64), b'{"b":"1","a":"2"}'.ljust(64), b'{"a":"b","a":"b"}'.ljust(64), b'{"A":"b"}'.ljust(64)),
        *(b'{"a": "b"}', b'{"b":"1","a":"2"}', b'{"a":1}', b"[]", b'{"a":"b"}', b'{"a":"b","a":"b"}' + b" " * 47, b"\xff" * 64),
    ],
)
def test_only_our_form_is_unpacked(plain):
    with pytest.raises(Unreadable):
        vault.unpack_credentials(plain)


def test_key_text_forgives_how_it_is_written_but_no_mistyped_letter():
    text = vault.key_text(SLOT_KEY)
    assert vault.read_key_text(text.lower().replace("-", " ")) == SLOT_KEY
    assert vault.read_key_text(text.replace("O", "0").replace("I", "1").replace("B", "8")) == SLOT_KEY
    for at, letter in enumerate(text):
        if letter != "-":
            with pytest.raises(Locked):
                vault.read_key_text(text[:at] + ("A" if letter != "A" else "C") + text[at + 1 :])


def wycheproof(name: str) -> list[dict]:
    path = SHARED / "vectors/wycheproof" / name
    if not path.exists():
        pytest.skip(f"{path.name} is not here: set INTEGRATIONS_SHARED")
    return json.loads(path.read_text())["testGroups"]


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 255 * 32))
def test_a_few_keys_are_derived_as_many_are(key, salt, info, size):
    assert ciphers.few(key, salt, info, size) == ciphers.many(key, salt, info, size)


def test_keys_stay_the_same_where_the_way_changes(monkeypatch):
    monkeypatch.setattr(ciphers, "FEW", ciphers._derived + 2)
    assert len({ciphers.hkdf(b"key", b"salt", b"info", 76) for _ in range(4)}) == 1


def test_the_class_is_that_of_the_public_interface():
    assert vars(ciphers)["AESGCM"] is AESGCM


def test_wycheproof_hkdf():
    """All 86 of them through both ways of `ciphers`, and through the second implementation."""
    seen = dict.fromkeys(("valid", "invalid"), 0)
    for group in wycheproof("hkdf_sha256_test.json"):
        for case in group["tests"]:
            key, salt, info, size = *(bytes.fromhex(case[name]) for name in ("ikm", "salt", "info")), case["size"]
            seen[case["result"]] += 1
            if case["result"] == "valid":
                for way in (ciphers.few, ciphers.many):
                    assert way(key, salt, info, size).hex() == case["okm"], case["tcId"]
                assert reader.hkdf(key, salt or b"\0" * 32, info, size).hex() == case["okm"], case["tcId"]
            else:
                for way in (ciphers.few, ciphers.many, reader.hkdf):
                    with pytest.raises(ValueError):
                        way(key, salt, info, size)
    assert seen == {"valid": 83, "invalid": 3}


def test_wycheproof_aes_gcm():
    """The 66 with our sizes of key, nonce and tag, through the calls of `ciphers`, and through the second implementation."""
    seen = dict.fromkeys(("valid", "invalid"), 0)
    for group in wycheproof("aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        for case in group["tests"]:
            key, iv, aad, message, sealed, tag = (bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag"))
            seen[case["result"]] += 1
            if case["result"] == "valid":
                assert ciphers.encrypt(key, iv, message, aad) == sealed + tag, case["tcId"]
                assert ciphers.decrypt(key, iv, sealed + tag, aad) == message, case["tcId"]
                assert reader.gcm_open(key, iv, sealed + tag, aad) == message, case["tcId"]
            else:
                assert ciphers.decrypt(key, iv, sealed + tag, aad) is None, case["tcId"]
                assert reader.gcm_open(key, iv, sealed + tag, aad) is None, case["tcId"]
    assert seen == {"valid": 39, "invalid": 27}


def test_every_message_has_its_own_key():
    blobs = {vault.seal(DATA, DATA_KEY, b"x" * 64, AAD) for _ in range(50)}
    assert len({blob[19:51] for blob in blobs}) == 50


def test_what_is_opened_again_when_it_is_sealed_is_the_same_seal():
    salt = b"\x5d" * 32
    blob = vault.seal_and_open(DATA, DATA_KEY, vault.pack_credentials(VALUES), AAD, salt)
    assert blob == vault.seal_with_salt(DATA, DATA_KEY, vault.pack_credentials(VALUES), AAD, salt)
    assert vault.unpack_credentials(vault.open_(DATA, DATA_KEY, blob, AAD)) == VALUES


@pytest.mark.parametrize("fault", ["tag", "plaintext"])
def test_a_cipher_that_seals_something_else_is_found_when_it_is_sealed(monkeypatch, fault):
    class Faulty:
        def __init__(self, key):
            self.decrypt, self._encrypt = AESGCM(key).decrypt, AESGCM(key).encrypt

        def encrypt(self, nonce, data, associated):
            sealed = self._encrypt(nonce, data if fault == "tag" else data[::-1], associated)
            return sealed if fault == "plaintext" else sealed[:-1] + bytes([sealed[-1] ^ 1])

    monkeypatch.setattr(ciphers, "AESGCM", Faulty)
    with pytest.raises(Unreadable) as refusal:
        vault.seal_and_open(DATA, DATA_KEY, b"abc" * 20, AAD, b"\x5e" * 32)
    assert refusal.value.reason == "read_back"
