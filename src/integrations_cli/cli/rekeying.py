"""The conversations of `key rotate --root` and of the recovery key."""
# ruff: noqa: PLC0415  the store is entered late

from integrations_cli.cli import paper
from integrations_cli.cli.slotting import told
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import MissingInput

LEAK = (
    "Rotating keys does not undo a leak. Whoever had the old key and a copy of the database has the credentials. "
    "Run all three, then change the credentials at the providers; `integrations key affected` lists them."
)


def root(tools: Tools, recovery_file: str | None, no_recovery: bool) -> None:
    """Say which slots stay, make a new recovery key, ask, and seal everything under a new root key."""
    from integrations_cli.store import root as roots
    from integrations_cli.store.slots import recovery

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
            made = recovery.fresh()
            assert made.shown is not None
            with paper.kept(tools, made.shown, recovery_file) as how:
                count = roots.rotate(store, stays, drops, made)
            tools.out.step("recovery", "key", how)
    tools.out.done(f"{count} data keys are sealed under a new root key, opened and compared; the old root key opens nothing any more")
    tools.out.note(LEAK)
    tools.out.next("integrations key rotate --reencrypt")
