"""What is shown of a version (its card), while that is sealed anew: held against what is inside, then with marks of the new key."""

import json
from collections.abc import Callable, Sequence

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
        if len(marks) != len(values) or not any(_made_by(sign, found) for sign in self._known):
            raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")
        text = card
        for old, told in found:
            if text.count(old) != 1:
                new = [_fp(self._fresh, told) for _, told in found]
                return json.dumps({name: {**mark, "fp": fp} for (name, mark), fp in zip(marks.items(), new, strict=True)})
            text = text.replace(old, _fp(self._fresh, told))
        return text


def _made_by(sign: Sign, found: Sequence[tuple[str, bytes]]) -> bool:
    return [fp for fp, _ in found] == [_fp(sign, told) for _, told in found]


def _fp(sign: Sign, told: bytes) -> str:
    return sign(told)[:16].hex()
