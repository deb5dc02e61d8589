"""What the report and the runner are told of a migration that stopped; that of an earlier run must not stand there instead."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from integrations_cli.actions.report import stopped_data, write_report
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view.annotations import Annotation
from integrations_cli.errors import INTERRUPTED, Aborted, BadValue, IntegrationsError, NotWritten, Refused, UsageError


@contextmanager
def told(tools: Tools) -> Iterator[None]:
    """Write the report where what stopped the run came before anything wrote one."""
    if tools.options.report is None:
        yield
        return
    path, started = Path(tools.options.report).expanduser().absolute(), tools.clock()
    before = _mark(path)

    def tell(state: str, code: int) -> None:
        if _mark(path) == before:
            data = stopped_data(None, state, started, tools.clock(), code)
            with suppress(NotWritten):  # what stopped the run is told, also where this cannot be
                write_report(path, data)

    try:
        yield
    except KeyboardInterrupt:
        tell("interrupted", INTERRUPTED)
        raise
    except IntegrationsError as error:
        tell("refused" if isinstance(error, Aborted | BadValue | Refused | UsageError) else "failed", error.exit_code)
        raise


@contextmanager
def to_the_runner(tools: Tools) -> Iterator[None]:
    """Under GitHub Actions what stops a run is an annotation, and stands on the page of the run."""
    try:
        yield
    except IntegrationsError as error:
        if annotations.wanted(tools.options.annotate, tools.doors.environ):
            title, text = f"stopped, exit {error.exit_code}", ": ".join(part for part in (error.what, error.why) if part)
            annotations.write(tools.out.stderr, [Annotation("error", f"migrate {title}", text)])
            with suppress(NotWritten):
                annotations.summarize(tools.doors.environ, annotations.markdown(("migrate", "why"), [(title, text)], ""))
        raise


def _mark(path: Path) -> tuple[int, int] | None:
    """Tells whether a file was put in its place meanwhile."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
