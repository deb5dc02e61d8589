"""What follows the writing of a migration: what was written is told, the providers are asked if that was wished, and the report is true."""

from datetime import datetime
from typing import TYPE_CHECKING

from integrations_cli.actions import migrate
from integrations_cli.actions.answers import Answers
from integrations_cli.actions.migrate import Result
from integrations_cli.actions.report import report_data, write_report
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import answers as answering
from integrations_cli.cli.view import plan as view
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import INTERRUPTED, IntegrationsError

if TYPE_CHECKING:
    from integrations_cli.store import Store


def report(tools: Tools, result: Result, started: datetime, code: int) -> None:
    """Write it anew, if one was asked for. Raises NotWritten (74)."""
    if tools.options.report is None:
        return
    write_report(tools.options.report, report_data(result, started, tools.clock(), code))


def after(tools: Tools, store: "Store", result: Result, started: datetime, asks: bool) -> int:
    """Tell what was written; with `asks` ask the providers for it, so that report and exit code say what they said."""
    if not tools.out.json_mode:
        view.written(tools.out, result, next_step=not asks)
    if annotations.wanted(tools.options.annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, view.annotated(result.plan.errors()))
        annotations.summarize(tools.doors.environ, view.markdown(result.plan, result))
    code = result.exit_code()
    if asks and result.count("written"):
        answers = _answers(tools, store, result, started)
        code = code or answering.exit_code(answers)
        report(tools, result, started, code)
        answering.show(tools.out, answers)
    if tools.out.json_mode:
        tools.out.data(report_data(result, started, tools.clock(), code))
    return code


def _answers(tools: Tools, store: "Store", result: Result, started: datetime) -> Answers:
    answers = Answers()
    try:
        with Progress(tools.out, "testing", result.count("written")) as told:
            migrate.tested(store, result, tools.check(), tools.clock, answers, told)
    except KeyboardInterrupt:
        result.state, result.ended = "interrupted", INTERRUPTED
        raise
    except IntegrationsError as error:
        result.state, result.ended = "failed", error.exit_code
        raise
    finally:
        result.tested = answers.counts()
        if result.ended is not None:
            report(tools, result, started, result.ended)
            answering.show(tools.out, answers)
    return answers
