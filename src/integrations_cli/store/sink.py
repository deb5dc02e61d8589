"""A second place for every entry of the log: `[audit] require` in config.toml. What cannot be written there does not happen (exit 74).

    [audit]
    require = "/var/log/integrations.ndjson"   # a file: one entry a line, synced
    require = "syslog:/dev/log"                # a socket of syslog; "syslog" alone is this one

An entry is there before its change is committed. So the sink may hold an entry whose change was never made (the disk was full a moment
later): its number then comes again. It never lacks one. Standard library only.
"""

from __future__ import annotations

import os

from integrations_cli.errors import NotWritten, UsageError, system_says
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SYSLOG, SOCKET = "syslog", "/dev/log"
PRIORITY = 86  # authpriv.info (RFC 5424, 6.2.1)
PATIENCE = 5.0  # seconds until a socket counts as dead
Row = tuple[bytes, int, str, int, str, bytes]
"""Chain, seq, at, epoch, body, mac: as they are stored."""


class Sink(Record):
    """Where entries go before they are committed."""

    store_id: bytes
    place: str

    def deliver(self, rows: Iterable[Row]) -> None:
        """Write them, and have them on the disk (or in the socket). Raises NotWritten (74)."""
        lines = [self._line(row) for row in rows]
        try:
            self._to_syslog(lines) if self._is_socket else self._to_file(lines)
        except OSError as error:
            why = f"{self.place}: {system_says(error) if error.errno else 'no answer'} ([audit] require); nothing was written"
            raise NotWritten("the entry could not be put where the log has to be", why) from None

    @property
    def _is_socket(self) -> bool:
        return self.place == SYSLOG or self.place.startswith(SYSLOG + ":")

    def _line(self, row: Row) -> bytes:
        """The body is repeated as it was signed."""
        chain, seq, _, epoch, body, mac = row
        return (
            f'{{"chain":"{chain.hex()}","entry":{body},"epoch":{epoch},"mac":"{mac.hex()}","seq":{seq},"store":"{self.store_id.hex()}"}}'
        ).encode()

    def _to_file(self, lines: list[bytes]) -> None:
        """All of them, or none: what a full disk left of them is taken back."""
        data = b"".join(line + b"\n" for line in lines)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.place, flags, 0o600)
        try:
            import fcntl  # noqa: PLC0415  few have a sink

            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = os.fstat(descriptor).st_size
            try:
                if os.write(descriptor, data) != len(data):
                    raise OSError(28, "no space")  # ENOSPC
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def _to_syslog(self, lines: list[bytes]) -> None:
        path = self.place.partition(":")[2] or SOCKET
        import socket  # noqa: PLC0415

        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.settimeout(PATIENCE)
            speaker.connect(path)
            for line in lines:
                speaker.send(b"<%d>integrations[%d]: %b" % (PRIORITY, os.getpid(), line))


def checked(place: object, told: str) -> str | None:
    """What was configured, if it is a place. Raises UsageError (2)."""
    if place is None:
        return None
    if isinstance(place, str) and (place.startswith(("/", SYSLOG + ":/")) or place == SYSLOG):
        return place
    raise UsageError(
        f"{told}: [audit] require cannot be used", "it is a path like /var/log/integrations.ndjson, or syslog:/dev/log", f"edit {told}"
    )
