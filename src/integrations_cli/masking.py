"""What may be shown: masks and hints of secrets, and foreign text made safe for every view."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

BULLETS = "•" * 8
HINT_FROM = 20  # characters a value must have before its last 4 may be shown: never more than 20 % of it


class Secret:
    """A value that shows itself nowhere: not in str(), repr(), a format, JSON, a pickle, a log or a traceback.

    Not a `str`: a subclass with a masked repr still leaks through f-strings, `%s` and `json.dumps`. `reveal()` is the one way out.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The value in the clear: only where it is sent or handed out."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(••••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self.__text.strip())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac  # noqa: PLC0415  a list compares nothing

        return hmac.compare_digest(self.__text.encode("utf-8", "surrogatepass"), other.__text.encode("utf-8", "surrogatepass"))

    __hash__ = None  # type: ignore[assignment]  # a secret must not become a dictionary key

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def hint(value: str, allowed: bool = True) -> str | None:
    """The last 4 characters, only of values with at least 20 and unless the definition forbids it."""
    return value[-4:] if allowed and len(value) >= HINT_FROM else None


def mask(tail: str | None) -> str:
    """Eight bullets and the hint; the width never tells the length of the value."""
    return BULLETS + (tail or "")


def counted(number: int, what: str) -> str:
    """`1 field`, `1,204 fields`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


_BIDI_AND_INVISIBLE = frozenset(
    [0x061C, 0xFEFF, 0x00AD, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), *range(0xE0000, 0xE0080)]
)


def _visible(character: str) -> str:
    import unicodedata  # noqa: PLC0415  most text is ASCII

    code = ord(character)
    if code < 0x20 or 0x7F <= code <= 0x9F:
        return f"\\x{code:02x}"
    if code in _BIDI_AND_INVISIBLE or unicodedata.category(character) in {"Cs", "Cf", "Zl", "Zp", "Co", "Cn"}:
        return f"<U+{code:04X}>"
    return character


def safe(text: object, limit: int | None = 300) -> str:
    """Foreign text as one harmless line: control, escape and bidirectional characters become visible, then it is cut.

    Never markup: consoles that print it have markup, emoji and highlight switched off.
    """
    line = str(text)
    if not line.isprintable():  # what is printable holds none of them
        line = "".join(map(_visible, line))
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def is_masked(value: str) -> bool:
    """True for text copied from a masked view (`••••••••Qx7A`, `****`): never a new value."""
    if value.isascii() and "***" not in value and value[:1] not in "xX":
        return False  # as most are: the expression below costs more
    import re  # noqa: PLC0415  only where a value is given

    return bool(re.search(r"[•●∙·*]{3,}|^x{8,}$", value, re.IGNORECASE))


_HARMLESS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/.")


def harmless(word: str) -> bool:
    """True for what may be repeated of a command line: never NAME=VALUE, never a long word, which could be a key."""
    return 0 < len(word) <= 24 and _HARMLESS.issuperset(word)
