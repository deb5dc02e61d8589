"""The conversation of `init`: place, unlock, recovery."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Aborted, Conflict, MissingInput, NotWritten, Refused, UsageError
from integrations_cli.masking import Secret

if TYPE_CHECKING:
    from integrations_cli.store.create import Draft

KINDS = {
    "keyring": "the keyring of this desktop",
    "file": "key file",
    "passphrase": "passphrase",
    "env": "environment",
    "vault": "HashiCorp Vault",
    "aws-kms": "AWS KMS",
}


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


def first(tools: Tools, slot: str | None, recovery_file: str | None, no_recovery: bool) -> None:
    """Make the store. Until the last step nothing is written but the slot's own key, which a failure takes away again."""
    from integrations_cli.store import create  # noqa: PLC0415

    _enough_said(tools, slot, recovery_file, no_recovery)
    if recovery_file:
        _away_from_the_database(tools, Path(recovery_file).expanduser())
    tools.out.step("1 of 3", "place", f"{tools.short(tools.config.database)} (0600)")
    kind = slot or _choose_slot(tools)
    if kind not in KINDS:
        raise UsageError("there is no such slot kind", f"there are {', '.join(KINDS)}", "integrations init --slot file")
    draft = create.prepare(tools.config, kind, recovery=not no_recovery, ask_passphrase=tools.new_passphrase)
    try:
        tools.out.step("2 of 3", "unlock", f"{draft.slot_title}, written and read back")
        _recovery(tools, draft, recovery_file)
        _commit(draft, recovery_file)
    except BaseException:
        draft.discard()
        raise
    tools.out.done("store created" + ("" if no_recovery else ", recovery key kept by you"))


def _commit(draft: "Draft", recovery_file: str | None) -> None:
    try:
        draft.commit()
    except BaseException:
        if recovery_file and draft.recovery_text:  # written by us just now, and the key of nothing
            Path(recovery_file).expanduser().unlink(missing_ok=True)
        raise


def _enough_said(tools: Tools, slot: str | None, recovery_file: str | None, no_recovery: bool) -> None:
    if tools.ask.may_ask():
        return
    ways = ["--slot file" if slot is None else "", "--recovery-file PATH" if not (recovery_file or no_recovery) else ""]
    if any(ways):
        raise MissingInput(
            f"missing: {', '.join(way for way in ways if way)}",
            "there is no terminal to ask on",
            "integrations init --slot file --recovery-file PATH --yes",
        )


def _choose_slot(tools: Tools) -> str:
    from integrations_cli.store import slots  # noqa: PLC0415

    reason = slots.probe(tools.config, "keyring")
    choices = [("keyring", KINDS["keyring"], "written, then read back from a fresh process")] if reason is None else []
    choices += [("file", "key file", f"{tools.short(tools.config.keys_dir)} (0600)"), ("passphrase", "passphrase", "asked each time")]
    if reason:
        tools.out.note(f"no keyring here: {reason}")
    return tools.ask.choose("Keep the key in", choices)


def _recovery(tools: Tools, draft: "Draft", recovery_file: str | None) -> None:
    if draft.recovery_text is None:
        tools.out.warn("no recovery key: when the slot is lost, every credential is lost")
    elif recovery_file:
        _write(Path(recovery_file).expanduser(), draft.recovery_text)
        tools.out.step("3 of 3", "recovery", f"written to {recovery_file} (0600); keep it away from this machine")
    else:
        tools.out.step("3 of 3", "recovery", "the only way back when the slot is lost; shown once, stored nowhere")
        _typed_back(tools, draft.recovery_text)


def _typed_back(tools: Tools, text: Secret) -> None:
    groups = text.reveal().split("-")
    tools.ask.show_once(" ".join(groups))
    for _ in range(3):
        typed = tools.ask.hidden("Type the last two groups").reveal()
        if "".join(typed.upper().split()).replace("-", "") == "".join(groups[-2:]):
            return
        tools.out.warn("these are not the last two groups")
    raise Aborted("nothing was created", "the recovery key was not typed back", "integrations init")


def _away_from_the_database(tools: Tools, path: Path) -> None:
    """Whoever copies the database must not get the recovery key with it."""
    from integrations_cli.store.slots import SlotFailed, file  # noqa: PLC0415  the store is entered late

    try:
        file.apart(path.absolute().parent, tools.config.data_dir, given=True)
    except SlotFailed as error:
        raise Refused("the recovery file cannot be there", error.why, "integrations init --recovery-file ANOTHER") from None


def _write(path: Path, text: Secret) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text.reveal() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise Conflict("the recovery file exists already", "it is never overwritten", "integrations init --recovery-file ANOTHER") from None
    except OSError as error:
        raise NotWritten("could not write the recovery file", error.strerror) from None


def ensure_website(tools: Tools, slug: str) -> None:
    """Add the website unless it is there."""
    with tools.store() as store, store.writing() as here:
        if here.websites.find(slug) is None:
            here.websites.add(slug, None)
            tools.out.done(f"{slug} added")
