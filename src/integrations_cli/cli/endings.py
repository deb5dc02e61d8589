"""The one place where errors end: every exception becomes three lines and a published exit code."""

import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integrations_cli.errors import IntegrationsError, NotWritten, UsageError

if TYPE_CHECKING:
    from integrations_cli.cli.tools import Tools

INTERRUPTED = 130
_HARMLESS = re.compile(r"[A-Za-z0-9\-_/.]{1,24}")


@dataclass
class Ending:
    """How it ended."""

    code: int = 0


@contextmanager
def caught(tools: "Tools", commands: Sequence[tuple[str, ...]]) -> Iterator[Ending]:
    """Run the body; whatever it raises becomes lines on stderr and `code`. `commands` are the ones there are, for `did you mean`."""
    ending = Ending()
    try:
        yield ending
    except IntegrationsError as error:
        error.tries = error.tries or _help_of(error, tools.words, commands)
        if error.denied:
            _record(tools, error, commands)
        ending.code = _tell(tools, error)
    except KeyboardInterrupt:
        ending.code = INTERRUPTED
    except BrokenPipeError:
        _silence()
    except OSError as error:
        ending.code = _tell(tools, NotWritten(f"could not write: {error.strerror or 'input or output failed'}"))
    except Exception as error:  # the outermost frame: class and place only, never a text that may hold a value
        ending.code = _of_typer(tools, error, commands) or _unexpected(tools, error)
    if ending.code == INTERRUPTED:  # Typer turns Ctrl-C into this number as well
        tools.interrupted()
    _flush(tools, ending)


def _record(tools: "Tools", error: IntegrationsError, commands: Sequence[tuple[str, ...]]) -> None:
    """Nobody is asked for a passphrase for it."""
    from integrations_cli.actions import denied  # noqa: PLC0415  rare
    from integrations_cli.store import open_store  # noqa: PLC0415

    path = next((path for path in commands if list(path) == list(tools.words[: len(path)])), ())
    with suppress(IntegrationsError), open_store(tools.config, clock=tools.clock) as store:
        denied.record(store, error, " ".join(path))


def _of_typer(tools: "Tools", error: Exception, commands: Sequence[tuple[str, ...]]) -> int:
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

    with suppress(ValueError):  # not the main thread: whoever runs us there listens for us
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGHUP, stop)


def _flush(tools: "Tools", ending: Ending) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        ending.code = _tell(tools, NotWritten(f"could not write the result: {error.strerror}"))


def _silence() -> None:
    """Nobody reads any more (`| head -1`): end quietly, also when the interpreter flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(tools: "Tools", error: IntegrationsError) -> int:
    if tools.words[-1:] and "--debug" in tools.words:
        print(_trace(error), file=sys.stderr)  # noqa: T201
    tools.error(error)
    return error.exit_code


def _unexpected(tools: "Tools", error: Exception) -> int:
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
    return typed if _HARMLESS.fullmatch(typed) else "of that name"
