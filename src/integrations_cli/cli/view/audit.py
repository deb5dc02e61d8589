"""The audit log: entries, and whether they are what was written."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations_cli.cli.view.layout import Column, plainly
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import counted
from integrations_cli.store.trail import who

if TYPE_CHECKING:
    from integrations_cli.store.inspection import Inspection
    from integrations_cli.store.verifying import ChainReport

PROMISE = (
    "tamper-evident against people without the audit key; against people with it, only up to the last checkpoint that left their reach"
)
WORDS = {"in_ci": "in CI, without --allow-reveal", "assistant": "under a coding assistant, without --allow-reveal"}


def listing(out: Out, entries: Sequence[Mapping[str, Any]], *, everywhere: bool, one: bool = False) -> None:
    """Newest first; `one`: of one provider, which needs no saying then."""
    rows = [dict(entry) | {"who": who(entry), "detail": detail(entry)} for entry in entries]
    columns = [
        Column("seq", "SEQ", lambda row: str(row["seq"]), 3),
        Column("at", "WHEN", lambda row: ago(str(row["at"]), out.now(), iso=out.options.iso), 9),
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"] or "–", 6),
        Column("who", "WHO", lambda row: row["who"], 8),
        Column("action", "WHAT", lambda row: str(row["action"]), 10),
        Column("provider", None if one else "PROVIDER", lambda row: str(row["provider"] or "–"), 9),
        Column("outcome", "RESULT", lambda row: str(row["outcome"]), 7),
        Column("detail", "DETAIL", lambda row: row["detail"] or "–", 5, least=19),
    ]
    out.rows(columns, rows, name="audit", items=lambda: entries)
    if not entries:
        out.note("nothing in the log fits")


def detail(entry: Mapping[str, Any]) -> str:
    """What else there is to say: fields with the fingerprints before and after, why something was refused, names before and after."""
    parts = _marks(entry) or [", ".join(str(name) for name in _list(entry.get("fields")))]
    if entry.get("cause"):
        parts.append(WORDS.get(str(entry["cause"]), str(entry["cause"])) if entry["outcome"] == "refused" else str(entry["cause"]))
    if entry.get("via"):
        parts.append(f"via {entry['via']}")
    if entry.get("reason"):
        parts.append(f"because: {entry['reason']}")
    if entry.get("to"):
        parts.append(f"{entry['to']}: {entry.get('was') or 'no role'} → {entry.get('role') or 'no role'}")
    elif entry.get("wanted"):
        parts.append(f"{entry.get('command')} needs {entry['wanted']}")
    elif entry.get("was") and entry.get("slug"):
        parts.append(f"{entry['was']} → {entry.get('slug')}")
    elif entry.get("slug"):
        parts.append(str(entry["slug"]))
    if entry.get("source"):
        parts.append(f"{entry['source']}, {entry.get('count')} lines")
    if entry["action"] == "credential.destroyed":
        parts.append(f"version {entry.get('version')}")
    if entry["action"] == "epoch.started":
        parts.append(f"epoch {entry.get('epoch')}")
    return "; ".join(part for part in parts if part)


def _marks(entry: Mapping[str, Any]) -> list[str]:
    old, new = _object(entry.get("fp_old")), _object(entry.get("fp"))
    came = [f"{name} fp {old[name]} → {mark}" if name in old else f"{name} fp {mark}" for name, mark in new.items()]
    return came + [f"{name} fp {mark} → –" for name, mark in old.items() if name not in new]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def verified(out: Out, found: "Inspection") -> int:
    """One line per chain, then what is wrong with the whole; 7 when anything is. As a table of data only if that was asked for."""
    if out.format == "ndjson" or (not out.json_mode and (out.options.format or out.options.fields)):
        chains = _as_data(found)["chains"]
        names = ("chain", "entries", "ok", "broken", "problem", "anchor")
        out.rows([plainly(name) for name in names], chains, name="audit_verify", part="chains")
        for problem in found.problems:
            out.warn(problem)
        return found.exit
    if out.json_mode:
        out.data({"format": "integrations.audit_verify/1", **_as_data(found)})
        return found.exit
    good, bad = out.glyphs("✓"), out.glyphs("✗")  # in a pipe as well
    for one in found.reports:
        out.sentence(
            f"{bad} {one.name}: {one.problem}" if one.problem else f"{good} {one.name}: {entries(one.entries)}, unbroken{_anchored(one)}"
        )
    for problem in found.problems:
        out.sentence(f"{bad} {problem}")
    if found.since is not None and not any("checkpoint" in one for one in found.problems):
        told = f"{entries(found.since.entries)} in {counted(found.since.chains, 'chain')}"
        out.sentence(f"{good} since the checkpoint of {found.since.at}: its {told} are still there, unchanged")
    out.note(PROMISE)
    return found.exit


def _anchored(one: "ChainReport") -> str:
    if one.anchor == "matches":
        return "; the head matches this host's anchor"
    return "; it goes on from this host's anchor" if one.anchor == "behind" else "; this host has no anchor for it"


def entries(number: int) -> str:
    """`1 entry`, `1,204 entries`."""
    return "1 entry" if number == 1 else f"{number:,} entries"


def _as_data(found: "Inspection") -> dict[str, Any]:
    chains = [
        {
            "chain": one.name,
            "entries": one.entries,
            "ok": one.problem is None,
            "broken": one.broken,
            "problem": one.problem,
            "anchor": one.anchor,
        }
        for one in found.reports
    ]
    return {"exit": found.exit, "chains": chains, "problems": list(found.problems), "since": found.since.at if found.since else None}
