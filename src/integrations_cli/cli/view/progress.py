"""How far it has come: a line that is redrawn on a terminal, a plain line now and then elsewhere. On stderr, after the first second."""

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from integrations_cli.cli.view.out import Out
from integrations_cli.cli.view.screen import in_ci
from integrations_cli.masking import safe

BAR = 30  # cells
REDRAWN = 0.1  # seconds between two drawings
SPOKEN = 10.0  # seconds between two plain lines


class Progress:
    """`with Progress(out, "testing", 412) as told:` and then `told(done, what)`; silent with --quiet, and where JSON is asked for.

    Without a `total` nobody knows how long it will take: what is done is told, and no bar is drawn.
    """

    def __init__(self, out: Out, verb: str, total: int | None) -> None:
        self._out, self._verb, self._total = out, verb, total
        self._began = self._last = time.monotonic()
        self._silent = out.options.quiet or out.json_mode
        self._drawn = False
        terminal = out.stderr.isatty() and not in_ci(out.environ) and out.environ.get("TERM") != "dumb"
        self._draws = terminal and not out.plain
        self._tenths = 0 if terminal and out.plain else None  # for screen readers: one line per tenth

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn:
            self._out.stderr.write("\r\x1b[K")
            self._out.stderr.flush()

    def __call__(self, done: int, what: str = "") -> None:
        """So many are done, and this was the last."""
        now = time.monotonic()
        if self._silent or now - self._began < 1 or (self._total is not None and done >= self._total):
            return
        if self._draws:
            if now - self._last >= REDRAWN:
                self._last, self._drawn = now, True
                self._draw(done, what, now)
        elif self._due(done, now):
            self._out.note(f"{self._verb}: {self._of(done)}, {_clock(now - self._began)}")

    def _due(self, done: int, now: float) -> bool:
        if self._tenths is not None and self._total:
            before, self._tenths = self._tenths, done * 10 // self._total
            return self._tenths > before
        due = now - self._last >= SPOKEN
        self._last = now if due else self._last
        return due

    def _draw(self, done: int, what: str, now: float) -> None:
        line = f"{self._verb}  {self._bar(done)}{self._of(done)}   {_clock(now - self._began)}   {safe(what, 60)}"
        self._out.stderr.write("\r\x1b[K" + line[: max(10, self._out.width - 1)])
        self._out.stderr.flush()

    def _of(self, done: int) -> str:
        return f"{done}" if self._total is None else f"{done} of {self._total}"

    def _bar(self, done: int) -> str:
        if not self._total:
            return ""
        full = BAR * done // self._total
        return ("#" * full + "-" * (BAR - full) if self._out.ascii else "━" * full + "╺" + "━" * (BAR - full - 1)) + "  "


class Steps:
    """Work in several steps, each with its own line: `told(verb, done, total)`."""

    def __init__(self, out: Out) -> None:
        self._out, self._verb, self._current = out, "", ExitStack()
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._current.close()

    def __call__(self, verb: str, done: int, total: int) -> None:
        """So many are done of this step."""
        if verb != self._verb or self._progress is None:
            self._current.close()
            self._verb, self._progress = verb, self._current.enter_context(Progress(self._out, verb, total))
        self._progress(done)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
