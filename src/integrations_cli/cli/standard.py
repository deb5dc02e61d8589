"""The three standard streams, where some were closed before the tool was started."""

import os
import sys


def complete() -> None:
    """Put something in the place of every stream that is not there (`>&-`).

    Python has None for it, and the next file that is opened, the store too, would get its number. A result has nowhere to go:
    whoever writes one is told so, as on a full disk (74). Messages are dropped, and reading finds the end at once.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            place = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)  # stdout cannot be written to
            if place != number:
                os.dup2(place, number)
                os.close(place)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False))
