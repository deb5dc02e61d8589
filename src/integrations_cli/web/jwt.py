"""JSON Web Tokens signed with RS256, for vendors that take no key but what it signs: RFC 7515, RFC 7519, RFC 7523."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from integrations_cli.provider import NoAnswer

LIFE = 3600  # seconds


def signed(private_key: str, claims: Mapping[str, Any], at: datetime) -> str:
    """The token: `claims` with `iat` and `exp` an hour later. Raises NoAnswer (bad_response) for what is no RSA key in PEM."""
    try:
        key = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise NoAnswer("bad_response", "the private key inside cannot be read; nothing was sent") from None
    if not isinstance(key, RSAPrivateKey):
        raise NoAnswer("bad_response", "the private key inside is not an RSA key; nothing was sent")
    moment = int(at.timestamp())
    parts = [{"alg": "RS256", "typ": "JWT"}, {**claims, "iat": moment, "exp": moment + LIFE}]
    text = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{text}.{_encoded(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
