"""A child with a terminal of its own (`--mask on`): its colours stay, its output is masked."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import tty
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from integrations_cli.cli.child import CANNOT, as_before, files, not_started
from integrations_cli.cli.child.piped import AFTERWARDS, write
from integrations_cli.redaction import Redactor

if TYPE_CHECKING:
    from integrations_cli.cli.child import Plan

PASSED_ON = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def run(plan: "Plan", environ: Mapping[str, str], kept: Sequence[int] = ()) -> int:
    """Its exit code, 128 + signal if it was killed. It inherits the descriptors `kept`."""
    typing = plan.stdin is None and os.isatty(0)
    source = os.dup(0) if plan.stdin is None else files.pipe_of(plan.stdin)
    log = not os.isatty(1)
    child, screen = pty.fork()
    if child == 0:
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        _become(plan, environ, None if typing else source, log)
    os.close(source)
    with _signals(child, screen), _raw(typing):
        _resize(screen)
        status = _pump(child, screen, Redactor(plan.values), typing)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1] if status is None else status)
    return 128 - code if code < 0 else code


def _become(plan: "Plan", environ: Mapping[str, str], source: int | None, log: bool) -> None:
    code = CANNOT
    try:
        if log:
            _plain_line_ends()
        if source is not None:
            os.dup2(source, 0)
        as_before()
        for name in (*PASSED_ON, "SIGWINCH"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.execvpe(plan.words[0], list(plan.words), dict(environ))  # noqa: S606  that is what exec is for
    except OSError as error:
        code = not_started(error)
    finally:
        os._exit(code)


def _plain_line_ends() -> None:
    """A log gets `\\n`, not `\\r\\n`."""
    modes = termios.tcgetattr(1)
    modes[1] &= ~termios.ONLCR
    termios.tcsetattr(1, termios.TCSANOW, modes)


def _pump(child: int, screen: int, redactor: Redactor, typing: bool) -> int | None:
    """Until the screen is closed, or the child has ended and what it left behind is silent; then its status is known."""
    watched, status = [screen, 0] if typing else [screen], None
    while True:
        ready, _, _ = select.select(watched, [], [], AFTERWARDS)
        if not ready:
            ended, found = os.waitpid(child, os.WNOHANG) if status is None else (0, 0)
            status = found if ended else status
            if status is not None:
                break
        elif screen in ready:
            try:
                data = os.read(screen, 65536)
            except OSError:  # Linux says so when the last one has closed it
                data = b""
            if not data:
                break
            write(1, redactor.feed(data))
        elif typed := os.read(0, 4096):
            write(screen, typed)
        else:
            watched.remove(0)
    write(1, redactor.flush())
    return status


@contextmanager
def _signals(child: int, screen: int) -> Iterator[None]:
    def pass_on(number: int, frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    before = {name: signal.signal(getattr(signal, name), pass_on) for name in PASSED_ON}
    before["SIGWINCH"] = signal.signal(signal.SIGWINCH, lambda number, frame: _resize(screen))
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def _raw(typing: bool) -> Iterator[None]:
    """Keys reach the child as they are typed; the terminal is put back."""
    if not typing:
        yield
        return
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _resize(screen: int) -> None:
    with suppress(OSError):
        size = fcntl.ioctl(1 if os.isatty(1) else 0, termios.TIOCGWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
        fcntl.ioctl(screen, termios.TIOCSWINSZ, size)
