"""A column of ActiveRecord::Encryption as Rails writes it: for rows that go back to a Rails application."""

import base64
import json
import os
import zlib
from collections.abc import Mapping
from typing import Any

from integrations_cli.sources.rails.cipher import IV, seal
from integrations_cli.sources.rails.keyring import Key

COMPRESSED = 140  # bytes: longer texts are compressed
_ESCAPED = str.maketrans({one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"})


def json_text(value: Mapping[str, Any]) -> str:
    """Compact JSON in the order of the fields; `< > &` and two separators escaped, the rest as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def column(text: str, key: Key, iv: bytes | None = None, *, reference: bool = False) -> str:
    """The envelope. `iv` is random; giving one is for vectors only."""
    clear, iv = text.encode(), iv or os.urandom(IV)
    packed = len(clear) > COMPRESSED
    sealed, tag = seal(key.data, iv, zlib.compress(clear) if packed else clear)
    headers: dict[str, Any] = {"iv": _text(iv), "at": _text(tag)}
    headers |= {"i": _text(key.reference.encode())} if reference else {}
    headers |= {"c": True} if packed else {}
    return json.dumps({"p": _text(sealed), "h": headers}, separators=(",", ":"))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
