"""Files written whole or not at all: private from the first byte, synced, then put in their place."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import BinaryIO

from integrations_cli import pasted
from integrations_cli.errors import Conflict, NotWritten, Refused, UsageError, system_says

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_OPEN = "/proc/self/fd"
_NO_NAMELESS = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT})


def private_directory(path: Path) -> None:
    """Make it (and what is above it) 0700. Raises NotWritten (74), Refused (8) when others may write to it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o022:
            raise Refused(
                f"others may write to {path}", "whoever can, may put another file in place of ours", f"chmod 700 {quote(str(path))}"
            )
    except OSError as error:
        raise NotWritten(f"could not make {pasted.path(path)}", system_says(error)) from None


def must_be_a_name(path: Path) -> None:
    """Raises UsageError (2) for the name of a file that looks like a key: it would lie about for all to see."""
    if pasted.is_like_a_key(path.name) and not path.exists():
        raise UsageError("this looks like a key, not like the name of a file", "nothing was written; a name with an ending is one")


def write_new(path: Path, data: bytes) -> None:
    """A new file, 0600; never over an old one, even by race. Raises Conflict (4), NotWritten (74), UsageError (2)."""
    must_be_a_name(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise NotWritten(f"could not write {pasted.path(path)}", system_says(error)) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise NotWritten(f"could not write {pasted.path(path)}", system_says(error)) from None


@contextlib.contextmanager
def new(path: Path) -> Iterator[BinaryIO]:
    """As `write_new`, for what is written piece by piece: the name appears when all of it is on the disk.

    Where the file system can, what is being written has no name at all (O_TMPFILE of open(2)), so a kill leaves nothing.
    """
    must_be_a_name(path)
    with in_our_words(path):
        if os.path.lexists(path):
            raise _there(path)
        file, temporary = _nameless(path)
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _name(file, temporary, path)
            sync_directory(path.parent)
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _nameless(path: Path) -> tuple[BinaryIO, Path | None]:
    """A file without a name in the directory of `path`; elsewhere a hidden one beside it, and its name."""
    if hasattr(os, "O_TMPFILE") and os.path.exists(_OPEN):
        try:
            return os.fdopen(os.open(path.parent, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o600), "wb"), None
        except OSError as error:
            if error.errno not in _NO_NAMELESS:
                raise
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    return os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb"), temporary


def _name(file: BinaryIO, temporary: Path | None, path: Path) -> None:
    """Give the finished file its name. Raises Conflict (4) when another one has got it meanwhile."""
    try:
        if temporary is not None:
            link(temporary, path)
            return
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:  # linkat(2): with a directory given, the link in /proc is followed
            os.link(f"{_OPEN}/{file.fileno()}", path.name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            os.close(directory)
    except FileExistsError:
        raise _there(path) from None


def link(temporary: Path, path: Path) -> None:
    """A finished file gets its name, never over another one; without links by a rename over our own empty file. Raises OSError."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        temporary.rename(path)


def _there(path: Path) -> Conflict:
    return Conflict(f"{pasted.path(path)} exists already", "it is never overwritten")


def replace(path: Path, data: bytes) -> None:
    """Put new content in place of the old: temporary file, sync, rename, sync. Raises NotWritten (74); the old file then stays."""
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """As `replace`, for what is written piece by piece; nothing is left behind, and nothing replaced, when the block raises.

    A device, a pipe or /dev/stdout is written into: whoever may write to /dev would have a file there instead.
    """
    if is_no_file(path):
        with in_our_words(path), open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), "wb") as file:
            yield file
        return
    must_be_a_name(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise NotWritten(f"could not write {pasted.path(path)}", system_says(error)) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)  # gone already when all went well


def is_no_file(path: Path) -> bool:
    """True for a device, a pipe, and a link into /proc such as /dev/stdout. Raises NotWritten (74) for a disk."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISBLK(mode):
            raise NotWritten(f"could not write {pasted.path(path)}", "it is a disk")
        into = path.is_symlink() and path.readlink().is_relative_to("/proc")
    except OSError:
        return False
    return into or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextlib.contextmanager
def in_our_words(path: Path) -> Iterator[None]:
    """What the system says about writing a file becomes NotWritten (74)."""
    try:
        yield
    except OSError as error:
        raise NotWritten(f"could not write {pasted.path(path)}", system_says(error)) from None


def sync_file(path: Path) -> None:
    """Have what was written to a file, by whomever, on the disk."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make a new or renamed name survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """The kind of file system that holds a directory (`ext4`, `nfs4`), or None where the system does not say (proc(5), mountinfo)."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return None
    best, kind = -1, None
    for line in lines:
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].replace("\\040", " ") if left.count(" ") >= 4 else ""
        if point and path.resolve().is_relative_to(point) and len(point) >= best:
            best, kind = len(point), right.split(" ")[0]
    return kind
