"""What all four scripts are put together with."""

from collections.abc import Iterable, Mapping


def filled(template: str, parts: Mapping[str, str]) -> str:
    """The script with each part in the place of its name, which stands there as `@NAME@`."""
    for name, text in parts.items():
        template = template.replace(f"@{name}@", text)
    return template


def lines(indent: int, found: Iterable[str]) -> str:
    """One below the other, each `indent` columns from the left."""
    return "\n".join(" " * indent + line for line in found)


def word(text: str) -> str:
    """A pattern of `case` in bash and zsh: quoted where it has a space."""
    return f"'{text}'" if " " in text else text


def stands_for(words: str) -> str:
    """What a hidden name stands for, in bash and zsh."""
    return f"command='{words}' skip=2; return" if " " in words else f"first={words}"
