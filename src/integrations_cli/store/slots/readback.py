"""A fresh process: does the keyring really hold the key whose SHA-256 comes on standard input? Exit 0 means yes."""

import hashlib
import hmac
import sys

from integrations_cli.errors import IntegrationsError
from integrations_cli.store.process import harden
from integrations_cli.store.slots import keyring


def main() -> int:
    """Compare, and say so by the exit code alone; nobody is asked anything."""
    harden()
    expected = sys.stdin.buffer.read(32)
    try:
        return 0 if hmac.compare_digest(hashlib.sha256(keyring.read(sys.argv[1], may_ask=False)).digest(), expected) else 1
    except IntegrationsError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
