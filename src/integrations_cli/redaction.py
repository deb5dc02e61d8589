"""Take known values out of a stream of bytes, also when one is cut in two by the way it was written."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

SHORTEST = 8  # characters: shorter values would blot out ordinary words
BLOT = b"[redacted]"


def forms(value: str) -> set[bytes]:
    """The value and its usual encodings: URL, JSON, shell, hex, base64 at each of its three offsets; of many lines, also each line."""
    if len(value) < SHORTEST:
        return set()
    data = value.encode("utf-8", "surrogatepass")
    found = {data, data.hex().encode(), data.hex().upper().encode(), json.dumps(value)[1:-1].encode(), value.replace("'", "'\\''").encode()}
    found |= {quote(value, safe="").encode(), quote_plus(value).encode(), data.replace(b"\n", b"\r\n")}
    for offset in range(3):
        found |= _base64(data, offset)
    for line in value.splitlines() if "\n" in value else ():
        found |= forms(line)
    return {form for form in found if len(form) >= SHORTEST}


def _base64(data: bytes, offset: int) -> set[bytes]:
    """What base64 makes of the value at this offset of a longer text: only the characters that the value alone decides."""
    whole = base64.b64encode(b"\0" * offset + data)
    first = (0, 2, 3)[offset]
    last = (offset + len(data)) * 8 // 6
    return {whole[first:last], whole[first:last].translate(bytes.maketrans(b"+/", b"-_"))}


class Redactor:
    """One per stream: `feed` gives what may be shown now, `flush` the rest. What could be the beginning of a value waits."""

    def __init__(self, values: Iterable[str]) -> None:
        self._forms = sorted({form for value in values for form in forms(value)}, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._forms))) if self._forms else None
        self._longest = len(self._forms[0]) if self._forms else 0
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The bytes that can no longer become a value, with every value taken out."""
        if self._pattern is None:
            return data
        text, shown, at = self._held + data, [], 0
        wait = self._waits(text, at)
        while True:
            found = self._pattern.search(text, at)
            if found is None or found.start() >= wait:
                break
            shown += [text[at : found.start()], BLOT]
            at = found.end()
            if at > wait:
                wait = self._waits(text, at)
        self._held = text[wait:]
        return b"".join([*shown, text[at:wait]])

    def _waits(self, text: bytes, after: int) -> int:
        """Where the first beginning of a value starts that reaches the end of the text; the end, if there is none."""
        start = max(after, len(text) - self._longest + 1)
        return next((at for at in range(start, len(text)) if self._begins(text[at:])), len(text))

    def _begins(self, end: bytes) -> bool:
        return any(len(form) > len(end) and form.startswith(end) for form in self._forms)

    def flush(self) -> bytes:
        """The rest: nothing more will come."""
        rest, self._held = self._held, b""
        return self._pattern.sub(BLOT, rest) if self._pattern else rest
