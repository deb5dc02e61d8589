"""What stands in `config.toml` and is read by nobody: a mistyped name must not look like a choice that was made."""

from __future__ import annotations

from difflib import get_close_matches

from integrations_cli.masking import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

KNOWN: dict[str, tuple[str, ...] | None] = {
    "audit": ("require",),
    "aws-kms": ("key", "region", "endpoint"),
    "defaults": None,  # categories and websites
    "export": ("plaintext",),
    "network": ("proxy", "private_hosts"),
    "prices": None,  # models
    "providers": ("allow", "allow_custom_endpoint"),
    "vault": ("address", "mount", "key", "namespace"),
}
"""The sections, and the names in them; None where every name is somebody's own."""


def unknown(choices: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each, with the nearest name that is known."""
    for what, meant in _strange(choices):
        yield f"{what} is not known and has no effect: {meant}"


def _strange(choices: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section, inside in choices.items():
        known = KNOWN.get(section)
        if section not in KNOWN or not isinstance(inside, dict):
            yield _above(section, isinstance(inside, dict))
        elif known is not None:
            there = {name: name for name in known}
            yield from ((f"[{section}] {shown(name)}", _meant(name, there)) for name in inside if name not in there)


def _above(name: str, section: bool) -> tuple[str, str]:
    """A section that is not known, or a name in front of all of them: it, and what it may have been meant for."""
    if name in KNOWN:
        return name, f"it is a section, [{name}]"
    sections = {one: f"[{one}]" for one in KNOWN}
    if section:
        return f"[{shown(name)}]", _meant(name, sections)
    return shown(name), _meant(name, {one: f"[{other}] {one}" for other, names in KNOWN.items() for one in names or ()} | sections)


def _meant(name: str, known: Mapping[str, str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean {known[near[0]]}" if near else f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"


def shown(name: str) -> str:
    """A name of the file, unless it could be a key that was pasted there."""
    return name if harmless(name) else "…"
