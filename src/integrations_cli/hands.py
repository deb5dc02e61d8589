"""Threads for work that may never come back: whoever waits, waits for so long and no longer. They are used again."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

IDLE = 10.0  # seconds without work after which a thread ends

_Hand = SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]]]
_idle: list[_Hand] = []


def within(seconds: float, work: Callable[[], T]) -> T | None:
    """What `work` returns; None if it has not by then, or has raised. It then goes on by itself, and nobody hears of it."""
    answer: SimpleQueue[T | None] = SimpleQueue()
    try:
        hand = _idle.pop()
    except IndexError:
        hand = SimpleQueue()
        threading.Thread(target=_serve, args=(hand,), daemon=True).start()
    hand.put((work, answer))
    try:
        return answer.get(timeout=seconds)
    except Empty:
        return None


def _serve(hand: _Hand) -> None:
    while True:
        try:
            work, answer = hand.get(timeout=IDLE)
        except Empty:
            try:
                _idle.remove(hand)
            except ValueError:  # somebody has just taken it: work is coming
                continue
            return
        found = None
        try:
            found = work()
        finally:  # also when a thread is told to end: nobody waits in vain
            answer.put(found)
        del work, answer, found  # they may hold credentials
        _idle.append(hand)
