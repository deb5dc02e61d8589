"""A consultation: the doctor's questions in turn, each with the door it needs; whatever a door does, the next one is tried."""
# ruff: noqa: PLC0415  a plain look pays for neither the network nor the sources

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli import config as configuration
from integrations_cli.actions.doctor import Note, in_order
from integrations_cli.actions.doctor.note import carefully, problem, skipped
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import IntegrationsError, Locked, NotFound, Refused, UsageError

if TYPE_CHECKING:
    from integrations_cli.actions.doctor.legacy import Comparison
    from integrations_cli.actions.doctor.look import Looked
    from integrations_cli.store import Conversation

Sources = Mapping[str, Any]
"""Where legacy keys may lie: `dotenv` files, `root` of a Rails application, `db` or `dsn` of its database."""


def consult(tools: Tools, *, deep: bool, network: bool, sources: Sources) -> "Looked":
    """Everything that was asked for, in the order in which it is shown.

    Raises NotFound (3), Refused (8) for a website that was named; nothing that a note can say.
    """
    from integrations_cli.actions.doctor.look import look
    from integrations_cli.cli.completion import health

    broken = _settle(tools)
    found = look(tools.config, broken, tools.clock())
    if found.readable and tools.options.website is not None:
        _must_be_there(tools)
    if deep and found.readable:
        found.notes += carefully("opened", lambda: _deep(tools, found))
    if found.readable:
        found.notes += carefully("legacy", lambda: _legacy(tools, found, sources))
    found.notes += carefully("completion", lambda: health.look(tools.doors.environ))
    found.notes += _network(tools, found) if network else [skipped("network", "not asked", "integrations doctor --network")]
    found.notes = in_order(found.notes)
    return found


def _settle(tools: Tools) -> UsageError | None:
    """What is wrong with the configuration file, if anything; then the defaults hold for this look."""
    try:
        tools.catalogue()
    except UsageError as error:
        tools.__dict__["config"] = configuration.load(tools.doors.environ, tools.options.home, tools.options.key_fd, choices=False)
        return error
    return None


def _must_be_there(tools: Tools) -> None:
    """The website of `-w`; whatever else is wrong with the store is said by the notes."""
    try:
        tools.website(needs="see")
    except (NotFound, Refused):
        raise
    except IntegrationsError:
        return


def _deep(tools: Tools, found: "Looked") -> list[Note]:
    from integrations_cli.actions.doctor import deep

    mine = set(tools.mine())
    if found.cards and not mine:
        return [skipped("opened", "nothing was opened: you may use the credentials of no website", "integrations access list")]
    try:
        with tools.store() as store, Progress(tools.out, "opening", len(found.cards)) as told:
            return deep.look(store, tools.config.database, [card for card in found.cards if card.website in mine], told)
    except Locked as error:
        again = [] if not found.usable else [problem("key", "locked", f"{error.what}: {error.why}", "integrations key status")]
        return [*again, skipped("opened", "nothing was opened: there is no key here", "integrations key status", "locked")]


def _network(tools: Tools, found: "Looked") -> list[Note]:
    from integrations_cli.actions.doctor import network

    return carefully("network", lambda: network.look(tools.web(), found.cards, tools.out.note))


def _legacy(tools: Tools, found: "Looked", sources: Sources) -> list[Note]:
    """Legacy keys in the environment and wherever else was named."""
    from integrations_cli.actions.doctor import legacy

    website = tools.website(needs="see") if tools.chosen() or len(tools.slugs()) == 1 else None
    notes: list[Note] = []
    with closing(legacy.Comparison(lambda: _comparing(tools), set(tools.mine()))) as comparison:
        for kind, given in _asked_for(tools, sources):
            if website or kind == "rails-db":
                notes += carefully("legacy", partial(_lying_about, tools, found, kind, given, website, comparison))
    if website is None:
        notes.append(skipped("legacy", "not looked for: whose would they be?", "integrations doctor -w SLUG"))
    return notes


def _asked_for(tools: Tools, sources: Sources) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kinds of sources that were named, each with what is to be read; the environment is always there."""
    root, db, dsn = sources.get("root"), sources.get("db"), sources.get("dsn")
    yield "env", {}
    if sources.get("dotenv"):
        yield "dotenv", {"files": sources["dotenv"]}
    if root:
        yield "rails-credentials", {"root": root, "among_others": True}
    if db or dsn or tools.options.secret_env:
        yield "rails-db", {name: value for name, value in (("db", db), ("dsn", dsn), ("root", root)) if value}


def _lying_about(
    tools: Tools, found: "Looked", kind: str, given: dict[str, Any], website: str | None, comparison: "Comparison"
) -> Iterator[Note]:
    from integrations_cli.actions.doctor import legacy
    from integrations_cli.cli.reading import READERS
    from integrations_cli.sources.names import Wanted

    reading = READERS[kind](tools, given, Wanted())
    return legacy.lying_about(reading, found.cards, website or "", _again(tools, kind, given, website), comparison)


@contextmanager
def _comparing(tools: Tools) -> Iterator["Conversation"]:
    """The store, if its key is here: nobody is asked for it."""
    with tools.store(asks=False) as store:
        store.audit_key()
        with store.reading() as here:
            yield here


def _again(tools: Tools, kind: str, given: Mapping[str, Any], website: str | None) -> str:
    """The command that brings in what this source has, as it can be pasted; values come the way they came."""
    words = [tools.pasted(Path(name)) for name in given.get("files", ())]
    words += [f"--{name} {tools.pasted(Path(given[name]))}" for name in ("db", "root") if name in given]
    words += ["--dsn URL"] if "dsn" in given else []
    if kind == "rails-db":
        words += [f"--secret-env {one}" for one in tools.options.secret_env or ()]
        words += [f"--secret-file {one}" for one in tools.options.secret_file or ()]
    else:
        words.append(f"-w {website}")
    return " ".join(["integrations migrate", kind, *words, "--dry-run"])


def mend(tools: Tools, found: "Looked") -> bool:
    """Mend what is safe to mend, after a yes; True if there was something. Raises Aborted (5), MissingInput (2), Refused (8)."""
    from integrations_cli.actions.doctor.mend import steps

    tools.must_own()
    todo = list(steps(tools.config, found.notes, tools.store))
    if not todo:
        tools.out.note("nothing to mend that is safe to mend without you")
        return False
    tools.confirm(f"Mend it: {'; '.join(one.what for one in todo)}")
    for one in todo:
        try:
            one.do()
            tools.out.done(one.what)
        except IntegrationsError as error:
            tools.out.warn(f"{one.what}: {error.why or error.what}")
    return True


def bundle(tools: Tools, found: "Looked", file: str) -> None:
    """The redacted report, in a new file (0600), or on standard output for `-`. Raises Conflict (4), NotWritten (74)."""
    from integrations_cli.actions.doctor import bundle as redacted
    from integrations_cli.cli.view.formats import to_json
    from integrations_cli.store import files

    data = redacted.bundle(tools.config, found.notes, found.cards, found.slots)
    if file == "-":
        tools.out.data(data)
        return
    files.write_new(Path(file), (to_json(data) + "\n").encode())
    tools.out.done(
        f"{file}: versions, modes, counts and fixed words; no name, value, hint, fingerprint or path; read it before you send it"
    )
