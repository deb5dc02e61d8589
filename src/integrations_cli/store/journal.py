"""The file behind the anchor: where chains ended, as each commit left them, newest last. Standard library only, so that reads can look.

Line 1 says whose it is: `{"format":"integrations.anchor/2","heads":3,"store":"…"}`; every other one is a `Line`, of 100 chains at most.
Appending costs the same however many websites there are; when the file has doubled it is written anew with the newest head of each chain.
"""

from __future__ import annotations

import os

from integrations_cli import quickjson
from integrations_cli.errors import NotWritten, Unreadable, system_says
from integrations_cli.record import Record
from integrations_cli.store.forgiving import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any, BinaryIO, Protocol

FORMAT = "integrations.anchor/2"
FIRST = "integrations.anchor/1"  # one object with every head, from before there were epochs: read, and written anew as the other
WINDOW = 16 * 1024  # bytes at the end of the file that a write looks at
LARGE = 4 * 2**20  # bytes: of some ten thousand heads
HEAD = 110  # bytes that one head takes, about
AT_ONCE = 100  # heads in a line, when the file is written anew
_DIGITS, _HEADS = frozenset("0123456789abcdef"), ([int, str], [int, str, int, str])
Head = tuple[int, str]
"""Number and MAC (hex) of the last entry of a chain."""
Move = tuple[int, str] | tuple[int, str, int, str]
"""A head, and the one before the commit, where that is known."""


if TYPE_CHECKING:

    class Connection(Protocol):
        """What is asked of a connection: `sqlite3.Connection` has it."""

        def execute(self, sql: str, parameters: Any = ..., /) -> Any:
            """Run one statement."""

else:
    Connection = object


class Line(Record):
    """Heads by chain (hex), as they were after one commit, under the audit key of an epoch; 0: from before there were epochs."""

    epoch: int
    heads: dict[str, Move]
    mac: str

    def text(self) -> bytes:
        """As it stands in the file."""
        return _compact({"epoch": self.epoch, "heads": self.heads, "mac": self.mac}) + b"\n"


class Journal(Record):
    """One file. Lines are read as they stand; whether they are true is for who has the key."""

    path: Path | str
    store_id: bytes

    def recent(self, window: int | None = None) -> list[Line]:
        """The lines at the end of the file, the newest last; none without a file. Raises Unreadable (7) for what we never wrote."""
        window = window or WINDOW
        try:
            with open(self.path, "rb") as file:
                first = file.readline()
                if not self._ours(first):
                    return self._of_before(first)
                start, size = file.tell(), os.fstat(file.fileno()).st_size
                while True:
                    file.seek(max(start, size - window))
                    data = file.read()
                    found = data if size - window <= start else data[data.find(b"\n") + 1 :]
                    if b"\n" in found or size - window <= start:
                        return [self._line(one) for one in found.splitlines(keepends=True) if one.endswith(b"\n")]
                    window *= 2  # one commit that moved very many chains
        except FileNotFoundError:
            return []
        except OSError:
            raise self._broken() from None

    def lines(self) -> Iterator[Line]:
        """All lines, the oldest first. Raises Unreadable (7)."""
        try:
            with open(self.path, "rb") as file:
                first = file.readline()
                if self._ours(first):
                    yield from (self._line(one) for one in file if one.endswith(b"\n"))
                else:
                    yield from self._of_before(first)
        except FileNotFoundError:
            return
        except OSError:
            raise self._broken() from None

    def append(self, lines: Iterable[Line]) -> bool:
        """Put the lines at the end and on the disk; what a kill has left of another one goes. False when there is no file of ours.

        Killed in the middle, the first of them are there: each is true by itself. Raises NotWritten (74).
        """
        try:
            with open(self.path, "r+b") as file:
                if not self._ours(file.readline()):
                    return False
                end = _whole(file)
                if end < file.seek(0, os.SEEK_END):
                    file.truncate(end)
                    file.seek(end)
                file.writelines(line.text() for line in lines)
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise NotWritten(f"could not write {self.path}", system_says(error)) from None
        return True

    def is_large(self) -> bool:
        """True where very many heads may be in it."""
        try:
            return os.path.getsize(self.path) > LARGE
        except OSError:
            return False

    def overgrown(self) -> bool:
        """True when the file has doubled since it was written anew."""
        try:
            with open(self.path, "rb") as file:
                heads = _object(file.readline()).get("heads")
                return os.fstat(file.fileno()).st_size > max(WINDOW, 2 * HEAD * (heads if isinstance(heads, int) else 0))
        except OSError:
            return False

    def replace(self, lines: Iterable[Line], heads: int) -> None:
        """Write the file anew. Raises NotWritten (74); the old one then stays."""
        from pathlib import Path  # noqa: PLC0415  once in many writes

        from integrations_cli.store import files  # noqa: PLC0415

        path = Path(self.path)
        files.private_directory(path.parent)
        first = _compact({"format": FORMAT, "heads": heads, "store": self.store_id.hex()}) + b"\n"
        with files.replacing(path) as file:  # there is a head for each website: never all of them as text
            file.write(first)
            file.writelines(line.text() for line in lines)

    def behind(self, connection: Connection) -> bool:
        """True when the store has not got what this host wrote last: it was restored, or cut. Needs no key, costs one look."""
        newest = self.recent(window=1)[-1:]
        return not all(has_all(connection, line.heads) for line in newest)

    def _ours(self, first: bytes) -> bool:
        data = _object(first)
        if data.get("format") not in (FORMAT, FIRST) or not isinstance(data.get("store"), str):
            raise self._broken()
        # another store's: this one has none on this host yet
        return bool(data["store"] == self.store_id.hex() and data["format"] == FORMAT)

    def _of_before(self, first: bytes) -> list[Line]:
        data = _object(first)
        if data.get("format") != FIRST or data.get("store") != self.store_id.hex():
            return []
        return [self._line(first, epoch=0)]

    def _line(self, text: bytes, epoch: Any = None) -> Line:
        data = _object(text)
        epoch, heads, mac = data.get("epoch") if epoch is None else epoch, data.get("heads"), data.get("mac")
        if not _is_number(epoch) or not isinstance(heads, dict) or not all(map(_is_head, heads.items())):
            raise self._broken()
        if not isinstance(mac, str) or not mac.isascii():  # other letters cannot be compared in constant time
            raise self._broken()
        return Line(epoch, {chain: tuple(head) for chain, head in heads.items()}, mac)

    def _broken(self) -> Unreadable:
        return broken(self.path)


