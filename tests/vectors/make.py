"""Writes vectors.json: `python -m tests.vectors.make`. Every case is made by the second implementation (reader.py), one fault each.

Ids are counting bytes, keys are equal bytes, salts are fixed: nothing in here is or looks like a secret.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.vectors import reader
from tests.vectors.reader import lp

FILE = Path(__file__).parent / "vectors.json"
Case = dict[str, Any]


def counting(start: int) -> bytes:
    return bytes(range(start, start + 16))


STORE, WEBSITE, INTEGRATION, DATA_KEY, ROOT_KEY, SLOT = map(counting, (0x10, 0x20, 0x30, 0x40, 0x50, 0x60))
DATA, ROOT, SLOT_KEY, FINGERPRINT, AUDIT, OTHER = (bytes([one]) * 32 for one in (0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6))
SALT = b"\x5a" * 32
BOUND = {"base_url": "https://api.example.com", "region": None}
VALUES = {"api_key": "example-not-a-real-key"}
PLACE = {
    "store": STORE.hex(),
    "website": WEBSITE.hex(),
    "integration": INTEGRATION.hex(),
    "version": 1,
    "provider": "example",
    "bound": BOUND,
}


def canonical(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def padded(text: bytes) -> bytes:
    return text + b" " * (-len(text) % 64)


def flipped(data: bytes, at: int, change: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]


def case(kind: str, fault: str | None, **facts: Any) -> Case:
    return {"kind": kind, "result": "invalid" if fault else "valid", "fault": fault, **facts}


# ── one message ──

AAD = lp(b"integrations/aead/v1", b"vector", b"one", b"two")
PLAIN = b"nothing of interest".ljust(64)


def odd(
    info: bytes = b"integrations/v1/msg", commitment: bytes | None = None, with_header: bool = True, nonce: bytes | None = None
) -> bytes:
    """Sealed nearly as it should be."""
    header = b"IS\x01" + DATA_KEY
    okm = reader.hkdf(DATA, SALT, info + header, 76)
    data = lp(header, AAD) if with_header else AAD
    return header + SALT + (commitment or okm[44:]) + reader.gcm_seal(okm[:32], nonce or okm[32:44], PLAIN, data)


def messages() -> Iterator[Case]:
    blob = reader.seal_blob(DATA, DATA_KEY, SALT, PLAIN, AAD)

    def one(fault: str | None, data: bytes = blob, reason: str | None = None, **more: Any) -> Case:
        facts = {"key": DATA.hex(), "key_id": DATA_KEY.hex(), "aad": AAD.hex(), "blob": data.hex(), "plaintext": PLAIN.hex(), **more}
        return case("message", fault, reason=reason, **facts)

    yield one(None)
    yield one(None, reader.seal_blob(DATA, DATA_KEY, SALT, b"", AAD), plaintext="")
    yield one(None, reader.seal_blob(DATA, DATA_KEY, b"\0" * 32, ROOT, AAD), plaintext=ROOT.hex())
    yield one(None, reader.seal_blob(OTHER, DATA_KEY, SALT, PLAIN, AAD), key=OTHER.hex())
    yield one("nothing", b"", "format")
    yield one("the header alone", blob[:19], "format")
    yield one("98 bytes", blob[:98], "format")
    for at, name in ((0, "magic, first byte"), (1, "magic, second byte")):
        yield one(name, flipped(blob, at), "format")
    for suite in (0, 2, 0x81, 255):
        yield one(f"suite {suite}", blob[:2] + bytes([suite]) + blob[3:], "format")
    for at in (3, 10, 18):
        yield one(f"key id, byte {at - 3}", flipped(blob, at), "unknown_key")
    yield one("another key id is expected", key_id=ROOT_KEY.hex(), reason="unknown_key")
    yield one("another key", key=OTHER.hex(), reason="wrong_key")
    yield one("one bit of the key", key=flipped(DATA, 31, 0x80).hex(), reason="wrong_key")
    for at in (19, 35, 50):
        yield one(f"salt, byte {at - 19}", flipped(blob, at), "wrong_key")
    for at in (51, 67, 82):
        yield one(f"commitment, byte {at - 51}", flipped(blob, at), "wrong_key")
    yield one("salt and commitment swapped", blob[:19] + blob[51:83] + blob[19:51] + blob[83:], "wrong_key")
    yield one("commitment of zeros", odd(commitment=b"\0" * 32), "wrong_key")
    yield one("derived with another info", odd(info=b"integrations/v2/msg"), "wrong_key")
    for at in (83, 100, len(blob) - 17):
        yield one(f"ciphertext, byte {at - 83}", flipped(blob, at), "altered_or_moved")
    for at in range(16):
        yield one(f"tag, byte {at}", flipped(blob, len(blob) - 16 + at, 1 << at % 8), "altered_or_moved")
    yield one("tag of zeros", blob[:-16] + b"\0" * 16, "altered_or_moved")
    yield one("last byte cut", blob[:-1], "altered_or_moved")
    yield one("tag cut to 12 bytes", blob[:-4], "altered_or_moved")
    yield one("a byte more", blob + b"\0", "altered_or_moved")
    yield one("twice", blob + blob, "altered_or_moved")
    yield one("sealed without the header in the data", odd(with_header=False), "altered_or_moved")
    yield one("sealed with a nonce of zeros", odd(nonce=b"\0" * 12), "altered_or_moved")
    for name, data in (
        ("no data", b""),
        ("data, one byte more", AAD + b"\0"),
        ("data, one byte less", AAD[:-1]),
        ("data joined, without lengths", b"integrations/aead/v1|vector|one|two"),
        ("data, a byte moved between parts", lp(b"integrations/aead/v1", b"vector", b"on", b"etwo")),
        ("data, parts swapped", lp(b"integrations/aead/v1", b"vector", b"two", b"one")),
        ("data, a part more", lp(b"integrations/aead/v1", b"vector", b"one", b"two", b"")),
        ("data, another version", lp(b"integrations/aead/v2", b"vector", b"one", b"two")),
    ):
        yield one(name, aad=data.hex(), reason="altered_or_moved")


# ── where it belongs ──


def credentials() -> Iterator[Case]:
    blob = reader.seal_blob(DATA, DATA_KEY, SALT, padded(canonical(VALUES)), reader.aad_of_credential(PLACE))

    def one(fault: str | None, data: bytes = blob, **more: Any) -> Case:
        facts = {"key": DATA.hex(), "key_id": DATA_KEY.hex(), "blob": data.hex(), "values": VALUES, **PLACE, **more}
        return case("credential", fault, reason="altered_or_moved" if fault else None, **facts)

    yield one(None)
    yield one(None, bound={"region": None, "base_url": "https://api.example.com"})  # the order of names does not matter
    for version in (2, 2**40, 2**53 - 1):
        yield one(
            None,
            reader.seal_blob(DATA, DATA_KEY, SALT, padded(canonical(VALUES)), reader.aad_of_credential({**PLACE, "version": version})),
            version=version,
        )
    for name, other in (("store", SLOT), ("website", INTEGRATION), ("integration", WEBSITE)):
        yield one(f"another {name}", **{name: other.hex()})
    for name in ("store", "website", "integration"):
        yield one(f"{name}, last bit", **{name: flipped(bytes.fromhex(PLACE[name]), 15).hex()})
    yield one("website and integration swapped", website=INTEGRATION.hex(), integration=WEBSITE.hex())
    for version in (0, 2, 256, 2**56):
        yield one(f"version {version}", version=version)
    for provider in ("example2", "exampl", "Example", "example ", ""):
        yield one(f"provider {provider!r}", provider=provider)
    for name, bound in (
        ("another host", {**BOUND, "base_url": "https://api.example.org"}),
        ("another port", {**BOUND, "base_url": "https://api.example.com:8443"}),
        ("another path", {**BOUND, "base_url": "https://api.example.com/v2"}),
        ("http", {**BOUND, "base_url": "http://api.example.com"}),
        ("a region", {**BOUND, "region": "eu"}),
        ("the text null", {**BOUND, "region": "null"}),
        ("a setting less", {"base_url": "https://api.example.com"}),
        ("a setting more", {**BOUND, "zone": None}),
        ("no setting", {}),
        ("another name", {"base_urk": "https://api.example.com", "region": None}),
    ):
        yield one(f"bound to {name}", bound=bound)


def wrapped() -> Iterator[Case]:
    place = {"store": STORE.hex(), "id": DATA_KEY.hex(), "scope": "website", "scope_id": WEBSITE.hex()}
    blob = reader.seal_blob(ROOT, ROOT_KEY, b"\x5b" * 32, DATA, reader.aad_of_data_key(place))

    def data_key(fault: str | None, data: bytes = blob, **more: Any) -> Case:
        facts = {"key": ROOT.hex(), "key_id": ROOT_KEY.hex(), "blob": data.hex(), "plaintext": DATA.hex(), **place, **more}
        return case("data-key", fault, reason="altered_or_moved" if fault else None, **facts)

    yield data_key(None)
    for scope, ident in (("audit", STORE), ("fingerprint", STORE)):
        there = {**place, "scope": scope, "scope_id": ident.hex()}
        yield data_key(None, reader.seal_blob(ROOT, ROOT_KEY, b"\x5b" * 32, DATA, reader.aad_of_data_key(there)), **there)
    for name, other in (
        ("store", SLOT.hex()),
        ("id", ROOT_KEY.hex()),
        ("scope_id", INTEGRATION.hex()),
        ("scope", "audit"),
        ("scope", "fingerprint"),
        ("scope", ""),
    ):
        yield data_key(f"another {name}: {other[:12]}", **{name: other})
    yield data_key(
        "sealed for a root key",
        reader.seal_blob(
            ROOT, ROOT_KEY, SALT, DATA, reader.aad_of_root_key({"store": STORE.hex(), "slot_kind": "file", "root_key_id": ROOT_KEY.hex()})
        ),
    )

    slot = {"store": STORE.hex(), "slot_kind": "file", "root_key_id": ROOT_KEY.hex()}
    blob_of_root = reader.seal_blob(SLOT_KEY, SLOT, b"\x5c" * 32, ROOT, reader.aad_of_root_key(slot))

    def root_key(fault: str | None, data: bytes = blob_of_root, **more: Any) -> Case:
        facts = {"key": SLOT_KEY.hex(), "key_id": SLOT.hex(), "blob": data.hex(), "plaintext": ROOT.hex(), **slot, **more}
        return case("root-key", fault, reason="altered_or_moved" if fault else None, **facts)

    yield root_key(None)
    for kind in ("keyring", "env", "passphrase", "recovery", "vault", "aws-kms"):
        yield root_key(f"of a slot {kind}", slot_kind=kind)
    yield root_key("another store", store=SLOT.hex())
    yield root_key("another root key", root_key_id=DATA_KEY.hex())


# ── canonical forms ──


def plaintexts() -> Iterator[Case]:
    def one(fault: str | None, data: bytes, values: Any = None) -> Case:
        return case("plaintext", fault, reason="format" if fault else None, plaintext=data.hex(), values=values)

    for values in (
        VALUES,
        {"a": "", "b": " \t\r\n"},
        {"client_id": "ä€\U0001f511", "client_secret": "e\u0301 \u00e9 \u2028 \x7f \x00"},
        {"a": "x" * (64 - 8)},
        {},
    ):
        yield one(None, padded(canonical(values)), values)
    good = b'{"a":"1","b":"2"}'
    for fault, data in (
        ("no padding", good),
        ("a block too much", good.ljust(128)),
        ("63 bytes", good.ljust(63)),
        ("padded with tabs", good + b"\t" * (64 - len(good))),
        ("padded with zeros", good + b"\0" * (64 - len(good))),
        ("padded in front", good.rjust(64)),
        ("a line break in the padding", (good + b"\n").ljust(64)),
        ("nothing", b""),
        ("only padding", b" " * 64),
        ("names not sorted", b'{"b":"2","a":"1"}'.ljust(64)),
        ("a space after the colon", b'{"a": "1"}'.ljust(64)),
        ("a space after the comma", b'{"a":"1", "b":"2"}'.ljust(64)),
        ("a name twice", b'{"a":"1","a":"1"}'.ljust(64)),
        ("an escape that is not needed", b'{"a":"\\u0062"}'.ljust(64)),
        ("an escaped slash", b'{"a":"\\/"}'.ljust(64)),
        ("an escape in capitals", b'{"a":"\\u001F"}'.ljust(64)),
        ("ASCII instead of UTF-8", b'{"a":"\\u00e4"}'.ljust(64)),
        ("a lone surrogate", b'{"a":"\\ud800"}'.ljust(64)),
        ("not UTF-8", b'{"a":"\xff"}'.ljust(64)),
        ("a surrogate in UTF-8", b'{"a":"\xed\xa0\x80"}'.ljust(64)),
        ("a byte order mark", b'\xef\xbb\xbf{"a":"1"}'.ljust(64)),
        ("UTF-16", '{"a":"1"}'.ljust(32).encode("utf-16-le")),
        ("a number", b'{"a":1}'.ljust(64)),
        ("a fraction", b'{"a":1.0}'.ljust(64)),
        ("null", b'{"a":null}'.ljust(64)),
        ("true", b'{"a":true}'.ljust(64)),
        ("an object in it", b'{"a":{"b":"1"}}'.ljust(64)),
        ("a list", b'["a"]'.ljust(64)),
        ("a text", b'"a"'.ljust(64)),
        ("a capital in a name", b'{"A":"1"}'.ljust(64)),
        ("a name that begins with a digit", b'{"1a":"1"}'.ljust(64)),
        ("an empty name", b'{"":"1"}'.ljust(64)),
        ("a name of 65 letters", padded(canonical({"a" * 65: "1"}))),
        ("a trailing comma", b'{"a":"1",}'.ljust(64)),
        ("single quotes", b"{'a':'1'}".ljust(64)),
        ("a comment", b'{"a":"1"}/**/'.ljust(64)),
        ("a control character not escaped", b'{"a":"\x1f"}'.ljust(64)),
    ):
        yield one(fault, data)


def texts() -> Iterator[Case]:
    text = reader.text_of(SLOT_KEY)
    groups = text.split("-")

    def one(fault: str | None, written: str) -> Case:
        return case("key-text", fault, text=written, key=SLOT_KEY.hex())

    for written in (
        text,
        text.lower(),
        text.replace("-", ""),
        " ".join(groups) + "\n",
        text.replace("O", "0").replace("I", "1").replace("B", "8"),
    ):
        yield one(None, written)
    for at in range(14):
        group = groups[at]
        letter = "A" if group[1] != "A" else "C"
        yield one(f"a letter of group {at + 1}", "-".join([*groups[:at], group[0] + letter + group[2:], *groups[at + 1 :]]))
    for fault, written in (
        ("the last group is missing", "-".join(groups[:-1])),
        ("a group too much", text + "-AAAA"),
        ("a letter is missing", text[:-1]),
        ("nothing", ""),
        ("groups 1 and 2 swapped", "-".join([groups[1], groups[0], *groups[2:]])),
        ("a 9", "9" + text[1:]),
        ("padding signs", text[:-1] + "="),
        ("hexadecimal", SLOT_KEY.hex()),
        ("a letter of another alphabet", "\u0410" + text[1:]),
        ("all zeros as a checksum", reader.text_of(SLOT_KEY, b"\0\0\0")),
        ("checksum of the bare key", reader.text_of(SLOT_KEY, hashlib.sha256(SLOT_KEY).digest()[:3])),
    ):
        yield one(fault, written)


def fingerprints() -> Iterator[Case]:
    place = {"website": WEBSITE.hex(), "provider": "example", "field": "api_key", "value": "caf\u00e9 example"}

    def one(fault: str | None, **more: Any) -> Case:
        fp = reader.fingerprint(FINGERPRINT, WEBSITE, "example", "api_key", "caf\u00e9 example").hex()
        return case("fingerprint", fault, **{"key": FINGERPRINT.hex(), "fp": fp, **place, **more})

    yield one(None)
    for fault, more in (
        ("another website", {"website": INTEGRATION.hex()}),
        ("another provider", {"provider": "examples"}),
        ("another field", {"field": "api_keys"}),
        ("another value", {"value": "caf\u00e9 exampla"}),
        ("the value, decomposed", {"value": "cafe\u0301 example"}),
        ("the value, with a space", {"value": "caf\u00e9 example "}),
        ("a letter moved between provider and field", {"provider": "exampl", "field": "eapi_key"}),
        ("another key", {"key": OTHER.hex()}),
        ("the last bit", {"fp": flipped(bytes.fromhex(one(None)["fp"]), 15).hex()}),
        ("cut to 8 bytes", {"fp": one(None)["fp"][:16]}),
    ):
        yield one(fault, **more)


# ── MACs of the log and of plans ──


def links() -> Iterator[Case]:
    before = reader.genesis(AUDIT, STORE, WEBSITE)
    body = '{"action":"credential.set","outcome":"ok"}'
    place = {"key": AUDIT.hex(), "epoch": 1, "chain": WEBSITE.hex(), "seq": 1, "before": before.hex(), "body": body}
    mac = reader.link(place)

    def one(fault: str | None, **more: Any) -> Case:
        return case("audit", fault, **{**place, "mac": mac.hex(), **more})

    yield case("genesis", None, key=AUDIT.hex(), store=STORE.hex(), chain=WEBSITE.hex(), mac=before.hex())
    yield case("genesis", "another store", key=AUDIT.hex(), store=SLOT.hex(), chain=WEBSITE.hex(), mac=before.hex())
    yield case("genesis", "another chain", key=AUDIT.hex(), store=STORE.hex(), chain=STORE.hex(), mac=before.hex())
    yield case("genesis", "another key", key=OTHER.hex(), store=STORE.hex(), chain=WEBSITE.hex(), mac=before.hex())
    yield one(None)
    second = {**place, "seq": 2, "before": mac.hex(), "body": '{"action":"integration.removed","outcome":"ok"}'}
    yield one(None, **second, mac=reader.link(second).hex())
    for fault, more in (
        ("another key", {"key": OTHER.hex()}),
        ("another epoch", {"epoch": 2}),
        ("another chain", {"chain": STORE.hex()}),
        ("another number", {"seq": 2}),
        ("number and epoch swapped", {"seq": 1 << 32}),
        ("another entry before", {"before": mac.hex()}),
        ("no entry before", {"before": "00" * 32}),
        ("another body", {"body": body.replace("ok", "no")}),
        ("a space in the body", {"body": body.replace(",", ", ")}),
        ("names swapped in the body", {"body": '{"outcome":"ok","action":"credential.set"}'}),
        ("an empty body", {"body": ""}),
        ("the last bit of the MAC", {"mac": flipped(mac, 31).hex()}),
        ("half a MAC", {"mac": mac.hex()[:32]}),
        (
            "a MAC without lengths",
            {"mac": hmac.new(AUDIT, b"integrations/audit/v1" + WEBSITE + before + body.encode(), "sha256").hexdigest()},
        ),
    ):
        yield one(fault, **more)
    told = {"key": AUDIT.hex(), "epoch": 2, "chain": WEBSITE.hex(), "seq": 7, "before": mac.hex()}
    yield case("epoch", None, **told, proof=reader.proof(told).hex())
    for fault, more in (
        ("another epoch", {"epoch": 3}),
        ("another number", {"seq": 8}),
        ("another chain", {"chain": STORE.hex()}),
        ("another head", {"before": before.hex()}),
        ("the key of the new epoch", {"key": OTHER.hex()}),
    ):
        yield case("epoch", fault, **{**told, **more}, proof=reader.proof(told).hex())


def plans() -> Iterator[Case]:
    plan = {
        "format": "integrations.plan/1",
        "store": STORE.hex(),
        "lines": [{"website": "acme", "provider": "example", "fp": "f7568a77" * 4}],
        "n": 1,
    }
    mac = reader.plan_mac(AUDIT, plan)

    def one(fault: str | None, **more: Any) -> Case:
        return case("plan", fault, **{"key": AUDIT.hex(), "store": STORE.hex(), "plan": plan, "mac": mac, **more})

    yield one(None)
    yield one(None, plan=dict(reversed(plan.items())))
    for fault, more in (
        ("a line less", {"plan": {**plan, "lines": []}}),
        ("a line twice", {"plan": {**plan, "lines": plan["lines"] * 2}}),
        ("another website", {"plan": {**plan, "lines": [{**plan["lines"][0], "website": "beta"}]}}),
        ("another fingerprint", {"plan": {**plan, "lines": [{**plan["lines"][0], "fp": "0" * 32}]}}),
        ("a name more", {"plan": {**plan, "x": None}}),
        ("a number as text", {"plan": {**plan, "n": "1"}}),
        ("another key", {"key": OTHER.hex()}),
        ("no MAC", {"mac": None}),
        ("an empty MAC", {"mac": ""}),
        ("the MAC in capitals", {"mac": mac.upper()}),
        ("a MAC without lengths", {"mac": hmac.new(AUDIT, b"integrations/plan/v1" + canonical(plan), "sha256").hexdigest()}),
    ):
        yield one(fault, **more)


# ── export files ──


def bundles() -> Iterator[Case]:
    header = canonical({"format": "integrations.bundle/1", "id": counting(0x70).hex(), "key": "text"}) + b"\n"
    inside = b'{"website":"acme"}\n'
    text = reader.text_of(SLOT_KEY)

    def sealed(line: bytes, key: bytes = SLOT_KEY, purpose: bytes = b"bundle", ident: bytes = counting(0x70)) -> bytes:
        return line + reader.seal_blob(key, ident, SALT, inside, lp(b"integrations/aead/v1", purpose, hashlib.sha256(line).digest()))

    def one(fault: str | None, data: bytes, secret: str = text) -> Case:
        return case("bundle", fault, bundle=base64.b64encode(data).decode(), secret=secret, plaintext=inside.hex())

    good = sealed(header)
    yield one(None, good)
    phrase, salt = "correct horse battery EXAMPLE", counting(0x80)
    scrypt = {"n": 2**15, "r": 8, "p": 1, "salt": salt.hex()}
    by_phrase = canonical({"format": "integrations.bundle/1", "id": counting(0x70).hex(), "scrypt": scrypt}) + b"\n"
    stretched = hashlib.scrypt(phrase.encode(), salt=salt, n=2**15, r=8, p=1, dklen=32, maxmem=2**26)
    yield one(None, sealed(by_phrase, stretched), phrase)
    yield one("another passphrase", sealed(by_phrase, stretched), phrase + "S")
    for fault, bad in (
        ("a cheap n", {"n": 2**10}),
        ("an n that is no power of two", {"n": 2**15 + 1}),
        ("an endless n", {"n": 2**30}),
        ("another r", {"r": 1}),
        ("another p", {"p": 9}),
        ("no salt", {"salt": ""}),
        ("a fraction", {"n": 32768.0}),
    ):
        line = canonical({"format": "integrations.bundle/1", "id": counting(0x70).hex(), "scrypt": {**scrypt, **bad}}) + b"\n"
        yield one(f"scrypt with {fault}", sealed(line, stretched), phrase)
    size = len(header)
    for fault, data in (
        ("a space in the header", header[:-2] + b" }\n" + good[size:]),
        ("another id in the header", header.replace(b"70", b"71", 1) + good[size:]),
        ("another format", header.replace(b"bundle/1", b"bundle/2") + good[size:]),
        (
            "another header, of the same meaning",
            b'{"id":"%s","key":"text","format":"integrations.bundle/1"}\n' % counting(0x70).hex().encode() + good[size:],
        ),
        ("no header", good[size:]),
        ("a header without its end", good[: size - 1]),
        ("the header alone", header),
        ("a bit of the message", flipped(good, size + 90)),
        ("the last byte is missing", good[:-1]),
        ("a byte more", good + b"\n"),
        ("sealed for another purpose", sealed(header, purpose=b"credential")),
        ("sealed under another id", sealed(header, ident=counting(0x71))),
        ("an id that is too short", sealed(header.replace(counting(0x70).hex().encode(), b"7071"), ident=counting(0x70))),
    ):
        yield one(fault, data)
    yield one("another key", good, reader.text_of(OTHER))
    yield one("a mistyped key", good, "A" + text[1:])


def streams() -> Iterator[Case]:
    """Bundles of format 2: chunks of 64 bytes, so that a short one has three."""
    text = reader.text_of(SLOT_KEY)
    header = {"format": "integrations.bundle/2", "chunk": 64, "salt": SALT.hex(), "key": "text"}
    inside = b'{"website":"acme"}\n' * 8  # 152 bytes: 64, 64 and 24

    def of(data: bytes, size: int = 64) -> list[bytes]:
        return [data[at : at + size] for at in range(0, len(data), size)] or [b""]

    def sealed(chunks: list[bytes], line: bytes, key: bytes = SLOT_KEY, purpose: bytes = b"bundle", marked: bool = True) -> list[bytes]:
        digest = hashlib.sha256(line).digest()
        return [line, *reader.seal_chunks(key, SALT, chunks, digest, lp(b"integrations/aead/v1", purpose, digest), marked=marked)]

    def one(fault: str | None, parts: list[bytes], secret: str = text, plain: bytes = inside) -> Case:
        return case("bundle", fault, bundle=base64.b64encode(b"".join(parts)).decode(), secret=secret, plaintext=plain.hex())

    line = canonical(header) + b"\n"
    good = sealed(of(inside), line)
    start, chunks = good[:2], good[2:]
    for plain in (inside, b"", b"x", b"x" * 63, b"x" * 64, b"x" * 65, b"x" * 128):
        yield one(None, sealed(of(plain), line), plain=plain)
    yield one(None, sealed(of(inside, 128), longer := canonical({**header, "chunk": 128}) + b"\n"))
    phrase, salt = "correct horse battery EXAMPLE", counting(0x80)
    scrypt = {"n": 2**15, "r": 8, "p": 1, "salt": salt.hex()}
    by_phrase = canonical({"format": header["format"], "chunk": 64, "salt": SALT.hex(), "scrypt": scrypt}) + b"\n"
    stretched = hashlib.scrypt(phrase.encode(), salt=salt, n=2**15, r=8, p=1, dklen=32, maxmem=2**26)
    yield one(None, sealed(of(inside), by_phrase, stretched), phrase)
    yield one("chunked: another passphrase", sealed(of(inside), by_phrase, stretched), phrase + "S")
    yield one("chunked: another key", good, reader.text_of(OTHER))
    other = canonical({**header, "salt": bytes(range(32)).hex()}) + b"\n"
    for fault, parts in (
        ("cut after the first chunk", [*start, *chunks[:1]]),
        ("cut after the second chunk", [*start, *chunks[:2]]),
        ("no chunk", start),
        ("no commitment", [line]),
        ("the first chunk is missing", [*start, *chunks[1:]]),
        ("a chunk in the middle is missing", [*start, chunks[0], chunks[2]]),
        ("two chunks swapped", [*start, chunks[1], chunks[0], chunks[2]]),
        ("the first chunk twice", [*start, chunks[0], *chunks]),
        ("the last chunk twice", [*start, *chunks, chunks[2]]),
        ("the last chunk alone", [*start, chunks[2]]),
        ("a byte more", [*good, b"\n"]),
        ("the last byte is missing", [*good[:-1], good[-1][:-1]]),
        ("a bit of the first chunk", [*start, flipped(chunks[0], 9), *chunks[1:]]),
        ("a bit of a tag", [*start, *chunks[:2], flipped(chunks[2], -1)]),
        ("a bit of the commitment", [line, flipped(good[1], 0), *chunks]),
        ("no chunk is marked as the last", sealed(of(inside), line, marked=False)),
        ("an empty chunk at the end", sealed([*of(b"x" * 128), b""], line)),
        ("a chunk that is not full", sealed([inside[:60], inside[60:124], inside[124:]], line)),
        ("chunks of another size", [line, *sealed(of(inside, 128), longer)[1:]]),
        ("another salt in the header", [other, *good[1:]]),
        ("a space in the header", [line[:-2] + b" }\n", *good[1:]]),
        ("format 1 in the header", [line.replace(b"bundle/2", b"bundle/1"), *good[1:]]),
        ("sealed for another purpose", sealed(of(inside), line, purpose=b"credential")),
    ):
        yield one(f"chunked: {fault}", parts)
    for fault, bad in (
        ("chunks too small", {"chunk": 32}),
        ("chunks too large", {"chunk": 2**21}),
        ("a chunk that is no number", {"chunk": "64"}),
        ("a fraction", {"chunk": 64.5}),
        ("a salt that is too short", {"salt": "5a"}),
    ):
        wrong = json.dumps({**header, **bad}, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        yield one(f"chunked: {fault}", sealed(of(inside, 32 if bad.get("chunk") == 32 else 64), wrong))


def made() -> dict[str, Any]:
    """Everything, numbered."""
    groups = (messages, credentials, wrapped, plaintexts, texts, fingerprints, links, plans, bundles, streams)
    cases = [one for group in groups for one in group()]
    return {"format": "integrations.vectors/1", "cases": [{"id": number, **one} for number, one in enumerate(cases, 1)]}


def text() -> str:
    """As it is kept: one case a line."""
    data = made()
    lines = ",\n".join(json.dumps(one, ensure_ascii=True) for one in data["cases"])
    return f'{{"format": "{data["format"]}", "cases": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(text())
