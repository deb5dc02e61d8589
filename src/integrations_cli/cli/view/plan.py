"""Plans and what became of them, as people read them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.actions.migrate import Result
from integrations_cli.actions.plan import Change, Line, Plan, is_error
from integrations_cli.actions.report import still_in_source
from integrations_cli.cli.view.aligned import SIGNS, Sign, aligned, sign_of, told_fields
from integrations_cli.cli.view.annotations import Annotation
from integrations_cli.cli.view.lines import columns, row
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import counted, safe
from integrations_cli.sources.finding import Ignored

HINTS = {  # of the notes that ask for something
    "readers_disagree": "other readers of .env files see another value: put it in single quotes",
    "odd_shape": "it does not look like the keys of this provider: was all of it copied, and nothing else?",
    "same_value_as": "one key serves several websites: who can read one of them has the other",
    "public_key_material": "the key of these rows is published: rotate them at the provider",
    "no_expiry_known": "such a token ends by itself, and the source does not say when",
    "retired_model": "the provider has retired that model",
}
_FILES = ("dotenv", "file", "airflow")  # sources whose title is the name of a file, or of several
MANY = 200  # lines a terminal still shows one by one


def head(out: Out, plan: Plan, show_ignored: bool) -> None:
    """Source and website, on stderr: they are no result."""
    used = len(plan.reading.findings) + len(plan.reading.faults)
    ignored = len(plan.reading.ignored)
    more = f" · {ignored} ignored" + ("" if show_ignored or not ignored else " (--show-ignored)") if ignored else ""
    names = plan.reading.names
    saved = bool(plan.lines) and not used  # a plan that was saved: what it was made from is not read again to be counted
    told = f"{used} of {names} names used" if names >= used else f"{used} {'value' if used == 1 else 'values'} found"
    told = f"{counted(names, 'name')} used" if saved else told
    out.note(f"Source   {plan.reading.title} · {told}{more}")
    out.note(f"Website  {_where(plan)}")
    for note in sorted(set(plan.reading.notes)):
        out.warn(told_note(note, plan.reading.kind, plan.reading.title))


def told_note(note: str, kind: str, title: str) -> str:
    """A note about the source: fixed words in data, and a sentence here."""
    told = {"readable_by_others": "can be read by others", "sample_file": "looks like a sample file"}.get(note)
    if told is None:
        return note.replace("_", " ")
    one = kind in _FILES and ", " not in title
    return f"{title if one else f'a file of {title}'} {told}"


def planned(count: int) -> str:
    """`1 change is planned`."""
    return "1 change is planned" if count == 1 else f"{count} changes are planned"


def _where(plan: Plan) -> str:
    """What decided; `-w` decides nothing where the source itself names other websites."""
    named = sorted({line.website for line in plan.lines if line.website})
    if not named or plan.website in named or " " in plan.website:
        return plan.website
    return f"{named[0]} (from the source)" if len(named) == 1 else "as the source says"


def lines(out: Out, plan: Plan, show_ignored: bool) -> None:
    """The lines of a plan: aligned on a terminal, TSV piped."""
    if not out.tabular:
        _hints(out, plan.lines)
        out.rows(columns(), [row(line) for line in plan.lines] + (_ignored(plan) if show_ignored else []), name="plan")
        return
    shown = plan.lines if len(plan.lines) <= MANY else [line for line in plan.lines if is_error(line, plan.policy)]
    aligned(out, shown, sign_of)
    if len(shown) < len(plan.lines):
        counts = Counter((line.provider, line.kind) for line in plan.lines)
        for (provider, kind), count in sorted(counts.items()):
            out.raw(f"  {SIGNS[kind]} {count} × {kind} {provider}")
    _hints(out, shown)
    if show_ignored:
        for one in (*plan.reading.ignored, *plan.reading.foreign):
            out.raw(f"  {SIGNS['ignored']} ignored     {safe(one.place)}: {one.reason.replace('_', ' ')}")


def _hints(out: Out, found: Sequence[Line]) -> None:
    """What the notes of these lines ask for, once each."""
    words = {note.partition(" ")[0] for line in found for note in line.notes}
    for word in HINTS:
        if word in words:
            out.warn(f"{word}: {HINTS[word]}")


def wrong(out: Out, found: Sequence[Line], count: int) -> None:
    """The first lines that must not be written, and how many there are besides."""
    shown = found[:MANY]
    aligned(out, shown, sign_of)
    if count > len(shown):
        out.raw(f"  … and {counted(count - len(shown), 'more error')}")


def noted(out: Out, counts: Mapping[str, int]) -> None:
    """How many lines have which note, and what it asks for."""
    for word in sorted(counts, key=lambda one: [*HINTS, one].index(one)):
        told = f"{word}: {counted(counts[word], 'line')}"
        if word in HINTS:
            out.warn(f"{told}; {HINTS[word]}")
        else:
            out.note(told)


def summary(out: Out, plan: Plan, saved: bool = False) -> None:
    """`1 create, 1 unchanged, 3 errors; nothing written`; a `saved` plan cannot be told anything else."""
    counts = plan.summary()
    errors = len(plan.errors())
    parts = [f"{counts[kind]} {kind}" for kind in ("create", "change", "unchanged") if counts[kind]]
    kept = counts["conflict"] - sum(line.kind == "conflict" for line in plan.errors())
    parts += [f"{kept} kept"] if kept else []
    parts += [counted(errors, "error")] if errors else []
    out.note((", ".join(parts) or "nothing to do") + "; nothing written")
    if errors and saved:
        out.note("fix the errors and make the plan anew, or make it with --continue-on-error")
    elif errors:
        good = len(plan.writes())
        out.note("fix the errors" + (f", or write the {counted(good, 'good line')} with --continue-on-error" if good else ""))
        decisions(out, plan.errors())


def decisions(out: Out, errors: Sequence[Line]) -> None:
    """What decides about values that differ from the stored ones, and about websites that are not there."""
    if any(line.reason == "unknown_website" and (line.detail or "").startswith("there is no such website") for line in errors):
        out.note("make missing websites with --create-websites, or say with --mapping FILE what they are called here")
    if any(line.reason == "stored_value_differs" for line in errors):
        out.note("replace stored values with --on-conflict update, or keep them with --on-conflict skip")


def interrupted(out: Out, written: int, left: int) -> None:
    """What is done and what is not, when a run was stopped between two batches."""
    if written:
        out.warn(f"{counted(written, 'line')} {'was' if written == 1 else 'were'} written and kept, {left:,} not; the same command goes on")
    else:
        out.warn("nothing was written")


MARKS = {
    "written": ("✓", "blue"),
    "unchanged": ("=", "dim"),
    "kept": ("!", "yellow"),
    "failed": ("✗", "red"),
    "not_reached": ("-", "dim"),
}


def written(out: Out, result: Result, *, next_step: bool = True) -> None:
    """The same lines with what became of them; and what to do next, unless that is about to be done."""
    _results(out, result)
    parts = [f"{result.count(word)} {word}" for word in ("written", "unchanged", "kept", "failed") if result.count(word)]
    out.note(f"{', '.join(parts) or 'nothing to do'}" + (f"; {len(result.verified)} read back and compared" if result.verified else ""))
    left = still_in_source(result)
    if left and result.count("written"):
        out.note(f"still in the source, remove by hand when the application no longer reads them: {', '.join(left[:20])}")
    done = [line for line in result.plan.lines if result.results.get(line.key) == "written"]
    _undo(out, [line for line in done if any(one.secret and one.change == "replace" for one in line.fields)])
    sites = sorted({line.website for line in done if line.website})
    if sites and next_step:
        out.next(f"integrations test --all {f'-w {sites[0]}' if len(sites) == 1 else '-A'}")


def _results(out: Out, result: Result) -> None:
    def sign(line: Line) -> Sign:
        word = result.results.get(line.key, "not_reached")
        return MARKS[word][0], word.replace("_", " "), MARKS[word][1]

    if out.tabular:
        aligned(out, result.plan.lines if len(result.plan.lines) <= MANY else [], sign)
        return
    rows = [row(line) | {"result": result.results.get(line.key, "not_reached")} for line in result.plan.lines]
    out.rows(columns(result=True), rows, name="report")


def _undo(out: Out, replaced: Sequence[Line]) -> None:
    """How the credentials that were replaced come back."""
    if len(replaced) > 1:
        out.note(f"{len(replaced)} credentials were replaced; the old ones are kept for a while: integrations rollback PROVIDER -w WEBSITE")
    elif replaced:
        out.undo(f"integrations rollback {replaced[0].provider} -w {replaced[0].website}")


def annotated(found: Sequence[Line]) -> list[Annotation]:
    """An error for each line that is wrong; places, never values."""
    return [
        Annotation("error", " ".join(part for part in (line.website, line.provider, line.kind) if part), told_fields(line))
        for line in found
    ]


def markdown(plan: Plan, result: Result | None = None) -> str:
    """Counts for the page of a run."""
    return page(plan.summary(), {word: result.count(word) for word in ("written", "failed")} if result else {})


def page(kinds: Mapping[str, int], ended: Mapping[str, int]) -> str:
    """Counts by kind and by how they ended, as a table of Markdown."""
    rows = [f"| {word} | {count} |" for word, count in (*kinds.items(), *ended.items()) if count]
    return "\n".join(["| migrate | lines |", "|---|---|", *rows])


def ignored_line(one: Ignored) -> Line:
    """What was left on purpose, as a line."""
    return Line("ignored", one.website or "", "", "", (Change("", False, "ignored", one.place),), one.reason)


def _ignored(plan: Plan) -> list[dict[str, Any]]:
    return [row(ignored_line(one)) | {"website": plan.website} for one in (*plan.reading.ignored, *plan.reading.foreign)]
