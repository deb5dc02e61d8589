"""The front door and Typer understand the same lines in the same way."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_cli.cli import app, marks, params, plain
from integrations_cli.cli.completion.table import COMMANDS

WORDS = ["acme", "anthropic", "json", "table", "error", "7", "-", "x=y", "api_key", "ä b"]
OPTIONS = sorted(
    {name for path in plain.READS | plain.QUICK if path in COMMANDS for option in COMMANDS[path][2] for name in option[0]}
    | {"--nonsense", "-x", "-qv", "--"}
)
LINES = st.tuples(
    st.sampled_from([*sorted((plain.READS | plain.QUICK) - {"overview"}), "website", "providers", "ls", "available"]),
    st.lists(
        st.sampled_from(WORDS) | st.sampled_from(OPTIONS) | st.tuples(st.sampled_from(OPTIONS), st.sampled_from(WORDS)).map("=".join),
        max_size=5,
    ),
).map(lambda line: [*line[0].split(), *line[1]])


def by_typer(words: list[str]) -> tuple[str, dict[str, Any]] | None:
    """The command and every value, as Typer gives them; None when it refuses."""
    full = app.expand(words)
    path = next((path for path in app.paths() if list(path) == full[: len(path)]), None)
    if path is None:
        return None
    try:
        context = app.load(path).make_context(path[-1], full[len(path) :])
    except Exception as error:
        if type(error).__module__.startswith("typer"):
            return None
        raise
    return " ".join(path), {name: None if value == () else value for name, value in context.params.items() if name != "help"}


def by_the_front_door(words: list[str]) -> tuple[str, dict[str, Any]] | None:
    """The same, by the front door; None when it leaves the line to Typer."""
    parsed = plain.parse(words)
    found = plain.bound(*parsed) if parsed else None
    if found is None:
        return None
    module, shared, own = found
    taken = {name for name, _, _ in marks.shared(getattr(module, "MARKS", ""))}
    everything = {name: value for name, value in vars(params.Options(**shared)).items() if name in taken}
    return parsed[0], own | everything


@given(LINES)
@settings(max_examples=1500, deadline=None)
def test_what_the_front_door_understands_typer_understands_in_the_same_way(words):
    mine = by_the_front_door(words)
    if mine is not None:
        assert mine == by_typer(words)


@pytest.mark.parametrize(
    "words",
    [["list"], ["list", "-w", "acme", "--json"], ["list", "-A", "--status=error"], ["list", "-w=acme"], ["ls"], ["website"], ["show", "stripe", "-w", "acme"], ["get", "zoho", "api_domain"],
     ["test", "zoho", "-w", "acme"], ["test", "--all", "-A", "--report", "junit=out.xml", "--fail-on", "rejected"],
     ["providers", "show", "zoho"], ["website", "list", "--format", "csv"], []],
)  # fmt: skip
def test_everyday_lines_are_for_the_front_door(words):
    assert by_the_front_door(words) == (by_typer(words) if words else ("overview", by_the_front_door(words)[1]))
    assert by_the_front_door(words) is not None


@pytest.mark.parametrize(
    "words",
    [
        ["list", "-h"],
        ["test", "zoho", "--jobs", "5"],
        ["list", "--statsu", "x"],
        ["show"],
        ["show", "a", "b"],
        ["list", "--format", "yaml"],
        ["list", "-w"],
        ["add"],
        ["shwo"],
        ["get", "a"],
        ["list", "-Aq"],
        ["list", "-w", ""],
        ["list", "-w="],
        ["list", "--website="],
        ["exec", "openai", "--only", ","],
    ],
)
def test_everything_else_is_left_to_typer(words):
    assert by_the_front_door(words) is None


@pytest.mark.parametrize(
    "words",
    [
        ["list", "-w", ""], ["list", "-w="], ["list", "--website="], ["exec", "openai", "--only", "", "--", "true"],
        ["exec", "openai", "--only=,", "--", "true"], ["migrate", "env", "--only", "", "--dry-run"], ["migrate", "env", "--fan-out", ",", "--dry-run"],
        ["migrate", "env", "--mapping", "", "--dry-run"], ["migrate", "env", "-w", "", "--dry-run"], ["migrate", "env", "--plan-out", ""],
        ["list", "--fields", ""], ["remove", "openai", "-w", "", "--confirm", "openai"],
    ],
)  # fmt: skip
def test_a_value_that_is_empty_is_none(ready, words):
    """A variable that was not set must not mean: all of them, or the website at hand."""
    done = ready(*words)
    assert (done.code, "needs a value" in done.err) == (2, True), done.err


def test_a_short_option_may_have_an_equals_sign(ready):
    assert ready("list", "-w=acme").code == ready("website", "show", "acme").code == 0
    assert ready("add", "openai", "-w=acme", "--no-test", "--secret-env", "api_key=K", K="sk-" + "proj-0123456789abcdefEXAMPLE").code == 0
    done = ready("exec", "openai", "-w=acme", "--", "printf", "%s", "-w=x")
    assert (done.code, done.out) == (0, "-w=x")


def test_a_prefix_may_be_empty(ready):
    assert ready("add", "openai", "--no-test", "--secret-env", "api_key=K", K="sk-" + "proj-0123456789abcdefEXAMPLE").code == 0
    assert ready("exec", "openai", "--prefix", "", "--", "true").code == 0
