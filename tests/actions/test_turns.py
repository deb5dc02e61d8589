"""Whose turn it is: a destination that hangs holds few workers, and not for long."""

import threading
import time

from integrations_cli.actions import turns
from integrations_cli.actions.turns import PROBES, Turns


def take(waiting):
    """What a free worker would get at once, or None. The worker stays busy with it."""
    got, taken = [], threading.Event()

    def work():
        got.append(waiting.take())
        taken.set()
        threading.Event().wait(5)

    threading.Thread(target=work, daemon=True).start()
    taken.wait(0.1)
    return got[0] if got else None


def filled(workers, **jobs):
    waiting = Turns(workers)
    for place, count in jobs.items():
        for number in range(count):
            waiting.put(place, number)
    return waiting


def test_a_place_that_has_not_answered_gets_a_few(monkeypatch):
    waiting = filled(20, silent=10)
    assert [take(waiting) for _ in range(PROBES)] == [("silent", number, True) for number in range(PROBES)]
    assert take(waiting) is None
    assert waiting.ready() == 0


def test_half_of_the_workers_are_kept_for_places_that_answer():
    waiting = filled(4, a=5, b=5, c=5)
    assert len([one for one in (take(waiting) for _ in range(4)) if one]) == 2


def test_a_place_that_answered_gets_all_it_wants():
    waiting = filled(20, good=12)

    def work():
        taken = waiting.take()
        waiting.done("good", answered=True)
        return taken

    assert work() == ("good", 0, True)
    assert [take(waiting)[1] for _ in range(11)] == list(range(1, 12))


def test_one_that_becomes_slow_gets_a_few_again(monkeypatch):
    monkeypatch.setattr(turns, "SLOW", 0.05)
    waiting = filled(20, good=12)
    waiting.take()
    waiting.done("good", answered=True)
    assert take(waiting)
    time.sleep(0.1)
    assert [take(waiting) is not None for _ in range(PROBES)] == [True] * (PROBES - 1) + [False]


def test_what_is_under_way_counts_towards_the_end(monkeypatch):
    """One time-out, two still waited for: nobody else is sent there to wait as long once more."""
    waiting = filled(20, hung=10)
    assert [take(waiting) is not None for _ in range(PROBES - 1)] == [True] * (PROBES - 1)
    waiting.take()
    waiting.done("hung", answered=False, timed_out=True)
    assert take(waiting) is None


def test_a_slow_one_makes_room_for_another(monkeypatch):
    monkeypatch.setattr(turns, "SLOW", 0.5)
    waiting = filled(2, good=9)
    waiting.take()
    waiting.done("good", answered=True)
    waiting.put("other", 0)
    assert [take(waiting) is not None for _ in range(2)] == [True, True]
    assert (waiting.ready() > 0, waiting.hung()) == (True, 0)
    blocked = threading.Thread(target=waiting.take, daemon=True)
    blocked.start()
    blocked.join(0.1)
    assert blocked.is_alive()  # two are under way, and no more at once
    blocked.join(5)
    assert not blocked.is_alive()
    assert waiting.hung() == 2


def test_time_outs_in_a_row_end_asking_it_and_an_answer_starts_the_count_anew():
    waiting = filled(20, hung=10)
    for _ in range(PROBES - 1):
        assert waiting.take()[2]
        waiting.done("hung", answered=False, timed_out=True)
    assert waiting.take()[2]
    waiting.done("hung", answered=True)
    for _ in range(PROBES):
        assert waiting.take()[2]
        waiting.done("hung", answered=False, timed_out=True)
    assert [waiting.take()[2] for _ in range(10 - 2 * PROBES)] == [False] * (10 - 2 * PROBES)


def test_what_ends_at_once_is_asked_again():
    waiting = filled(20, closed=8)
    for _ in range(8):
        assert waiting.take()[2]
        waiting.done("closed", answered=False)


def test_it_ends_when_it_is_closed_and_empty():
    waiting = filled(20, good=1)
    waiting.close()
    assert waiting.take() == ("good", 0, True)
    assert waiting.take() is None


def test_what_waits_can_be_forgotten():
    waiting = filled(20, good=5)
    waiting.close(forget=True)
    assert waiting.take() is None
