"""The runner of GitHub Actions reads both streams, and obeys a line that begins with `::`, and `##[` wherever it stands."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO


class Defused:
    """A stream in which text of others gives no command. `lines` False: our own commands, which begin lines, pass."""

    def __init__(self, stream: TextIO, *, lines: bool) -> None:
        self._stream, self._lines, self._begins = stream, lines, True

    def write(self, text: str) -> int:
        """Write it with a space in the middle of what would be obeyed; a command of ours as it is, for it may hold what is to be hidden."""
        if not self._lines and text.startswith("::"):
            return self._stream.write(text)
        safe = text.replace("##[", "## [")
        if self._lines and "::" in safe:
            safe = "".join(self._line(line, at) for at, line in enumerate(safe.splitlines(keepends=True)))
        self._begins = text.endswith("\n") if text else self._begins
        self._stream.write(safe)
        return len(text)

    def _line(self, line: str, at: int) -> str:
        begins = at > 0 or self._begins
        return line.replace("::", ": :", 1) if begins and line.lstrip().startswith("::") else line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
