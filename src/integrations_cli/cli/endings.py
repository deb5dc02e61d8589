"""The one place where errors end: every exception becomes three lines and a published exit code."""

from __future__ import annotations

import os
import sys

from integrations_cli.errors import IntegrationsError, NotWritten, UsageError, system_says
from integrations_cli.masking import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Any, Self

    from integrations_cli.cli.tools import Tools

INTERRUPTED = 130


class caught:
    """Run the body; whatever it raises becomes lines on stderr and `code`. `commands` are the ones there are, for `did you mean`."""

    def __init__(self, tools: Tools, commands: Sequence[tuple[str, ...]]) -> None:
        self.code = 0
        self._tools, self._commands = tools, commands

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
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
            error.tries = error.tries or _help_of(error, tools.words, self._commands)
            if error.denied:
                _record(tools, error, self._commands)
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
        return _of_typer(tools, error, self._commands) or _unexpected(tools, error)


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
    name = error.filename if isinstance(error.filename, str) and os.path.isabs(error.filename) else ""
    return NotWritten(f"{what} {tools.short(name)}".rstrip(), system_says(error), "integrations doctor")


def _of_typer(tools: Tools, error: Exception, commands: Sequence[tuple[str, ...]]) -> int:
    """What Typer raised about the command line; 0 for anything else. Typer is not imported to find out."""
    exceptions: Any = sys.modules.get("typer.exceptions")
    if exceptions is not None and isinstance(error, exceptions.TyperException):
        return _tell(tools, usage(error, tools.words, commands))
    if exceptions is not None and isinstance(error, exceptions.Abort):
        return INTERRUPTED
    return 0


def _help_of(error: IntegrationsError, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Every refusal of what was typed has a next command: the help of the command, when nothing better is known."""
    path = next((path for path in commands if list(path) == list(words[: len(path)])), None)
    return (f"integrations {' '.join(path)} --help",) if path and error.exit_code in {2, 3} else ()


def listen() -> None:
    """SIGTERM and SIGHUP end a command as Ctrl-C does: rolled back, the terminal put back, 130."""
    import signal  # noqa: PLC0415  the front door does without

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGHUP, stop)
    except ValueError:  # not the main thread: whoever runs us there listens for us
        return


def _flush(tools: Tools, ending: caught) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        ending.code = _tell(tools, NotWritten("could not write the result", system_says(error)))


def _silence() -> None:
    """Nobody reads any more (`| head -1`): end quietly, also when the interpreter flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(tools: Tools, error: IntegrationsError) -> int:
    if tools.words[-1:] and "--debug" in tools.words:
        print(_trace(error), file=sys.stderr)  # noqa: T201
    tools.error(error)
    return error.exit_code


def _unexpected(tools: Tools, error: Exception) -> int:
    import traceback  # noqa: PLC0415  only after a fault of ours

    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    if "--debug" in tools.words:
        print(_trace(error), file=sys.stderr)  # noqa: T201
    fault = IntegrationsError(
        f"unexpected {type(error).__name__} at {where}", "this is a fault of ours; its text is not shown, it may hold a value"
    )
    tools.error(fault)
    return fault.exit_code


def _trace(error: BaseException) -> str:
    """Where it came from: files and lines, without source text, values or messages."""
    import traceback  # noqa: PLC0415  only with --debug

    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)


def usage(error: Exception, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> IntegrationsError:
    """A usage error in our own three lines. What was typed is repeated only if it cannot be a key."""
    help_of = " ".join(word for word in _command_words(error, words))
    tries = [f"{help_of} --help"]
    kind = type(error).__name__
    option: Any = getattr(error, "option_name", None)
    if kind == "NoSuchOption":
        near = [f"did you mean {one}" for one in getattr(error, "possibilities", None) or ()][:1]
        return UsageError(f"there is no option {_repeat(str(option).partition('=')[0])}", near[0] if near else None, tries)
    if kind == "BadOptionUsage":
        return UsageError(f"{option} {'takes no value' if 'does not take' in str(error) else 'needs a value'}", None, tries)
    param: Any = getattr(error, "param", None)
    if kind == "MissingParameter" and param is not None:
        return UsageError(f"missing: {param.display_name_raw if hasattr(param, 'display_name_raw') else param.name}", None, tries)
    if kind == "BadParameter" and param is not None:
        choices = getattr(param.type_descriptor, "choices", None)
        why = f"one of {', '.join(map(str, choices))}" if choices else "it does not have the right form"
        return UsageError(f"{(param.opts or [param.name])[-1]}: not a value it takes", why, tries)
    return _plain_usage(str(error), words, tries, commands)


def _plain_usage(text: str, words: Sequence[str], tries: list[str], commands: Sequence[tuple[str, ...]]) -> IntegrationsError:
    import re  # noqa: PLC0415  only after a mistake

    unknown = re.match(r"No such command '(.*)'\.(?: Did you mean '(.*?)')?", text, re.DOTALL)
    if unknown:
        near = _nearest_command(unknown[1], words, commands)
        return UsageError(f"there is no command {_repeat(unknown[1])}", f"the closest is {near}" if near else None, tries)
    if text.startswith("Missing command"):
        return UsageError("which command?", None, tries)
    if "unexpected extra argument" in text:
        return UsageError(
            "more arguments than it takes", "credentials never come from the command line" if _looks_long(words) else None, tries
        )
    return UsageError("the command line cannot be understood", None, tries)


def _nearest_command(typed: str, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415  only after a mistake

    group = words[:1] if any(len(path) == 2 and path[0] == words[0] for path in commands) else []
    known = {path[len(group)] for path in commands if list(path[: len(group)]) == group}
    near = get_close_matches(typed, sorted(known), 1)
    return " ".join(["integrations", *group, near[0]]) if near else None


def _command_words(error: Exception, words: Sequence[str]) -> list[str]:
    context: Any = getattr(error, "ctx", None)
    return [context.command_path] if context is not None else ["integrations"]


def _looks_long(words: Sequence[str]) -> bool:
    return any(len(word) >= 20 for word in words)


def _repeat(typed: str) -> str:
    return typed if harmless(typed) else "of that name"
