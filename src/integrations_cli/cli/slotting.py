"""The conversations about slots: list, add, remove, and a new key for one."""
# ruff: noqa: PLC0415  the store is entered late

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from integrations_cli.cli import paper, setup
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import status as view
from integrations_cli.errors import MissingInput, UsageError

if TYPE_CHECKING:
    from integrations_cli.store.key_slots import Tried


def listing(tools: Tools) -> int:
    """Each slot, opened as far as nobody has to be asked."""
    from integrations_cli.store import status

    return view.slots(tools.out, status.key_status(tools.config, ask_passphrase=tools.passphrase))


def add(tools: Tools, kind: str | None, key_file: str | None) -> None:
    """A new slot of this kind."""
    from integrations_cli.store import key_slots

    if kind is None:
        raise UsageError("which kind of slot?", f"there are {', '.join(setup.kinds())}", "integrations key slot add file")
    setup.must_be_a_kind(kind, "integrations key slot add file")
    if key_file and kind != "env":
        raise UsageError("--key-file is for the slot env", "the other kinds keep their key themselves", "integrations key slot add env")
    if kind == "env" and not key_file:
        why = "the key that comes with the call has to open the store, so a new one needs another way in"
        raise UsageError("missing: --key-file PATH", why, "integrations key slot add env --key-file PATH")
    _must_be_typed(tools, kind)
    path = Path(key_file).expanduser().absolute() if key_file else None
    if path:
        paper.away_from_the_database(tools, path)
    with tools.store() as store, key_slots.fresh(store, kind, tools.new_passphrase, path) as new:
        key_slots.add(store, new)
    tools.out.done(f"{new.title} opens the store now; its key was written and read back")
    tools.out.next(f"export INTEGRATIONS_KEY_FILE={quote(str(path))}" if path else "integrations key status")


def _must_be_typed(tools: Tools, kind: str) -> None:
    """Raises MissingInput (2) for a passphrase where nobody can type one."""
    if kind == "passphrase" and tools.new_passphrase is None:
        raise MissingInput("a terminal is needed", "a new passphrase is typed twice", "integrations key slot add file")


def remove(tools: Tools, name: str | None) -> None:
    """Drop a slot and destroy its key."""
    from integrations_cli.store import key_slots
    from integrations_cli.store.key_rows import title_of

    if name is None:
        raise UsageError("which slot?", "it is named by its number, or its kind", "integrations key slot list")
    with tools.store() as store:
        row = key_slots.named(key_slots.listed(store), name)
        tools.confirm_name(row.kind, f"this destroys slot {row.position}, {title_of(row)}, and its key")
        stay = key_slots.remove(store, row)
    tools.out.done(f"slot {row.position}, {title_of(row)}, is removed")
    told(tools, stay, "stays")
    if not any(one.row.kind == "recovery" for one in stay):
        tools.out.warn("no recovery key: when the slot is lost, every credential is lost (integrations key recovery makes one)")


def told(tools: Tools, slots: "list[Tried]", word: str) -> None:
    """A line for each."""
    for one in slots:
        how = "opened just now" if one.key else f"not opened: {one.reason}"
        tools.out.note(f"  {word:<8} {one.title}, {how}")


def rotate(tools: Tools, name: str | None) -> None:
    """A new key for one slot: kept, read back, sealed for; then the old one is destroyed."""
    from integrations_cli.store import key_slots
    from integrations_cli.store.key_rows import title_of

    with tools.store() as store:
        rows = key_slots.listed(store)
        if name is None:
            store.verify()
            row = key_slots.named(rows, str(store.keys.opened_by.position if store.keys.opened_by else 0))
        else:
            row = key_slots.named(rows, name)
        if row.kind in ("env", "recovery"):
            raise _not_ours(row.kind, row.position)
        if tools.options.dry_run:
            tools.out.note(f"slot {row.position}, {title_of(row)}, would get a new key; nothing was changed")
            return
        _must_be_typed(tools, row.kind)
        tools.confirm(f"make a new key for slot {row.position}, {title_of(row)}, and destroy the old one")
        with key_slots.fresh(store, row.kind, tools.new_passphrase) as new:
            key_slots.replace(store, row, new, "key.slot_rotated")
    tools.out.done(f"slot {row.position}, {new.title}, has a new key; the old one is destroyed")
    tools.out.note("a copy of the database and the old key still open together: integrations key rotate --root makes a new root key")


def _not_ours(kind: str, position: int) -> UsageError:
    if kind == "recovery":
        return UsageError("a recovery key is no slot to add or rotate", "it is made anew by its own command", "integrations key recovery")
    tries = ["integrations key slot add env --key-file PATH", f"integrations key slot remove {position}    (with the new key given)"]
    return UsageError("the key of this slot comes with the call", "whoever keeps it has to take a new one first", tries)
