"""A long run as people read it: errors and counts on a terminal, a row for each line in a pipe, one document as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations_cli.actions.bulk import Done
from integrations_cli.actions.plan import KINDS, Line
from integrations_cli.actions.report import ignored_data, line_data
from integrations_cli.actions.surveys import Survey
from integrations_cli.cli.view import plan as view
from integrations_cli.cli.view.aligned import COLORS, SIGNS
from integrations_cli.cli.view.formats import to_json
from integrations_cli.cli.view.lines import Rows
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import counted
from integrations_cli.sources.finding import Ignored

Pages = Iterable[tuple[Sequence[Line], Sequence[Ignored]]]


def head(out: Out, kind: str, title: str, rule: str, planned: Survey, show_ignored: bool) -> None:
    """Source, website and notes on stderr; on a terminal the first errors, and counts by provider."""
    if out.json_mode:
        return
    more = "" if show_ignored or not planned.ignored else " (--show-ignored)"
    out.note(f"Source   {title} · {counted(planned.rows, 'row')}" + (f" · {planned.ignored} ignored{more}" if planned.ignored else ""))
    out.note(f"Website  {rule}")
    for note in sorted(planned.notes):
        out.warn(view.told_note(note, kind, title))
    view.noted(out, planned.noted)
    if not out.tabular:
        return
    if planned.errors:
        view.wrong(out, planned.errors, planned.wrong)
    wide = max((len(str(count)) for count in planned.counts.values()), default=0)
    for (provider, kind), count in sorted(planned.counts.items()):
        out.raw(f"  {out.paint(f'{SIGNS[kind]} {kind:<11}', COLORS[kind])} {count:>{wide}} × {provider or 'website'}")


def plan(out: Out, document: Mapping[str, Any], planned: Survey, pages: Pages, show_ignored: bool) -> None:
    """Every line of a plan that is not carried out; a terminal has seen what it shows."""
    if out.json_mode:
        _document(out, document, planned, pages)
        return
    if out.tabular:
        return
    rows = Rows(out, result=False)
    rows.add([])
    for lines, ignored in pages:
        rows.add([*lines, *(view.ignored_line(one) for one in ignored)] if show_ignored else lines)


def _document(out: Out, document: Mapping[str, Any], planned: Survey, pages: Pages) -> None:
    """One document, written as it comes; what is ignored stands behind the lines."""
    kinds, ignored, comma = planned.kinds(), list[Ignored](), ""
    out.stdout.write(f'{to_json(document)[:-1]}, "lines": [')
    for lines, left in pages:
        ignored += left
        for line in lines:
            out.stdout.write(f"{comma}{to_json(line_data(line))}")
            comma = ", "
    summary = {kind: kinds[kind] for kind in KINDS if kind != "ignored"} | {"ignored": planned.ignored}
    rest = {"ignored": ignored_data(ignored), "notes": sorted(planned.notes), "summary": summary}
    print(f"], {to_json(rest)[1:]}", file=out.stdout)


def stopped(out: Out, planned: Survey) -> None:
    """Nothing was written."""
    if planned.exit_code() == 0:
        out.note("nothing to do; nothing written")
        return
    parts = [f"{planned.writes:,} to write"] if planned.writes else []
    parts += [counted(planned.wrong, "error")] if planned.wrong else []
    out.note(f"{', '.join(parts)}; nothing written")
    if planned.wrong:
        good = f", or write the {counted(planned.writes, 'good line')} with --continue-on-error" if planned.writes else ""
        out.note(f"fix the errors{good}")
        view.decisions(out, planned.errors)


def ended(out: Out, planned: Survey, done: Done, title: str) -> None:
    """What became of all of it."""
    counts = {"written": done.written, "unchanged": done.unchanged, "kept": planned.kept, "failed": done.failed}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    out.note(f"{told or 'nothing to do'}" + (f"; {done.verified} read back and compared" if done.verified else ""))
    if done.written:
        out.note(f"still in the source, remove by hand when the application no longer reads them: all of {title}")
        out.next("integrations test --all -A")


def results(out: Out) -> Rows | None:
    """Rows of what became of each line, for a pipe."""
    return None if out.tabular or out.json_mode else Rows(out, result=True)
