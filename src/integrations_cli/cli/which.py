"""Which website a command is about (D3), and what to say when that is not clear."""

from __future__ import annotations

from integrations_cli.errors import IntegrationsError, NotFound, UsageError
from integrations_cli.masking import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def one(chosen: str | None, origin: str | None, known: Sequence[str], command: str, everywhere: bool = False) -> str:
    """The slug that was named, or the only one there is. Raises UsageError (2), NotFound (3). `everywhere`: the command takes `-A`."""
    if chosen is None and len(known) == 1:
        return known[0]
    if chosen is None:
        raise _unclear(known, command, everywhere)
    if chosen not in known:
        raise _no_such(chosen, known, origin)
    return chosen


def _unclear(known: Sequence[str], command: str, everywhere: bool) -> IntegrationsError:
    if not known:
        return NotFound("no website yet", "the store is there, and empty", 'integrations website add acme --name "Acme Realty"')
    listed = ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    named = f"{command} {known[0]}" if command.startswith("integrations website ") else f"{command} -w {known[0]}"
    tries = [named, *([f"{command} -A"] if everywhere else []), f"integrations website use {known[0]}"]
    return UsageError("which website?", f"none was given, and there are {len(known)}: {listed}", tries)


def _no_such(chosen: str, known: Sequence[str], origin: str | None) -> IntegrationsError:
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    near = get_close_matches(chosen, known, 1)
    told = chosen if harmless(chosen) else "of that name"
    why = f"the closest is {near[0]}" if near else (f"there are: {', '.join(known[:8])}" if known else "there are none yet")
    error = NotFound(f"there is no website {told}" + (f" ({origin})" if origin else ""), why, "integrations website list")
    error.instead = {chosen: near[0]} if near else {}
    return error
