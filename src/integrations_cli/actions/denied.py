"""A permission that was refused is put into the audit log: of the website when there is one, else of the store."""

from typing import TYPE_CHECKING

from integrations_cli.errors import IntegrationsError

if TYPE_CHECKING:
    from integrations_cli.store import Store


def record(store: "Store", error: IntegrationsError, command: str) -> None:
    """A denial that cannot be recorded (no key, full disk) stays a denial; other errors are none."""
    if error.denied is None:
        return
    action, website = error.denied
    try:
        with store.writing() as here:
            here.audit.record("access.denied", website=website, outcome="refused", wanted=action, command=command)
    except (IntegrationsError, OSError):
        return
