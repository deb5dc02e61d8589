"""Where a leaked value is stored, and the page where it is revoked; never the value."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations_cli.actions.who_uses import next_step, page
from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.view.out import Out

if TYPE_CHECKING:
    from integrations_cli.store.fingerprints import Found, Holding

FOUND, NOBODY, UNKNOWN = 0, 3, 7


def listing(out: Out, found: "Found", lines: Sequence[int | None], some: bool = False) -> int:
    """A line each; 3 when nobody uses it, 7 when nobody is known to and some places could not be compared.

    `some`: only the websites that whoever asks may see were looked through.
    """
    code = FOUND if found.holdings else UNKNOWN if found.unknown else NOBODY
    rows = [_row(one, lines[one.number]) for one in found.holdings]
    out.rows(_columns(out, rows), rows, name="who-uses", more={"exit": code, "summary": _summary(found)})
    out.note(sentence(found))
    if some:
        out.warn("only the websites that you may see were looked through: an owner of the store sees all")
    if found.unknown:
        places = ", ".join(f"{provider} of {website}" for website, provider in sorted(set(found.unknown))[:5])
        out.warn(f"{len(set(found.unknown))} could not be compared, they may hold it: {places}")
        out.next("integrations doctor --deep")
    if out.tabular and out.width < 130:  # there the table may have no room for it
        out.next(*[row["next"] for row in sorted(rows, key=lambda row: row["state"] != "active")][:2])
    if out.tabular and out.width < 60:
        for provider, url in dict.fromkeys((row["provider"], row["keys_url"]) for row in rows):
            out.note(f"revoke: {provider}  {url or 'at the provider'}")
    return code


def _columns(out: Out, rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    several = any(row["line"] is not None for row in rows)
    return [
        Column("line", "LINE" if several else None, lambda row: str(row["line"] or "–"), 9),
        Column("website", "WEBSITE", lambda row: row["website"], 13),
        Column("category", None),
        Column("provider", "PROVIDER", lambda row: row["provider"], 12),
        Column("field", "FIELD", lambda row: row["field"], 8),
        Column("state", "STATE", lambda row: _state(row, out), 11),
        Column("version", None),
        Column("enabled", None),
        Column("fingerprint", None),
        Column("changed_at", None),
        Column("destroy_after", None),
        Column("keys_url", "REVOKE AT", lambda row: row["keys_url"] or "–", 9),
        Column("next", "NEXT", lambda row: row["next"] or "–", 6),
    ]


def _row(one: "Holding", line: int | None) -> dict[str, Any]:
    return {
        "website": one.website,
        "category": one.category,
        "provider": one.provider,
        "field": one.field,
        "state": one.state,
        "version": one.version,
        "enabled": one.enabled,
        "fingerprint": one.fingerprint[:8],
        "changed_at": one.changed_at,
        "destroy_after": one.destroy_after,
        "line": line,
        "keys_url": page(one.provider),
        "next": next_step(one),
    }


def _state(row: Mapping[str, Any], out: Out) -> tuple[str, str | None]:
    if row["state"] == "previous" and row["destroy_after"] is None:
        return "replaced, kept until the new one is proven", "yellow"
    if row["state"] == "previous":
        until = ago(row["destroy_after"], out.now(), iso=out.options.iso)
        left = f"kept {until[3:]} more" if until.startswith("in ") else f"kept until {until}" if out.options.iso else "overdue"
        return f"replaced, {left}", "dim"
    if row["state"] == "pending":
        return "waits for its check", "yellow"
    return ("in use", "red") if row["enabled"] else ("switched off", "yellow")


def _summary(found: "Found") -> dict[str, int]:
    return {
        "found": len(found.holdings),
        "websites": len({one.website for one in found.holdings}),
        "looked": found.looked,
        "unknown": len(set(found.unknown)),
    }


def sentence(found: "Found") -> str:
    """`3 places in 2 websites hold it; 412 were compared`."""
    if not found.holdings:
        return f"nobody uses it; {found.looked} were compared" if not found.unknown else f"{found.looked} were compared"
    websites, count = len({one.website for one in found.holdings}), len(found.holdings)
    told = f"{count} {'place' if count == 1 else 'places'} in {websites} {'website' if websites == 1 else 'websites'}"
    return f"{told} {'holds' if count == 1 else 'hold'} it; {found.looked} were compared"
