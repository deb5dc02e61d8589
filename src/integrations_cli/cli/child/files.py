"""A value as a file that only the child reads: in memory (tmpfs) where there is one, else a pipe with a name; 0600, gone afterwards."""

import fcntl
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from integrations_cli.errors import NotWritten, system_says

_IN_MEMORY = ("tmpfs", "ramfs")
PREFIX = "integrations-child-"
YOUNG = 60.0  # seconds in which a folder may be without its lock: it is being made


@contextmanager
def laid_out(values: Mapping[str, str]) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """Variable → path, as long as the block lasts, and what the child has to inherit. Raises NotWritten (74).

    That is the lock on the folder: a child that outlives us (kill -9) still needs its files, and nobody sweeps them away.
    """
    if not values:
        yield {}, ()
        return
    folder, in_memory = _folder()
    held = _held(folder)
    try:
        paths = {name: folder / name.lower() for name in values}
        for name, path in paths.items():
            (_write if in_memory else _serve)(path, values[name].encode())
        yield {name: str(path) for name, path in paths.items()}, (held,)
    except OSError as error:
        raise NotWritten("a file for the child could not be made", system_says(error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _held(folder: Path) -> int:
    """A lock that says that somebody needs the folder; when the last one who has it open is gone, the system takes it away."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _sweep(place: str) -> None:
    """Remove our folders that nobody needs any more: a kill -9 has left them, with values in them."""
    for folder in Path(place).glob(f"{PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                found = os.fstat(descriptor)
                if found.st_uid == os.geteuid() and time.time() - found.st_mtime > YOUNG:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _folder() -> tuple[Path, bool]:
    for place in (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"):  # noqa: S108  memory, and our own folder in it
        if place and os.access(place, os.W_OK) and _kind(place) in _IN_MEMORY:
            _sweep(place)
            return Path(tempfile.mkdtemp(prefix=PREFIX, dir=place)), True
    return Path(tempfile.mkdtemp(prefix=PREFIX)), False


def _kind(place: str) -> str | None:
    """The kind of file system, as Linux tells it."""
    try:
        lines = Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return None
    mounts = {line.split(" ")[1]: line.split(" ")[2] for line in lines if line.count(" ") >= 3}
    real = os.path.realpath(place)
    return next((mounts[one] for one in sorted(mounts, key=len, reverse=True) if Path(real).is_relative_to(one)), None)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _serve(path: Path, data: bytes) -> None:
    """A named pipe, answered each time it is opened, until the folder is gone."""
    os.mkfifo(path, 0o600)

    def answer() -> None:
        while True:
            try:
                with open(path, "wb") as file:
                    if not stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
                        return
                    file.write(data)
                threading.Event().wait(0.01)  # the reader must see the end before the pipe is opened anew
            except BrokenPipeError:
                continue
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()


def pipe_of(text: str) -> int:
    """A descriptor to read the text from, once."""
    read, write = os.pipe()
    data = text.encode()
    if len(data) <= 4096:  # always fits into an empty pipe
        os.write(write, data)
        os.close(write)
    elif os.fork() == 0:
        os.close(read)
        with os.fdopen(write, "wb") as file:
            file.write(data)
        os._exit(0)
    else:
        os.close(write)
    return read
