"""The one door to the network. Importing it costs nothing: httpx comes with the first `Web`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integrations_cli.web.door import Web
    from integrations_cli.web.dry import Line, explain

__all__ = ["Line", "Web", "explain"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from integrations_cli.web import door, dry  # noqa: PLC0415  httpx comes with it

        return getattr(door if name == "Web" else dry, name)
    raise AttributeError(name)
