"""The conversation of every `migrate` command: plan, save or ask, write, report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli import __version__, pasted, registry
from integrations_cli.actions import migrate
from integrations_cli.actions.answers import Answers
from integrations_cli.actions.asking import Before
from integrations_cli.actions.migrate import Result
from integrations_cli.actions.plan import Plan, Policy
from integrations_cli.actions.report import digest_of, line_of, plan_data, signed, unsigned
from integrations_cli.actions.routes import Routes, fan_out
from integrations_cli.cli import anew, long, masks, migrated, stopping
from integrations_cli.cli.reading import READERS
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import answers as answering
from integrations_cli.cli.view import plan as view
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import Conflict, MissingInput, NotFound, PlanErrors, Unreadable, UsageError, system_says
from integrations_cli.masking import safe
from integrations_cli.sources import mapping
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.store import files

if TYPE_CHECKING:
    from integrations_cli.store import Store


STANDARD = "-"  # input or output, in place of a file


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


def run(tools: Tools, kind: str, options: dict[str, Any]) -> int:
    """Show the plan; write it after `--yes` or a yes. Returns the exit code (0, 10, 11, 12, 20, 21)."""
    chosen = tools.options
    _must_be_a_file(chosen.report)
    with stopping.told(tools), stopping.to_the_runner(tools):
        return _run(tools, kind, options)


def _run(tools: Tools, kind: str, options: dict[str, Any]) -> int:
    chosen = tools.options
    if long.applies(tools, kind, options):
        return long.run(tools, kind, options, policy_of(tools))
    general = {name: getattr(chosen, name) for name in ("mapping", "by_prefix", "fan_out", "create_websites", "only", "include", "test")}
    return carry_out(prepared(tools, kind, options | {name: one for name, one in general.items() if one}, policy_of(tools)), None)


def _must_be_a_file(report: str | None) -> None:
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
        _show(tools, made, shown)
        answering.show(tools.out, answers, refusals=False)
        if options.plan_out is not None:
            return _save(tools, store, made, shown, options.plan_out)
        if options.dry_run or not (made.writes() or made.errors()):
            result = Result(made, state="finished", tested=answers.counts())
            migrate.settle_others(result)
            migrated.report(tools, result, tools.clock(), made.exit_code())
            return _planned(tools, made, shown, saved is not None)
        if made.errors() and not made_of.policy.continue_on_error:
            migrated.report(tools, Result(made, state="refused", tested=answers.counts()), tools.clock(), PlanErrors.exit_code)
            _planned(tools, made, shown, saved is not None)
            return PlanErrors.exit_code
        _ask(tools, made)
        started = tools.clock()
        result = _apply(made_of, store, made, started, answers)
        return migrated.after(tools, store, result, started, test == "after")


def _plan(made_of: Run, store: "Store", answers: Answers) -> Plan:
    """Made anew; with `--test before` the providers are asked for what would be written."""
    tools = made_of.tools
    if made_of.options.get("test") != "before":
        return migrate.plan(store, made_of.read, made_of.routes, made_of.policy)
    with Progress(tools.out, "testing", None) as told, Before(store, tools.check(), answers, told) as before:
        return migrate.plan(store, made_of.read, made_of.routes, made_of.policy, before)


def apply_saved(tools: Tools, path: Path) -> int:
    """Carry out a plan that was saved and reviewed. Raises NotFound (3), Unreadable (7) when it was edited, Conflict (4) on drift."""
    _must_be_a_file(tools.options.report)
    with stopping.told(tools), stopping.to_the_runner(tools):
        return _apply_saved(tools, path)


def _apply_saved(tools: Tools, path: Path) -> int:
    try:
        text = tools.standard_input() if str(path) == STANDARD else path.read_bytes()
        data = json.loads(text)
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path.name} is not a plan", "it is not JSON") from None
    try:
        with tools.store() as store:
            unsigned(data, store.audit_key(), store.id, path.name)
    except (Conflict, Unreadable) as error:
        if error.tries == (migrate.ANEW,):  # what is not ours to trust names no options
            error.tries = (anew.of_a_kind(tools, data, path),)
        raise
    source, policy = data["source"], Policy(**data["policy"])
    try:
        _must_still_be_there(tools, source["options"])
        made_of = prepared(tools, source["kind"], source["options"], policy, source["options"].get("website"))
        title = made_of.first.title if made_of.first else source["kind"]
        reading = Reading(source["kind"], title, source["findings"])
        saved = Plan(reading, made_of.routes.rule, made_of.policy, [line_of(one) for one in data["lines"]], digest_of(text))
        return carry_out(made_of, saved)
    except Conflict as error:
        if error.tries == (migrate.ANEW,):
            error.tries = (anew.command(tools, source, policy, path),)
        raise


def _must_still_be_there(tools: Tools, options: Mapping[str, Any]) -> None:
    """Raises Conflict (4) when the catalogue or the store no longer has what the plan was made for."""
    tools.catalogue()
    gone = []
    for name in (one for text in options.get("only") or () for one in text.split(",") if one):
        try:
            registry.get(name)
        except NotFound:
            gone.append(f"{safe(name, 40)}: {migrate.UNKNOWN}")
    chosen = {one.strip() for one in (options.get("fan_out") or "").split(",")} - {"", "all"}
    gone += [f"{safe(slug, 63)}: there is no such website" for slug in sorted(chosen - set(tools.slugs()))]
    if gone:
        raise migrate.has_drifted(gone)


def _save(tools: Tools, store: "Store", made: Plan, shown: dict[str, Any], name: str) -> int:
    made_of = signed(shown, store.audit_key())
    try:
        data = json.dumps(made_of, indent=1, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # the name of a file that is no text
        data = json.dumps(made_of, indent=1).encode()
    if name == STANDARD:
        tools.out.data(made_of)
    else:
        files.replace(Path(name).expanduser().absolute(), data + b"\n")
    if tools.out.json_mode and name != STANDARD:
        tools.out.data(shown)
    view.summary(tools.out, made)
    if not tools.out.json_mode and made.exit_code() == 10:
        where = STANDARD if name == STANDARD else tools.pasted(Path(name))
        tools.out.next(" ".join(["integrations migrate apply", where, *anew.secrets(tools), "--yes"]))
    return made.exit_code()


def _planned(tools: Tools, made: Plan, shown: dict[str, Any], saved: bool) -> int:
    if tools.out.json_mode:
        tools.out.data(shown)
    else:
        view.summary(tools.out, made, saved)
    if annotations.wanted(tools.options.annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, view.annotated(made.errors()))
        annotations.summarize(tools.doors.environ, view.markdown(made))
    return made.exit_code()


def _show(tools: Tools, made: Plan, shown: dict[str, Any]) -> None:
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
