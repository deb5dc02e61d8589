"""The one place where errors end: every exception becomes three lines and a published exit code."""

from __future__ import annotations

import os
import sys

from integrations_cli.errors import INTERRUPTED, IntegrationsError, NotWritten, system_says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Any, Self

    from integrations_cli.cli.tools import Tools

_LOOKED_AT = {6: "integrations key status", 7: "integrations doctor --deep", 74: "integrations doctor"}  # of what nobody typed wrongly
AGAIN = 0.01  # seconds after which a signal that was dropped comes again


class caught:
    """Run the body; whatever it raises becomes lines on stderr and `code`. `commands` tells which ones there are, for `did you mean`."""

    def __init__(self, tools: Tools, commands: Callable[[], Sequence[tuple[str, ...]]]) -> None:
        self.code = 0
        self._tools, self._commands = tools, commands

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
            error = error.__context__  # of which Typer makes a failure
        if error is not None and not isinstance(error, Exception | KeyboardInterrupt):
            return False
        if error is not None:
            self.code = self._ended(error)
        if self.code == INTERRUPTED:  # Typer turns Ctrl-C into this number as well
            self._tools.interrupted()
        _flush(self._tools, self)
        return True

    def _ended(self, error: BaseException) -> int:
        tools = self._tools
        if isinstance(error, IntegrationsError):
            corrected = tools.corrected(error.instead)
            error.tries = ((corrected,) if corrected else _typed(error.tries, tools)) or _help_of(error, tools.words, self._commands())
            if error.denied:
                _record(tools, error, self._commands())
            return _tell(tools, error)
        if isinstance(error, KeyboardInterrupt):
            return INTERRUPTED
        if isinstance(error, BrokenPipeError):
            _silence()
            return self.code
        if isinstance(error, OSError):
            return _tell(tools, _input_or_output(tools, error))
        assert isinstance(error, Exception)
        # the outermost frame: class and place only, never a text that may hold a value
        return _of_typer(tools, error, self._commands()) or _unexpected(tools, error)


def _record(tools: Tools, error: IntegrationsError, commands: Sequence[tuple[str, ...]]) -> None:
    """Nobody is asked for a passphrase for it."""
    from integrations_cli.actions import denied  # noqa: PLC0415  rare
    from integrations_cli.store import open_store  # noqa: PLC0415

    path = next((path for path in commands if list(path) == list(tools.words[: len(path)])), ())
    try:
        with open_store(tools.config, clock=tools.clock) as store:
            denied.record(store, error, " ".join(path))
    except IntegrationsError:
        return


def _input_or_output(tools: Tools, error: OSError) -> NotWritten:
    """What no room has put into words of its own. A name that is no whole path was typed, and is not repeated: it may be a key."""
    import errno  # noqa: PLC0415  only after a failure

    full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}  # what only a write can be told
    what = "could not write" if error.errno in full else "could not read or write"
    if error.filename is None and error.errno in {*full, errno.EBADF}:
        return NotWritten("could not write the result", system_says(error), "integrations doctor")
    name = error.filename if isinstance(error.filename, str) and os.path.isabs(error.filename) else ""
    return NotWritten(f"{what} {tools.short(name)}".rstrip(), system_says(error), "integrations doctor")


def _of_typer(tools: Tools, error: Exception, commands: Sequence[tuple[str, ...]]) -> int:
    """What Typer raised about the command line; 0 for anything else. Typer is not imported to find out."""
    exceptions: Any = sys.modules.get("typer.exceptions")
    if exceptions is not None and isinstance(error, exceptions.TyperException):
        from integrations_cli.cli import mistyped  # noqa: PLC0415  only after a mistake

        mistake = mistyped.usage(error, [*tools.words, *(["--"] if tools.behind is not None else [])], commands)
        corrected = tools.corrected(mistake.instead)
        mistake.tries = (corrected, *mistake.tries) if corrected else mistake.tries
        return _tell(tools, mistake)
    if exceptions is not None and isinstance(error, exceptions.Abort):
        return INTERRUPTED
    return 0


def _typed(tries: Sequence[str], tools: Tools) -> tuple[str, ...]:
    """Whoever does not know the line offers an option alone: it is shown at the end of what was typed."""
    return tuple(f"{tools.retyped()} {one}" if one.startswith("--") else one for one in tries)


def _help_of(error: IntegrationsError, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Every refusal of what was typed has a next command: the help of the command, when nothing better is known."""
    if error.exit_code in _LOOKED_AT:
        return (_LOOKED_AT[error.exit_code],)
    path = next((path for path in commands if list(path) == list(words[: len(path)])), None)
    return (f"integrations {' '.join(path)} --help",) if path and error.exit_code in {2, 3, 4, 8} else ()


def listen() -> None:
    """SIGTERM and SIGHUP end a command as Ctrl-C does: rolled back, the terminal put back, 130.

    A signal may come while Python runs a finaliser, where it drops whatever is raised: then it comes again a moment later.
    """
    import _signal as signal  # type: ignore[import-not-found]  # noqa: PLC0415  the front door does without, and `signal` itself brings `enum`

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = sys.unraisablehook

    def dropped(what: sys.UnraisableHookArgs) -> None:
        if issubclass(what.exc_type, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        else:
            before(what)

    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, stop)
    except ValueError:  # not the main thread: whoever runs us there listens for us
        return
    if before.__module__ != __name__:  # once, where many commands run in one process
        sys.unraisablehook = dropped


def _flush(tools: Tools, ending: caught) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        if ending.code != NotWritten.exit_code:  # it was told already
            ending.code = _tell(tools, NotWritten("could not write the result", system_says(error)))


def _silence() -> None:
    """Nobody reads any more (`| head -1`): end quietly, also when the interpreter flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(tools: Tools, error: IntegrationsError) -> int:
    if _debugging(tools):
        print(_trace(error), file=sys.stderr)  # noqa: T201
    tools.error(error)
    return error.exit_code


def _unexpected(tools: Tools, error: Exception) -> int:
    import traceback  # noqa: PLC0415  only after a fault of ours

    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    if _debugging(tools):
        print(_trace(error), file=sys.stderr)  # noqa: T201
    fault = IntegrationsError(
        f"unexpected {type(error).__name__} at {where}", "this is a fault of ours; its text is not shown, it may hold a value"
    )
    tools.error(fault)
    return fault.exit_code


def _debugging(tools: Tools) -> bool:
    return "--debug" in tools.words or tools.doors.environ.get("INTEGRATIONS_DEBUG", "") not in {"", "0"}


def _trace(error: BaseException) -> str:
    """Where it came from: files and lines, without source text, values or messages."""
    import traceback  # noqa: PLC0415  only with --debug

    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)
