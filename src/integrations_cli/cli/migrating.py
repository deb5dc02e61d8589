"""The conversation of every `migrate` command: plan, ask, write, report."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations_cli import __version__, registry
from integrations_cli.actions import migrate
from integrations_cli.actions.migrate import Read, Result
from integrations_cli.actions.plan import Plan, Policy
from integrations_cli.actions.report import plan_data, report_data
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import checks
from integrations_cli.cli.view import plan as view
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import MissingInput, PlanErrors


@dataclass(frozen=True)
class Wish:
    """The options that all `migrate` commands share."""

    policy: Policy
    test: str = "none"
    report: str | None = None
    show_ignored: bool = False


def providers(names: Sequence[str] | None) -> tuple[str, ...]:
    """`--only` as provider names; raises NotFound (3)."""
    return tuple(registry.get(one).name for text in names or () for one in text.split(",") if one)


def run(tools: Tools, read: Read, wish: Wish, options: dict[str, Any]) -> int:
    """Show the plan; write it after `--yes` or a yes. Returns the exit code (0, 10, 11, 12, 20, 21)."""
    website = tools.website(aloud=True)
    with tools.store() as store:
        made = migrate.plan(store, read, website, wish.policy, tools.check() if wish.test == "before" else None)
        shown = plan_data(made, store.id, tools.clock(), __version__, options | {"website": website})
        _show(tools, made, wish, shown)
        if tools.options.dry_run or not (made.writes() or made.errors()):
            _report(tools, wish, Result(made, state="finished"), tools.clock(), made.exit_code())
            return _planned(tools, made, shown)
        if made.errors() and not wish.policy.continue_on_error:
            _report(tools, wish, Result(made, state="refused"), tools.clock(), PlanErrors.exit_code)
            _planned(tools, made, shown)
            return PlanErrors.exit_code
        _ask(tools, made)
        result = _apply(tools, store, made, read, wish)
        return _after(tools, store, result, wish)


def _planned(tools: Tools, made: Plan, shown: dict[str, Any]) -> int:
    if tools.out.json_mode:
        tools.out.data(shown)
    else:
        view.summary(tools.out, made)
    return made.exit_code()


def _show(tools: Tools, made: Plan, wish: Wish, shown: dict[str, Any]) -> None:
    if tools.out.json_mode:
        return
    view.head(tools.out, made, wish.show_ignored)
    asking = not (tools.options.yes or tools.options.dry_run) and tools.ask.may_ask()
    if tools.options.dry_run or made.errors() or asking or not made.writes():
        view.lines(tools.out, made, wish.show_ignored)


def _ask(tools: Tools, made: Plan) -> None:
    count = len(made.writes())
    if not made.writes() or tools.options.yes:
        return
    if not tools.ask.may_ask():
        raise MissingInput(
            f"{count} changes are planned, and nobody can be asked", None, [f"{tools.retyped()} --dry-run", f"{tools.retyped()} --yes"]
        )
    tools.confirm(f"write {count} {'change' if count == 1 else 'changes'} to {made.website}?")


def _apply(tools: Tools, store: Any, made: Plan, read: Read, wish: Wish) -> Result:
    started = tools.clock()
    keep = _keeper(tools, wish, started)
    check = tools.check() if wish.test == "before" else None
    with Progress(tools.out, "migrating", len(made.writes())) as told:
        return migrate.apply(store, made, read, check=check, progress=lambda done, total: told(done), report=keep)


def _keeper(tools: Tools, wish: Wish, started: Any) -> Callable[[Result], None]:
    return lambda result: _report(tools, wish, result, started, result.exit_code())


def _report(tools: Tools, wish: Wish, result: Result, started: Any, code: int) -> None:
    if wish.report is None:
        return
    from integrations_cli.store import files  # noqa: PLC0415  only when a report is wanted

    data = report_data(result, started, tools.clock(), code)
    files.replace(Path(wish.report).expanduser().absolute(), (json.dumps(data, indent=1) + "\n").encode())


def _after(tools: Tools, store: Any, result: Result, wish: Wish) -> int:
    code = result.exit_code()
    if tools.out.json_mode:
        tools.out.data(report_data(result, tools.clock(), tools.clock(), code))
    else:
        view.written(tools.out, result)
    if wish.test != "after":
        return code
    outcomes = [one.outcome for one in migrate.tested(store, result, tools.check(), tools.clock)]
    for line, outcome in zip([line for line in result.plan.lines if result.results.get(line.key) == "written"], outcomes, strict=True):
        tools.out.note(checks.line(registry.get(line.provider), outcome))
    return code or checks.exit_code(outcomes)
