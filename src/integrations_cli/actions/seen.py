"""What was met already, where there may be a million of it."""

from array import array
from collections.abc import Sequence


class Seen:
    """Numbers of 8 bytes, in a table of their own: a set of Python's takes six times as much room, and there may be a million of them."""

    def __init__(self) -> None:
        self._slots, self._count = array("Q", bytes(8 * 4096)), 0

    def __contains__(self, number: int) -> bool:
        return self._slots[self._place(number)] == number

    def is_new(self, number: int) -> bool:
        """True the first time it is asked for; then it is there."""
        if number in self:
            return False
        self.add(number)
        return True

    def add(self, number: int) -> None:
        """It may be there already; 0 never is."""
        self._make_room(1)
        place = self._place(number)
        if self._slots[place] == 0:
            self._slots[place], self._count = number, self._count + 1

    def add_all(self, numbers: Sequence[int]) -> bool:
        """All of them, if none is there yet and none comes twice; else none. True if they were added."""
        self._make_room(len(numbers))
        slots, most, place = self._slots, len(self._slots) - 1, self._place
        if len(set(numbers)) != len(numbers):
            return False
        for number in numbers:
            found = slots[number & most]  # most fall on a slot that is free
            if found and (found == number or slots[place(number)]):
                return False
        for number in numbers:
            at = number & most
            slots[at if not slots[at] else place(number)] = number
        self._count += len(numbers)
        return True

    def _place(self, number: int) -> int:
        slots, most = self._slots, len(self._slots) - 1
        place = number & most
        while slots[place] not in (0, number):
            place = (place + 1) & most
        return place

    def _make_room(self, more: int) -> None:
        """A third of the table stays free."""
        while (self._count + more) * 3 > len(self._slots) * 2:
            slots, most = array("Q", bytes(16 * len(self._slots))), 2 * len(self._slots) - 1
            for number in self._slots:
                if number:
                    place = number & most
                    while slots[place]:
                        place = (place + 1) & most
                    slots[place] = number
            self._slots = slots
