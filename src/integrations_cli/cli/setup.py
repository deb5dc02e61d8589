"""The conversation of `init`: place, unlock, recovery."""

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from integrations_cli.cli import paper
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import MissingInput, UsageError

if TYPE_CHECKING:
    from integrations_cli.store.create import Draft


def is_made(tools: Tools) -> bool:
    """True if there is a store already."""
    if not tools.config.database.exists():
        return False
    from integrations_cli.store import create  # noqa: PLC0415  the store is entered late

    return create.is_made(tools.config)


def again(tools: Tools) -> None:
    """A store is there: schema up to date, key verified; nothing is ever made anew."""
    from integrations_cli.store import create  # noqa: PLC0415  the store is entered late

    done = create.upgrade(tools.config)
    with tools.store() as store:
        store.verify()
    tools.out.done(f"schema brought up to date: {', '.join(done)}" if done else "nothing to do: the store is there and its key opens it")


def first(tools: Tools, slot: str | None, key_file: str | None, recovery_file: str | None, no_recovery: bool) -> None:
    """Make the store. Until the last step nothing is written but the slot's own key, which a failure takes away again."""
    from integrations_cli.store import create  # noqa: PLC0415

    if key_file and slot not in (None, "env"):
        raise UsageError("--key-file is for the slot env", "the key of a slot file has its own place", "integrations init --slot file")
    slot = "env" if key_file else slot
    must_be_a_kind(slot, "integrations init --slot file")
    enough_said(tools, slot, recovery_file, no_recovery)
    for named in filter(None, (key_file, recovery_file)):
        paper.away_from_the_database(tools, Path(named).expanduser())
    tools.out.step("1 of 3", "place", f"{tools.short(tools.config.database)} (0600)")
    kind = slot or choose_slot(tools)
    place = Path(key_file).expanduser().absolute() if key_file else None
    draft = create.prepare(tools.config, kind, recovery=not no_recovery, ask_passphrase=tools.new_passphrase, key_file=place)
    try:
        tools.out.step("2 of 3", "unlock", f"{draft.slot_title}, written and read back")
        _finish(tools, draft, recovery_file)
    except BaseException:
        draft.discard()
        raise
    tools.out.done("store created" + ("" if no_recovery else ", recovery key kept by you"))
    if place:
        tools.out.next(f"export INTEGRATIONS_KEY_FILE={quote(str(place))}")
        tools.config = replace(tools.config, environ={**tools.config.environ, "INTEGRATIONS_KEY_FILE": str(place)})


def _finish(tools: Tools, draft: "Draft", recovery_file: str | None) -> None:
    if draft.recovery_text is None:
        tools.out.warn("no recovery key: when the slot is lost, every credential is lost")
        draft.commit()
        return
    if recovery_file is None:
        tools.out.step("3 of 3", "recovery", "the only way back when the slot is lost; shown once, stored nowhere")
    with paper.kept(tools, draft.recovery_text, recovery_file, lambda: draft.committed) as told:
        if recovery_file:
            tools.out.step("3 of 3", "recovery", told)
        draft.commit()


def kinds() -> list[str]:
    """The kinds of slot that can be chosen; a recovery key has a command of its own."""
    from integrations_cli.store import slots  # noqa: PLC0415  the store is entered late

    return [one for one in slots.KINDS if one != "recovery"]


def must_be_a_kind(slot: str | None, again: str) -> None:
    """Raises UsageError (2) for another one; None: the choice is made later."""
    if slot is not None and slot not in kinds():
        own = "key recovery makes a recovery key; here " if slot == "recovery" else ""
        raise UsageError("there is no such slot kind", f"{own}there are {', '.join(kinds())}", again)


def enough_said(tools: Tools, slot: str | None, recovery_file: str | None, no_recovery: bool, command: str = "init") -> None:
    """Raises MissingInput (2) when a choice is missing and nobody can be asked."""
    if tools.ask.may_ask():
        return
    ways = ["--slot file" if slot is None else "", "--recovery-file PATH" if not (recovery_file or no_recovery) else ""]
    if any(ways):
        raise MissingInput(
            f"missing: {', '.join(way for way in ways if way)}",
            "there is no terminal to ask on",
            f"integrations {command} --slot file --recovery-file PATH",
        )


def choose_slot(tools: Tools) -> str:
    """The kind of slot that a person wants; a keyring only where one works."""
    from integrations_cli.store import slots  # noqa: PLC0415

    reason = slots.probe(tools.config, "keyring")
    choices = [("keyring", "the keyring of this desktop", "written, then read back from a fresh process")] if reason is None else []
    choices += [("file", "key file", f"{tools.short(tools.config.keys_dir)} (0600)"), ("passphrase", "passphrase", "asked each time")]
    if reason:
        tools.out.note(f"no keyring here: {reason}")
    return tools.ask.choose("Keep the key in", choices)


def ensure_website(tools: Tools, slug: str) -> None:
    """Add the website unless it is there."""
    with tools.store() as store, store.writing() as here:
        if here.websites.find(slug) is None:
            here.websites.add(slug, None)
            tools.out.done(f"{slug} added")
