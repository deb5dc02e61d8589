"""Many entries of the log that were made at one moment and differ only in hex digits: each kind is built once, then filled in.

What comes out is what `chain.body` builds, byte for byte (a property test holds one against the other): hex digits look the same in
JSON, so a text that has random ones in their place can be cut there.
"""

import os
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any

from integrations_cli.store.chain import Signer, body
from integrations_cli.store.ciphers import signing
from integrations_cli.store.subject import ROW, Subject, row_mac, row_told
from integrations_cli.store.traces import UNTESTED

MOST = 500  # kinds that are remembered: there is one for each provider and set of fields
Kind = tuple[Any, ...]


class Alike:
    """The entries of one moment."""

    def __init__(self, signer: Signer, moment: datetime) -> None:
        self._signer, self._moment = signer, moment
        self._sign = signing(signer.key)
        self._bodies: dict[Kind, str] = {}
        self._rows: dict[Kind, tuple[bytes, bytes]] = {}

    def entry(self, action: str, subject: Subject, facts: Mapping[str, Hashable], fp: Mapping[str, str]) -> bytes:
        """The body for one integration, nothing of which is told as it was before; `fp` has 8 hex digits for each field with a mark."""
        kind = (action, subject.provider, *facts.items(), *fp)
        form = self._bodies.get(kind)
        if form is None:
            form = _remembered(self._bodies, kind, self._form(action, subject, facts, fp))
        marks = [fp[name] for name in sorted(fp)] if len(fp) > 1 else fp.values()
        return (form % (*marks, subject.id.hex(), self._row(subject))).encode()

    def plain(self, action: str, facts: Mapping[str, str]) -> bytes:
        """The body of an entry that is of no integration; the facts are texts that look the same in JSON: hex digits, or slugs."""
        kind = (action, *facts)
        form = self._bodies.get(kind)
        if form is None:
            blank = {name: os.urandom(16).hex() for name in sorted(facts)}
            text = body(self._signer, self._moment, action, "ok", blank).decode()
            form = _remembered(self._bodies, kind, opened(text, blank.values()))
        return (form % tuple([facts[name] for name in sorted(facts)])).encode()

    def _form(self, action: str, subject: Subject, facts: Mapping[str, Hashable], fp: Mapping[str, str]) -> str:
        blank = _blank(subject)
        marks = {name: os.urandom(16).hex() for name in sorted(fp)}
        text = body(self._signer, self._moment, action, "ok", {**facts, "fp": marks or None}, blank).decode()
        return opened(text, [*marks.values(), blank.id.hex(), row_mac(self._signer.key, blank)])

    def _row(self, subject: Subject) -> str:
        """As `row_mac`."""
        if subject.settings:
            return row_mac(self._signer.key, subject)
        kind = (
            *(subject.category, subject.provider, subject.enabled, subject.version, subject.expires_at, subject.created_at),
            *(subject.account, subject.account_id, *subject.since.items()),
            *(() if subject.said is UNTESTED else subject.said.items()),
        )
        around = self._rows.get(kind)
        if around is None:
            blank = _blank(subject)
            before, _, behind = row_told(blank).partition(blank.website_id.hex().encode())
            around = _remembered(self._rows, kind, (before, behind))
        return self._sign(subject.website_id.hex().encode().join(around)).hex()[:ROW]


def opened(text: str, blanks: Iterable[str]) -> str:
    """The text as a form (of `%`): blanks, in the order in which they stand in it, are to be filled in."""
    form = ""
    for blank in blanks:
        before, _, text = text.partition(blank)
        form += before.replace("%", "%%") + "%s"
    return form + text.replace("%", "%%")


def _blank(subject: Subject) -> Subject:
    """The same, of an integration and a website that are not there."""
    one = subject
    plain = (one.category, one.provider, one.settings, one.enabled, one.version, one.since, one.said, one.expires_at)
    return Subject(os.urandom(16), os.urandom(16), *plain, one.account, one.account_id, one.created_at)


def _remembered(found: dict[Kind, Any], kind: Kind, made: Any) -> Any:
    if len(found) >= MOST:
        found.clear()
    found[kind] = made
    return made
