"""The first entry of a chain in a new epoch: it names the head before it, and proves that whoever writes it had the key before.

There is one for each website, so its text is built once and filled in; what comes out is what `chain.body` builds, byte for byte.
"""

import os
from datetime import datetime

from integrations_cli.store.alike import opened
from integrations_cli.store.chain import Signer, body
from integrations_cli.store.ciphers import signing
from integrations_cli.store.verifying import Sign, proven


class Epoch:
    """The epoch of `signer`, begun at `moment` behind the epoch `last`; `old_key` is None when the key of that is lost."""

    def __init__(self, signer: Signer, moment: datetime, last: int, old_key: bytes | None) -> None:
        self.moment = moment
        self._signer, self._last = signer, last
        self._prove: Sign | None = signing(old_key) if old_key is not None else None
        self._forms = {changed: self._form(changed) for changed in (False, True)}

    def entry(self, chain: bytes, seq: int, mac: bytes, changed: bool) -> bytes:
        """The body for one chain, which ended so; `changed`: its rows are not what it says."""
        if self._prove is None:
            return (self._forms[changed] % (mac.hex(), seq)).encode()
        return (self._forms[changed] % (mac.hex(), self._prove(proven(self._signer.epoch, chain, seq, mac)).hex(), seq)).encode()

    def _form(self, changed: bool) -> str:
        """As a form (of `%`): it is cut where random digits stand, in the order of canonical JSON."""
        mac, proof, seq = os.urandom(32).hex(), os.urandom(32).hex(), int.from_bytes(os.urandom(6), "big") | 2**50
        told = {"epoch": self._last, "seq": seq, "mac": mac, "proof": proof if self._prove else None}
        cause, rows = None if self._prove else "key_lost", "changed" if changed else None
        facts = {"epoch": self._signer.epoch, "before": told, "cause": cause, "rows": rows}
        text = body(self._signer, self.moment, "epoch.started", "ok", facts).decode()
        return opened(text, [mac, proof, str(seq)] if self._prove else [mac, str(seq)])
