"""Ids: 16 random bytes, never reused."""

import os


def several(count: int) -> list[bytes]:
    """Ids for what is made in one transaction: the first four of the random bytes are the same, so that rows are neighbours in the trees.

    Ids that have nothing in common make every batch of a large store touch every page of its indexes.
    """
    alike, rest = os.urandom(4), os.urandom(12 * count)
    return [alike + rest[at : at + 12] for at in range(0, 12 * count, 12)]
