"""Ids: 16 random bytes, never reused."""

import os


def several(count: int) -> list[bytes]:
    """Ids for what is made in one transaction, in rising order: the first four of the random bytes are the same.

    So its rows are neighbours in the trees, and each comes behind the one before it. Ids that have nothing in common make every batch of
    a large store touch every page of its indexes.
    """
    alike, rest = os.urandom(4), os.urandom(12 * count)
    return sorted([alike + rest[at : at + 12] for at in range(0, 12 * count, 12)])
