"""One Ruby Marshal string, in the shapes that Rails writes into a credentials file. There is no general reader, on purpose.

`04 08`, then `"` length bytes, or `I"` length bytes and one instance variable: `E` true (UTF-8), `E` false (US-ASCII, or said to be so)
or `encoding`.
"""

from integrations_cli.errors import Unreadable
from integrations_cli.sources.rails import text

_VERSION = b"\x04\x08"
_WORDS = {
    "0": "nil",
    "T": "true",
    "F": "false",
    "i": "a number",
    "f": "a number",
    "l": "a number",
    "[": "a list",
    "{": "a hash",
    "}": "a hash",
    ":": "a symbol",
    "o": "an object",
    "S": "an object",
    "U": "an object",
    "u": "an object",
    "C": "an object of a subclass",
    "e": "an extended object",
    "c": "a class",
    "m": "a module",
    "M": "a module",
    "/": "a regular expression",
    "@": "a link",
    ";": "a link",
}


def read(data: bytes) -> str:
    """The string. Raises Unreadable (`not_a_marshal_string`, `not_text`, `unknown_encoding`)."""
    if data[:2] != _VERSION:
        raise _refused("not Marshal 4.8")
    reader = _Reader(data, 2)
    tagged = reader.byte() == ord("I")
    if not tagged:
        reader.at -= 1
    raw = reader.string()
    encoding = _encoding(reader) if tagged else "utf-8"
    if reader.at != len(data):
        raise _refused("something follows the string")
    return text.decode(raw, encoding)


def _encoding(reader: "_Reader") -> str:
    count = reader.length()
    if count == 0:
        return "utf-8"
    if count > 1 or reader.byte() != ord(":"):
        raise _refused("more than an encoding on the string")
    name = reader.take(reader.length())
    if name == b"E":
        flag = reader.byte()
        if flag not in b"TF":
            raise _refused("an encoding that is neither true nor false")
        return "utf-8"  # also where Ruby says US-ASCII: a program that runs with LANG=C says so of any text, and YAML reads UTF-8
    if name == b"encoding":
        return reader.string().decode("ascii", "replace")
    raise _refused("an instance variable that is no encoding")


def _refused(why: str) -> Unreadable:
    return Unreadable(f"what is inside is no Marshal string: {why}", reason="not_a_marshal_string")


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise _refused("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def string(self) -> bytes:
        kind = self.byte()
        if kind != ord('"'):
            raise _refused(_WORDS.get(chr(kind), "an unknown type"))
        return self.take(self.length())

    def length(self) -> int:
        """Ruby's packed number; a negative one is refused."""
        first = self.byte()
        if first >= 0x80:
            raise _refused("a negative length")
        if 1 <= first <= 4:
            return int.from_bytes(self.take(first), "little")
        return max(first - 5, 0)
