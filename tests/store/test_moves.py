"""Moves in a small form are what was put in, and an anchor made of them is the one made of two dictionaries."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from integrations_cli.store import audit, open_store
from integrations_cli.store.moves import Moves

HEADS = some.tuples(some.integers(-(2**63), 2**63 - 1), some.binary(min_size=32, max_size=32))


@given(some.lists(some.tuples(some.binary(max_size=20), HEADS, HEADS)))
def test_they_come_out_as_they_were_put_in(moves):
    packed = Moves()
    for one in moves:
        packed.put(*one)
    assert list(packed) == moves and len(packed) == len(moves)


@pytest.mark.parametrize("wrong", [0, 1])
def test_what_is_no_head_is_refused(wrong):
    heads = [(1, bytes(32)), (1, bytes(32))]
    heads[wrong] = (1, b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        Moves().put(b"c" * 16, *heads)


def test_a_commit_that_moved_every_chain_and_some_of_them_again_is_remembered_step_by_step(made, monkeypatch):
    """Entries before the new epoch, the epoch itself in pieces of two chains, and one behind it: each line of the anchor says where it was."""
    monkeypatch.setattr(audit, "_HEADS", audit._HEADS.replace("500", "2"))
    with open_store(made) as store:
        with store.writing() as here:
            for at in range(5):
                here.websites.add(f"site-{at}")
        before = made.anchor.read_text().count("\n")
        with store.writing() as here:
            here.websites.rename("site-1", "other")
            assert here.audit.grew
            here.audit.new_epoch()
            assert not here.audit.moved and here.audit.grew
            here.audit.record("key.reencryption_started", epoch=2, keys=0)
        lines = [json.loads(line)["heads"] for line in made.anchor.read_text().splitlines()[before:]]
        moves = [(chain, *move) for line in lines for chain, move in line.items()]
        known = {}
        for chain, seq, mac, found, found_mac in moves:
            assert known.get(chain, (found, found_mac)) == (found, found_mac), "each begins where the one before it ended"
            known[chain] = seq, mac
        with store.reading() as here:
            rows = here.audit.connection().execute("SELECT chain, seq, mac FROM audit_head").fetchall()
        assert known == {chain.hex(): (seq, mac.hex()) for chain, seq, mac in rows}
        with store.writing() as here:  # the anchor is believed
            here.websites.add("site-9")
            assert {one.problem for one in here.audit.verify()} == {None}
