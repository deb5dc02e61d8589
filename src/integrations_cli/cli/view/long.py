"""A long run as people read it: errors and counts on a terminal, a row for each line in a pipe, one document as JSON."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any, TextIO

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
ROOM = 8 * 1024 * 1024  # bytes of pressed text: the lines of some 400,000 integrations


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


class Told:
    """The lines of a plan, as they are printed: a row each in a pipe, as JSON what stands between the brackets.

    Where it is `later` they are kept, pressed, until `show`; no more than `ROOM` of them. They hold fingerprints, never a value.
    """

    def __init__(self, out: Out, show_ignored: bool, *, later: bool = False) -> None:
        self._out, self._show_ignored, self._kept = out, show_ignored, Kept() if later else None
        shown: Any = copy(out)
        shown.stdout = self._kept or out.stdout
        self._shown, self._rows, self._comma, self.ignored = shown, Rows(shown, result=False), "", list[Ignored]()

    def __call__(self, lines: Sequence[Line], ignored: Sequence[Ignored]) -> bool:
        """Those of a piece; False when there is no room for more."""
        if self._out.json_mode:
            self.ignored += ignored  # which stand behind the lines
            if lines:
                self._shown.stdout.write(self._comma + to_json([line_data(line) for line in lines])[1:-1])
                self._comma = ", "
        else:
            self._rows.add([*lines, *map(view.ignored_line, ignored)] if self._show_ignored else lines)
        return self._kept is None or self._kept.room > 0

    def show(self) -> None:
        """All of them are told; a table without rows has the names of its columns all the same."""
        self((), ())
        if self._kept is not None:
            self._kept.onto(self._out.stdout)


class Kept:
    """Text that may be printed later."""

    def __init__(self) -> None:
        self._texts, self.room = list[bytes](), ROOM

    def write(self, text: str) -> int:
        """As to a stream."""
        self._texts.append(zlib.compress(text.encode("utf-8", "surrogatepass"), 1))
        self.room -= len(self._texts[-1])
        return len(text)

    def onto(self, stream: TextIO) -> None:
        """Print it."""
        for text in self._texts:
            stream.write(zlib.decompress(text).decode("utf-8", "surrogatepass"))


def plan(out: Out, document: Mapping[str, Any], planned: Survey, told: Told, pages: Pages) -> None:
    """Every line of a plan that is not carried out: those that were `told`, and the `pages`. A terminal has seen what it shows."""
    if not (out.json_mode or out.tabular):
        _all(told, pages)
    if not out.json_mode:
        return
    kinds = planned.kinds()
    out.stdout.write(f'{to_json(document)[:-1]}, "lines": [')
    _all(told, pages)
    summary = {kind: kinds[kind] for kind in KINDS if kind != "ignored"} | {"ignored": planned.ignored}
    rest = {"ignored": ignored_data(told.ignored), "notes": sorted(planned.notes), "summary": summary}
    print(f"], {to_json(rest)[1:]}", file=out.stdout)


def _all(told: Told, pages: Pages) -> None:
    for lines, ignored in pages:
        told(lines, ignored)
    told.show()


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
