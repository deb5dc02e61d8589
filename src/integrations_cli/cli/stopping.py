"""What `--report` says of a migration that stopped before it had a plan: the report of an earlier run must not stand there instead."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from integrations_cli.actions.report import stopped_data
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Aborted, BadValue, IntegrationsError, NotWritten, Refused, UsageError
from integrations_cli.store import files

INTERRUPTED = 130


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
                files.replace(path, (json.dumps(data, indent=1) + "\n").encode())

    try:
        yield
    except KeyboardInterrupt:
        tell("interrupted", INTERRUPTED)
        raise
    except IntegrationsError as error:
        tell("refused" if isinstance(error, Aborted | BadValue | Refused | UsageError) else "failed", error.exit_code)
        raise


def _mark(path: Path) -> tuple[int, int] | None:
    """Tells whether a file was put in its place meanwhile."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
