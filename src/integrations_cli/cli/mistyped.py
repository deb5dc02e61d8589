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
        return UsageError("options stand behind the command", "the command comes first", right)
    if kind == "NoSuchOption":
        return _no_option(error, str(option), words, tries)
    if kind == "BadOptionUsage" and "does not take" in str(error):
        return UsageError(f"{option} takes no value", "it is on when it is there", tries)
    if kind == "BadOptionUsage":
        return UsageError(f"{option} needs a value", "nothing stands behind it", tries)
    param: Any = getattr(error, "param", None)
    if kind == "MissingParameter" and param is not None:
        named = param.display_name_raw if hasattr(param, "display_name_raw") else param.name
        option = [one for one in param.opts if one.startswith("--")]
        return UsageError(f"missing: {' '.join([*option[:1], named])}", "it is required", tries)
    if kind == "BadParameter" and param is not None:
        return _bad_value(param, words, tries)
    return _plain_usage(error, words, tries, commands)


def _no_option(error: Exception, option: str, words: Sequence[str], tries: list[str]) -> IntegrationsError:
    from difflib import get_close_matches  # noqa: PLC0415  only after a mistake

    context: Any = getattr(error, "ctx", None)
    known = [name for one in context.command.params for name in one.opts] if context is not None else []
    if words[:1] == ["exec"] and "--" not in words:
        line = " ".join(["integrations exec", *_of_exec(words[1:])])
        return UsageError("which command?", "what to run stands behind --", f"{line} -- COMMAND")
    if option in {"-y", "--yes"} and "--confirm" in known:
        return UsageError(f"there is no option {option}", "a yes is not enough: its name is typed, or given with --confirm NAME", tries)
    near = get_close_matches(option, [one for one in getattr(error, "possibilities", None) or () if one in known], 1, 0.75)
    why = f"did you mean {near[0]}" if near else f"{tries[0].removesuffix(' --help')} has none of that name"
    found = UsageError(f"there is no option {_repeat(option.partition('=')[0])}", why, tries)
    found.instead = {option: near[0]} if near else {}
    return found


def _of_exec(words: Sequence[str]) -> list[str]:
    """The providers and the website, in front of what looks like the command to run."""
    from integrations_cli import registry  # noqa: PLC0415  only after a mistake

    kept: list[str] = []
    for word in words:
        if word not in {*registry.names(), "-w", "--website"} and not (kept[-1:] in (["-w"], ["--website"]) and harmless(word)):
            break
        kept.append(word)
    return kept


def _bad_value(param: Any, words: Sequence[str], tries: list[str]) -> IntegrationsError:
    from difflib import get_close_matches  # noqa: PLC0415  only after a mistake

    choices = [str(one) for one in getattr(param.type_descriptor, "choices", None) or ()]
    near = {word: like[0] for word in words if word not in choices and (like := get_close_matches(word, choices, 1, 0.7))}
    meant = f"did you mean {next(iter(near.values()))}; " if near else ""
    why = f"{meant}one of {', '.join(choices)}" if choices else "it does not have the right form"
    found = UsageError(f"{(param.opts or [param.name])[-1]}: not a value it takes", why, tries)
    found.instead = near
    return found


def _plain_usage(error: Exception, words: Sequence[str], tries: list[str], commands: Sequence[tuple[str, ...]]) -> IntegrationsError:
    import re  # noqa: PLC0415  only after a mistake

    text = str(error)
    unknown = re.match(r"No such command '(.*)'\.(?: Did you mean '(.*?)')?", text, re.DOTALL)
    if unknown:
        return _no_command(unknown[1], words, tries, commands)
    if text.startswith("Missing command"):
        return UsageError("which command?", f"there are {', '.join(_below(words[:1], commands))}", tries)
    if "unexpected extra argument" in text:
        context: Any = getattr(error, "ctx", None)
        taken = [one.display_name_raw for one in context.command.params if one.param_type_name == "argument"] if context is not None else []
        why = f"it takes {' '.join(taken) or 'none'}"
        return UsageError(
            "more arguments than it takes", "credentials never come from the command line" if _looks_long(words) else why, tries
        )
    return UsageError("the command line cannot be understood", "it is no command with arguments and options", tries)


LATER = {"connect": "signing in at a provider", "serve": "the HTTP API", "token": "the HTTP API, and with it its tokens,"}


def _no_command(typed: str, words: Sequence[str], tries: list[str], commands: Sequence[tuple[str, ...]]) -> IntegrationsError:
    if typed in LATER:
        return UsageError(f"there is no command {typed}", f"{LATER[typed]} is not built yet", tries)
    group, near = _nearest_command(typed, words, commands)
    of = f" of {group[0]}" if group else ""
    why = f"the closest is {' '.join(['integrations', *group, near])}" if near else f"no command{of} is like it"
    found = UsageError(f"there is no command {_repeat(typed)}", why, tries)
    found.instead = {typed: near} if near else {}
    return found


def _turned(words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> str | None:
    """`-w acme list` with the options behind the command; None when the line begins with its command, or has none."""
    first = {path[0] for path in commands}
    at = next((at for at, word in enumerate(words) if word in first), 0)
    return " ".join(["integrations", *(word if harmless(word) else "…" for word in (*words[at:], *words[:at]))]) if at else None


def _nearest_command(typed: str, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> tuple[list[str], str | None]:
    """The group that was named, if any, and the command of it that was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415  only after a mistake

    group = list(words[:1]) if any(len(path) == 2 and path[0] == words[0] for path in commands) else []
    near = get_close_matches(typed, _below(group, commands), 1)
    return group, near[0] if near else None


def _below(group: Sequence[str], commands: Sequence[tuple[str, ...]]) -> list[str]:
    """The commands of a group, or all first words; `overview` is what nobody types."""
    return sorted({path[len(group)] for path in commands if list(path[: len(group)]) == list(group)} - {"overview"})


def _command_words(error: Exception, words: Sequence[str], commands: Sequence[tuple[str, ...]]) -> list[str]:
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        return [context.command_path]
    return ["integrations", *max((path for path in commands if list(path) == list(words[: len(path)])), key=len, default=())]


def _looks_long(words: Sequence[str]) -> bool:
    return any(len(word) >= 20 for word in words)


def _repeat(typed: str) -> str:
    return typed if harmless(typed) else "of that name"
