"""What needs care: a line each, with the command beside it, or below where there is no room."""

from __future__ import annotations

from integrations_cli.cli.view.layout import cells, pad
from integrations_cli.masking import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from integrations_cli.actions.care import Need
    from integrations_cli.cli.view.out import Out


def needs(out: Out, found: Sequence[Need]) -> None:
    """Nothing when nothing does."""
    lines = [(safe(one.what, 120), safe(one.command, 120)) for one in found]
    column = max((cells(what) for what, _ in lines), default=0)
    for what, command in lines:
        beside = 4 + column + cells(command) <= out.width or not out.tabular
        out.raw(f"  {pad(what, column)}  {command}" if beside else f"  {what}\n      {command}")
