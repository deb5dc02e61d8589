"""A stored credential that cannot be opened, told with whose it is and what to do about it."""

from __future__ import annotations

from integrations_cli.errors import Unreadable

DAMAGED = frozenset({"format", "unknown_key", "wrong_key", "altered_or_moved"})
"""What is said of one ciphertext (store/vault.py); everything else is of the store as a whole."""


def named(error: Unreadable, website: str, provider: str) -> Unreadable:
    """The same error for this integration; another one as it is."""
    if error.reason not in DAMAGED:
        return error
    mend = ("integrations doctor --deep", f"integrations rotate {provider} -w {website}")
    return Unreadable(f"{provider} of {website} cannot be opened", error.why, mend, error.reason)
