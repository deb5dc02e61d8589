"""The credentials to change after a leak."""

from collections.abc import Sequence

from integrations_cli.actions.affected import ACTIVE, PENDING, PREVIOUS, Affected
from integrations_cli.cli.view.layout import Column, plainly
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import counted, mask

WORDS = {ACTIVE: "in use", PREVIOUS: "kept", PENDING: "waits"}


def listing(out: Out, found: Sequence[Affected]) -> None:
    """One line per credential, with the page where it is revoked."""
    rows = [{name: getattr(one, name) for name in one.__slots__} for one in found]
    for row in rows:
        row["fingerprint"] = str(row["fingerprint"])[:8]
    columns = [
        plainly("website", keep=10),
        plainly("provider", keep=11),
        plainly("field", keep=8),
        Column("state", "STATE", lambda row: WORDS[row["state"]], 7),
        Column("hint", "KEY", lambda row: mask(row["hint"]), 5),
        Column("fingerprint", "FP", lambda row: row["fingerprint"], 4),
        Column("changed_at", "CHANGED", lambda row: ago(row["changed_at"], out.now(), iso=out.options.iso), 3),
        Column("enabled", None),
        Column("revoke_at", "REVOKE AT", lambda row: row["revoke_at"] or "–", 9),
    ]
    out.rows(columns, rows, name="affected")
    if found:
        websites = counted(len({one.website for one in found}), "website")
        out.note(f"{counted(len(found), 'credential')} of {websites}: rotate each, then revoke the old one")
        out.next(f"integrations rotate {found[0].provider} -w {found[0].website}")
    else:
        out.note("no credential is stored")
