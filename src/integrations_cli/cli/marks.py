"""The options that several commands share, by the marks of UX.md that bring them in. Only Typer asks: the front door has a table."""

from typing import Any

from integrations_cli.cli.notes import Annotated, Literal
from integrations_cli.cli.params import Annotate, Option

_ON_CONFLICT = Annotated[
    Literal["fail", "skip", "update"], Option("--on-conflict", help="when the store has another value", show_default=False)
]
_CONTINUE = Annotated[bool, Option("--continue-on-error", help="write the good lines although others are bad")]
_BATCH = Annotated[
    str, Option("--batch", metavar="N|all", help="lines per transaction; else 1000, of a long file 4000", show_default=False)
]
_INCOMPLETE = Annotated[bool, Option("--allow-incomplete", help="save integrations that lack a required field")]
_UNKNOWN = Annotated[Literal["fail", "drop"], Option("--unknown-fields", help="what the provider has no field for", show_default=False)]
_ONLY = Annotated[list[str] | None, Option("--only", metavar="P,...", help="only these providers")]
_INCLUDE = Annotated[list[str] | None, Option("--include", metavar="NAME", help="take this ambiguous name as well")]
_MAPPING = Annotated[str | None, Option("--mapping", metavar="FILE", help="names of the source and what they are here, in TOML")]
_BY_PREFIX = Annotated[bool, Option("--by-prefix", help="ACME_STRIPE_SECRET_KEY belongs to the website acme")]
_FAN_OUT = Annotated[str | None, Option("--fan-out", metavar="SLUG,...|all", help="copy the platform's keys to these websites")]
_CREATE = Annotated[bool, Option("--create-websites", help="add websites that are not there yet")]
_TEST = Annotated[Literal["none", "before", "after"], Option("--test", help="ask the providers", show_default=False)]
_PLAN_OUT = Annotated[str | None, Option("--plan-out", metavar="FILE", help="save the plan for review, and stop")]
_REPORT = Annotated[str | None, Option("--report", metavar="FILE", help="write a JSON report, 0600")]
_SHOW_IGNORED = Annotated[bool, Option("--show-ignored", help="list what was left alone, and why")]
_WEBSITE = Annotated[
    str | None, Option("-w", "--website", metavar="SLUG", help="the website; else INTEGRATIONS_WEBSITE, else the current one")
]
_ALL = Annotated[bool, Option("-A", "--all-websites", help="every website")]
_FORMAT = Annotated[Literal["table", "json", "ndjson", "csv", "tsv"] | None, Option("--format", help="how results are printed")]
_JSON = Annotated[bool, Option("--json", help="the same as --format json")]
_FIELDS = Annotated[str | None, Option("--fields", metavar="A,B", help="only these columns")]
_NO_HEADER = Annotated[bool, Option("--no-header", help="no header line")]
_ISO = Annotated[bool, Option("--iso", help="ISO times instead of relative ones")]
_STDIN = Annotated[str | None, Option("--secret-stdin", metavar="FIELD", help="read this credential from standard input")]
_FILE = Annotated[list[str] | None, Option("--secret-file", metavar="FIELD=PATH", help="read this credential from a file")]
_ENV = Annotated[list[str] | None, Option("--secret-env", metavar="FIELD=NAME", help="read this credential from a variable")]
_YES = Annotated[bool, Option("-y", "--yes", help="do not ask")]
_CONFIRM = Annotated[str | None, Option("--confirm", metavar="NAME", help="confirm by name, where nobody can be asked")]
_DRY = Annotated[bool, Option("-n", "--dry-run", help="show what would happen, and stop")]
_QUIET = Annotated[bool, Option("-q", "--quiet", help="results and errors only")]
_VERBOSE = Annotated[bool, Option("-v", "--verbose", help="say more, where there is more to say")]
_NO_INPUT = Annotated[bool, Option("--no-input", help="never ask")]
_COLOR = Annotated[Literal["auto", "always", "never"], Option("--color", help="colour", show_default=False)]
_ASCII = Annotated[bool, Option("--ascii", help="ASCII symbols only")]
_DEBUG = Annotated[bool, Option("--debug", help="show where an unexpected error came from, without values")]
_HOME = Annotated[str | None, Option("--home", metavar="DIR", help="keep everything under this folder")]
_KEY_FD = Annotated[int | None, Option("--key-fd", metavar="N", help="read the store's key from this descriptor")]

_RUN: tuple[tuple[str, Any, Any], ...] = (("report", _REPORT, None), ("annotate", Annotate, "auto"))
_MARKS: dict[str, tuple[tuple[str, Any, Any], ...]] = {
    "W": (("website", _WEBSITE, None),),
    "A": (("all_websites", _ALL, False),),
    "F": (
        ("format", _FORMAT, None),
        ("json", _JSON, False),
        ("fields", _FIELDS, None),
        ("no_header", _NO_HEADER, False),
        ("iso", _ISO, False),
    ),
    "S": (("secret_stdin", _STDIN, None), ("secret_file", _FILE, None), ("secret_env", _ENV, None)),
    "M": (
        ("on_conflict", _ON_CONFLICT, "fail"),
        ("continue_on_error", _CONTINUE, False),
        ("batch", _BATCH, ""),
        ("allow_incomplete", _INCOMPLETE, False),
        ("unknown_fields", _UNKNOWN, "fail"),
        ("only", _ONLY, None),
        ("include", _INCLUDE, None),
        ("mapping", _MAPPING, None),
        ("by_prefix", _BY_PREFIX, False),
        ("fan_out", _FAN_OUT, None),
        ("create_websites", _CREATE, False),
        ("test", _TEST, "none"),
        ("plan_out", _PLAN_OUT, None),
        *_RUN,
        ("show_ignored", _SHOW_IGNORED, False),
    ),
    "R": _RUN,
    "Y": (("yes", _YES, False),),
    "C": (("confirm", _CONFIRM, None),),
    "D": (("dry_run", _DRY, False),),
    "": (
        ("quiet", _QUIET, False),
        ("verbose", _VERBOSE, False),
        ("no_input", _NO_INPUT, False),
        ("color", _COLOR, "auto"),
        ("ascii", _ASCII, False),
        ("debug", _DEBUG, False),
        ("home", _HOME, None),
        ("key_fd", _KEY_FD, None),
    ),
}


def shared(marks: str) -> list[tuple[str, Any, Any]]:
    """Name, annotation and default of what the marks of a command bring in, the ones of every command last."""
    return [one for mark in (*marks, "") for one in _MARKS[mark]]
