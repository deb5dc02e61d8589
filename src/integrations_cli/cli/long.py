"""Long files and tables: read in pieces, so that memory does not grow with them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli.actions import asking, bulk
from integrations_cli.actions.answers import Answers
from integrations_cli.actions.asking import Before
from integrations_cli.actions.bulk import Done, Survey
from integrations_cli.actions.plan import Line, Policy
from integrations_cli.actions.routes import Routes, fan_out
from integrations_cli.cli import handing_over, masks
from integrations_cli.cli.long_report import Kept
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import answers as answering
from integrations_cli.cli.view import plan as view
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import MissingInput
from integrations_cli.masking import counted
from integrations_cli.registry import get
from integrations_cli.sources import file, mapping
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.store import bundle

if TYPE_CHECKING:
    from integrations_cli.store import Store

LONG = 1024 * 1024  # bytes of a file from which on it is read in pieces
MANY = 5  # pieces of a table from which on it counts as long


def applies(tools: Tools, kind: str, options: Mapping[str, Any]) -> bool:
    """True for a long file of one object a line, a long table, and a long database of a Rails application."""
    if tools.options.plan_out or kind not in {"file", "column", "rails-db"}:
        return False  # a plan names every line, so it is made as a whole
    if kind == "rails-db":
        from integrations_cli.cli import legacy  # noqa: PLC0415  databases come with it

        return legacy.db_is_long(tools, options)
    if kind == "column":
        return len(list(islice(_pieces(tools, kind, options, Wanted()), MANY))) == MANY
    path = Path(options.get("file", "-"))
    return path.is_file() and path.stat().st_size > LONG and (file.is_lines(path) or bundle.is_long(_start(path)))


def _start(path: Path) -> bytes:
    with file.opened(path) as source:
        return source.read(bundle.LONGEST)


def _pieces(tools: Tools, kind: str, options: Mapping[str, Any], wanted: Wanted) -> Iterator[Reading]:
    if kind == "file":
        return file.pieces(Path(options["file"]), wanted, bulk.PIECE)
    from integrations_cli.cli import legacy  # noqa: PLC0415  databases come with it

    if kind == "column":
        return legacy.column_pieces(tools, options, wanted, bulk.PIECE)
    return legacy.db_pieces(tools, options, wanted)


class _Box:
    """A sealed export that was verified as a whole, before anything of it is planned; `rows` is how many lines it has."""

    def __init__(self, box: bundle.Box, notes: list[str]) -> None:
        self._box, self._notes, self.rows = box, notes, box.verify()

    def pieces(self, title: str, wanted: Wanted) -> Iterator[Reading]:
        """What is inside, once more; every time it is the file that was verified. Raises Unreadable (7), Conflict (4)."""
        return file.pieces_of(self._box.lines(), title, self._notes, wanted, bulk.PIECE)


@contextmanager
def _sealed(tools: Tools, kind: str, source: Mapping[str, Any]) -> Iterator[_Box | None]:
    """Held open, so that it stays the same file whatever gets its name. Raises Unreadable (7), Locked (6), MissingInput (2)."""
    path = Path(source.get("file", "-"))
    if kind != "file" or not bundle.is_long(_start(path)):
        yield None
        return
    with file.opened(path) as opened:
        yield _Box(handing_over.unlocked(tools, opened), ["readable_by_others"] if path.stat().st_mode & 0o077 else [])


def _title(kind: str, source: Mapping[str, Any]) -> str:
    if kind == "file":
        return Path(source["file"]).name
    return f"table {source['table']}" if kind == "column" else Path(source.get("db") or "database").name


def run(tools: Tools, kind: str, source: Mapping[str, Any], policy: Policy) -> int:
    """Survey, then ask, then write. Returns the exit code."""
    options, title = tools.options, _title(kind, source)
    slugs = tools.slugs()
    tools.catalogue()
    mapped = mapping.load(Path(options.mapping), slugs) if options.mapping else mapping.Mapped()
    wanted = Wanted((), tuple(get(one).name for text in options.only or () for one in text.split(",") if one), mapped)
    chosen = tools.website(aloud=True) if tools.chosen() or len(slugs) == 1 else None
    copies = fan_out(options.fan_out, slugs, tools.mine() if options.fan_out else ())
    routes = Routes(chosen, slugs, copies, mapped, options.create_websites)

    def pieces() -> Iterator[Reading]:
        return box.pieces(title, wanted) if box else _pieces(tools, kind, source, wanted)

    with tools.store() as store, _sealed(tools, kind, source) as box:
        rows = box.rows if box else _lines_of(Path(source["file"])) if kind == "file" else None
        asked = Asked(tools, store)
        kept = Kept(tools, asked.answers)
        with Progress(tools.out, "reading", rows) as told, kept.interrupted(), asked.before() as before:
            planned = bulk.survey(store, lambda: _announced(tools, pieces()), routes, policy, told, before)
        kept.surveyed(planned)
        _head(tools, title, routes, planned)
        answering.show(tools.out, asked.answers, refusals=False)
        if options.dry_run or not planned.writes or (planned.wrong and not policy.continue_on_error):
            return _stopped(tools, kept)
        _ask(tools, planned)
        policy = policy if options.batch else bulk.in_batches(policy, planned)
        kept.keep("running", kept.code())  # where it cannot be written, nothing is
        with Progress(tools.out, "migrating", planned.writes) as told, kept.stopped():
            kept.done = bulk.carry_out(store, pieces, planned, routes, policy, told=told, report=kept.so_far, written=asked.after)
    return _ended(tools, kept, asked)


def _announced(tools: Tools, pieces: Iterator[Reading]) -> Iterator[Reading]:
    hidden = masks.Findings(tools.out, tools.doors.environ)
    if not hidden.wanted:
        yield from pieces
        return
    for piece in pieces:
        hidden.announce(piece.whole().findings)
        yield piece


class Asked:
    """`--test`: what the providers said, of what would be written or of what was."""

    def __init__(self, tools: Tools, store: "Store") -> None:
        self._tools, self._store, self.answers = tools, store, Answers()

    def before(self) -> AbstractContextManager[Before | None]:
        """Asks for what would be written; None unless that was wished."""
        wished = self._tools.options.test == "before"
        return Before(self._store, self._tools.check(), self.answers) if wished else nullcontext()

    def after(self, lines: Sequence[Line]) -> None:
        """Ask for a batch that was written."""
        if self._tools.options.test == "after":
            asking.after(self._store, self._tools.check(), lines, self._tools.clock, self.answers)


def _ended(tools: Tools, kept: Kept, asked: Asked) -> int:
    done, code = kept.done, kept.code()
    if tools.options.test == "after":
        code = code or answering.exit_code(asked.answers)
    kept.keep("finished", code)
    if tools.out.json_mode:
        tools.out.data(kept.data("finished", code))
    else:
        tools.out.note(f"{done.written} written, {done.unchanged} unchanged, {done.failed} failed; {done.verified} read back and compared")
    _for_the_runner(tools, kept.planned, done)
    if tools.options.test == "after":
        answering.show(tools.out, asked.answers)
    return code


def _lines_of(path: Path) -> int:
    with path.open("rb") as source:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: source.read(1 << 20), b""))


def _head(tools: Tools, title: str, routes: Routes, planned: Survey) -> None:
    out = tools.out
    if out.json_mode:
        return
    out.note(f"Source   {title} · {planned.rows} rows · {planned.ignored} ignored")
    out.note(f"Website  {routes.rule}")
    for note in sorted(planned.notes):
        out.warn(note.replace("_", " "))
    if planned.errors:
        view.wrong(out, planned.errors)
    for (provider, kind), count in sorted(planned.counts.items()):
        out.raw(f"  {view.SIGNS[kind]} {count} × {kind} {provider or 'website'}")


def _stopped(tools: Tools, kept: Kept) -> int:
    planned = kept.planned
    code = planned.exit_code()
    kept.keep("refused" if planned.wrong else "finished", code)
    if tools.out.json_mode:
        tools.out.data(kept.data("planned", code))
    else:
        tools.out.note("nothing to do" if code == 0 else f"{planned.writes} to write, {counted(planned.wrong, 'error')}; nothing written")
    _for_the_runner(tools, planned, None)
    return code


def _for_the_runner(tools: Tools, planned: Survey, done: Done | None) -> None:
    """Annotations and the page of a run, under GitHub Actions."""
    if annotations.wanted(tools.options.annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, view.annotated(planned.errors))
        ended = {"written": done.written, "failed": done.failed} if done else {}
        annotations.summarize(tools.doors.environ, view.page(planned.kinds(), ended))


def _ask(tools: Tools, planned: Survey) -> None:
    if tools.options.yes:
        return
    if not tools.ask.may_ask():
        tries = [f"{tools.retyped()} --dry-run", f"{tools.retyped()} --yes"]
        raise MissingInput(f"{view.planned(planned.writes)}, and nobody can be asked", None, tries)
    tools.confirm(f"write {counted(planned.writes, 'change')}?")
