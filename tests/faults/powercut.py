"""What a disk may hold after a power cut: all that was synced, and any part of the rest, torn at sectors (SECURITY.md, recipe R3).

A name that was made, renamed or removed is sure only once its directory was synced.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
Names = dict[str, int]


@dataclass(frozen=True)
class Step:
    """One call: O name made, W write, T cut to a size, S sync, U name removed, R renamed, L second name, A printed."""

    kind: str
    path: str
    offset: int
    data: bytes


def steps(log: bytes) -> list[Step]:
    """The recording of recorder.c."""
    found, at = [], 0
    while at < len(log):
        kind = chr(log[at])
        path_size, offset, size = struct.unpack_from("=QQQ", log, at + 1)
        at += 25
        found.append(Step(kind, log[at : at + path_size].decode(), offset, log[at + path_size : at + path_size + size]))
        at += path_size + size
    return found


def printed(done: list[Step]) -> int:
    """How many commits were acknowledged: lines `ACK n`."""
    return sum(step.data.count(b"ACK") for step in done if step.kind == "A")


@dataclass
class Inode:
    """A file: what is sure, and what was written since the last sync."""

    sure: bytearray
    loose: list[Step] = field(default_factory=list)

    def synced(self) -> None:
        for step in self.loose:
            _apply(self.sure, step)
        self.loose = []


def _apply(content: bytearray, step: Step) -> None:
    if step.kind == "T":
        content.extend(bytes(max(0, step.offset - len(content))))
        del content[step.offset :]
        return
    content.extend(bytes(max(0, step.offset + len(step.data) - len(content))))
    content[step.offset : step.offset + len(step.data)] = step.data


class Disk:
    """A directory tree while a recording is played."""

    def __init__(self, root: Path) -> None:
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        self.inodes = [Inode(bytearray(path.read_bytes())) for path in files]
        self.names: Names = {str(path): number for number, path in enumerate(files)}
        self.sure: Names = dict(self.names)
        self.loose: list[Step] = []  # changes of names

    def play(self, step: Step) -> None:
        """Let one call happen."""
        if step.kind == "O":
            self.inodes.append(Inode(bytearray()))
            self.names[step.path] = len(self.inodes) - 1
            self._renamed(Step("O", step.path, len(self.inodes) - 1, b""))
        elif step.kind in "WT" and step.path in self.names:
            self.inodes[self.names[step.path]].loose.append(step)
        elif step.kind in "URL":
            _rename(self.names, step)
            self._renamed(step)
        elif step.kind == "S" and step.path in self.names:
            self.inodes[self.names[step.path]].synced()
        elif step.kind == "S":
            self._synced_directory(step.path)

    def _renamed(self, step: Step) -> None:
        self.loose.append(step)

    def _synced_directory(self, directory: str) -> None:
        mine = [step for step in self.loose if str(Path(step.data.decode() or step.path).parent) == directory.rstrip("/")]
        for step in mine:
            _rename(self.sure, step)
        self.loose = [step for step in self.loose if step not in mine]

    def image(self, chosen: random.Random | None) -> dict[str, bytes]:
        """What is found after a cut now: with a generator any part of what is not sure, without one nothing of it."""
        names = dict(self.sure)
        for step in self.loose:
            if chosen and chosen.random() < 0.5:
                _rename(names, step)
        return {path: self._content(self.inodes[number], chosen) for path, number in names.items()}

    def _content(self, inode: Inode, chosen: random.Random | None) -> bytes:
        content = bytearray(inode.sure)
        for step in inode.loose:
            if chosen:
                for piece in _torn(step, chosen):
                    _apply(content, piece)
        return bytes(content)


def _rename(names: Names, step: Step) -> None:
    if step.kind == "O":
        names[step.path] = step.offset
    elif step.kind == "U":
        names.pop(step.path, None)
    elif step.path in names:
        names[step.data.decode()] = names[step.path] if step.kind == "L" else names.pop(step.path)


def _torn(step: Step, chosen: random.Random) -> Iterator[Step]:
    """All of a write, nothing, or some of its sectors."""
    luck = chosen.random()
    if luck < 0.4:
        yield step
    elif luck < 0.7 and step.kind == "W":
        for at in range(0, len(step.data), SECTOR):
            if chosen.random() < 0.5:
                yield Step("W", step.path, step.offset + at, step.data[at : at + SECTOR])


def images(root: Path, done: list[Step], each: int, seed: int, stride: int = 1) -> Iterator[tuple[int, int, dict[str, bytes]]]:
    """(cut, acknowledged, files) for every cut (or every `stride`-th): nothing of what is loose, and `each` random parts of it."""
    disk, chosen = Disk(root), random.Random(seed)
    acknowledged = 0
    for cut in range(len(done) + 1):
        if cut % stride == 0:
            yield cut, acknowledged, disk.image(None)
            loose = bool(disk.loose) or any(inode.loose for inode in disk.inodes)
            for _ in range(each if loose else 0):
                yield cut, acknowledged, disk.image(chosen)
        if cut < len(done):
            disk.play(done[cut])
            acknowledged += done[cut].data.count(b"ACK") if done[cut].kind == "A" else 0
