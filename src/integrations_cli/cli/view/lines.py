"""Lines of a plan as data, and as rows that are printed as they come: one row a line, whatever the length of the run."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.actions.plan import Line
from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.out import Out

NAMES = ("kind", "website", "category", "provider", "fields", "places", "fingerprints", "reason")


def columns(*, result: bool = False) -> list[Column]:
    """What stands in a row; the new ones came last."""
    return [Column(name, name.upper()) for name in (*NAMES, *(["result"] if result else []), "notes")]


def row(line: Line) -> dict[str, Any]:
    """One line. Of one that is simply made in a long run only the names of its fields are known."""
    names = [one.name for one in line.fields if one.name] if line.fields else [*line.credentials, *line.settings]
    return {
        "kind": line.kind,
        "website": line.website,
        "category": line.category,
        "provider": line.provider,
        "fields": names,
        "places": [one.place for one in line.fields if one.place],
        "fingerprints": [one.fp[:8] for one in line.fields if one.fp],
        "reason": ": ".join(part for part in (line.reason, line.detail) if part) or None,
        "notes": list(line.notes),
    }


class Rows:
    """TSV or CSV, page by page; the header comes with the first. Without a `result` they are a plan."""

    def __init__(self, out: Out, *, result: bool) -> None:
        self._out, self._result, self._begun, self._gone = out, result, False, False

    def add(self, lines: Sequence[Line], words: Mapping[tuple[str, str, str], str] | None = None) -> None:
        """What became of them: written, unless the words say otherwise."""
        if self._gone:
            return
        names = {one.name: True for one in columns(result=self._result)}
        words = words or {}
        page = [self._cells(line, words.get(line.key, "written")) for line in lines]
        try:
            self._out.stream(names, [page], header=not self._begun)
        except BrokenPipeError:
            if not self._result:
                raise
            self._gone = True  # nobody reads on; what is being written goes on
        self._begun = True

    def _cells(self, line: Line, word: str) -> list[str]:
        more = [word, ",".join(line.notes)] if self._result else [",".join(line.notes)]
        start = [line.kind, line.website, line.category, line.provider]
        if line.reason is not None:
            told = row(line)
            return [*(_text(told[name]) for name in NAMES), *more]
        if not line.fields:
            return [*start, ",".join([*line.credentials, *line.settings]), "", "", line.detail or "", *more]
        names = ",".join([one.name for one in line.fields if one.name])  # as most lines of a long run: this takes a third of `row`
        places = ",".join([one.place for one in line.fields if one.place])
        return [*start, names, places, ",".join([one.fp[:8] for one in line.fields if one.fp]), line.detail or "", *more]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else ",".join(value)
