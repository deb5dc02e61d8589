"""A permission that was refused is put into the audit log: of the website when there is one, else of the store."""

from typing import TYPE_CHECKING

from integrations_cli.errors import IntegrationsError

if TYPE_CHECKING:
    from integrations_cli.cli.tools import Tools


def record(tools: "Tools", error: IntegrationsError, command: str) -> None:
    """Nobody is asked for a passphrase for it. A denial that cannot be recorded (no key, full disk) stays a denial."""
    if error.denied is None:
        return
    from integrations_cli.store import open_store  # noqa: PLC0415  the store is entered late

    action, website = error.denied
    try:
        with open_store(tools.config, clock=tools.clock) as store, store.writing() as here:
            here.audit.record("access.denied", website=website, outcome="refused", wanted=action, command=command)
    except (IntegrationsError, OSError):
        return
