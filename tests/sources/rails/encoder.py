"""What ActiveRecord::Encryption does when it writes, made anew after its source, without anything of ours: an oracle of its own."""

import base64
import hashlib
import hmac
import json
import os
import zlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def derive(primary, salt, digest="sha256"):
    """ActiveSupport::KeyGenerator as DerivedSecretKeyProvider asks it."""
    return hashlib.pbkdf2_hmac(digest, primary.encode(), salt.encode(), 65536, 32)


def reference(secret):
    """Key#id: what the header `i` holds."""
    return hashlib.sha1(secret).hexdigest()[:4]


@dataclass
class Writer:
    """Encryptor, Cipher, KeyProvider and MessageSerializer in one. `secrets` are derived keys; the last one encrypts."""

    secrets: list
    store_key_references: bool = False
    deterministic: bool = False
    compress: bool = True
    envelope: bool = False

    def column(self, text, encoding="UTF-8"):
        """The text of the column for a Ruby string of that encoding, or None for nil."""
        if text is None:
            return None
        clear = text if isinstance(text, bytes) else text.encode(encoding)
        packed = self.compress and len(clear) > 140
        clear = zlib.compress(clear) if packed else clear
        secret, tags = self.secrets[-1], {}
        if self.envelope:
            secret = os.urandom(32)
            payload, headers = self._sealed(secret, self.secrets[-1], "ASCII-8BIT")
            tags["k"] = {"p": _b64(payload), "h": headers}
        if self.store_key_references:
            tags["i"] = _b64(reference(self.secrets[-1]).encode())
        payload, headers = self._sealed(clear, secret, encoding)
        return json.dumps({"p": _b64(payload), "h": {**headers, **tags, **({"c": True} if packed else {})}}, separators=(",", ":"))

    def _sealed(self, clear, secret, encoding):
        iv = hmac.digest(secret, clear, "sha256")[:12] if self.deterministic else os.urandom(12)
        both = AESGCM(secret).encrypt(iv, clear, None)
        headers = {"iv": _b64(iv), "at": _b64(both[-16:])}
        return both[:-16], headers if encoding == "UTF-8" else {**headers, "e": _b64(encoding.encode())}


def read(column, secrets):
    """Encryptor#decrypt: the clear bytes, by the rules of Rails; raises ValueError where it raises."""
    message = json.loads(column)
    headers = {name: base64.b64decode(one, validate=True) if isinstance(one, str) else one for name, one in message["h"].items()}
    fits = [one for one in secrets if "i" not in headers or reference(one) == headers["i"].decode()]
    for secret in fits:
        try:
            clear = AESGCM(secret).decrypt(headers["iv"], base64.b64decode(message["p"], validate=True) + headers["at"], None)
        except Exception:
            continue
        return zlib.decompress(clear) if headers.get("c") else clear
    raise ValueError("ActiveRecord::Encryption::Errors::Decryption")


def _b64(data):
    return base64.b64encode(data).decode()
