"""A fresh process: does the keyring really hold the key whose SHA-256 comes on standard input? Exit 0 means yes."""

import hashlib
import hmac
import sys

from integrations_cli.errors import Locked
from integrations_cli.store import vault
from integrations_cli.store.slots import keyring


def main() -> int:
    """Compare, and say so by the exit code alone."""
    expected = sys.stdin.buffer.read(32)
    try:
        text = keyring.within(keyring.DEADLINE, lambda: keyring.backend()[0].get_password(keyring.SERVICE, sys.argv[1]))
        return 0 if text and hmac.compare_digest(hashlib.sha256(vault.read_key_text(text)).digest(), expected) else 1
    except Locked:
        return 1


if __name__ == "__main__":
    sys.exit(main())
