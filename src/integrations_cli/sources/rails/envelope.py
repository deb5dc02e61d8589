"""A column of ActiveRecord::Encryption: `{"p": …, "h": {"iv": …, "at": …}}`, or a refusal with its reason.

Rails with `support_unencrypted_data` hands a damaged envelope out as if it were the credentials. Here an object with `p` and `h`
is an envelope or an error.
"""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations_cli.errors import Unreadable
from integrations_cli.sources.rails.cipher import open_sealed
from integrations_cli.sources.rails.keyring import Key, Keyring
from integrations_cli.sources.rails.text import decode, unbase64

LARGEST, LARGEST_INFLATED = 32 * 1024 * 1024, 8 * 1024 * 1024
_HEADERS = frozenset({"iv", "at", "c", "i", "e", "k"})
_CUT = re.compile(r"\s*\{\s*\"[ph]\"\s*:")
NOT_ENCRYPTED = "not_encrypted"


@dataclass(frozen=True, slots=True)
class Opened:
    """The text inside. `public`: opened by a key that anybody may know."""

    text: str
    public: bool = False


def read(column: str, keyring: Keyring) -> Opened:
    """Open one column. Raises Unreadable with a fixed word as reason; `not_encrypted` for what is no envelope at all."""
    if len(column) > LARGEST:
        raise Unreadable("more than 32 MiB", reason="inflate_too_big")
    message = _message(column)
    raw, key = _open(message, keyring.candidates, nested=False)
    headers = message["h"]
    if headers.get("c", False):
        raw = inflate(raw)
    return Opened(decode(raw, _label(headers, "e") or "utf-8"), key.public)


def is_envelope(found: Any) -> bool:
    """True for a JSON value that must be opened or refused, never taken as credentials."""
    return isinstance(found, dict) and "p" in found and "h" in found


def inflate(data: bytes) -> bytes:
    """zlib with a bound. Raises Unreadable (`inflate_failed`, `inflate_too_big`)."""
    stream = zlib.decompressobj()
    try:
        clear = stream.decompress(data, LARGEST_INFLATED + 1)
    except zlib.error:
        raise Unreadable("it does not inflate", reason="inflate_failed") from None
    if len(clear) > LARGEST_INFLATED:
        raise Unreadable("more than 8 MiB after inflating", reason="inflate_too_big")
    if not stream.eof or stream.unused_data:
        raise Unreadable("it does not inflate to its end", reason="inflate_failed")
    return clear


def _message(column: str) -> dict[str, Any]:
    try:
        found = json.loads(column)
    except (ValueError, RecursionError):
        if _CUT.match(column):
            raise _bad("the text is cut or altered") from None
        raise Unreadable("it was never encrypted", reason=NOT_ENCRYPTED) from None
    if not is_envelope(found):
        raise Unreadable("it was never encrypted", reason=NOT_ENCRYPTED)
    return _checked(found)


def _checked(found: Any) -> dict[str, Any]:
    """The message, if its shape is that of Rails."""
    if not isinstance(found, dict) or set(found) != {"p", "h"} or not isinstance(found["p"], str) or not isinstance(found["h"], dict):
        raise _bad("it does not have the form of an envelope")
    headers = found["h"]
    if not set(headers) <= _HEADERS:
        raise _bad("a header that is not known")
    if not {"iv", "at"} <= set(headers):
        raise _bad("iv or at is missing")
    if not all(isinstance(headers[name], str) for name in headers.keys() & {"iv", "at", "i", "e"}):
        raise _bad("a header of the wrong type")
    if not isinstance(headers.get("c", False), bool):
        raise _bad("a header of the wrong type")
    return found


def _open(message: dict[str, Any], candidates: Any, *, nested: bool) -> tuple[bytes, Key]:
    headers = message["h"]
    sealed, iv, tag = unbase64(message["p"]), unbase64(headers["iv"]), unbase64(headers["at"])
    named = candidates(_label(headers, "i"))
    keys = _envelope_key(headers["k"], named, nested) if "k" in headers else named
    if not keys:
        told = "no key has the reference it names" if "i" in headers else "no key was given"
        raise Unreadable(told, reason="no_key_for_reference" if "i" in headers else "no_key")
    for key in keys:
        clear = open_sealed(key.data, iv, sealed, tag)
        if clear is not None:
            return clear, key
    raise Unreadable("no key opens it: altered, or under another key", reason="authentication_failed")


def _envelope_key(inner: Any, named: Sequence[Key], nested: bool) -> Sequence[Key]:
    """Header `k`: a data key that is a message itself, under one of the keys that the message around it names."""
    if nested:
        raise _bad("a key within a key")
    if not named:
        return ()
    data, key = _open(_checked(inner), lambda _: named, nested=True)
    if len(data) != len(key.data):
        raise _bad("the key within is no key")
    return [Key(data, "", key.digest, key.public)]


def _label(headers: dict[str, Any], name: str) -> str | None:
    return unbase64(headers[name]).decode("latin-1") if name in headers else None


def _bad(why: str) -> Unreadable:
    return Unreadable(why, reason="bad_envelope")
