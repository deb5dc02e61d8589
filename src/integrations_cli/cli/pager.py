"""Long tables, a screen at a time: only on a terminal, only when they are longer than it, never for a revealed value."""

import io
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from integrations_cli.cli.view.out import Out
from integrations_cli.cli.view.screen import in_ci

if TYPE_CHECKING:
    import subprocess

DEFAULT = "less -FIRX"


class _Screen(io.StringIO):
    """What was printed, kept until its length is known; it is meant for a terminal, so it is printed as for one."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@contextmanager
def paged(out: Out, environ: Mapping[str, str], wanted: bool) -> Iterator[None]:
    """Show what the block prints through PAGER (else less) if it does not fit; else as it is."""
    screen = out.stdout
    if not wanted or not out.tabular or not _is_screen(out) or out.plain or in_ci(environ):
        yield
        return
    out.stdout = kept = _Screen()
    try:
        yield
    finally:
        out.stdout = screen
    text = kept.getvalue()
    lines = os.get_terminal_size(screen.fileno()).lines  # 0: nobody knows
    if not lines or text.count("\n") < lines or not _through(environ.get("PAGER") or DEFAULT, text, environ):
        screen.write(text)


def _is_screen(out: Out) -> bool:
    try:
        return out.stdout.isatty() and os.isatty(out.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return False


def _through(pager: str, text: str, environ: Mapping[str, str]) -> bool:
    """False when the pager cannot be started."""
    import subprocess  # noqa: PLC0415  only for what is longer than the screen

    try:
        words = shlex.split(pager)
        with subprocess.Popen(words, stdin=subprocess.PIPE, env={**environ, "LESSSECURE": "1"}) as child:
            _feed(child, text)
            while child.poll() is None:
                try:
                    child.wait()
                except KeyboardInterrupt:  # it is the pager's
                    continue
    except (OSError, ValueError):
        return False
    return True


def _feed(child: "subprocess.Popen[bytes]", text: str) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(text.encode("utf-8", "replace"))
        child.stdin.close()
    except OSError:  # the reader has seen enough
        return
