"""`store abandon-credentials`: what is lost is said first, then new keys are kept and proven, then it is done in one transaction."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from integrations_cli.cli import paper, setup
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import IntegrationsError
from integrations_cli.masking import counted, safe

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.store.abandon import Lost
    from integrations_cli.store.key_slots import Fresh

WORD = "abandon-credentials"


def give_up(tools: Tools, slot: str | None, recovery_file: str | None, no_recovery: bool) -> None:
    """Everything that nobody can open is given up, once that was typed."""
    from integrations_cli.store import abandon, slots  # noqa: PLC0415  the store is entered late

    setup.must_be_a_kind(slot, f"integrations store {WORD} --slot file")
    with tools.store() as store:
        why = abandon.must_be_lost(store)
        tools.out.note(f"no way in: {why}")
        tools.confirm_name(WORD, _lost(tools))
        setup.enough_said(tools, slot, recovery_file, no_recovery, f"store {WORD} --confirm {WORD}")
        kind = slot or setup.choose_slot(tools)
        with _fresh(tools, store, kind, recovery_file, no_recovery) as fresh:
            lost = abandon.abandon(store, fresh)
    tools.out.done(f"the store has new keys and opens with its {slots.kind(kind).title}; a new epoch of the audit log has begun")
    _again(tools, lost)


def _lost(tools: Tools) -> str:
    from integrations_cli.store import glance  # noqa: PLC0415

    cards = [card for card in glance.cards(tools.config.database) if card.version is not None]
    text = f"this gives up the credentials of {counted(len(cards), 'integration')} for ever, settings and the log stay"
    return f"{text}; stop if a slot can be brought back, and keep a copy first (integrations store backup FILE)"


@contextmanager
def _fresh(tools: Tools, store: "Store", kind: str, recovery_file: str | None, no_recovery: bool) -> Iterator[list["Fresh"]]:
    """New slot keys, kept and read back; taken away again if the block raises, unless the store has them by then."""
    from integrations_cli.store import key_slots, slots  # noqa: PLC0415
    from integrations_cli.store.key_slots import Fresh  # noqa: PLC0415

    place = slots.Place(tools.config, store.id, tools.new_passphrase)
    ident = os.urandom(16)
    first = Fresh(ident, kind, slots.kind(kind).create(place, ident))
    try:
        with ExitStack() as kept:
            fresh = [first]
            if no_recovery:
                tools.out.warn("no recovery key: when the slot is lost, every credential is lost again")
            else:
                ident = os.urandom(16)
                made = slots.kind("recovery").create(place, ident)
                assert made.shown is not None
                told = paper.kept(tools, made.shown, recovery_file, lambda: key_slots.opens(store, made.key))
                tools.out.note("recovery key: " + kept.enter_context(told))
                fresh.append(Fresh(ident, "recovery", made))
            yield fresh
    except BaseException:
        if not key_slots.opens(store, first.made.key):
            with suppress(IntegrationsError):  # what went wrong first is what is said
                slots.kind(kind).destroy(place, first.id, first.made.locator)
        raise


def _again(tools: Tools, lost: Sequence["Lost"]) -> None:
    """What to enter again, as commands: results, so they go to stdout."""
    if lost:
        tools.out.note(f"to be entered again: the credentials of {counted(len(lost), 'integration')}")
    for one in lost:
        fields = [safe(name) for name in one.fields]
        where = f"{safe(one.provider)} -w {safe(one.website)}"
        tools.out.text(f"integrations set {where} --secret-stdin {fields[0]}" if len(fields) == 1 else f"integrations edit {where}")
