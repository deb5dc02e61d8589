"""Packed, they are what a dictionary would have."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from integrations_cli.store.heads import Heads

CHAINS = some.binary(min_size=16, max_size=16).map(bytes.hex) | some.integers(0, 40).map(lambda number: f"{number:032x}")
HEADS = some.tuples(some.integers(0, 2**63 - 1), some.binary(min_size=32, max_size=32).map(bytes.hex))


@given(some.lists(some.tuples(CHAINS, HEADS), max_size=60))
def test_they_are_a_dictionary(moves):
    packed, known = Heads(), {}
    for chain, head in moves:
        packed[chain] = head
        known[chain] = head
        assert packed[chain] == head
    assert dict(packed.items()) == known
    assert (len(packed), set(packed), sorted(packed)) == (len(known), set(known), sorted(known))
    assert all(chain in packed and packed.get(chain) == head for chain, head in known.items())
    assert packed.get("f" * 32) == known.get("f" * 32)
    assert packed.get("nothing") is None


@pytest.mark.parametrize(
    ("chain", "mac"),
    [("", "0" * 64), ("0" * 34, "0" * 64), ("A" * 32, "0" * 64), ("0" * 32, ""), ("0" * 32, "g" * 64), ("0" * 32, "0" * 62)],
)
def test_what_is_no_head_is_refused(chain, mac):
    packed = Heads()
    with pytest.raises(ValueError):
        packed[chain] = (1, mac)
    assert chain not in packed
    assert not packed


def test_very_many():
    packed = Heads()
    for turn in (1, 2):
        for number in range(5000):
            packed[f"0011223344{number:022x}"] = (number + turn, f"{number:064x}")
    assert len(packed) == 5000
    assert all(packed[f"0011223344{number:022x}"] == (number + 2, f"{number:064x}") for number in range(5000))
    assert "f" * 32 not in packed
