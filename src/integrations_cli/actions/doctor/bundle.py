"""What may be sent with a bug report: versions, modes, counts and fixed words. No text of ours or of others is in it, so no name can be."""

import os
import platform
import sqlite3
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

from integrations_cli import __version__, registry
from integrations_cli.actions.doctor.note import Note
from integrations_cli.actions.doctor.place import own_files
from integrations_cli.card import Card
from integrations_cli.store.status import SlotLine

if TYPE_CHECKING:
    from integrations_cli.config import Config

_PACKAGES = (
    "typer",
    "rich",
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "keyring",
    "cryptography",
    "httpx",
    "h11",
    "questionary",
    "alembic",
)
_SETTINGS = ("CI", "GITHUB_ACTIONS", "TERM", "NO_COLOR", "FORCE_COLOR", "LANG", "LC_ALL", "SHELL", "XDG_DATA_HOME", "XDG_CONFIG_HOME")


def bundle(config: "Config", notes: Sequence[Note], cards: Sequence[Card], lines: Sequence[SlotLine]) -> dict[str, Any]:
    """Websites are numbers, in the order of their names; providers that are not ours are `plug_in`."""
    numbers = {slug: number for number, slug in enumerate(sorted({card.website for card in cards}), 1)}
    return {
        "format": "integrations.bundle/1",
        "tool": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: _version(name) for name in _PACKAGES},
        "variables": sorted(name for name in config.environ if name.startswith("INTEGRATIONS_") or name in _SETTINGS),
        "files": [_file(config, path) for path in own_files(config)],
        "slots": [
            {"kind": one.kind if one.kind.isidentifier() else "other", "state": one.state, "usable": one.usable, "took_ms": one.took_ms}
            for one in lines
        ],
        "websites": len(numbers),
        "integrations": [_integration(card, numbers) for card in cards],
        "notes": [
            {
                "about": one.about,
                "state": one.state,
                "code": one.code,
                "website": numbers.get(one.website) if one.website else None,
                "provider": _name(one.provider),
            }
            for one in notes
        ],
        "counts": dict(sorted(Counter(f"{one.state} {one.code}" for one in notes).items())),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _name(provider: str | None) -> str | None:
    return provider if provider is None or provider in registry.built_in() else "plug_in"


def _file(config: "Config", path: Any) -> dict[str, Any]:
    """Kind, mode and size; the name only of files that every store has."""
    found = path.lstat()
    known = {config.database: "store.db", config.file: "config.toml", config.data_dir: "data", config.config_dir: "config"}
    usual = known | {config.keys_dir: "keys", config.anchor: "anchor.json"}
    name = usual.get(path) or {".key": "key", ".lock": "lock", ".db-journal": "journal"}.get(path.suffix, "other")
    ours = found.st_uid == os.geteuid()
    return {"name": name, "mode": f"{stat.S_IMODE(found.st_mode):04o}", "bytes": found.st_size, "ours": ours}


def _integration(card: Card, numbers: Mapping[str, int]) -> dict[str, Any]:
    """One integration without a name, a value, a hint or a fingerprint."""
    return {
        "website": numbers[card.website],
        "provider": _name(card.provider),
        "status": card.status,
        "version": card.version,
        "credentials": len(card.credentials),
        "settings": len(card.settings),
        "last_test": _word(card.last_test),
        "last_error": _word(card.last_error),
    }


def _word(test: Mapping[str, Any] | None) -> str | None:
    """The outcome, if it is one of our words: the column may hold anything."""
    found = (test or {}).get("outcome")
    return found if isinstance(found, str) and found in _OUTCOMES else None


_OUTCOMES = frozenset({"ok", "limited", "rejected", "misconfigured", "rate_limited", "unreachable", "untestable"})
