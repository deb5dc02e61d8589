"""A second, independent reader (and writer) of suite 0x01, after SECURITY.md §2.2–2.4 alone: own HKDF (RFC 5869), no code of the tool."""

import base64
import hashlib
import hmac
import json

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
    decryptor = Cipher(algorithms.AES(okm[:32]), modes.GCM(okm[32:44], sealed[-16:])).decryptor()
    decryptor.authenticate_additional_data(lp(header, aad))
    return decryptor.update(sealed[:-16]) + decryptor.finalize()


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
