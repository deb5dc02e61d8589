"""A child whose output goes through us, so that no value it prints lands in a log."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from integrations_cli.cli.child import as_before, files, not_started
from integrations_cli.redaction import Redactor

if TYPE_CHECKING:
    from integrations_cli.cli.child import Plan

PASSED_ON = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT")
AFTERWARDS = 1.0  # seconds for what a child left behind may still write, once the child has ended


def run(plan: "Plan", environ: Mapping[str, str], kept: Sequence[int] = ()) -> int:
    """Its exit code, 128 + signal if it was killed. It inherits the descriptors `kept`."""
    signals: list[int] = []
    before = {name: signal.signal(getattr(signal, name), lambda number, frame: signals.append(number)) for name in PASSED_ON}
    try:
        child = _start(plan, environ, kept)
    except OSError as error:
        return not_started(error)
    try:
        for name in PASSED_ON:
            signal.signal(getattr(signal, name), lambda number, frame: _pass_on(child, number))
        for number in signals:
            _pass_on(child, number)
        return _attend(plan, child)
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _start(plan: "Plan", environ: Mapping[str, str], kept: Sequence[int]) -> subprocess.Popen[bytes]:
    streams = {1: "stdout", 2: "stderr"}
    piped = {streams[number]: subprocess.PIPE for number in plan.masked}
    stdin = files.pipe_of(plan.stdin) if plan.stdin is not None else None
    try:
        how = {"env": dict(environ), "stdin": stdin, "pass_fds": kept, "preexec_fn": as_before, "bufsize": 0}
        return subprocess.Popen(list(plan.words), **how, **piped)  # type: ignore[call-overload,no-any-return]
    finally:
        if stdin is not None:
            os.close(stdin)


def _attend(plan: "Plan", child: subprocess.Popen[bytes]) -> int:
    pairs = [(number, pipe) for number, pipe in ((1, child.stdout), (2, child.stderr)) if pipe is not None]
    threads = [threading.Thread(target=_pump, args=(pipe, number, Redactor(plan.values)), daemon=True) for number, pipe in pairs]
    for thread in threads:
        thread.start()
    code = child.wait()
    for thread in threads:
        thread.join(AFTERWARDS)
    return 128 - code if code < 0 else code


def _pump(pipe: BinaryIO, number: int, redactor: Redactor) -> None:
    try:
        while data := os.read(pipe.fileno(), 65536):
            write(number, redactor.feed(data))
        write(number, redactor.flush())
    except OSError:
        pipe.close()  # nobody reads any more: the child is told the usual way


def write(number: int, data: bytes) -> None:
    """All of it."""
    left = memoryview(data)
    while left:
        left = left[os.write(number, left) :]


def _pass_on(child: "subprocess.Popen[bytes]", number: int) -> None:
    """To the child, unless the terminal has told it already."""
    if number in {signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH, signal.SIGCONT} and _in_front():
        return
    if child.poll() is None:
        child.send_signal(number)


def _in_front() -> bool:
    """True if a terminal sends its signals to our whole group."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)
