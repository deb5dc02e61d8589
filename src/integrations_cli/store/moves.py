"""Which chains a commit has moved, where there is one for each website: 130 bytes each, where two dictionaries take 500."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from integrations_cli.store.chain import Head

_SEQ, _MAC = 8, 32  # bytes
_HEAD = _SEQ + _MAC


class Moves:
    """Chains with their new heads and those they had before, in the order in which they were put in."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []

    def put(self, chain: bytes, head: Head, found: Head) -> None:
        """Remember one; a chain may come again. Raises ValueError for what is no head."""
        if len(head[1]) != _MAC or len(found[1]) != _MAC:
            raise ValueError("a MAC has 32 bytes")
        self._packed.append(b"".join((chain, *_packed(head), *_packed(found))))

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[tuple[bytes, Head, Head]]:
        for one in self._packed:
            yield one[: -2 * _HEAD], _head(one[-2 * _HEAD : -_HEAD]), _head(one[-_HEAD:])


def _packed(head: Head) -> tuple[bytes, bytes]:
    return head[0].to_bytes(_SEQ, "big", signed=True), head[1]


def _head(packed: bytes) -> Head:
    return int.from_bytes(packed[:_SEQ], "big", signed=True), packed[_SEQ:]
