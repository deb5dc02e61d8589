"""How the store is, and how it is unlocked."""

from collections.abc import Sequence
from typing import Any

from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.out import Out
from integrations_cli.config import Config

LOCKED = 6


def slots(out: Out, lines: Sequence[Any]) -> int:
    """One line per slot, in the order in which they are tried; 6 when none can be used."""
    rows = [
        {
            "position": one.position,
            "kind": one.kind,
            "title": one.title,
            "usable": one.usable,
            "opened": one.opened,
            "reason": one.reason,
            "created_at": one.created_at,
            "verified_at": one.verified_at,
        }
        for one in lines
    ]
    columns = [
        Column("position", "SLOT", lambda row: str(row["position"]), 9),
        Column("kind", "KIND", lambda row: row["title"], 10),
        Column("usable", "STATE", _state, 10),
        Column("opened", None),
        Column("reason", "WHY", lambda row: row["reason"] or "–", 9),
        Column("created_at", None),
        Column("verified_at", None),
    ]
    out.rows(columns, rows, name="key")
    if any(one.usable for one in lines):
        return 0
    out.warn("no slot can be used: nothing that needs the key can be done")
    out.next("give the recovery key: INTEGRATIONS_KEY_FILE=PATH integrations key status")
    return LOCKED


def _state(row: Any) -> tuple[str, str | None]:
    if not row["usable"]:
        return "– not here", "dim"
    return ("✓ opens", "blue") if row["opened"] else ("○ can be asked", None)


_WORDS = {"latest": "newest schema", "created_at": "made", "reencryption_since": "re-encryption since"}


def store(out: Out, found: Any, config: Config | None, origins: Sequence[tuple[str, str | None]] = ()) -> None:
    """Where the store is and what it holds; with `origins`, where each value came from."""
    data = {name: getattr(found, name) for name in found.__slots__}
    if out.json_mode:
        out.item("store", data)
        return
    pairs = list(data.items())
    if config is not None:
        pairs += [
            ("configuration", str(config.file)),
            ("keys", str(config.keys_dir)),
            ("INTEGRATIONS_HOME", config.environ.get("INTEGRATIONS_HOME")),
            *origins,
        ]
    if out.tabular:
        for name, value in pairs:
            told = f"{value:,}" if type(value) is int else value if value is not None else "–"
            if value is not None or name not in found.__slots__:  # what is not the case goes without saying
                out.text(f"{_WORDS.get(name, name):<20} {told}")
    else:
        out.pairs(pairs)
