"""The conversation of every `migrate` command: plan, save or ask, write, report. A saved plan comes here from applying.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli import __version__, registry
from integrations_cli.actions import migrate
from integrations_cli.actions.answers import Answers
from integrations_cli.actions.asking import Before
from integrations_cli.actions.migrate import Result
from integrations_cli.actions.plan import Plan, Policy
from integrations_cli.actions.report import plan_data
from integrations_cli.actions.routes import Routes, fan_out
from integrations_cli.cli import long, masks, migrated, stopping
from integrations_cli.cli.reading import READERS
from integrations_cli.cli.saving import STANDARD, save
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import answers as answering
from integrations_cli.cli.view import plan as view
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import MissingInput, PlanErrors, UsageError
from integrations_cli.sources import mapping
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted

if TYPE_CHECKING:
    from integrations_cli.store import Store


@dataclass
class Run:
    """One migration: its source, what was chosen, and where things go."""

    tools: Tools
    kind: str
    options: dict[str, Any]  # of the source; they stand in a saved plan, so no secret is among them
    policy: Policy
    wanted: Wanted
    routes: Routes
    first: Reading | None = None

    def read(self) -> Reading:
        """The source; what was read to find out where things go is used once."""
        first, self.first = self.first, None
        return first or READERS[self.kind](self.tools, self.options, self.wanted)


def providers(names: Sequence[str] | None) -> tuple[str, ...]:
    """`--only` as provider names; raises NotFound (3)."""
    return tuple(registry.get(one).name for text in names or () for one in text.split(",") if one)


def run(tools: Tools, kind: str, **options: Any) -> int:
    """Show the plan; write it after `--yes` or a yes. Returns the exit code (0, 10, 11, 12, 20, 21).

    `options` are those of the source; None and False say that one was not given.
    """
    must_be_a_file(tools.options.report)
    with stopping.told(tools), stopping.to_the_runner(tools):
        return _run(tools, kind, {name: value for name, value in options.items() if value is not None and value is not False})


def _run(tools: Tools, kind: str, options: dict[str, Any]) -> int:
    chosen = tools.options
    if long.applies(tools, kind, options):
        return long.run(tools, kind, options, policy_of(tools))
    general = {name: getattr(chosen, name) for name in ("mapping", "by_prefix", "fan_out", "create_websites", "only", "include", "test")}
    return carry_out(prepared(tools, kind, options | {name: one for name, one in general.items() if one}, policy_of(tools)), None)


def must_be_a_file(report: str | None) -> None:
    """Raises UsageError (2) for a report on standard output."""
    if report == STANDARD:
        raise UsageError("--report takes a file", "it is written anew after every batch; --json prints it at the end", ("--json",))


def policy_of(tools: Tools) -> Policy:
    """From the words of the command line."""
    chosen = tools.options
    return migrate.policy_of(chosen.on_conflict, chosen.continue_on_error, chosen.allow_incomplete, chosen.batch, chosen.unknown_fields)


def prepared(tools: Tools, kind: str, options: dict[str, Any], policy: Policy, website: str | None = None) -> Run:
    """Read the source once, and settle where everything goes: a website is asked for only if the source leaves it open."""
    slugs = tools.slugs()
    tools.catalogue()
    mapped = mapping.load(Path(options["mapping"]), slugs) if options.get("mapping") else mapping.Mapped()
    wanted = Wanted(tuple(options.get("include") or ()), providers(options.get("only")), mapped, slugs if options.get("by_prefix") else ())
    copies = fan_out(options.get("fan_out"), slugs, tools.mine() if options.get("fan_out") else ())
    first = READERS[kind](tools, options, wanted)
    masks.Findings(tools.out, tools.doors.environ).announce(first.findings)
    if website is None and not copies and (tools.options.website or leaves_it_open(first)):
        website = tools.website(aloud=True)
    routes = Routes(website, slugs, copies, mapped, bool(options.get("create_websites")))
    return Run(tools, kind, options | ({"website": website} if website else {}), policy, wanted, routes, first)


def leaves_it_open(reading: Reading) -> bool:
    """True if there is something for which the source names no website; a line of no provider needs none, and neither does nothing."""
    faults = any(one.website is None and one.provider for one in reading.faults)
    return faults or any(one.website is None for one in reading.findings) or any(one.website is None for one in reading.entries)


def carry_out(made_of: Run, saved: Plan | None) -> int:
    """Plan, then show, save or write. With a `saved` plan exactly that one is written, or nothing."""
    tools, options = made_of.tools, made_of.tools.options
    test = made_of.options.get("test", "none")
    with tools.store() as store:
        answers = Answers()
        made = saved or _plan(made_of, store, answers)
        shown = plan_data(made, store.id, tools.clock(), __version__, made_of.options)
        if any(line.adds_website for line in made.lines):
            tools.must_own()
        tools.must_on({line.website for line in made.lines})  # when planning too, and not only when writing
        if saved is not None and (options.dry_run or not made.writes()):
            migrate.guarded(store, saved, made_of.read, made_of.routes)
        _show(tools, made)
        answering.show(tools.out, answers, refusals=False)
        if options.plan_out is not None:
            return save(tools, store, made, shown, options.plan_out)
        stopped = _stopped(made_of, made, answers)
        if stopped is not None:
            _planned(tools, made, shown, saved is not None)
            return stopped
        _ask(tools, made)
        started = tools.clock()
        result = _apply(made_of, store, made, started, answers)
        return migrated.after(tools, store, result, started, test == "after")


def _stopped(made_of: Run, made: Plan, answers: Answers) -> int | None:
    """Nothing is written, for nothing has to be, or may be, and the report says so: the exit code; None when it goes on."""
    tools = made_of.tools
    if tools.options.dry_run or not (made.writes() or made.errors()):
        result, code = Result(made, state="finished", tested=answers.counts()), made.exit_code()
        migrate.settle_others(result)
    elif made.errors() and not made_of.policy.continue_on_error:
        result, code = Result(made, state="refused", tested=answers.counts()), PlanErrors.exit_code
    else:
        return None
    migrated.report(tools, result, tools.clock(), code)
    return code


def _plan(made_of: Run, store: "Store", answers: Answers) -> Plan:
    """Made anew; with `--test before` the providers are asked for what would be written."""
    tools = made_of.tools
    if made_of.options.get("test") != "before":
        return migrate.plan(store, made_of.read, made_of.routes, made_of.policy)
    with Progress(tools.out, "testing", None) as told, Before(store, tools.check(), answers, told) as before:
        return migrate.plan(store, made_of.read, made_of.routes, made_of.policy, before)


def _planned(tools: Tools, made: Plan, shown: dict[str, Any], saved: bool) -> None:
    if tools.out.json_mode:
        tools.out.data(shown)
    else:
        view.summary(tools.out, made, saved)
    if annotations.wanted(tools.options.annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, view.annotated(made.errors()))
        annotations.summarize(tools.doors.environ, view.markdown(made))


def _show(tools: Tools, made: Plan) -> None:
    if tools.out.json_mode:
        return
    options = tools.options
    view.head(tools.out, made, options.show_ignored)
    asking = not (options.yes or options.dry_run) and tools.ask.may_ask()
    if options.plan_out == STANDARD:
        return  # the plan alone is the result
    stops = options.dry_run or options.plan_out or not made.writes() or (made.errors() and not made.policy.continue_on_error)
    if stops or (tools.out.tabular and (made.errors() or asking)):  # a pipe gets one table: else that of what was written
        view.lines(tools.out, made, options.show_ignored)


def _ask(tools: Tools, made: Plan) -> None:
    count = len(made.writes())
    if not made.writes() or tools.options.yes:
        return
    if not tools.ask.may_ask():
        raise MissingInput(
            f"{view.planned(count)}, and nobody can be asked", None, [f"{tools.retyped()} --dry-run", f"{tools.retyped()} --yes"]
        )
    tools.confirm(f"write {count} {'change' if count == 1 else 'changes'} to {made.website}?")


def _apply(made_of: Run, store: "Store", made: Plan, started: datetime, answers: Answers) -> Result:
    tools, tested, kept = made_of.tools, answers.counts(), list[Result]()

    def report(result: Result) -> None:
        kept[:] = [result]  # always the same one, which goes on counting
        result.tested = tested
        migrated.report(tools, result, started, result.exit_code())

    try:
        with Progress(tools.out, "migrating", len(made.writes())) as told:
            return migrate.apply(
                store,
                made,
                made_of.read,
                routes=made_of.routes,
                progress=lambda done, total: told(done),
                report=report,
            )
    except KeyboardInterrupt:
        written = kept[0].count("written") if kept else 0
        view.interrupted(tools.out, written, len(made.writes()) - written)
        raise
