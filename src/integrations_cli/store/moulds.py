"""What many new versions of one shape have in common, built once and then filled in: place, plaintext, card and marks.

What comes out is what `vault` and `traces` build, byte for byte; a property test holds them together.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii

from integrations_cli.masking import Secret, hint
from integrations_cli.provider import Provider
from integrations_cli.store.vault import BLOCK, LARGEST, LENGTHS, aad, canonical, credential_aad, destination_hash, lp, u64

_ID = lp(bytes(16))[:4]  # in front of an id
_HASH = lp(bytes(32))[:4]
Sign = Callable[[bytes], bytes]
"""HMAC under the key of the fingerprints."""


class Mould:
    """Versions with number 1 of one provider that hold the same fields."""

    def __init__(self, store_id: bytes, definition: Provider, names: Iterable[str]) -> None:
        self.destinations = definition.destinations
        self.names, provider = tuple(sorted(names)), definition.name.encode()
        canonical(dict.fromkeys(self.names))  # raises ValueError for a name that is none
        self._before = aad("credential", store_id) + _ID
        self._behind = lp(u64(1), provider) + _HASH
        shown = {one.name for one in definition.credentials if one.hint}
        self._fields = [(name, name in shown, lp(provider, name.encode()), f"{json.dumps(name)}: " + '{"hint": ') for name in self.names]
        self._pieces = [(f'{"," if at else "{"}"{name}":', name) for at, name in enumerate(self.names)]

    def place(self, website_id: bytes, ident: bytes, destination: bytes) -> bytes:
        """As `credential_aad`."""
        return b"".join((self._before, website_id, _ID, ident, self._behind, destination))

    def plaintext(self, values: Mapping[str, Secret]) -> bytes:
        """As `pack_credentials`."""
        parts = [piece + encode_basestring(values[name].reveal()) for piece, name in self._pieces]
        text = f"{''.join(parts)}}}".encode()
        if len(text) > LARGEST:
            raise ValueError("more than 64 KiB of credentials")
        return text + b" " * (-len(text) % BLOCK)

    def marked(self, website_id: bytes, values: Mapping[str, Secret], sign: Sign) -> tuple[str, dict[str, str]]:
        """The card as JSON text, as `traces.marked` makes it; and 8 digits of each mark, for the log."""
        start, card, short = _FINGERPRINT + website_id, [], {}
        for name, shown, place, begin in self._fields:
            value = values[name].reveal()
            tail, text = hint(value, shown), value.encode("utf-8", "surrogatepass")
            mark = sign(start + place + LENGTHS[len(text)] + text).hex()[:32]
            card.append(f'{begin}{"null" if tail is None else encode_basestring_ascii(tail)}, "fp": "{mark}"' + "}")
            short[name] = mark[:8]
        return "{" + ", ".join(card) + "}", short


def place(store_id: bytes, website_id: bytes, ident: bytes, version: int, provider: str, bound: str) -> bytes:
    """As `credential_aad`, in a third of the time, for versions of any number; `bound` is the JSON text in the column."""
    before, between, behind = _frame(store_id, version, provider, bound, len(website_id), len(ident))
    return b"".join((before, website_id, between, ident, behind))


@lru_cache(1024)  # nearly all versions are bound to nothing, or to the same
def _frame(store_id: bytes, version: int, provider: str, bound: str, website: int, ident: int) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and behind two ids of so many bytes."""
    whole = credential_aad(store_id, bytes(website), bytes(ident), version, provider, destination_hash(json.loads(bound)))
    first = len(aad("credential", store_id)) + 4
    second = first + website + 4
    return whole[:first], whole[first + website : second], whole[second + ident :]


def fingerprinted(website_id: bytes, provider: str, field: str, text: str) -> bytes:
    """As `vault.fingerprinted`, in a third of the time."""
    value = text.encode("utf-8", "surrogatepass")
    return b"".join((_PURPOSE, LENGTHS[len(website_id)], website_id, _named(provider, field), LENGTHS[len(value)], value))


@lru_cache(1024)  # there are only so many fields
def _named(provider: str, field: str) -> bytes:
    return lp(provider.encode(), field.encode())


_PURPOSE = lp(b"integrations/fp/v1")
_FINGERPRINT = _PURPOSE + _ID
