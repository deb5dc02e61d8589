"""What a long run prints: a row for each line in a pipe, errors and counts on a terminal, notes as counts, one document as JSON."""

import csv
import io
import json
import os
import re

import pytest
from tests import keys
from tests.cli.test_shapes import fits

HEADER = ["kind", "website", "category", "provider", "fields", "places", "fingerprints", "reason", "notes"]
RESULT = [*HEADER[:-1], "result", "notes"]


@pytest.fixture
def long(ready, home, monkeypatch):
    """Seven rows in pieces of three: one is stored already, one key is odd and serves two websites, another usually ends by itself."""
    from integrations_cli.actions import surveys
    from integrations_cli.cli import long as module

    monkeypatch.setattr(module, "LONG", 10)
    monkeypatch.setattr(surveys, "PIECE", 3)
    given = [("site-a", "openai", "odd-0123456789-EXAMPLE"), ("site-b", "openai", "odd-0123456789-EXAMPLE")]
    given += [(f"site-{at}", "groq", f"gsk_{at * 45}EXAMPLE") for at in "cdef"]
    rows = [{"website": website, "provider": provider, "credentials": {"api_key": value}} for website, provider, value in given]
    rows.append({"website": "acme", "provider": "openai", "credentials": keys.GOOD["openai"]})
    path = home / "key.jsonl"

    def write(*more):
        path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *more]))
        path.chmod(0o600)

    assert ready("add", "openai", "--secret-env", "api_key=K", "--no-test", K=keys.GOOD["openai"]["api_key"]).code == 0

    def go(*words, **environ):
        return ready("migrate", "file", str(path), "--create-websites", *words, **environ)

    write()
    go.write = write  # type: ignore[attr-defined]
    yield go
    path.unlink()


def table(text):
    names, *rows = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    assert all(len(row) == len(names) for row in rows)
    return names, [dict(zip(names, row, strict=True)) for row in rows]


def short(long, monkeypatch, *words):
    """The same by the way of short files."""
    from integrations_cli.cli import long as module

    with monkeypatch.context() as other:
        other.setattr(module, "LONG", 10**9)
        return long(*words)


def test_a_dry_run_in_a_pipe_is_a_row_for_each_line_as_of_a_short_file(long, monkeypatch):
    ran = long("--dry-run")
    names, rows = table(ran.out)
    assert (ran.code, names) == (10, HEADER)
    assert [row["kind"] for row in rows].count("create") == 12
    assert [row["kind"] for row in rows].count("unchanged") == 1
    _, others = table(short(long, monkeypatch, "--dry-run").out)
    said = ("kind", "website", "provider", "fields", "places", "reason")
    assert sorted([row[name] for name in said] for row in rows) == sorted([row[name] for name in said] for row in others)


FORMATS = [("--format", "tsv"), ("--format", "csv", "--show-ignored"), ("--fields", "kind,fingerprints", "--no-header"), ("--json",)]


@pytest.mark.parametrize("words", FORMATS, ids=" ".join)
def test_a_plan_is_the_same_whether_it_is_printed_at_once_or_kept_or_read_once_more(long, home, monkeypatch, words):
    from integrations_cli.cli.view import long as view

    long.write({"website": "acme", "provider": "groq", "credentials": {"api_key": "changeme"}}, {"website": "acme", "provider": "nobody"})
    at_once = long("--dry-run", *words)
    kept = long("--dry-run", "--report", str(home / "r.json"), *words)
    monkeypatch.setattr(view, "ROOM", 10)
    again = long("--dry-run", "--report", str(home / "r.json"), *words)
    assert at_once.code == 11
    assert len(at_once.out.splitlines()) > (0 if "--json" in words else 14)
    told = {(re.sub('"created": "[^"]*"', "", one.out), one.err, one.code) for one in (at_once, kept, again)}
    assert len(told) == 1


def test_a_run_that_has_nothing_to_do_reads_its_source_once(long, monkeypatch):
    from integrations_cli.actions import surveys

    def never(*words):
        raise AssertionError
        yield

    assert long("--yes").code == 0
    again = long("--dry-run")
    monkeypatch.setattr(surveys, "each", never)
    for ran in (long("--yes"), long("--dry-run"), long("--dry-run", "--json"), long("--yes", "--format", "table")):
        assert ran.code == 0
    assert long("--yes").out == again.out


@pytest.mark.parametrize(("words", "told"), [(["--dry-run"], [0, 7, 13]), (["--dry-run", "--json"], [0, 0, 0]), (["--yes"], [0, 0, 0])])
def test_a_dry_run_prints_its_rows_while_the_source_is_read(long, monkeypatch, words, told):
    """Whoever reads on need not wait for the end. `told`: lines that were printed before each piece was read the first time."""
    import sys

    from integrations_cli.sources import file

    out, pieces, before = io.StringIO(), file.pieces, []

    def watched(*given):
        for piece in pieces(*given):
            before.append(out.getvalue().count("\n"))
            yield piece

    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(file, "pieces", watched)
    assert long(*words).code in {0, 10}
    assert before[:3] == told


def test_an_empty_source_has_the_names_of_the_columns(long, home):
    (home / "key.jsonl").write_text("\n" * 20)
    for words in (["--dry-run"], ["--dry-run", "--report", str(home / "r.json")], ["--yes"]):
        assert table(long(*words).out) == (HEADER, [])


def test_what_was_written_is_a_row_for_each_line(long):
    ran = long("--yes", "--batch", "4")
    names, rows = table(ran.out)
    assert (ran.code, names) == (0, RESULT)
    assert sorted(row["result"] for row in rows) == [*["unchanged"], *["written"] * 12]
    assert {row["fields"] for row in rows if row["provider"]} == {"api_key"}
    assert "12 written, 1 unchanged; 6 read back and compared" in ran.err
    assert "next: integrations test --all -A" in ran.err
    again = long("--yes")
    assert (again.code, table(again.out)[0], {row["kind"] for row in table(again.out)[1]}) == (0, HEADER, {"unchanged"})


