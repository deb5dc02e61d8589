"""The keys of ActiveRecord::Encryption: derived once per run, as Rails derives them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from integrations_cli.masking import Secret

ROUNDS, LENGTH = 65536, 32
DIGESTS = ("sha256", "sha1")  # Rails 7.1 and later, then what came before
PUBLIC = ("dev_primary_key_32_bytes_long_x", "dev_salt_32_bytes_long_xxxxxxx")  # published in the reference application


@dataclass(frozen=True, slots=True)
class Key:
    """A derived key. `reference` is what Rails writes into the header `i`: not unique. `public`: anybody may know it."""

    data: bytes = field(repr=False)
    reference: str
    digest: str
    public: bool = False


@dataclass(frozen=True)
class Keyring:
    """The keys to try, in order; empty when none was given."""

    keys: tuple[Key, ...] = ()

    @classmethod
    def derive(cls, primary: Sequence[Secret], salt: Secret | None, *, public: bool = False) -> "Keyring":
        """Every primary key with SHA-256, then every one with SHA-1. `public` adds the published development keys."""
        given = [(one.reveal(), salt.reveal()) for one in primary] if salt is not None else []
        keys = list(_derived(given, public=False))
        return cls((*keys, *_derived([PUBLIC], public=True)) if public else tuple(keys))

    @staticmethod
    def lines(text: str) -> list[Secret]:
        """Primary keys out of a file, one a line, the newest last."""
        return [Secret(line.strip(" \t\r")) for line in text.split("\n") if line.strip(" \t\r")]

    def candidates(self, reference: str | None) -> tuple[Key, ...]:
        """The keys that may open a message: with a reference only those that bear it, as in Rails."""
        return self.keys if reference is None else tuple(key for key in self.keys if key.reference == reference)


def _derived(pairs: Iterable[tuple[str, str]], *, public: bool) -> Iterable[Key]:
    pairs = list(pairs)
    for digest in DIGESTS:
        for primary, salt in pairs:
            data = hashlib.pbkdf2_hmac(digest, primary.encode(), salt.encode(), ROUNDS, LENGTH)
            yield Key(data, hashlib.sha1(data, usedforsecurity=False).hexdigest()[:4], digest, public)
