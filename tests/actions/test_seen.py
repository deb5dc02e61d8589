"""A table of numbers is a set of them."""

from hypothesis import given, settings
from hypothesis import strategies as some

from integrations_cli.actions.seen import Seen

NUMBERS = some.integers(1, 9) | some.integers(1, 2**64 - 1) | some.integers(1, 9).map(lambda number: number * 4096)


@settings(max_examples=100, deadline=None)
@given(some.lists(some.tuples(some.booleans(), some.lists(NUMBERS, max_size=6)), max_size=12))
def test_it_holds_what_was_put_in(steps):
    table, known = Seen(), set()
    for together, numbers in steps:
        if together:
            fits = len(set(numbers)) == len(numbers) and known.isdisjoint(numbers)
            assert table.add_all(numbers) == fits
            known |= set(numbers) if fits else set()
        else:
            for number in numbers:
                assert table.is_new(number) == (number not in known)
                known.add(number)
        assert all((number in table) == (number in known) for _, some_of_them in steps for number in some_of_them)


def test_it_grows():
    table = Seen()
    assert table.add_all(range(1, 20_000))
    assert all(number in table for number in range(1, 20_000))
    assert not table.add_all([20_000, 5])
    assert 20_000 not in table
    assert table.add_all([20_000])
