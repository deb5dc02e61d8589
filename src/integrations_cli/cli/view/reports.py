"""Reports of connection tests for other programs: JUnit XML, JSON, Markdown; written whole, 0600, also when the tests failed."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from integrations_cli import pasted
from integrations_cli.actions.test import Tested
from integrations_cli.cli.view import annotations, checks
from integrations_cli.cli.view.formats import to_json
from integrations_cli.errors import UsageError
from integrations_cli.masking import safe
from integrations_cli.store import files

KINDS = ("junit", "json", "markdown")
_FAILURES = {"rejected", "misconfigured"}
_ERRORS = {"unreachable", "rate_limited", "unreadable"}


def parsed(chosen: Sequence[str], again: str) -> list[tuple[str, Path]]:
    """`junit=out.xml` as kind and file; a bare file name means JSON. Raises UsageError (2), with the command to type again."""
    found = []
    for one in chosen:
        kind, equals, name = one.partition("=")
        kind, name = (kind, name) if equals else ("json", one)
        if kind not in KINDS or not name:
            raise UsageError("--report: KIND=FILE", f"the kinds are {', '.join(KINDS)}", again)
        if Path(name).is_dir() or not Path(name).absolute().parent.is_dir():
            raise UsageError(f"--report: {safe(pasted.path(name), 80)} cannot be written", "it is a folder, or its folder does not exist")
        found.append((kind, Path(name)))
    return found


def write(reports: Sequence[tuple[str, Path]], results: Sequence[Tested], database: Path, code: int, seconds: float) -> None:
    """Write each of them. Raises NotWritten (74); an old file then stays."""
    for kind, path in reports:
        if kind == "junit":
            text = junit(results, seconds)
        elif kind == "markdown":
            text = markdown(results)
        else:
            shape = {"format": "integrations.test/1", "exit": code, "results": checks.items(results, database)}
            text = to_json(shape | {"summary": checks.summary(results)})
        files.replace(path, (text + "\n").encode())


def junit(results: Sequence[Tested], seconds: float) -> str:
    """One test case per integration: refused is a failure, no answer an error, untestable and disabled are skipped."""
    words = [one.word for one in results]
    suite = ET.Element(
        "testsuite",
        name="integrations test",
        tests=str(len(words)),
        failures=str(sum(word in _FAILURES for word in words)),
        errors=str(sum(word in _ERRORS for word in words)),
        skipped=str(sum(word in {"untestable", "disabled"} for word in words)),
        time=f"{seconds:.3f}",
    )
    for one in results:
        place = f"{one.website}.{one.card.category}"
        case = ET.SubElement(suite, "testcase", classname=place, name=one.card.provider, time=f"{(one.duration_ms or 0) / 1000:.3f}")
        tag = "failure" if one.word in _FAILURES else "error" if one.word in _ERRORS else None
        if tag:
            ET.SubElement(case, tag, type=one.word, message=_xml(checks.reason(one)))
        elif one.word in {"untestable", "disabled"}:
            ET.SubElement(case, "skipped", message=_xml(checks.reason(one)))
        elif checks.reason(one):
            ET.SubElement(case, "system-out").text = _xml(f"{one.word}: {checks.reason(one)}")
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode")


def markdown(results: Sequence[Tested]) -> str:
    """A table, and a sentence below it."""
    rows = [
        (one.website, one.card.provider, f"{checks.SYMBOLS[one.word][0]}{one.word}", checks.reason(one), checks.hint(one) or "")
        for one in results
    ]
    return annotations.markdown(("website", "provider", "status", "account or reason", "next"), rows, checks.sentence(results))


def annotated(results: Sequence[Tested]) -> list[annotations.Annotation]:
    """An error for what was refused or cannot be opened, a warning for what could not be checked."""
    found = []
    for one in results:
        if one.word in _FAILURES | _ERRORS:
            fix = checks.hint(one)
            text = f"{checks.reason(one) or one.word}." + (f" Fix: {fix}" if fix else "")
            kind = "warning" if one.word in {"unreachable", "rate_limited"} else "error"
            found.append(annotations.Annotation(kind, f"{one.website} {one.card.provider} {one.word}", text))  # type: ignore[arg-type]
    return found


def _xml(text: str) -> str:
    """Text that XML 1.0 can hold."""
    return "".join(one for one in safe(text) if one in "\t\n" or (ord(one) >= 0x20 and not 0xD800 <= ord(one) <= 0xDFFF))
