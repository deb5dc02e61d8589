"""A list in JSON, element by element: a long one is never held as a whole."""

from collections.abc import Iterator
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Any, TextIO

from integrations_cli.errors import Unparsable
from integrations_cli.sources.strict_json import DECODER, Twice

CHUNK = 1024 * 1024  # characters read at a time
LONGEST = 4 * 1024 * 1024  # characters of an element


def elements(stream: TextIO, name: str) -> Iterator[tuple[int, Any, int]]:
    """The number of each, from 1 on, what it says, and how many characters it takes. Raises Unparsable (11), which shows none of them."""
    text, broken = _Text(stream), Unparsable(f"{name}: not valid JSON, an object that has a key twice, or one of more than 4 MiB")
    number, sign = 0, text.take()
    if sign != "[":
        raise broken
    if text.peek() == "]":
        sign = text.take()
    while sign != "]":
        number += 1
        found = text.element()
        sign = text.take()
        if found is None or sign not in {",", "]"}:
            raise broken
        yield number, *found
    if text.peek():
        raise broken


class _Text:
    """What was read, from where it is not used yet."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._text, self._at = stream, "", 0

    def _more(self) -> bool:
        fresh = self._stream.read(CHUNK)
        self._text, self._at = self._text[self._at :] + fresh, 0
        return fresh != ""

    def peek(self) -> str:
        """The next character that is no space, or nothing at the end."""
        while True:
            self._at = WHITESPACE.match(self._text, self._at).end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> str:
        """The same, which is used then."""
        sign = self.peek()
        self._at += len(sign)
        return sign

    def element(self) -> tuple[Any, int] | None:
        """What stands next, and its length; None for what is no JSON, or too long."""
        if not self.peek():
            return None
        while True:
            try:
                found, end = DECODER.raw_decode(self._text, self._at)
            except (Twice, RecursionError):
                return None
            except ValueError:  # perhaps it goes on
                if len(self._text) - self._at > LONGEST or not self._more():
                    return None
                continue
            if end < len(self._text):
                length, self._at = end - self._at, end
                return found, length
            if not self._more():  # at the end of what was read a number could go on; nothing ends with an element
                return None
