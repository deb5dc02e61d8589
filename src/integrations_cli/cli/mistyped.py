"""What Typer could not understand, in our own three lines."""

from __future__ import annotations

from integrations_cli.errors import IntegrationsError, UsageError
from integrations_cli.masking import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def usage(error: Exception, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> IntegrationsError:
    """A usage error in our own three lines. What was typed is repeated only if it cannot be a key."""
    help_of = " ".join(_command_words(error, words, commands))
    tries = [f"{help_of} --help"]
    kind = type(error).__name__
    option: Any = getattr(error, "option_name", None)
    if kind == "NoSuchOption" and (right := _turned(words, commands)):
        return UsageError("options stand behind the command", None, right)
    if kind == "NoSuchOption":
        near = [f"did you mean {one}" for one in getattr(error, "possibilities", None) or ()][:1]
        return UsageError(f"there is no option {_repeat(str(option).partition('=')[0])}", near[0] if near else None, tries)
    if kind == "BadOptionUsage":
        return UsageError(f"{option} {'takes no value' if 'does not take' in str(error) else 'needs a value'}", None, tries)
    param: Any = getattr(error, "param", None)
    if kind == "MissingParameter" and param is not None:
        named = param.display_name_raw if hasattr(param, "display_name_raw") else param.name
        option = [one for one in param.opts if one.startswith("--")]
        return UsageError(f"missing: {' '.join([*option[:1], named])}", None, tries)
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


def _turned(words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> str | None:
    """`-w acme list` with the options behind the command; None when the line begins with its command, or has none."""
    first = {path[0] for path in commands}
    at = next((at for at, word in enumerate(words) if word in first), 0)
    return " ".join(["integrations", *(word if harmless(word) else "…" for word in (*words[at:], *words[:at]))]) if at else None


def _nearest_command(typed: str, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415  only after a mistake

    group = words[:1] if any(len(path) == 2 and path[0] == words[0] for path in commands) else []
    known = {path[len(group)] for path in commands if list(path[: len(group)]) == group}
    near = get_close_matches(typed, sorted(known), 1)
    return " ".join(["integrations", *group, near[0]]) if near else None


def _command_words(error: Exception, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> list[str]:
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        return [context.command_path]
    return ["integrations", *max((path for path in commands if list(path) == list(words[: len(path)])), key=len, default=())]


def _looks_long(words: Sequence[str]) -> bool:
    return any(len(word) >= 20 for word in words)


def _repeat(typed: str) -> str:
    return typed if harmless(typed) else "of that name"
