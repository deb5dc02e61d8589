"""Threads that may be waited for in vain."""

import threading
import time

from integrations_cli.hands import within


def test_what_comes_in_time():
    assert within(5, lambda: 7) == 7


def test_what_raises_and_what_wants_to_end_its_thread_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def ends():
        raise SystemExit

    def breaks():
        raise ValueError

    assert within(60, ends) is None
    assert within(60, breaks) is None
    assert within(5, lambda: 7) == 7


def test_what_hangs_is_left_alone_and_its_thread_is_used_again_once_it_is_back():
    hung, idents = threading.Event(), []
    assert within(0.01, lambda: (idents.append(threading.get_ident()), hung.wait(60))) is None
    assert within(5, threading.get_ident) != idents[0]
    hung.set()
    found = set()
    while idents[0] not in found and len(found) < 50:
        within(0.01, lambda: time.sleep(0.05))  # keeps the first idle one busy, so that others get their turn
        found.add(within(5, threading.get_ident))
    assert idents[0] in found


def test_work_that_runs_at_the_same_time_does_not_mix():
    found = {}

    def one(number):
        for _ in range(50):
            found.setdefault(number, set()).add(within(5, lambda: number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: {number} for number in range(20)}
