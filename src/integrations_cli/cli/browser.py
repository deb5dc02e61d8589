"""The person's own browser."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from integrations_cli.cli.view.out import Out


def show(out: Out, address: str) -> None:
    """Open an address of ours; where there is no browser, say it."""
    import webbrowser  # noqa: PLC0415  rare

    if webbrowser.open(address):
        out.note(f"opened {address}")
    else:
        out.warn(f"no browser could be started; the page is {address}")
