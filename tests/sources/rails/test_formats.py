"""What Rails writes is read exactly, and everything else is refused by name: Marshal, message, YAML, envelope, inflating."""

import base64
import hashlib
import json
import os
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.rails import vectors

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.sources.rails import document, envelope, marshal, message
from integrations_cli.sources.rails.keyring import PUBLIC, Key, Keyring

EXPECTED = vectors.expected()
FILES = EXPECTED["credentials_files"]


def reason(call, *arguments):
    with pytest.raises(Unreadable) as caught:
        call(*arguments)
    return caught.value.reason


# ── credentials files ──


def opened(name):
    folder = vectors.FOLDER / "credentials_files"
    key, _ = message.key_of((folder / f"{name}.key").read_bytes().decode("latin-1"))
    text = message.decrypt((folder / f"{name}.yml.enc").read_bytes(), key)
    if text is None:
        raise Unreadable("no", reason="wrong_key")
    return text, document.read(text).tree


def as_text(parsed):
    """What Ruby made of the YAML, written as text where it was text."""
    if isinstance(parsed, dict):
        return {name: as_text(value) for name, value in parsed.items()}
    return [as_text(one) for one in parsed] if isinstance(parsed, list) else parsed


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_credentials_file_gives_what_rails_gave(name):
    wanted = FILES[name]
    if wanted["expect"] in {"error", "ok_nonstandard", "error_or_ok", "error_or_ignore"}:
        try:
            opened(name)
        except Unreadable as refused:
            assert refused.reason
        else:
            assert wanted["expect"] != "error"
        return
    text, tree = opened(name)
    if "text_sha256" in wanted:
        assert hashlib.sha256(text.encode()).hexdigest() == wanted["text_sha256"]
    else:
        assert text == wanted["yaml_text"]
        for provider in ("zoho", "google_maps") if name not in {"bom", "yaml_quirks"} else ():
            ruby = {key: value for key, value in wanted["parsed"].get(provider, {}).items() if value != ""}
            assert {key: value for key, value in tree.get(provider, {}).items() if value} == ruby


def test_a_merge_an_alias_a_symbol_and_a_repeated_key():
    found = document.read(
        ":zoho:\n  <<: &d {a: 1, b: 0012}\n  b: &x 1e3\n  :c: *x\ndup: one\ndup: two\nnothing: ~\nempty:\nquoted: '~'\nbin: !binary aGk=\nobj: !ruby/object:Kernel {x: 1}\n"
    )
    assert found.tree == {
        "zoho": {"a": "1", "b": "1e3", "c": "1e3"},
        "dup": "two",
        "nothing": None,
        "empty": None,
        "quoted": "~",
        "bin": "hi",
        "obj": {"x": "1"},
    }
    assert found.notes == ["duplicate_key dup"]


AS_RUBY = {  # text → what Ruby 3.1 with Psych 4.0 made of it
    "what `<<` brings in wins over what stands before it": ("d: &d {a: base}\nz:\n  a: own\n  <<: *d\n", {"a": "base"}),
    "and not over what stands behind": ("d: &d {a: base}\nz:\n  <<: *d\n  a: own\n", {"a": "own"}),
    "of a list the first": ("d: &d {a: x, c: y}\ne: &e {a: z}\nz:\n  <<: [*d, *e]\n", {"a": "x", "c": "y"}),
    "of two merges the second": ("d: &d {a: x, c: y}\ne: &e {a: z}\nz:\n  <<: *d\n  <<: *e\n", {"a": "z", "c": "y"}),
    "also in quotes": ("d: &d {a: q}\nz:\n  '<<': *d\n", {"a": "q"}),
    "a merge of no map is a name": ("z:\n  <<: foo\n  b: y\n", {"<<": "foo", "b": "y"}),
    "a merge of a list of no maps too": ("z:\n  <<: [foo]\n", {"<<": ["foo"]}),
    "an alias of a list is no merge": ("d: &d [{a: q}]\nz: {<<: *d}\n", {"<<": [{"a": "q"}]}),
    "symbols in quotes": ('z:\n  :"client id": x\n  :\'y\': y\n  ":z": z\n', {"client id": "x", "y": "y", ":z": "z"}),
    "tabs between and within": ("z:\n  a:\tb\n  c: d\t# x\n  e: x\ty\n", {"a": "b", "c": "d", "e": "x\ty"}),
    "null in any case": ("z: {a: Null, b: nULL, c: ~, d: , e: 'null', f: !!str null}", {**dict.fromkeys("abcd"), "e": "null", "f": "null"}),
    "an anchor given anew": ("z:\n  a: &x b\n  c: &x d\n  e: *x\n", {"a": "b", "c": "d", "e": "d"}),
    "only the first document": ("z: {a: q}\n---\nz: {a: r}\n", {"a": "q"}),
    "a comment needs a blank": ("z: {a: x#y, b: x #y\n }", {"a": "x#y", "b": "x"}),
    "an alias as a name": ("a: &x secret\nz: {*x : c}\n", {"secret": "c"}),
    "folded and kept": ("z:\n  a: >-\n    x\n    y\n  b: |-\n    k\n    l\n  c: 'x\n\n    y'\n", {"a": "x y", "b": "k\nl", "c": "x\ny"}),
    "no code is run": ("z: {a: '<%= 1+1 %>'}", {"a": "<%= 1+1 %>"}),
    "a symbol and a text of one name: the one that came up later": ("z:\n  :a: old\n  a: q\n  :a: new\n", {"a": "q"}),
    "also through a merge": ("d: &d\n  :a: base\nz:\n  a: own\n  <<: *d\n  a: later\n", {"a": "base"}),
    "a tag of its own hides the quotes": (
        "z: {a: ! ~, b: ! '~', c: !x 'null', d: !!null '', e: !x y}",
        {**dict.fromkeys("abcd"), "e": "y"},
    ),
    "a text by its tag": ("z:\n  a: !str ~\n  b: !ruby/string null\n  !!str :c: d\n", {"a": "~", "b": "null", ":c": "d"}),
    "a symbol by its tag": ("z: {!ruby/symbol a: x, !ruby/sym ':b': y}", {"a": "x", ":b": "y"}),
    "what follows the quotes of a symbol is lost": ("z:\n  :'a'x: b\n  :':c': d\n", {"a": "b", "c": "d"}),
    "CR alone ends a line": ("z:\r  a: b\r  c: d\r", {"a": "b", "c": "d"}),
}


