"""The file that a variable names instead of holding a value (`STRIPE_SECRET_KEY_FILE`). Only a file is read: nothing waits for a FIFO."""

import os
import stat

from integrations_cli.errors import system_says

LARGEST = 64 * 1024
KINDS = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
Problem = tuple[str, str]
"""A fixed word, and the same in ours; the name of the file is not in it."""


def read(name: str) -> str | Problem:
    """What it holds, without one line break at its end."""
    try:
        mode = os.stat(name).st_mode  # a device is not even opened
        data = _bytes(name) if stat.S_ISREG(mode) else _no_file(mode)
    except OSError as error:
        return "no_such_file", f"the file it names cannot be read: {system_says(error)}"
    except ValueError:  # a NUL in the name
        return "no_such_file", "what it holds is no name of a file"
    if isinstance(data, tuple):
        return data
    if len(data) > LARGEST:
        return "too_large", "the file it names holds more than 64 KiB"
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return "not_text", "the file it names is not UTF-8 text"


def _bytes(name: str) -> bytes | Problem:
    """Opened so that nothing waits, whatever has taken the name meanwhile."""
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        return file.read(LARGEST + 1) if stat.S_ISREG(mode) else _no_file(mode)


def _no_file(mode: int) -> Problem:
    kind = next((name for test, name in KINDS if test(mode)), "a device")
    return "not_a_file", f"it names {kind}: name a file that holds the value"
