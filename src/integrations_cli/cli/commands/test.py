from contextlib import ExitStack
from time import monotonic
from typing import Annotated

from integrations_cli.actions import list as listing
from integrations_cli.actions.test import many, switched_off
from integrations_cli.card import Card
from integrations_cli.categories import CATEGORIES
from integrations_cli.cli.params import Annotate, Argument, Option, between, duration, one_of, span
from integrations_cli.cli.quickly import first
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations, reports
from integrations_cli.cli.view import checks as view
from integrations_cli.cli.view.progress import Progress
from integrations_cli.errors import NotFound, UsageError

MARKS = "WAF"
NEEDS = {"explain": "see", "": "use"}


def command(
    tools: Tools,
    providers: Annotated[list[str] | None, Argument(metavar="PROVIDER", help="names from the catalogue", show_default=False)] = None,
    every: Annotated[bool, Option("--all", help="every integration that is switched on")] = False,
    category: Annotated[str | None, Option("--category", metavar="C", help="every one of this category")] = None,
    max_age: Annotated[str | None, Option("--max-age", metavar="15m", help="use younger answers again")] = None,
    jobs: Annotated[int, Option("--jobs", metavar="N", help="how many at once")] = 20,
    timeout: Annotated[str, Option("--timeout", metavar="10s", help="how long each provider may take in all")] = "10s",
    fail_on: Annotated[str | None, Option("--fail-on", metavar="OUTCOME,...", help="the outcomes that end in 20 or 21")] = None,
    report: Annotated[list[str] | None, Option("--report", metavar="KIND=FILE", help="junit, json or markdown; 0600")] = None,
    annotate: Annotate = "auto",
    explain: Annotated[bool, Option("--explain", help="say what would be sent, and send nothing")] = False,
) -> int:
    """ask the provider whether the credentials work

    Harmless: nothing is changed at the provider. Only a plain refusal sets the error; no answer says nothing about the key.

    \b
    examples:
      integrations test anthropic -w acme
      integrations test --all -w acme
      integrations test --all -A --report junit=out.xml
      integrations test anthropic -w acme --explain

    exit codes: 0 ok or limited, 20 rejected or misconfigured, 21 could not be checked, 3, 6 locked, 7 unreadable
    """
    one_of("category", category, CATEGORIES)
    counting = _counting(fail_on, named=bool(providers))
    wanted = reports.parsed(report or (), tools.retyped(dict.fromkeys(report or (), "junit=out.xml")))
    age, limit = span(max_age), duration(timeout)
    between("--jobs", jobs, 1, 200)
    if not limit:
        raise UsageError("--timeout: no time to answer in", "it is longer than nothing, such as 10s")
    found = _chosen(tools, providers or [], every or tools.options.all_websites, category, aloud=not explain)
    asked = found if providers else [card for card in found if card.enabled]
    if explain:
        _explain(tools, asked)
        return 0
    began = monotonic()
    with ExitStack() as later:
        store, slower = first(tools, later)
        with tools.checks(limit.total_seconds()) as check, Progress(tools.out, "testing", len(asked)) as told:
            done = many(store, check, asked, tools.clock, jobs=jobs, max_age=age, told=told, slower=slower)
    if len(done.results) == 1 and providers:
        view.must_be_possible(done.results[0])
    skipped = [] if providers or done.interrupted else [switched_off(card, tools.clock()) for card in found if not card.enabled]
    results = sorted([*done.results, *skipped], key=lambda one: (one.website, one.card.category, one.card.provider))
    code = view.code_of(results, counting)
    reports.write(wanted, results, tools.config.database, code, monotonic() - began)
    view.results(tools.out, results, tools.config.database, code, tools.options.all_websites)
    if not results and not done.interrupted:
        tools.out.note("nothing to test: no integration fits")
    if annotations.wanted(annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, reports.annotated(results))
        annotations.summarize(tools.doors.environ, reports.markdown(results))
    if done.interrupted:
        tools.out.note(f"{len(done.results)} of {len(asked)} were finished; their results are kept")
        raise KeyboardInterrupt
    return code


def _explain(tools: Tools, asked: list[Card]) -> None:
    from integrations_cli.cli.explaining import Explained  # noqa: PLC0415  only where nothing is asked

    told_of = Explained()
    view.explained(tools.out, [(card, *told_of(card)) for card in asked], tools.options.all_websites)


def _counting(fail_on: str | None, named: bool) -> tuple[str, ...]:
    """The outcomes that make it fail. Raises UsageError (2)."""
    if fail_on is None:
        return (*view.FAILING, "untestable") if named else view.FAILING
    chosen = tuple(word.strip() for word in fail_on.split(",") if word.strip())
    for word in chosen:
        one_of("outcome", word, [word for word in view.WORDS if word != "ok"])
    return chosen


def _chosen(tools: Tools, names: list[str], every: bool, category: str | None, aloud: bool) -> list[Card]:
    """The integrations that were asked for. Raises NotFound (3), UsageError (2)."""
    wanted = [tools.provider(name).name for name in names]
    if not wanted and not every and category is None:
        raise UsageError("which provider?", "none was given", ("--all", tools.retyped().replace(" test", " test PROVIDER", 1)))
    if wanted and (every or category) and not tools.options.all_websites:
        raise UsageError("either names, or --all and --category", "both were given")
    websites = tools.websites() if tools.options.all_websites else [tools.website(aloud=aloud, everywhere=True)]
    found = listing.cards(tools.config.database, None if tools.options.all_websites else websites)
    among = set(websites)
    found = [card for card in found if card.website in among]
    if wanted:
        there = {card.provider for card in found}
        for name in wanted:
            if name not in there:
                where = "any website" if tools.options.all_websites else websites[0]
                raise NotFound(
                    f"{name} is not set up for {where}",
                    "it was never added, or was removed",
                    f"integrations add {name} -w {websites[0]}" if websites else (),
                )
    return [card for card in found if (not wanted or card.provider in wanted) and category in (None, card.category)]
