"""`store restore`: what is said before a store is replaced, and after; and the drill."""

from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli.cli.tools import Tools
from integrations_cli.errors import IntegrationsError, Unreadable
from integrations_cli.masking import counted, safe
from integrations_cli.store import provenance

if TYPE_CHECKING:
    from integrations_cli.store.backup import Copy


def put_back(tools: Tools, source: Path) -> int:
    """Replace the store by a backup, once its name was typed; where there is no store nothing is lost and nothing is asked."""
    from integrations_cli.store import restore  # noqa: PLC0415  the store is entered late

    found = restore.look(source)
    if tools.config.database.exists():
        tools.confirm_name(source.name, _lost(tools, source, found))
    kept = restore.restore(tools.config, source, tools.clock())
    tools.out.done(f"restored: {holds(found)}")
    if kept:
        tools.out.note(f"the former store is kept in {tools.short(kept)}; remove it when it is not needed any more")
    if found.schema < _latest():
        tools.out.next("integrations store upgrade")
    tools.out.next("integrations key status --verify", "integrations store accept-restore")
    return 0


def _latest() -> int:
    from integrations_cli.store.migrations import LATEST  # noqa: PLC0415

    return LATEST


def _lost(tools: Tools, source: Path, found: "Copy") -> str:
    """What is there now, and what comes instead."""
    from integrations_cli.store import create  # noqa: PLC0415

    try:
        now = create.status(tools.config)
        if provenance.store_id(tools.config.database) != found.store_id:
            tools.out.warn("this is the backup of another store: its keys are others, too")
        elif gone := _replaced(tools, found):
            tools.out.warn(f"this backup was made before keys were replaced; {gone}")
            tools.out.next(f"integrations store restore --drill {tools.pasted(source)}")
        there = f"the store with {counted(now.integrations, 'integration')} of {counted(now.websites, 'website')}"
    except IntegrationsError:
        there = "the store that is there, which cannot be read,"
    return f"{there} is replaced by a copy with {holds(found)}: what was changed since is not in it"


def _replaced(tools: Tools, found: "Copy") -> str:
    """What was replaced or removed since the backup was made: with it goes what opened the backup. Empty when nothing was."""
    from integrations_cli.store import checkup, slots  # noqa: PLC0415

    known = checkup.slots(tools.config.database)
    titles = [(ident in known, slots.kind(kind).title) for ident, kind in found.slots if kind in slots.KINDS]
    gone, left = ([title for there, title in titles if there is wanted] for wanted in (False, True))
    if not gone:
        return ""
    opens = f"of the slots of today only the {' and the '.join(left)} opens it" if left else "no slot of today opens it"
    return f"the {' and the '.join(gone)} of then is not there any more: {opens}"


def holds(found: "Copy") -> str:
    """`12 integrations of 3 websites, made 2026-11-22T02:00:00Z`."""
    made = f", made {found.made_at}" if found.made_at else ""
    return f"{counted(found.integrations, 'integration')} of {counted(found.websites, 'website')}{safe(made)}"


def tried(tools: Tools, source: Path) -> int:
    """Open everything in a backup with the keys there are here; the date is recorded, so that `doctor` knows it."""
    from integrations_cli.store import restore  # noqa: PLC0415

    done = restore.drill(tools.config, source, tools.passphrase, tools.out.note)
    for website, provider in done.lost:
        tools.out.warn(f"{safe(provider)} of {safe(website)} does not open")
    if done.lost:
        why = f"the credentials of {len(done.lost)} of {counted(done.opened + len(done.lost), 'integration')} do not open"
        raise Unreadable("this backup is not whole", why, "integrations store backup FILE")
    tools.out.done(f"the backup holds {holds(done.copy)}")
    tools.out.done(f"the credentials of {counted(done.opened, 'integration')} open here with the {done.slot}")
    _record(tools, done.copy, done.opened)
    return 0


def _record(tools: Tools, found: "Copy", opened: int) -> None:
    if not tools.config.database.exists():
        tools.out.note("there is no store here in which to record it")
        return
    with tools.store() as store:
        if store.refusal() is not None:
            tools.out.note("not recorded: the store waits for integrations store accept-restore")
            return
        with store.writing() as here:
            here.audit.record("store.drilled", copy=found.made_at, opened=opened)
