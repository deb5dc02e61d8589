"""The one door to the network. Importing it costs nothing: httpx comes with the first `Web`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integrations_cli.web.door import Web
    from integrations_cli.web.dry import Line, every_request, explain

__all__ = ["Line", "Web", "every_request", "explain"]


def __getattr__(name: str) -> Any:
    if name == "Web":
        from integrations_cli.web.door import Web  # noqa: PLC0415  httpx comes with it

        return Web
    if name in __all__:
        from integrations_cli.web import dry  # noqa: PLC0415  only where a check is explained

        return getattr(dry, name)
    raise AttributeError(name)
