"""What every writer does, whichever way it talks to SQLite: wait its turn, with the same settings. Standard library only."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager

from integrations_cli.errors import IntegrationsError, NotWritten, Refused, Unreadable, system_says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUSY = 15.0  # seconds a writer waits for the one before it; as long as the line moves, nobody gives up
SETTINGS = (
    "journal_mode=truncate",
    "synchronous=extra",
    "secure_delete=on",
    "foreign_keys=on",
    "temp_store=memory",
    "trusted_schema=off",
    "cell_size_check=on",
    "fullfsync=on",  # macOS; nothing elsewhere
)


def must_be_private(path: Path | str) -> None:
    """Raises Refused (8) when others can read or write the database."""
    mode = os.stat(path).st_mode & 0o777
    if mode & 0o077:
        from shlex import quote  # noqa: PLC0415  rare

        why = "nothing is written to a store that is not private"
        raise Refused(f"{path} can be read by others ({mode:04o})", why, f"chmod 600 {quote(str(path))}")


@contextmanager
def queue(path: Path | str) -> Iterator[None]:
    """Wait for one's turn to write, in order: `flock` on `<db>.lock`, free at once after kill -9. Raises NotWritten (74)."""
    lock = f"{path}.lock"
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotWritten("the store cannot be written", system_says(error)) from None
    try:
        _wait(descriptor)
        os.utime(descriptor)  # those in line see that it moves
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int) -> None:
    """The system's own queue: it is first come, first served, where trying again and again would let some wait for ever."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    except OSError as error:
        if error.errno not in {errno.EWOULDBLOCK, errno.EINTR}:
            raise NotWritten("the store cannot be locked", system_says(error)) from None
    import threading  # noqa: PLC0415  only when somebody else is writing

    failed: list[OSError] = []

    def stand_in_line() -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            failed.append(error)

    line = threading.Thread(target=stand_in_line, daemon=True)
    line.start()
    while True:
        before = os.fstat(descriptor).st_mtime_ns
        line.join(BUSY)
        if failed:
            raise NotWritten("the store cannot be locked", system_says(failed[0]))
        if not line.is_alive():
            return
        if os.fstat(descriptor).st_mtime_ns == before:  # whoever gives up closes the file, which gives the place away
            raise NotWritten("the store is busy", f"somebody else has been writing for {BUSY:g} s")


def by_text(text: str, what: str) -> IntegrationsError:
    """The error for what SQLite says: NotWritten (74) for what may pass, Unreadable (7) for a file that is no store."""
    known = (
        ("full", "the disk is full"),
        ("readonly", "the database cannot be written"),
        ("read-only", "the database cannot be written"),
        ("locked", "somebody else is writing"),
        ("disk I/O", "the disk failed"),
        ("unable to open", "the database file cannot be opened"),
    )
    lowered = text.lower()
    for sign, why in known:
        if sign.lower() in lowered:
            return NotWritten(what, why)
    if "malformed" in lowered or "not a database" in lowered or "corrupt" in lowered:
        return Unreadable("the store cannot be read", "the database file is damaged", "integrations doctor", "format")
    return NotWritten(what, "the database refused it")
