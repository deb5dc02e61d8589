"""The settings of an integration, as data: which there may be, and what leads from one state of them to another."""

from __future__ import annotations

from integrations_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from integrations_cli.provider import Provider


def known(definition: Provider, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, if the definition knows them all; raises UsageError (2) with the known names."""
    names = {one.name for one in definition.settings}
    strange = [name for name in settings if name not in names]
    if strange:
        raise UsageError(f"{definition.name} has no such setting", f"its settings are {', '.join(sorted(names)) or 'none'}")
    return dict(settings)


def patched(settings: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a patch applied: name → value, None unsets."""
    return {name: value for name, value in {**settings, **patch}.items() if value is not None}


def patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that leads from one to the other."""
    return {name: after.get(name) for name in sorted({*before, *after}) if before.get(name) != after.get(name)}
