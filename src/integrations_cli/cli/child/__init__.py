"""The program that `exec` starts: found first, then started with exactly its environment; its output masked where logs are."""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from integrations_cli.cli.child import files

CANNOT, UNKNOWN = 126, 127  # as shells say: found but not to be run, not found
KEEPS = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PWD")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run. `masked` are the streams (1, 2) whose text is masked; `pty` gives the child a terminal of its own.

    `stdin` is what it reads; `files` are variables that hold the path of a file with the value.
    """

    words: Sequence[str]
    environ: Mapping[str, str]
    values: Sequence[str] = field(default=(), repr=False)
    masked: frozenset[int] = frozenset()
    pty: bool = False
    stdin: str | None = field(default=None, repr=False)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)


def found(word: str, environ: Mapping[str, str]) -> int:
    """0 if the program can be started, else 126 or 127."""
    path = environ.get("PATH", os.defpath)
    if shutil.which(word, path=path):
        return 0
    return CANNOT if shutil.which(word, mode=os.F_OK, path=path) or os.path.exists(word) else UNKNOWN


def cleaned(environ: Mapping[str, str], pristine: bool) -> dict[str, str]:
    """What the child keeps of our environment: never our own key; with `pristine` only what any program needs."""
    kept = {name: value for name, value in environ.items() if not name.startswith("INTEGRATIONS_KEY")}
    return {name: value for name, value in kept.items() if name in KEEPS or name.startswith("LC_")} if pristine else kept


def keep_to_ourselves(descriptor: int | None) -> None:
    """The descriptor that our key came by is not the child's."""
    if descriptor is not None and descriptor > 2:
        with suppress(OSError):
            os.set_inheritable(descriptor, False)


def run(plan: Plan) -> int:
    """Start it and return its exit code (128 + signal); with nothing to mask or to clear away it takes our place and never returns."""
    with files.laid_out(plan.files) as paths:
        environ = {**plan.environ, **paths}
        if plan.pty:
            from integrations_cli.cli.child import terminal  # noqa: PLC0415  rare

            return terminal.run(plan, environ)
        if plan.masked or plan.files:
            from integrations_cli.cli.child import piped  # noqa: PLC0415  rare

            return piped.run(plan, environ)
        return _become(plan, environ)


def _become(plan: Plan, environ: Mapping[str, str]) -> int:
    if plan.stdin is not None:
        os.dup2(files.pipe_of(plan.stdin), 0)
    as_before()
    try:
        os.execvpe(plan.words[0], list(plan.words), dict(environ))  # noqa: S606  that is what exec is for
    except OSError as error:
        return UNKNOWN if isinstance(error, FileNotFoundError) else CANNOT


def as_before() -> None:
    """What Python and we have changed for ourselves is put back for the child."""
    os.umask(_UMASK)
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before


_UMASK = _umask()  # at import: before the vault is opened
