"""The conversations of `key rotate --root` and of the recovery key."""
# ruff: noqa: PLC0415  the store is entered late

from contextlib import suppress
from typing import TYPE_CHECKING

from integrations_cli.cli import paper
from integrations_cli.cli.slotting import told
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import IntegrationsError, MissingInput, NotWritten
from integrations_cli.masking import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from integrations_cli.store import Store
    from integrations_cli.store.slots import Created

LEAK = (
    "Rotating keys does not undo a leak.",
    "Whoever had the old key and a copy of the database has the credentials.",
    "Run all three, then change the credentials at the providers; `integrations key affected` lists them.",
)


def root(tools: Tools, recovery_file: str | None, no_recovery: bool) -> None:
    """Say which slots stay, make a new recovery key, ask, and seal everything under a new root key."""
    from integrations_cli.store import root as roots

    with tools.store() as store:
        stays, drops = roots.survey(store)
        told(tools, stays, "stays")
        told(tools, [one for one in drops if one.row.kind != "recovery"], "dropped")
        replaced = any(one.row.kind == "recovery" for one in drops)
        tools.out.note("  " + ("replaced" if replaced else "new     ") + " recovery key" if not no_recovery else "  no recovery key")
        if tools.options.dry_run:
            tools.out.note("nothing was changed")
            return
        if not (recovery_file or no_recovery or tools.ask.may_ask()):
            tries = [f"{tools.retyped()} --recovery-file PATH", f"{tools.retyped()} --no-recovery"]
            raise MissingInput("missing: --recovery-file", "there is no terminal to show the new recovery key on", tries)
        tools.confirm("make a new root key, and drop every slot that does not stay")
        if no_recovery:
            count = roots.rotate(store, stays, drops, None)
            tools.out.warn("no recovery key: when the slot is lost, every credential is lost")
        else:
            count = _with_a_paper(tools, store, recovery_file, lambda made: roots.rotate(store, stays, drops, made))
    tools.out.done(f"{count} data keys are sealed under a new root key, opened and compared; the old root key opens nothing any more")
    for line in LEAK:
        tools.out.note(line)
    tools.out.next("integrations key rotate --reencrypt")


def _with_a_paper(tools: Tools, store: "Store", file: str | None, rotate: "Callable[[Created], int]") -> int:
    """Rotate with a new recovery key, which a person has by then."""
    from integrations_cli.store import key_slots
    from integrations_cli.store.slots import recovery as papers

    made = papers.fresh()
    assert made.shown is not None
    with paper.kept(tools, made.shown, file, lambda: key_slots.opens(store, made.key)) as how:
        count = rotate(made)
    tools.out.step("recovery", "key", how)
    return count


def reencrypt(tools: Tools, resume: bool) -> int:
    """New data, fingerprint and audit keys; everybody else goes on working. 12 when something could not be opened."""
    from integrations_cli.cli.view.progress import Steps
    from integrations_cli.store import reencrypt as work

    with tools.store() as store:
        found = work.status(store)
        if tools.options.dry_run:
            tools.out.note(
                f"{counted(found.versions, 'version')} would be sealed anew" + (", going on where it stopped" if found.resumed else "")
            )
            return 0
        if not found.resumed and not resume:
            tools.confirm(f"seal {counted(found.versions, 'version')} anew under new data, fingerprint and audit keys")
        try:
            with Steps(tools.out) as told:
                report = work.reencrypt(store, told, resume=resume)
        except (KeyboardInterrupt, NotWritten):
            with suppress(IntegrationsError):  # the disk that failed may fail again
                if work.status(store).resumed:
                    tools.out.next("integrations key rotate --resume")
            raise
    for website, provider in report.left:
        tools.out.warn(f"{provider} of {website} could not be opened: it is left as it is, with its old key")
        tools.out.next(f"integrations rotate {provider} -w {website}")
    gone = "the old keys are destroyed" if not report.left else "an old key is kept for each website named above"
    tools.out.done(f"sealed anew and verified: {counted(report.versions, 'version')}; {gone}")
    for line in LEAK:
        tools.out.note(line)
    tools.out.next("integrations key affected")
    return 12 if report.left else 0


def recovery(tools: Tools, test: bool) -> None:
    """A new recovery key, or the proof that a person has the one there is."""
    from integrations_cli.store import key_slots

    if not tools.ask.may_ask():
        why = "a recovery key is shown to a person, and typed by one"
        raise MissingInput("a terminal is needed", why, "integrations key rotate --root --recovery-file PATH")
    with tools.store() as store:
        if test:
            key_slots.prove(store, paper.asked_for(tools))
            tools.out.done("the recovery key opens the store")
            return
        old = [row for row in key_slots.listed(store) if row.kind == "recovery"]
        with key_slots.fresh(store, "recovery") as new:
            assert new.made.shown is not None
            tools.out.note("the only way back when the slot is lost; shown once, stored nowhere")
            paper.typed_back(tools, new.made.shown)
            key_slots.replace(store, old[0] if old else None, new, "key.recovery_made")
    tools.out.done("the store has a new recovery key" + ("; the one before opens it no longer" if old else ""))
    if old:
        tools.out.note("with an older copy of the database it still opens: destroy the paper, or integrations key rotate --root")
