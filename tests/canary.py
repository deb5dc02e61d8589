"""Unique fake secrets, and the search for every form in which one could have come out."""

import base64
import json
import secrets
import sys
import urllib.parse
from collections.abc import Iterable
from pathlib import Path


def canary(begin: str = "", size: int = 32) -> str:
    """A value that exists nowhere else; made at run time, so no report of a test holds it beforehand."""
    return begin + secrets.token_hex(size // 2) + "EXAMPLE"


def forms(value: str) -> dict[str, bytes]:
    """The value as it may look: raw, halves, base64 at each offset, hex, URL, JSON, UTF-16, reversed."""
    data = value.encode()
    found = {
        "raw": data,
        "first half": data[: len(data) // 2],
        "second half": data[len(data) // 2 :],
        "hex": data.hex().encode(),
        "HEX": data.hex().upper().encode(),
        "url": urllib.parse.quote(value, safe="").encode(),
        "all url": "".join(f"%{byte:02X}" for byte in data).encode(),
        "json": json.dumps(value)[1:-1].encode(),
        "utf-16": value.encode("utf-16-le"),
        "reversed": data[::-1],
        "base32": base64.b32encode(data).rstrip(b"="),
    }
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data)
        found[f"base64+{offset}"] = whole[4 if offset else 0 : len(whole) // 4 * 4 - 4]
        found[f"base64url+{offset}"] = base64.urlsafe_b64encode(b"\0" * offset + data)[4 if offset else 0 : len(whole) // 4 * 4 - 4]
    return found


def hits(values: Iterable[str], texts: dict[str, bytes]) -> list[str]:
    """Where a form of a value was found, without repeating it: the names of texts and forms."""
    return [
        f"{name}: {form}"
        for number, value in enumerate(values)
        for form, sought in forms(value).items()
        for name, text in texts.items()
        if sought in text
    ]


def files_below(*folders: Path, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Every file, by name."""
    skipped = set(but)
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file() and path.name not in skipped}


class Sought:
    """Many forms, looked for in thousands of files: a form of 15 bytes or more holds a whole aligned word of 8 wherever it stands."""

    def __init__(self, forms: Iterable[bytes]) -> None:
        self.forms = set(forms)
        self.short = [form for form in self.forms if len(form) < 15]
        self.words = {word for form in self.forms - set(self.short) for word in self._words(form)}

    @staticmethod
    def _words(form: bytes) -> list[int]:
        """The eight words of the middle, where keys differ, one for each way in which the form may be aligned."""
        begin = (len(form) - 15) // 2
        return [int.from_bytes(form[at : at + 8], sys.byteorder) for at in range(begin, begin + 8)]

    def within(self, data: bytes) -> bool:
        """Whether one of them stands in there."""
        if any(form in data for form in self.short):
            return True
        aligned = memoryview(data)[: len(data) // 8 * 8].cast("Q")
        return not self.words.isdisjoint(aligned) and any(form in data for form in self.forms)
