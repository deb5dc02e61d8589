"""Many entries of the log that were made at one moment and differ only in hex digits: each kind is built once, then filled in.

What comes out is what `chain.body` builds, byte for byte (a property test holds one against the other): hex digits look the same in
JSON, so a text that has random ones in their place can be cut there.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations_cli.store.chain import Signer, Subject, body, row_mac, row_told
from integrations_cli.store.ciphers import signing
from integrations_cli.store.vault import lp

MOST = 500  # kinds that are remembered: there is one for each provider and set of fields
Kind = tuple[Any, ...]


class Alike:
    """The entries of one action at one moment."""

    def __init__(self, signer: Signer, moment: datetime, action: str) -> None:
        self._signer, self._moment, self._action = signer, moment, action
        self._sign = signing(signer.key)
        self._bodies: dict[Kind, list[str]] = {}
        self._rows: dict[Kind, list[bytes]] = {}

    def entry(self, subject: Subject, fields: tuple[str, ...], fp: Mapping[str, str]) -> bytes:
        """The body for one integration; `fp` has 8 hex digits for each field with a mark."""
        kind = (subject.provider, subject.version, fields, *fp)
        pieces = self._bodies.get(kind)
        if pieces is None:
            pieces = _remembered(self._bodies, kind, self._cut(subject, fields, fp))
        filled = [fp[name] for name in sorted(fp)] if len(fp) > 1 else [*fp.values()]
        filled += [subject.id.hex(), self._row(subject), ""]
        return "".join([text for pair in zip(pieces, filled, strict=True) for text in pair]).encode()

    def _cut(self, subject: Subject, fields: tuple[str, ...], fp: Mapping[str, str]) -> list[str]:
        blank = _blank(subject)
        marks = {name: os.urandom(16).hex() for name in sorted(fp)}
        facts = {"fields": list(fields) or None, "version": subject.version, "fp": marks or None}
        text = body(self._signer, self._moment, self._action, "ok", facts, blank).decode()
        pieces = []
        for cut in (*marks.values(), blank.id.hex(), row_mac(self._signer.key, blank)):
            before, _, text = text.partition(cut)
            pieces.append(before)
        return [*pieces, text]

    def _row(self, subject: Subject) -> str:
        """As `row_mac`."""
        if subject.settings:
            return row_mac(self._signer.key, subject)
        kind = (subject.category, subject.provider, subject.enabled, subject.version)
        pieces = self._rows.get(kind)
        if pieces is None:
            blank = _blank(subject)
            pieces = _remembered(self._rows, kind, row_told(blank).split(blank.website_id.hex().encode()))
        return self._sign(lp(b"row", subject.website_id.hex().encode().join(pieces))).hex()[:16]


def _blank(subject: Subject) -> Subject:
    """The same, of an integration and a website that are not there."""
    one = subject
    return Subject(os.urandom(16), os.urandom(16), one.category, one.provider, one.settings, one.enabled, one.version)


def _remembered(found: dict[Kind, Any], kind: Kind, made: Any) -> Any:
    if len(found) >= MOST:
        found.clear()
    found[kind] = made
    return made
