"""AES-256-GCM, HKDF-SHA256 and HMAC-SHA256: the three primitives, made by `cryptography` and by the standard library.

Handing out one credential opens three seals. To import what `cryptography` offers for that takes longer than all the rest, as it brings
`typing`, `re` and others; so the class is taken where it is made, and a few keys are derived with `hmac`. Tests hold both ways together.
"""

from __future__ import annotations

import hmac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
else:
    try:
        from cryptography.hazmat.bindings._rust import openssl

        AESGCM = openssl.aead.AESGCM
    except (ImportError, AttributeError):  # another version
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FEW = 500
"""Keys that are derived with `hmac`; from then on the faster way pays for its import."""
_HASH = 32  # bytes of SHA-256
_derived = 0
_library: tuple[type[HKDF], SHA256] | None = None


def hkdf(key: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA256 (RFC 5869). Raises ValueError for more than 255 × 32 bytes."""
    global _derived
    if _library is not None:  # as `many`, which would be one call more for each value of a long run
        made, sha256 = _library
        return made(sha256, size, salt, info).derive(key)
    _derived += 1
    return few(key, salt, info, size) if _derived <= FEW else many(key, salt, info, size)


def few(key: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """`hkdf`, without an import."""
    if size > 255 * _HASH:
        raise ValueError("HKDF makes 255 blocks at most")
    pseudorandom = hmac.digest(salt or bytes(_HASH), key, "sha256")
    made = block = b""
    for number in range(1, -(-size // _HASH) + 1):
        block = hmac.digest(pseudorandom, block + info + bytes([number]), "sha256")
        made += block
    return made[:size]


def many(key: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """`hkdf` by the library: two thirds of the time."""
    global _library
    if _library is None:
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  a few do without
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        _library = HKDF, SHA256()
    made, sha256 = _library
    return made(sha256, size, salt, info).derive(key)


def signing(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 under one key, for many messages: prepared once, a copy takes a third of the time of `hmac.digest`."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  only where there are many
    from cryptography.hazmat.primitives.hmac import HMAC  # noqa: PLC0415

    prepared = HMAC(key, SHA256())

    def sign(message: bytes) -> bytes:
        one = prepared.copy()
        one.update(message)
        return one.finalize()

    return sign


def encrypt(message_key: bytes, nonce: bytes, plaintext: bytes, data: bytes) -> bytes:
    """AES-256-GCM: ciphertext and 16 bytes of tag."""
    return AESGCM(message_key).encrypt(nonce, plaintext, data)


def encrypt_and_open(message_key: bytes, nonce: bytes, plaintext: bytes, data: bytes) -> bytes | None:
    """As `encrypt`, opened again before it is handed out; None when it does not give the plaintext back."""
    cipher = AESGCM(message_key)
    sealed = cipher.encrypt(nonce, plaintext, data)
    try:
        return sealed if cipher.decrypt(nonce, sealed, data) == plaintext else None
    except _refused():
        return None


def decrypt(message_key: bytes, nonce: bytes, sealed: bytes, data: bytes) -> bytes | None:
    """The plaintext, or None when the tag does not fit."""
    try:
        return AESGCM(message_key).decrypt(nonce, sealed, data)
    except _refused():  # asked for only now
        return None


def _refused() -> type[Exception]:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  rare

    return InvalidTag