def test_errors_that_stop_it_and_errors_that_do_not(long, home):
    long.write({"website": "acme", "provider": "nobody", "credentials": {"x": "y"}}, {"website": "acme", "provider": "groq"})
    ran = long("--yes")
    names, rows = table(ran.out)
    assert (ran.code, names, len(rows)) == (11, HEADER, 15)
    wrong = {row["provider"]: row["reason"].partition(":")[0] for row in rows if row["kind"] in {"invalid", "incomplete"}}
    assert wrong == {"nobody": "unknown_provider", "groq": "missing_field"}
    assert "12 to write, 2 errors; nothing written" in ran.err
    assert "or write the 12 good lines with --continue-on-error" in ran.err
    ran = long("--yes", "--continue-on-error", "--report", str(home / "r.json"))
    names, rows = table(ran.out)
    assert (ran.code, names) == (12, RESULT)
    assert sorted(row["result"] for row in rows) == [*["failed"] * 2, "unchanged", *["written"] * 12]
    report = fits("report", (home / "r.json").read_text())
    assert (report["summary"]["failed"], report["exit"], [line["result"] for line in report["lines"]]) == (2, 12, ["failed"] * 2)
    assert report["still_in_source"] == ["key.jsonl"]


def test_a_row_of_a_new_website_that_names_no_provider_takes_nothing_from_those_behind_it(long):
    """It stands in an earlier piece, and has a line of that website too."""
    row = {"website": "site-x", "provider": "groq", "credentials": {"api_key": "gsk_" + "x" * 45 + "EXAMPLE"}}
    long.write({"website": "site-x", "credentials": {"api_key": "x"}}, {"website": "acme", "provider": "nobody"}, row)
    ran = long("--yes", "--continue-on-error")
    assert (ran.code, [one["result"] for one in table(ran.out)[1] if one["website"] == "site-x"]) == (12, ["failed", "written", "written"])


def test_what_is_ignored_is_counted(long):
    """A row of the usual form that holds a placeholder."""
    long.write({"website": "acme", "provider": "groq", "credentials": {"api_key": "changeme"}})
    ran = long("--dry-run", "--show-ignored")
    assert [row["reason"] for row in table(ran.out)[1] if row["kind"] == "ignored"] == ["placeholder"]
    assert "8 rows · 1 ignored" in ran.err
    assert json.loads(long("--dry-run", "--json").out)["summary"]["ignored"] == 1


def test_notes_are_counts(long):
    ran = long("--dry-run", "--quiet")
    assert "odd_shape: 2 lines; it does not look like the keys" in ran.err
    assert "same_value_as: 1 line; one key serves several websites" in ran.err
    assert ran.err.count("odd_shape") == ran.err.count("same_value_as") == 1
    assert json.loads(long("--yes", "--json").out)["noted"] == {"odd_shape": 2, "same_value_as": 1}


def test_json_has_the_shapes_of_a_short_run(long, monkeypatch):
    plan = fits("plan", long("--dry-run", "--json", "--show-ignored").out)
    other = fits("plan", short(long, monkeypatch, "--dry-run", "--json").out)
    assert plan["summary"] == other["summary"]
    assert sorted(map(told, plan["lines"])) == sorted(map(told, other["lines"]))
    report = fits("report", long("--yes", "--json").out)
    assert (report["state"], report["summary"]["written"], report["lines"]) == ("finished", 12, [])


def told(line):
    return line["website"], line["provider"], line["kind"], [one["name"] for one in line["fields"]]


@pytest.mark.parametrize("way", ["short", "long"])
def test_one_table_in_a_pipe_also_where_errors_are_left_out(long, monkeypatch, way):
    long.write({"website": "acme", "provider": "nobody", "credentials": {"x": "y"}})
    words = ("--yes", "--continue-on-error")
    names, rows = table((short(long, monkeypatch, *words) if way == "short" else long(*words)).out)
    assert names == RESULT
    assert [row["result"] for row in rows if row["provider"] == "nobody"] == ["failed"]


def test_csv_and_chosen_columns(long):
    assert long("--dry-run", "--format", "csv").out.splitlines()[0] == ",".join(HEADER)
    ran = long("--yes", "--fields", "website,result", "--no-header")
    assert "site-a\twritten" in ran.out.splitlines()
    assert len(ran.out.splitlines()) == 13


def test_a_terminal_gets_errors_and_counts(long):
    long.write({"website": "acme", "provider": "nobody", "credentials": {"x": "y"}})
    ran = long("--dry-run", "--format", "table")
    assert ran.code == 11
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert " ".join(lines[:2]) == "✗ invalid acme nobody the catalogue has no provider of that name key.jsonl:8"
    assert "+ create 4 × groq" in lines
    assert "= unchanged 1 × openai" in lines
    assert not any("site-c" in line for line in lines)


def test_nobody_reads_on(long, home, monkeypatch):
    """`| head -1`: what is being written goes on."""
    import sys

    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    ran = long("--yes", "--batch", "4", "--report", str(home / "r.json"))
    assert (ran.code, json.loads((home / "r.json").read_text())["summary"]["written"]) == (0, 12)


@pytest.mark.parametrize("words", [["--dry-run"], ["--dry-run", "--json"], ["--yes"]])
def test_nobody_reads_a_plan(long, monkeypatch, words):
    import sys

    assert long("--yes").code == 0
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1) as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        ran = long(*words)
    assert (ran.code, "error" in ran.err) == (0, False)
