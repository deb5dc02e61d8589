"""What a doctor may mend by itself: only what is safe, and what the tool would do anyway with the next write."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli.actions.doctor.note import Note
from integrations_cli.actions.doctor.place import own_files, too_open
from integrations_cli.errors import NotWritten, system_says

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from integrations_cli.config import Config
    from integrations_cli.store import Store

    Opens = Callable[[], AbstractContextManager[Store]]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to mend: what it is called, and how it is done. `do` raises NotWritten (74), Locked (6)."""

    what: str
    do: Callable[[], None]


def steps(config: "Config", notes: Sequence[Note], store: "Opens") -> Iterator[Step]:
    """What can be mended of what was found: permissions of files that are ours, and the destruction of what is overdue."""
    for path in own_files(config):
        if too_open(path) and path.lstat().st_uid == os.geteuid():
            mode = 0o700 if path.is_dir() else 0o600
            yield Step(f"chmod {mode:o} {path}", lambda path=path, mode=mode: _close(path, mode))  # type: ignore[misc]
    if {one.code for one in notes} & {"overdue", "vacuum_due"}:
        yield Step("destroy the replaced credentials that are overdue, and clear what they left in the file", lambda: _sweep(store))


def _close(path: Path, mode: int) -> None:
    """Take the permissions of others away; never through a link, never from what has become another file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.geteuid() or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                raise NotWritten(f"{path} was left alone", "it is not a file of ours any more")
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & mode)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NotWritten(f"the permissions of {path} stay as they are", system_says(error)) from None


def _sweep(store: "Opens") -> None:
    """Every write begins with it; this one writes nothing else."""
    with store() as opened, opened.writing():
        pass
