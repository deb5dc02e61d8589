"""Where very many chains end: 60 bytes each, where a dictionary of texts takes 380."""

from array import array
from collections.abc import Iterator, Mapping

from integrations_cli.store.journal import Head

_CHAIN, _SEQ, _MAC = 16, 8, 32  # bytes
_RECORD = _CHAIN + _SEQ + _MAC
_HEX = frozenset("0123456789abcdef")


class Heads(Mapping[str, Head]):
    """Chain (32 hex digits) → number and MAC (64 hex digits) of its last entry, as a dictionary would have it; none is ever taken out."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._slots = array("I", bytes(4 * 1024))  # number of a record, from 1; 0: free

    def __getitem__(self, chain: str) -> Head:
        at = self._slots[self._place(bytes.fromhex(chain))] if _is_hex(chain, _CHAIN) else 0
        if at == 0:
            raise KeyError(chain)
        record = self._records[(at - 1) * _RECORD : at * _RECORD]
        return int.from_bytes(record[_CHAIN : _CHAIN + _SEQ], "big"), record[_CHAIN + _SEQ :].hex()

    def __setitem__(self, chain: str, head: Head) -> None:
        """Raises ValueError for what is no head of ours."""
        seq, mac = head
        if not (_is_hex(chain, _CHAIN) and _is_hex(mac, _MAC)):
            raise ValueError
        name = bytes.fromhex(chain)
        place = self._place(name)
        at = self._slots[place]
        record = name + seq.to_bytes(_SEQ, "big") + bytes.fromhex(mac)
        if at:
            self._records[(at - 1) * _RECORD : at * _RECORD] = record
            return
        self._records += record
        self._slots[place] = len(self._records) // _RECORD
        if self._slots[place] * 3 > len(self._slots) * 2:
            self._make_room()

    def __iter__(self) -> Iterator[str]:
        for at in range(0, len(self._records), _RECORD):
            yield self._records[at : at + _CHAIN].hex()

    def __len__(self) -> int:
        return len(self._records) // _RECORD

    def _place(self, name: bytes) -> int:
        """Where its number stands, or would stand."""
        slots, records = self._slots, self._records
        most = len(slots) - 1
        place = hash(name) & most
        while (at := slots[place]) and records[(at - 1) * _RECORD : (at - 1) * _RECORD + _CHAIN] != name:
            place = (place + 1) & most
        return place

    def _make_room(self) -> None:
        self._slots = array("I", bytes(2 * self._slots.itemsize * len(self._slots)))
        for number in range(1, len(self._records) // _RECORD + 1):
            start = (number - 1) * _RECORD
            self._slots[self._place(bytes(self._records[start : start + _CHAIN]))] = number


def _is_hex(text: str, size: int) -> bool:
    return len(text) == 2 * size and _HEX.issuperset(text)
