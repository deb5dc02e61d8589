"""The report of a long migration: rewritten after every batch, and true however the run ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integrations_cli.actions.answers import Answers
from integrations_cli.actions.bulk import Done, Survey
from integrations_cli.actions.plan import KINDS
from integrations_cli.actions.report import line_data
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view.formats import to_json
from integrations_cli.errors import IntegrationsError
from integrations_cli.store import files

INTERRUPTED = 130


class Kept:
    """What is known of a run so far; `keep` writes it to the file of `--report`, if one was asked for."""

    def __init__(self, tools: Tools, answers: Answers) -> None:
        self._tools, self._answers, self._started = tools, answers, tools.clock()
        self.planned, self.done = Survey(), Done()

    def surveyed(self, planned: Survey) -> None:
        """The plan is made."""
        self.planned, self.done = planned, Done(failed=planned.wrong)

    def so_far(self, done: Done) -> None:
        """A batch was written."""
        self.done = done
        self.keep("running", self.code())

    def code(self) -> int:
        """12 when something was left out, else 0."""
        return 12 if self.done.failed else 0

    def keep(self, state: str, code: int) -> None:
        """Write it. Raises NotWritten (74)."""
        if self._tools.options.report is not None:
            path = Path(self._tools.options.report).expanduser().absolute()
            files.replace(path, (to_json(self.data(state, code)) + "\n").encode())

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """Ctrl-C inside is told."""
        try:
            yield
        except KeyboardInterrupt:
            self.keep("interrupted", INTERRUPTED)
            raise

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Whatever ends it inside is told."""
        try:
            with self.interrupted():
                yield
        except IntegrationsError as error:
            self.keep("failed", error.exit_code)
            raise

    def data(self, state: str, code: int) -> dict[str, Any]:
        """As JSON (MIGRATION.md §2.4)."""
        planned, done, kinds = self.planned, self.done, self.planned.kinds()
        tested = self._answers.counts()
        return {
            "format": "integrations.report/1",
            "state": state,
            "exit": code,
            "started": self._started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "finished": self._tools.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "planned": {kind: kinds[kind] for kind in KINDS if kind != "ignored"} | {"ignored": planned.ignored},
            "summary": {
                "written": done.written,
                "verified": done.verified,
                "unchanged": done.unchanged,
                "kept": kinds["conflict"] if planned.wrong == 0 else 0,
                "failed": done.failed,
                "not_reached": max(0, planned.writes - done.written),
            },
            "lines": [line_data(line) for line in planned.errors],
        } | ({"tested": tested} if tested else {})
