"""Strict base64 and the names that Ruby gives to encodings."""

import base64
import binascii
import codecs

from integrations_cli.errors import Unreadable

# Ruby's name → Python's, for the encodings that hold ASCII as it is; another name is refused
_CODECS = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "ascii-8bit": "utf-8",  # "bytes": what the text really is, is UTF-8 or refused
    "binary": "utf-8",
    "windows-31j": "cp932",
    "shift_jis": "shift_jis",
    "euc-jp": "euc_jp",
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
}


def unbase64(text: str) -> bytes:
    """Bytes of standard, padded base64 and nothing else, as Ruby's `unpack1("m0")` takes it. Raises Unreadable (`bad_base64`)."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Unreadable("not strict base64", reason="bad_base64") from None
    if base64.b64encode(found).decode() != text:
        raise Unreadable("not strict base64", reason="bad_base64")
    return found


def decode(data: bytes, encoding: str) -> str:
    """Text from bytes in the encoding that Ruby names. Raises Unreadable (`unknown_encoding`, `not_text`)."""
    name = _CODECS.get(encoding.lower())
    if name is None:
        raise Unreadable("text in an encoding that is not accepted", reason="unknown_encoding")
    try:
        return codecs.decode(data, name)
    except UnicodeDecodeError:
        raise Unreadable(f"bytes that are not {encoding.upper()} text", reason="not_text") from None
