"""The shared Rails vectors, and what a test needs to make its own."""

import base64
import json
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.conftest import SHARED

FOLDER = SHARED / "vectors/rails"
KEY_TEXT = "5ca1ab1e0ddba11f" * 2


def expected():
    """expected.json, or nothing where the shared data is not here."""
    path = FOLDER / "expected.json"
    return json.loads(path.read_text()) if path.exists() else {"deployments": {}, "credentials_files": {}, "schemes": {}}


def needed():
    if not (FOLDER / "expected.json").exists():
        pytest.skip("the Rails vectors are not here: set INTEGRATIONS_SHARED")


def sealed(payload, key_text=KEY_TEXT):
    """A credentials file with these bytes inside."""
    iv = os.urandom(12)
    both = AESGCM(bytes.fromhex(key_text)).encrypt(iv, payload, None)
    return "--".join(base64.b64encode(part).decode() for part in (both[:-16], iv, both[-16:])).encode()


def marshalled(text):
    """A Marshal string as `credentials:edit` writes it."""
    data = text if isinstance(text, bytes) else text.encode()
    size = len(data)
    if size == 0:
        length = b"\0"
    elif size <= 122:
        length = bytes([size + 5])
    else:
        packed = size.to_bytes((size.bit_length() + 7) // 8, "little")
        length = bytes([len(packed)]) + packed
    return b'\x04\x08"' + length + data


def application(folder, yaml, key_text=KEY_TEXT):
    """A Rails application directory whose credentials are this YAML text."""
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "credentials.yml.enc").write_bytes(sealed(marshalled(yaml), key_text))
    (config / "master.key").write_text(key_text)
    (config / "master.key").chmod(0o600)
    return folder
