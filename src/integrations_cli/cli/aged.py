"""A store that is older than what this host has written, or a copy that nobody has accepted: reads go on and say so, writes refuse."""

from __future__ import annotations

from integrations_cli.masking import safe
from integrations_cli.store import provenance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from integrations_cli.cli.view.out import Out
    from integrations_cli.config import Config


def warn(out: Out, config: Config) -> None:
    """A warning, if it is."""
    made, older = provenance.age(config.store, config.anchored)
    if made:
        out.warn(f"this store is a copy of {safe(made)}; nothing is written before: integrations store accept-restore")
    if older:
        out.warn("the store is older than what this host has written: it was restored, or the end of its log was cut")
