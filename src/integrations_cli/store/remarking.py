"""What is shown of a version (its card), while that is sealed anew: held against what is inside, then with marks of the new key."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from integrations_cli import quickjson
from integrations_cli.store import vault
from integrations_cli.store.moulds import fingerprinted

Sign = Callable[[bytes], bytes]
"""HMAC-SHA256 under one key."""


class Marks:
    """The fingerprint keys of before, and the one in use."""

    def __init__(self, known: Sequence[Sign], fresh: Sign) -> None:
        self._known, self._fresh = known, fresh

    def anew(self, card: str, website_id: bytes, provider: str, plaintext: bytes) -> str:
        """The card with new fingerprints, and not another letter changed.

        Raises Unreadable (7) unless its marks are of what is inside, all by one key: nothing is mended that somebody has changed. A card
        or a plaintext that was written by hand may raise whatever `resealing.DAMAGE` has.
        """
        marks, values = quickjson.loads(card), quickjson.loads(plaintext.rstrip(b" ").decode())
        found = [(mark["fp"], fingerprinted(website_id, provider, name, values[name])) for name, mark in marks.items()]
        if len(marks) == len(values):
            for sign in self._known:  # one, nearly always, and one field: no generators
                for old, told in found:
                    if sign(told)[:16].hex() != old:
                        break
                else:
                    return self._replaced(card, marks, found)
        raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")

    def _replaced(self, card: str, marks: dict[str, dict[str, Any]], found: Sequence[tuple[str, bytes]]) -> str:
        text = card
        for old, told in found:
            if text.count(old) != 1:
                fresh = [self._fresh(one)[:16].hex() for _, one in found]
                return json.dumps({name: {**mark, "fp": fp} for (name, mark), fp in zip(marks.items(), fresh, strict=True)})
            text = text.replace(old, self._fresh(told)[:16].hex())
        return text
