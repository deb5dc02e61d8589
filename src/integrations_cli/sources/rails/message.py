"""`data--iv--tag`: the text of a Rails credentials file, and its key."""

import re

from integrations_cli.errors import Unreadable
from integrations_cli.sources.rails import marshal
from integrations_cli.sources.rails.cipher import open_sealed
from integrations_cli.sources.rails.text import unbase64

LARGEST = 1024 * 1024
_PARTS = re.compile("--".join([r"([A-Za-z0-9+/]*={0,2})"] * 3))
_BLANK = " \t\n\v\f\r\0"


def key_of(text: str) -> tuple[bytes, tuple[str, ...]]:
    """The 16 bytes of a key file, and notes. As Ruby's `pack("H*")` a letter outside a–f counts too, which deserves a note.

    Raises Unreadable (`bad_key`), which says the length only.
    """
    trimmed = text.strip(_BLANK)
    if len(trimmed) != 32 or not re.fullmatch(r"[\x21-\x7e]{32}", trimmed):
        told = "it is empty" if not trimmed else f"it has {len(trimmed)} characters" if len(trimmed) != 32 else "it holds other characters"
        raise Unreadable("the key is not 32 hexadecimal characters", told, reason="bad_key")
    notes = () if re.fullmatch(r"[0-9A-Fa-f]{32}", trimmed) else ("key_not_hexadecimal",)
    nibbles = [(ord(sign) & 15) + 9 & 15 if sign.isalpha() else ord(sign) & 15 for sign in trimmed]
    return bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True)), notes


def decrypt(data: bytes, key: bytes) -> str | None:
    """The YAML text of the file, or None when this key does not open it. Raises Unreadable for a file that no key can open."""
    if len(data) > LARGEST:
        raise Unreadable("more than 1 MiB", reason="too_large")
    found = _PARTS.fullmatch(data.decode("latin-1").strip(_BLANK))
    if found is None:
        raise Unreadable("not the form of an encrypted file: data--iv--tag in base64", reason="not_encrypted")
    sealed, iv, tag = (unbase64(part) for part in found.groups())
    clear = open_sealed(key, iv, sealed, tag)
    return None if clear is None else marshal.read(clear)
