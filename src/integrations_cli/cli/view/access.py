"""Roles, and what somebody could read who has lost one."""

from collections.abc import Sequence
from typing import Any

from integrations_cli import registry
from integrations_cli.access import ROLES, Principal, name_of
from integrations_cli.card import Card
from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.out import Out
from integrations_cli.errors import NotFound


def listing(out: Out, found: Sequence[Any]) -> None:
    """One line per role; owners have no website."""
    rows = [
        {
            "website": one.website,
            "principal": one.principal,
            "name": name_of(one.principal),
            "role": one.role,
            "may": sorted(ROLES.get(one.role, ())),
        }
        for one in found
    ]
    columns = [
        Column("website", "WEBSITE", lambda row: row["website"] or "every one", 9),
        Column("name", "WHO", lambda row: row["name"], 10),
        Column("principal", "", lambda row: row["principal"], 5),
        Column("role", "ROLE", lambda row: row["role"], 8),
        Column("may", "MAY", lambda row: " ".join(row["may"]) or "nothing", 6),
    ]
    out.rows(columns, rows, name="access")
    if not rows:
        out.note("no roles were granted: the store is open to whoever can unlock it")


def revoked(out: Out, who: Principal, change: Any) -> None:
    """The credentials to change, with the page of each, and the commands."""
    more = {
        "principal": who.ident,
        "name": who.name,
        "revoked": [{"website": one.website, "role": one.role} for one in change.taken],
    }
    _credentials(out, change.readable, more)
    if not change.readable:
        out.note("there is no credential that this let them read")


def no_longer(out: Out, who: Principal, change: Any) -> None:
    """The same list, when another role has taken the right to read away."""
    if change.readable:
        revoked_as = {"principal": who.ident, "name": who.name, "revoked": [{"website": change.readable[0].website, "role": change.was}]}
        _credentials(out, change.readable, revoked_as)


def _credentials(out: Out, cards: Sequence[Card], more: dict[str, Any]) -> None:
    rows = [_row(card) for card in cards]
    columns = [
        Column("website", "WEBSITE", lambda row: row["website"], 9),
        Column("category", None),
        Column("provider", "PROVIDER", lambda row: row["provider"], 10),
        Column("credentials", "COULD BE READ", lambda row: " ".join(row["credentials"]), 5),
        Column("keys_url", "REVOKE THE OLD KEY AT", lambda row: row["keys_url"] or "–", 8),
        Column("rotate", None),
    ]
    if rows or not out.tabular:
        out.rows(columns, rows, name="revoked", more=more)
    if out.tabular and rows:
        out.text("")
        for row in rows:
            out.text(row["rotate"])
    if rows:
        out.warn("what was read stays read: change these credentials; a copy of the store and its key is not taken back either")


def _row(card: Card) -> dict[str, Any]:
    try:
        page = registry.get(card.provider).keys_url
    except NotFound:
        page = None
    return {
        "website": card.website,
        "category": card.category,
        "provider": card.provider,
        "credentials": sorted(card.credentials),
        "keys_url": page or None,
        "rotate": f"integrations rotate {card.provider} -w {card.website}",
    }
