"""The masked view of a row, by the models: what `glance` reads from the view `card`, and a test holds one against the other."""

from __future__ import annotations

from integrations_cli.card import Card, Mark
from integrations_cli.store.glance import fitting, since

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from integrations_cli.provider import Provider
    from integrations_cli.store.tables import CredentialVersion, Integration, Website


def card(owner: Website, integration: Integration, active: CredentialVersion | None, definition: Provider) -> Card:
    """Hints, fingerprints and state; `missing` by the definition."""
    shown = fitting(active.card) if active else {}
    marks = {
        name: Mark(one["hint"], one["fp"], since(one, active.created_at), integration.expires_at) for name, one in shown.items() if active
    }
    blamed = active is not None and integration.last_error_outcome and integration.last_error_version == active.version
    return Card(
        website=owner.slug,
        category=integration.category,
        provider=integration.provider,
        id=integration.id.hex(),
        enabled=integration.enabled,
        credentials=marks,
        settings=integration.settings,
        version=active.version if active else None,
        last_test=_test(active.outcome, active.outcome_cause, active.outcome_http, active.outcome_at)
        if active and active.outcome
        else None,
        last_error=_test(
            integration.last_error_outcome, integration.last_error_cause, integration.last_error_http, integration.last_error_at
        )
        if blamed
        else None,
        unreadable_since=integration.unreadable_since or (integration.updated_at if active is not None and not marks else None),
        account=integration.account,
        used_at=integration.last_used_at,
        created_at=integration.created_at,
        updated_at=integration.updated_at,
        expires_at=integration.expires_at,
        verdict=active.verdict if active else None,
        missing=definition.missing({*marks, *integration.settings}),
    )


def _test(outcome: str | None, cause: str | None, http: int | None, at: str | None) -> dict[str, Any]:
    return {"outcome": outcome, "cause": cause, "http_status": http, "at": at}
