"""Long files and tables: read in pieces, so that memory does not grow with them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli import __version__
from integrations_cli.actions import asking, batch, bulk, surveys
from integrations_cli.actions.answers import Answers
from integrations_cli.actions.asking import Before
from integrations_cli.actions.bulk import Done
from integrations_cli.actions.plan import Line, Policy
from integrations_cli.actions.report import long_report, plan_head, write_report
from integrations_cli.actions.routes import Routes, fan_out
from integrations_cli.actions.seen import Seen
from integrations_cli.actions.surveys import Survey
from integrations_cli.cli import handing_over, masks
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import answers as answering
from integrations_cli.cli.view import long as view
from integrations_cli.cli.view.plan import annotated, interrupted, page
from integrations_cli.cli.view.plan import planned as planned_changes
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import INTERRUPTED, IntegrationsError, MissingInput, NotWritten
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
    """True for a long file with an integration a line or row, a long table, and a long database of a Rails application."""
    if tools.options.plan_out or kind not in {"file", "column", "rails-db"}:
        return False  # a plan names every line, so it is made as a whole
    if kind == "rails-db":
        from integrations_cli.cli import legacy  # noqa: PLC0415  databases come with it

        return legacy.db_is_long(tools, options)
    if kind == "column":
        return len(list(islice(_pieces(tools, kind, options, Wanted()), MANY))) == MANY
    path = Path(options.get("file", "-"))
    if not (path.is_file() and path.stat().st_size > LONG):
        return False
    return bundle.is_long(_start(path)) or file.in_pieces(path, options.get("delimiter"), Seen().add_all)


def _start(path: Path) -> bytes:
    with file.opened(path) as source:
        return source.read(bundle.LONGEST)


def _pieces(tools: Tools, kind: str, options: Mapping[str, Any], wanted: Wanted) -> Iterator[Reading]:
    if kind == "file":
        return file.pieces(Path(options["file"]), wanted, surveys.PIECE, options.get("delimiter"))
    from integrations_cli.cli import legacy  # noqa: PLC0415  databases come with it

    if kind == "column":
        return legacy.column_pieces(tools, options, wanted, surveys.PIECE)
    return legacy.db_pieces(tools, options, wanted)


class _Box:
    """A sealed export that was verified as a whole, before anything of it is planned; `rows` is how many lines it has."""

    def __init__(self, box: bundle.Box, notes: list[str]) -> None:
        self._box, self._notes, self.rows = box, notes, box.verify()

    def pieces(self, title: str, wanted: Wanted) -> Iterator[Reading]:
        """What is inside, once more; every time it is the file that was verified. Raises Unreadable (7), Conflict (4)."""
        return file.pieces_of(self._box.lines(), title, self._notes, wanted, surveys.PIECE)


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
    options, started, title = tools.options, tools.clock(), _title(kind, source)
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
        lines = view.Told(tools.out, options.show_ignored, later=not _at_once(tools))
        with Progress(tools.out, "reading", rows) as told, asked.before() as before:
            hear, stops = None if tools.out.tabular else lines, not options.dry_run
            planned = surveys.survey(store, lambda: _announced(tools, pieces()), routes, policy, told, before, hear, stops=stops)
        view.head(tools.out, kind, title, routes.rule, planned, options.show_ignored)
        answering.show(tools.out, asked.answers, refusals=False)
        keep = _Keeper(tools, planned, title, started, asked.answers)
        if options.dry_run or not planned.writes or (planned.wrong and not policy.continue_on_error):
            document = plan_head(store.id, tools.clock(), __version__, kind, source, planned.rows, policy)
            if planned.heard:
                return _stopped(tools, planned, keep, document, lines, ())
            again = surveys.each(store, pieces, planned, routes, policy)
            return _stopped(tools, planned, keep, document, view.Told(tools.out, options.show_ignored), again)
        _ask(tools, planned)
        policy = policy if options.batch else bulk.in_batches(policy, planned)
        with Progress(tools.out, "migrating", planned.writes) as told:
            running, heard = partial(keep, "running"), _heard(tools, asked)
            done = _written(lambda: bulk.carry_out(store, pieces, planned, routes, policy, told=told, report=running, ended=heard), keep)
    keep.last = done
    return _ended(tools, planned, keep, asked, title)


def _at_once(tools: Tools) -> bool:
    """True where the rows of a plan are printed while it is made: nothing that comes later is to stand, or to be written, before them."""
    return bool(tools.options.dry_run) and tools.options.report is None and not tools.out.json_mode


def _heard(tools: Tools, asked: "Asked") -> Callable[[Sequence[Line], batch.Words], None]:
    """What became of lines: a row for each in a pipe, and a question to the providers of those that were written."""
    rows = view.results(tools.out)

    def hear(lines: Sequence[Line], words: batch.Words) -> None:
        if rows is not None:
            rows.add(lines, words)
        asked.after([line for line in lines if line.key not in words])

    return hear


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
        if self._tools.options.test == "after" and lines:
            asking.after(self._store, self._tools.check(), lines, self._tools.clock, self.answers)


def _ended(tools: Tools, planned: Survey, keep: "_Keeper", asked: Asked, title: str) -> int:
    code = 12 if keep.last.failed else 0
    if tools.options.test == "after":
        code = code or answering.exit_code(asked.answers)
    keep("finished", code=code)
    if tools.out.json_mode:
        tools.out.data(keep.data("finished", code))
    else:
        view.ended(tools.out, planned, keep.last, title)
    _for_the_runner(tools, planned, keep.last)
    if tools.options.test == "after":
        answering.show(tools.out, asked.answers)
    return code


def _written(go: Callable[[], Done], keep: "_Keeper") -> Done:
    try:
        return go()
    except KeyboardInterrupt:
        keep("interrupted", code=INTERRUPTED)
        keep.tell()
        raise
    except IntegrationsError as error:
        keep("failed", code=error.exit_code)
        raise
    except OSError:  # of what is printed
        keep("failed", code=NotWritten.exit_code)
        raise


def _lines_of(path: Path) -> int:
    with path.open("rb") as source:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: source.read(1 << 20), b""))


def _stopped(tools: Tools, planned: Survey, keep: "_Keeper", document: dict[str, Any], told: view.Told, pages: view.Pages) -> int:
    """Nothing is written: the plan is shown. Its exit code."""
    refused = planned.wrong and not tools.options.dry_run
    keep("refused" if refused else "finished", Done(failed=planned.wrong), planned.exit_code())
    view.plan(tools.out, document, planned, told, pages)
    if not tools.out.json_mode:
        view.stopped(tools.out, planned)
    _for_the_runner(tools, planned, None)
    return planned.exit_code()


def _for_the_runner(tools: Tools, planned: Survey, done: Done | None) -> None:
    """Annotations and the page of a run, under GitHub Actions."""
    if annotations.wanted(tools.options.annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, annotated(planned.errors))
        ended = {"written": done.written, "failed": done.failed} if done else {}
        annotations.summarize(tools.doors.environ, page(planned.kinds(), ended))


def _ask(tools: Tools, planned: Survey) -> None:
    if tools.options.yes:
        return
    if not tools.ask.may_ask():
        tries = [f"{tools.retyped()} --dry-run", f"{tools.retyped()} --yes"]
        raise MissingInput(f"{planned_changes(planned.writes)}, and nobody can be asked", None, tries)
    tools.confirm(f"write {counted(planned.writes, 'change')}?")


class _Keeper:
    """Writes the report with a state, how far it has come until then, and the code it ends with."""

    def __init__(self, tools: Tools, planned: Survey, title: str, started: datetime, answers: Answers) -> None:
        self._tools, self._planned, self._title, self._started, self._answers = tools, planned, title, started, answers
        self.last = Done()

    def __call__(self, state: str, done: Done | None = None, code: int | None = None) -> None:
        self.last = done or self.last  # it goes on counting
        data = self.data(state, code if code is not None else 12 if self.last.failed else 0)
        if self._tools.options.report is not None:
            write_report(self._tools.options.report, data)

    def tell(self) -> None:
        """How far it came, when it is stopped."""
        interrupted(self._tools.out, self.last.written, self._planned.writes - self.last.reached)

    def data(self, state: str, code: int) -> dict[str, Any]:
        """The report."""
        return long_report(self._planned, self.last, self._title, state, self._started, self._tools.clock(), code, self._answers.counts())