@pytest.mark.parametrize("name", AS_RUBY)
def test_yaml_is_read_as_ruby_reads_it(name):
    text, wanted = AS_RUBY[name]
    assert document.read(text).tree["z"] == wanted


@pytest.mark.parametrize("text", ["", "--- {}", "~", "''", "--- '  '\n", "[]", "# only\n", "---\n...\n"])
def test_nothing_is_no_error_where_ruby_finds_nothing(text):
    assert document.read(text).tree == {}


@pytest.mark.parametrize(
    "text", ["z: %x", "z: @x", "z: 'x' y", "z: x: y", "z: *unknown", "a: b\n\tc: d\n", "z: \x7f", "%YAML 2.0\n---\na: b"]
)
def test_yaml_that_ruby_refuses_is_refused(text):
    assert reason(document.read, text) == "bad_yaml"


BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)),
    "loop": "a: &a\n  b: *a\n",
    "depth": "[" * 100_000,
    "depth_of_maps": "".join(" " * n + "a:\n" for n in range(200)),
    "many": "".join(f"k{n}: v\n" for n in range(20_000)),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_yaml_bomb_is_refused(name):
    assert reason(document.read, BOMBS[name]) in {"too_large", "bad_yaml"}  # libyaml itself stops at a thousand levels


@pytest.mark.parametrize(
    "text", ["a: [", "\t- x: b", "a: 'secretEXAMPLE", "- a", "just text", "a: \x00b", "? [x]: y: z", "&a *a: b", "%YAML 9"]
)
def test_yaml_that_cannot_be_read_is_refused_without_its_text(text):
    with pytest.raises(Unreadable) as caught:
        document.read(text)
    assert caught.value.reason == "bad_yaml"
    assert "EXAMPLE" not in f"{caught.value} {caught.value.why}"


NOT_A_STRING = {
    "nil": b"\x04\x080",
    "true": b"\x04\x08T",
    "list": b"\x04\x08[\x00",
    "hash": b"\x04\x08{\x00",
    "object": b"\x04\x08o:\x0bKernel\x00",
    "subclass": b'\x04\x08IC:\x06A"\x06x\x06:\x06ET',
    "user": b"\x04\x08u:\x06A\x06x",
    "link": b"\x04\x08@\x06",
    "negative": b'\x04\x08"\xfa',
    "negative_packed": b'\x04\x08"\xff\x01',
    "short": b'\x04\x08"\x02\xff\xff',
    "trailing": b'\x04\x08"\x06x\x00',
    "version": b'\x04\x09"\x06x',
    "nothing": b"\x04\x08",
    "empty": b"",
    "two_variables": b'\x04\x08I"\x06x\x07:\x06ET:\x06aT',
    "other_variable": b'\x04\x08I"\x06x\x06:\x06aT',
    "encoding_is_nil": b'\x04\x08I"\x06x\x06:\x06E0',
    "encoding_unknown": b'\x04\x08I"\x06x\x06:\rencoding"\x0ano-such',
    "not_utf8": b'\x04\x08"\x06\xff',
    "not_ascii": b'\x04\x08I"\x06\xff\x06:\x06EF',
}


