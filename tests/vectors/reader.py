"""A second, independent reader (and writer) of suite 0x01, after SECURITY.md §2.2–2.4 alone: own HKDF (RFC 5869), no code of the tool."""

import base64
import hashlib
import hmac
import json
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    prk = hmac.new(salt, key, hashlib.sha256).digest()
    out, block = b"", b""
    for number in range(1, 256):
        block = hmac.new(prk, block + info + bytes([number]), hashlib.sha256).digest()
        out += block
        if len(out) >= length:
            return out[:length]
    raise ValueError(length)


def open_blob(key: bytes, blob: bytes, aad: bytes) -> bytes:
    """The plaintext, or ValueError."""
    header, salt, commitment, sealed = blob[:19], blob[19:51], blob[51:83], blob[83:]
    if header[:3] != b"IS\x01" or len(sealed) < 16:
        raise ValueError("format")
    okm = hkdf(key, salt, b"integrations/v1/msg" + header, 76)
    if okm[44:] != commitment:
        raise ValueError("key")
    plaintext = gcm_open(okm[:32], okm[32:44], sealed, lp(header, aad))
    if plaintext is None:
        raise ValueError("tag")
    return plaintext


def gcm_open(key: bytes, nonce: bytes, sealed: bytes, data: bytes) -> bytes | None:
    """The plaintext, or None."""
    decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    decryptor.authenticate_additional_data(data)
    try:
        return decryptor.update(sealed[:-16]) + decryptor.finalize()
    except InvalidTag:
        return None


def seal_blob(key: bytes, key_id: bytes, salt: bytes, plaintext: bytes, aad: bytes) -> bytes:
    header = b"IS\x01" + key_id
    okm = hkdf(key, salt, b"integrations/v1/msg" + header, 76)
    encryptor = Cipher(algorithms.AES(okm[:32]), modes.GCM(okm[32:44])).encryptor()
    encryptor.authenticate_additional_data(lp(header, aad))
    return header + salt + okm[44:] + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def key_of(text: str) -> bytes:
    data = base64.b32decode(text.replace("-", ""))
    if hashlib.sha256(b"integrations/key-text/v1" + data[:32]).digest()[:3] != data[32:]:
        raise ValueError("checksum")
    return data[:32]


def fingerprint(key: bytes, website: bytes, provider: str, field: str, value: str) -> bytes:
    parts = lp(b"integrations/fp/v1", website, provider.encode(), field.encode(), value.encode())
    return hmac.new(key, parts, hashlib.sha256).digest()[:16]


def credential_aad(store: bytes, website: bytes, integration: bytes, version: int, provider: str, bound: dict) -> bytes:
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    parts = [
        b"integrations/aead/v1",
        b"credential",
        store,
        website,
        integration,
        version.to_bytes(8, "big"),
        provider.encode(),
        hashlib.sha256(text).digest(),
    ]
    return lp(*parts)


# ── the vectors (vectors.json): a verdict on each case ──


