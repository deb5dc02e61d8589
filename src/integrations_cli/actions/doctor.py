"""Look a store over: what is wrong, and the command that mends it. Nothing is changed; the key is needed only for a deep look."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from integrations_cli.card import Card, Rotation
from integrations_cli.errors import Unreadable
from integrations_cli.masking import safe
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import SECRET_LIKE
from integrations_cli.store.status import SlotLine, StoreStatus

if TYPE_CHECKING:
    from integrations_cli.config import Config
    from integrations_cli.store import Store

OK, WARNING, PROBLEM, SKIPPED = "ok", "warning", "problem", "skipped"
_TEST_KEY = re.compile(r"(sk|pk|rk)_test_.*|sk_lab_.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was looked at. `state` is ok, warning, problem or skipped; `fix` is a command."""

    about: str
    state: str
    text: str
    fix: str | None = None


def store(found: StoreStatus) -> Note:
    """Mode and schema."""
    text = f"{found.path}, {found.mode}, schema {found.schema}, {found.integrations} integrations"
    if int(found.mode, 8) & 0o077:
        return Note("store", PROBLEM, f"{found.path} can be read by others ({found.mode})", f"chmod 600 {found.path}")
    if found.schema < found.latest:
        return Note("store", PROBLEM, f"schema {found.schema}, this program needs {found.latest}", "integrations store upgrade")
    return Note("store", OK, text)


def slots(lines: Sequence[SlotLine]) -> list[Note]:
    """Whether something opens the store here, and whether there is a way back when that is lost."""
    usable = [line for line in lines if line.usable]
    told = f"slot {usable[0].position}, {usable[0].title}" if usable else "; ".join(f"{line.title}: {line.reason}" for line in lines)
    key = Note("key", OK, told) if usable else Note("key", PROBLEM, f"no slot opens the store here: {told}", "integrations key status")
    paper = any(line.kind == "recovery" for line in lines)
    if paper:
        return [key, Note("recovery", OK, "there is a recovery key; keep it where the store is not")]
    text = "there is no recovery key: when the slot is lost, every credential is lost"
    return [key, Note("recovery", WARNING, text, "integrations init on a new store makes one; integrations export keeps a copy")]


def files(config: "Config") -> list[Note]:
    """Files of ours, and copies beside the database, that others can read."""
    seen = [one for folder in (config.data_dir, config.config_dir, config.keys_dir) if folder.is_dir() for one in sorted(folder.iterdir())]
    wide = [one for one in seen if one.is_file() and not one.is_symlink() and one.stat().st_mode & 0o077 and one.name != "website"]
    if not wide:
        return [Note("files", OK, f"{len(seen)} files, private")]
    return [Note("files", PROBLEM, f"{one} can be read by others ({one.stat().st_mode & 0o777:04o})", f"chmod 600 {one}") for one in wide]


def credentials(cards: Iterable[Card]) -> list[Note]:
    """What the last try said, and settings that hold what should be sealed."""
    found = list(cards)
    lost = [card for card in found if card.status == "unreadable"]
    notes = [_unreadable(card.website, card.provider) for card in lost]
    for card in found:
        for name, value in card.settings.items():
            if isinstance(value, str) and SECRET_LIKE.fullmatch(value):
                text = f"{name} of {card.provider} of {card.website} looks like a secret, and settings are not sealed"
                notes.append(Note("settings", PROBLEM, text, f"integrations set {card.provider} --unset {name} -w {card.website}"))
    return notes or [Note("credentials", OK, f"{len(found)} integrations, none known to be unreadable")]


def rotations(found: Mapping[tuple[str, str], Rotation], now: datetime) -> list[Note]:
    """Rotations that were stopped, and old credentials whose time is over."""
    notes, moment = [], now.strftime("%Y-%m-%dT%H:%M:%SZ")
    words = {
        "pending": "a new credential of {} has been waiting since {}",
        "swapped_unchecked": "the credential of {} was replaced, and not tested as stored since {}",
    }
    for (website, provider), one in found.items():
        if one.state in words:
            text = words[one.state].format(f"{provider} of {website}", one.since)
            notes.append(Note("rotation", WARNING, text, f"integrations rotate {provider} -w {website} --resume"))
    late = sum(one.previous_until is not None and one.previous_until <= moment for one in found.values())
    if late:
        notes.append(Note("old keys", WARNING, f"{late} should be destroyed by now", "integrations store sweep"))
    return notes


def deep(opened: "Store", cards: Iterable[Card]) -> list[Note]:
    """Open every credential: what does not open, and test keys among them."""
    notes, count = [], 0
    with opened.reading() as here:
        for card in cards:
            row = here.integrations.find(card.website, card.provider)
            try:
                values = here.integrations.reveal(row) if row is not None else {}
            except Unreadable:
                notes.append(_unreadable(card.website, card.provider))
                continue
            count += bool(values)
            if any(_TEST_KEY.fullmatch(value.reveal()) for value in values.values()):
                fix = f"integrations rotate {card.provider} -w {card.website}"
                notes.append(Note("test keys", WARNING, f"{card.provider} of {card.website} has a key for tests", fix))
    return [*notes, Note("opened", OK, f"{count} credentials were opened")]


def lying_about(reading: Reading, cards: Sequence[Card], website: str, command: str) -> list[Note]:
    """Legacy values that are still there beside what is stored, and those that were never brought in (dual reading)."""
    there = {(card.website, card.provider): card for card in cards}
    places: dict[tuple[str, str], list[str]] = {}
    for found in reading.findings:
        places.setdefault((found.website or website, found.provider), []).append(found.place)
    notes = []
    for (slug, provider), names in sorted(places.items()):
        card, where = there.get((slug, provider)), ", ".join(safe(name, 60) for name in dict.fromkeys(names))
        if card is not None and card.credentials:
            text = f"{provider} of {slug} is stored, and still lies in {reading.title}: {where}"
            notes.append(Note("legacy", WARNING, text, "remove it there, once nothing reads it any more"))
        else:
            notes.append(Note("legacy", WARNING, f"{provider} of {slug} was never migrated: {where}", command))
    for fault in reading.faults:
        notes.append(Note("legacy", WARNING, f"{safe(fault.place, 80)}: {fault.reason.replace('_', ' ')}", command))
    return notes or [Note("legacy", OK, f"nothing of ours in {reading.title}")]


def _unreadable(website: str, provider: str) -> Note:
    fix = f"integrations rotate {provider} -w {website}"
    return Note("credentials", PROBLEM, f"{provider} of {website} could not be opened", fix)