@pytest.mark.parametrize("name", sorted(NOT_A_STRING))
def test_marshal_that_is_no_string_is_refused(name):
    assert reason(marshal.read, NOT_A_STRING[name]) in {"not_a_marshal_string", "not_text", "unknown_encoding"}


@given(st.binary(max_size=40))
def test_the_marshal_reader_ends_on_any_bytes(data):
    for whole in (data, b"\x04\x08" + data, b'\x04\x08I"' + data):
        try:
            assert isinstance(marshal.read(whole), str)
        except Unreadable as refused:
            assert refused.reason


@pytest.mark.parametrize("size", [0, 1, 122, 123, 255, 256, 65535, 65536, 70000])
def test_every_length_of_a_marshal_string(size):
    assert marshal.read(vectors.marshalled("x" * size)) == "x" * size


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_altered_bit_of_a_file_is_refused(part):
    parts = [base64.b64decode(one) for one in vectors.sealed(vectors.marshalled("a: b")).split(b"--")]
    key = bytes.fromhex(vectors.KEY_TEXT)
    for bit in range(len(parts[part]) * 8):
        altered = list(parts)
        altered[part] = bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(parts[part]))
        assert message.decrypt(b"--".join(base64.b64encode(one) for one in altered), key) is None


def test_a_short_tag_is_refused_although_the_library_would_take_it():
    data, iv, tag = vectors.sealed(vectors.marshalled("a: b")).split(b"--")
    short = base64.b64encode(base64.b64decode(tag)[:12])
    assert reason(message.decrypt, b"--".join([data, iv, short]), bytes.fromhex(vectors.KEY_TEXT)) == "bad_tag_length"


@pytest.mark.parametrize("text", ["", " \n", "a" * 31, "a" * 33, "ab" * 32, "é" * 32, "a" * 31 + " b"])
def test_a_key_of_another_length_is_refused_and_not_repeated(text):
    with pytest.raises(Unreadable) as caught:
        message.key_of(text)
    assert caught.value.reason == "bad_key"
    assert "aaa" not in f"{caught.value} {caught.value.why}"


# ── columns ──


def seal(text, key, compress=False, **headers):
    """A column as Rails writes it; a header given as None is left out."""
    data = text if isinstance(text, bytes) else text.encode()
    iv = os.urandom(12)
    both = AESGCM(key.data).encrypt(iv, zlib.compress(data) if compress else data, None)
    found = {"iv": base64.b64encode(iv).decode(), "at": base64.b64encode(both[-16:]).decode()} | ({"c": True} if compress else {}) | headers
    return json.dumps(
        {"p": base64.b64encode(both[:-16]).decode(), "h": {name: value for name, value in found.items() if value is not None}}
    )


KEYRING = Keyring(tuple(Key(bytes([n]) * 32, f"{n}{n}{n}{n}", "sha256") for n in (1, 2)))
ONE, TWO = KEYRING.keys
STRANGER = Key(b"9" * 32, "9999", "sha256")


def test_a_column_opens_under_any_key_of_the_ring_and_in_any_order():
    for key in (ONE, TWO):
        column = seal('{"a":"ü"}', key, i=base64.b64encode(key.reference.encode()).decode())
        turned = json.loads(column)
        assert envelope.read(json.dumps({"h": turned["h"], "p": turned["p"]}, indent=2), KEYRING).text == '{"a":"ü"}'
    assert envelope.read(seal("x" * 141, TWO, compress=True), KEYRING).text == "x" * 141
    assert envelope.read(seal("Málaga".encode("latin-1"), ONE, e=base64.b64encode(b"ISO-8859-1").decode()), KEYRING).text == "Málaga"
    assert envelope.read(seal("", ONE), KEYRING).text == ""


def test_a_data_key_within():
    inner = Key(os.urandom(32), "", "sha256")
    wrapped = json.loads(seal(inner.data, TWO, e=base64.b64encode(b"ASCII-8BIT").decode()))
    assert envelope.read(seal("inside", inner, k=wrapped), KEYRING).text == "inside"
    twice = json.loads(seal(inner.data, TWO, k=wrapped))
    assert reason(envelope.read, seal("inside", inner, k=twice), KEYRING) == "bad_envelope"