def gcm_seal(key: bytes, nonce: bytes, plaintext: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(data)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def text_of(key: bytes, check: bytes | None = None) -> str:
    check = check if check is not None else hashlib.sha256(b"integrations/key-text/v1" + key).digest()[:3]
    text = base64.b32encode(key + check).decode()
    return "-".join(text[at : at + 4] for at in range(0, 56, 4))


def read_text(text: str) -> bytes:
    letters = re.sub(r"[\s-]", "", text.upper()).translate(str.maketrans("018", "OIB"))
    if not re.fullmatch("[A-Z2-7]{56}", letters):
        raise ValueError("letters")
    return key_of(letters)


def aad_of_credential(at: dict) -> bytes:
    store, website, integration = (bytes.fromhex(at[name]) for name in ("store", "website", "integration"))
    return credential_aad(store, website, integration, at["version"], at["provider"], at["bound"])


def aad_of_data_key(at: dict) -> bytes:
    store, ident, scope_id = (bytes.fromhex(at[name]) for name in ("store", "id", "scope_id"))
    return lp(b"integrations/aead/v1", b"data-key", store, ident, at["scope"].encode(), scope_id)


def aad_of_root_key(at: dict) -> bytes:
    return lp(b"integrations/aead/v1", b"root-key", bytes.fromhex(at["store"]), at["slot_kind"].encode(), bytes.fromhex(at["root_key_id"]))


def genesis(key: bytes, store: bytes, chain: bytes) -> bytes:
    return hmac.new(key, lp(b"integrations/audit/v1", b"genesis", store, chain), hashlib.sha256).digest()


def link(at: dict) -> bytes:
    numbers = (at["epoch"].to_bytes(8, "big"), bytes.fromhex(at["chain"]), at["seq"].to_bytes(8, "big"), bytes.fromhex(at["before"]))
    return hmac.new(bytes.fromhex(at["key"]), lp(b"integrations/audit/v1", *numbers, at["body"].encode()), hashlib.sha256).digest()


def proof(at: dict) -> bytes:
    numbers = (at["epoch"].to_bytes(8, "big"), bytes.fromhex(at["chain"]), at["seq"].to_bytes(8, "big"), bytes.fromhex(at["before"]))
    return hmac.new(bytes.fromhex(at["key"]), lp(b"integrations/audit/v1", b"epoch", *numbers), hashlib.sha256).digest()


def plan_mac(key: bytes, plan: dict) -> str:
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hmac.new(key, lp(b"integrations/plan/v1", text), hashlib.sha256).hexdigest()


def values_of(plaintext: bytes) -> dict[str, str]:
    text = plaintext.decode("utf-8")
    data = json.loads(text)
    if not isinstance(data, dict) or not all(isinstance(one, str) for one in data.values()):
        raise ValueError("shape")
    if not all(re.fullmatch("[a-z][a-z0-9_]{0,63}", name) for name in data):
        raise ValueError("name")
    again = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if plaintext != again + b" " * (-len(again) % 64) or len(plaintext) > 65536:
        raise ValueError("form")
    return data


def bundle(data: bytes, secret: str) -> bytes:
    line = data[: data.index(b"\n") + 1]
    header = json.loads(line)
    scrypt = header.get("scrypt")
    if header.get("key") == "text":
        key = read_text(secret)
    else:
        numbers, salt = [scrypt[name] for name in ("n", "r", "p")], bytes.fromhex(scrypt["salt"])
        if any(type(one) is not int for one in numbers) or numbers[1:] != [8, 1] or len(salt) != 16:
            raise ValueError("scrypt")
        if numbers[0] not in {2**power for power in range(15, 21)}:
            raise ValueError("n")
        key = hashlib.scrypt(secret.encode(), salt=salt, n=numbers[0], r=8, p=1, dklen=32, maxmem=2**31 - 1)
    message, digest = data[len(line) :], hashlib.sha256(line).digest()
    aad = lp(b"integrations/aead/v1", b"bundle", digest)
    if header["format"] == "integrations.bundle/2":
        return open_chunks(key, bytes.fromhex(header["salt"]), message, header["chunk"], digest, aad)
    ident = bytes.fromhex(header["id"])
    if header["format"] != "integrations.bundle/1" or len(ident) != 16 or message[3:19] != ident:
        raise ValueError("header")
    return open_blob(key, message, aad)


def open_chunks(key: bytes, salt: bytes, message: bytes, size: int, context: bytes, aad: bytes) -> bytes:
    """Format 2: a message in chunks; the last one is marked in its nonce."""
    if len(salt) != 32 or type(size) is not int or not 64 <= size <= 2**20:
        raise ValueError("header")
    okm = hkdf(key, salt, b"integrations/v1/stream" + context, 64)
    if okm[32:] != message[:32]:
        raise ValueError("key")
    pieces = [message[at : at + size + 16] for at in range(32, len(message), size + 16)] or [b""]
    found = []
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        plaintext = gcm_open(okm[:32], number.to_bytes(11, "big") + bytes([last]), piece, aad) if len(piece) >= 16 else None
        if plaintext is None or (number and not plaintext):
            raise ValueError("chunk")
        found.append(plaintext)
    return b"".join(found)


def seal_chunks(key: bytes, salt: bytes, chunks: list[bytes], context: bytes, aad: bytes, *, marked: bool = True) -> list[bytes]:
    """The commitment and the sealed chunks; not `marked`: without the mark of the last one."""
    okm = hkdf(key, salt, b"integrations/v1/stream" + context, 64)
    found = [okm[32:]]
    for number, chunk in enumerate(chunks):
        last = marked and number == len(chunks) - 1
        encryptor = Cipher(algorithms.AES(okm[:32]), modes.GCM(number.to_bytes(11, "big") + bytes([last]))).encryptor()
        encryptor.authenticate_additional_data(aad)
        found.append(encryptor.update(chunk) + encryptor.finalize() + encryptor.tag)
    return found


def opened(case: dict, aad: bytes) -> bytes:
    blob = bytes.fromhex(case["blob"])
    if blob[3:19].hex() != case["key_id"]:
        raise ValueError("key id")
    return open_blob(bytes.fromhex(case["key"]), blob, aad)


VERDICTS = {
    "message": lambda one: opened(one, bytes.fromhex(one["aad"])).hex() == one["plaintext"],
    "credential": lambda one: values_of(opened(one, aad_of_credential(one))) == one["values"],
    "data-key": lambda one: opened(one, aad_of_data_key(one)).hex() == one["plaintext"],
    "root-key": lambda one: opened(one, aad_of_root_key(one)).hex() == one["plaintext"],
    "plaintext": lambda one: values_of(bytes.fromhex(one["plaintext"])) == one["values"],
    "key-text": lambda one: read_text(one["text"]).hex() == one["key"],
    "fingerprint": lambda one: (
        fingerprint(bytes.fromhex(one["key"]), bytes.fromhex(one["website"]), one["provider"], one["field"], one["value"]).hex()
        == one["fp"]
    ),
    "genesis": lambda one: genesis(*(bytes.fromhex(one[name]) for name in ("key", "store", "chain"))).hex() == one["mac"],
    "audit": lambda one: link(one).hex() == one["mac"],
    "epoch": lambda one: proof(one).hex() == one["proof"],
    "plan": lambda one: plan_mac(bytes.fromhex(one["key"]), one["plan"]) == one["mac"],
    "bundle": lambda one: bundle(base64.b64decode(one["bundle"]), one["secret"]).hex() == one["plaintext"],
}


def verdict(case: dict) -> str:
    """`valid` or `invalid`; nothing but a refusal may come out of a bad case."""
    try:
        return "valid" if VERDICTS[case["kind"]](case) else "invalid"
    except (ValueError, KeyError, RecursionError):
        return "invalid"