def _whole(file: BinaryIO) -> int:
    """Where the last whole line ends; what comes behind is of a write that was cut off."""
    size, window = file.seek(0, os.SEEK_END), WINDOW
    while True:
        start = max(0, size - window)
        file.seek(start)
        end = file.read().rfind(b"\n")
        if end >= 0 or start == 0:
            return start + end + 1
        window *= 2


def has(connection: Connection, chain: bytes, seq: int, mac: str) -> bool:
    """True if the chain has this entry."""
    return _has(connection, [(chain, seq, mac)])


def has_all(connection: Connection, heads: Mapping[str, Move]) -> bool:
    """True if the chains have these entries: after a large commit there are many, and every read and write asks."""
    asked = [(bytes.fromhex(chain), *head[:2]) for chain, head in heads.items()]
    return all(_has(connection, asked[at : at + AT_ONCE]) for at in range(0, len(asked), AT_ONCE))


def _has(connection: Connection, heads: list[tuple[bytes, int, str]]) -> bool:
    places = ", ".join(["(?, ?)"] * len(heads))
    query = f"""WITH head(chain, seq) AS (VALUES {places}) SELECT a.chain, a.seq, a.mac
        FROM head CROSS JOIN audit_row a ON a.chain = head.chain AND a.seq = head.seq"""  # noqa: S608  question marks; CROSS: in this order
    rows = connection.execute(query, [value for chain, seq, _ in heads for value in (chain, seq)])
    there = {(chain, seq): mac.hex() for chain, seq, mac in rows if isinstance(mac, bytes)}
    return all(there.get((chain, seq)) == mac for chain, seq, mac in heads)


_NEXT = ("integrations audit verify", "integrations store accept-restore")


def broken(path: Path | str) -> Unreadable:
    """The refusal of an anchor that somebody else has written in."""
    return Unreadable(f"{path} was changed", "it is not what this store wrote; nothing was written", _NEXT, "anchor")


def _compact(data: dict[str, Any]) -> bytes:
    return quickjson.dumps(data, ascii_only=True, sort=True, compact=True).encode()


def _object(text: bytes) -> dict[str, Any]:
    try:
        data = quickjson.loads(text.decode())
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _is_head(item: tuple[str, Any]) -> bool:
    chain, head = item
    whole = type(head) is list and [*map(type, head)] in _HEADS
    return whole and all(map(_is_number, head[::2])) and len(chain) % 2 == 0 and _DIGITS.issuperset(chain)


def _is_number(value: Any) -> bool:
    """Of an entry or an epoch: SQLite takes no larger one, a signature no negative one."""
    return type(value) is int and 0 <= value < LARGEST