DEFLATED = zlib.compress(b"x" * 200)
REFUSED = {
    "authentication_failed": [seal("a", STRANGER), seal("a", ONE, i=base64.b64encode(b"2222").decode())],
    "no_key_for_reference": [seal("a", ONE, i=base64.b64encode(b"3333").decode())],
    "bad_tag_length": [seal("a", ONE, at=base64.b64encode(b"1" * 12).decode()), seal("a", ONE, at="")],
    "bad_base64": [
        seal("a", ONE, at="_" * 24),
        seal("a", ONE, iv_="x").replace('"iv_": "x"', '"i": "AAA"'),
        seal("a", ONE, at="AAAAAAAAAAAAAAAAAAAAAB=="),
        seal("a", ONE, i="é"),
    ],
    "bad_envelope": [
        seal("a", ONE, at=None),
        seal("a", ONE, iv="AAAA"),
        seal("a", ONE, x="y"),
        seal("a", ONE, c="true"),
        seal("a", ONE, at=7),
        seal("a", ONE, k="AAAA"),
        seal("a", ONE)[:-10],
        '{"p":null,"h":null}',
        '{"p":"","h":{}}',
        '{"p":"","h":[],"x":1}',
    ],
    "inflate_failed": [
        seal("not deflated", ONE, c=True),
        seal(DEFLATED[:-3], ONE, c=True),
        seal(DEFLATED + b"more", ONE, c=True),
        seal("", ONE, c=True),
    ],
    "inflate_too_big": [seal(zlib.compress(b"\0" * (envelope.LARGEST_INFLATED + 1)), ONE, c=True)],
    "not_text": [seal(DEFLATED, ONE), seal(b"\xff\xfe", ONE)],
    "unknown_encoding": [seal("a", ONE, e=base64.b64encode(b"UTF-7").decode())],
    "not_encrypted": ["", "null", "[]", "{}", '{"api_key":"x"}', "a bare key", "[" * 100_000, "1" * 5000, '{"p":"x"}'],
}


@pytest.mark.parametrize(("word", "number"), [(word, number) for word, columns in REFUSED.items() for number in range(len(columns))])
def test_a_column_is_refused_by_name(word, number):
    assert reason(envelope.read, REFUSED[word][number], KEYRING) == word


def test_without_a_key_nothing_is_opened():
    assert reason(envelope.read, seal("a", ONE), Keyring()) == "no_key"


def test_a_bomb_is_stopped_at_the_bound():
    bomb = zlib.compress(b"\0" * (200 * 1024 * 1024), 9)
    assert reason(envelope.inflate, bomb) == "inflate_too_big"
    assert len(envelope.inflate(zlib.compress(b"\0" * envelope.LARGEST_INFLATED))) == envelope.LARGEST_INFLATED


@pytest.mark.parametrize("name", ["p", "iv", "at"])
def test_one_altered_bit_of_a_column_is_refused(name):
    found = json.loads(seal('{"api_key":"x"}', ONE))
    place = found if name == "p" else found["h"]
    data = base64.b64decode(place[name])
    for bit in range(len(data) * 8):
        place[name] = base64.b64encode(bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))).decode()
        assert reason(envelope.read, json.dumps(found), KEYRING) == "authentication_failed"


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5), lambda below: st.dictionaries(st.sampled_from([*"pckie", "h", "iv", "at"]), below)
    )
)
def test_the_envelope_reader_ends_on_any_json(found):
    try:
        envelope.read(json.dumps(found), KEYRING)
    except Unreadable as refused:
        assert refused.reason


def secrets_of(found):
    primary = found["primary_key"]
    return [Secret(one) for one in (primary if isinstance(primary, list) else [primary])], Secret(found["key_derivation_salt"])


@pytest.mark.parametrize("name", sorted(EXPECTED["deployments"]))
def test_keys_are_derived_as_rails_derives_them(name):
    deployment = EXPECTED["deployments"][name]
    ring = Keyring.derive(*secrets_of(deployment["production_credentials"]["parsed"]["active_record_encryption"]))
    wanted = {(key["derived_hex"], key["id"]) for scheme in deployment["derived_keys"].values() for key in scheme["keys"]}
    assert wanted <= {(key.data.hex(), key.reference) for key in ring.keys}


def test_the_published_keys_are_tried_only_on_request():
    assert Keyring.derive([], None).keys == ()
    ring = Keyring.derive([], None, public=True)
    assert {key.public for key in ring.keys} == {True}
    assert envelope.read(seal("a", ring.keys[0]), ring).public
    assert PUBLIC[0].startswith("dev_")


def test_other_declarations_open_or_are_refused_by_name():
    vectors.needed()
    given = json.loads((vectors.FOLDER / "schemes/rows.json").read_text())
    keys = [Secret(given[name]) for name in ("primary_key", "deterministic_key", "custom_key")]
    ring = Keyring.derive(keys, Secret(given["key_derivation_salt"]))
    for row in given["rows"]:
        wanted = EXPECTED["schemes"][row["name"]]
        if "gzip" in row["name"]:
            assert reason(envelope.read, row["column"], ring) == "inflate_failed"
        elif "credentials" in wanted:
            assert json.loads(envelope.read(row["column"], ring).text) == wanted["credentials"], row["name"]
        else:
            assert isinstance(envelope.read(row["column"], ring).text, str)
