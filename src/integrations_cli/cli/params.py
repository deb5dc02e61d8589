"""Arguments and options that several commands share, and the marks of UX.md that bring them in."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from integrations_cli.cli.notes import Annotated, Literal
from integrations_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Argument:
    """Declares an argument in an annotation, as `typer.Argument` does; app.py turns it into one. The front door pays for neither."""

    def __init__(self, **facts: "Any") -> None:
        self.facts = facts


class Option(Argument):
    """Declares an option, as `typer.Option` does."""

    def __init__(self, *names: str, **facts: "Any") -> None:
        super().__init__(**facts)
        self.names = names


ProviderName = Annotated[str, Argument(metavar="PROVIDER", help="a name from the catalogue, such as anthropic", show_default=False)]
Providers = Annotated[list[str] | None, Argument(metavar="PROVIDER", help="names from the catalogue", show_default=False)]
AnyProvider = Annotated[str | None, Argument(metavar="PROVIDER", help="only this one", show_default=False)]
FieldName = Annotated[str, Argument(metavar="FIELD", help="a credential or setting of the provider", show_default=False)]
Slug = Annotated[str, Argument(metavar="SLUG", help="the short name of a website", show_default=False)]
Assignments = Annotated[list[str] | None, Argument(metavar="NAME=VALUE", help="settings", show_default=False)]

Annotate = Annotated[Literal["auto", "on", "off"], Option("--annotate", help="annotations for GitHub Actions", show_default=False)]
Since = Annotated[str | None, Option("--since", metavar="7d", help="how far back")]
Action = Annotated[str | None, Option("--action", metavar="A", help="only this, such as rotation or credential.revealed")]
Who = Annotated[str | None, Option("--who", metavar="NAME", help="only what this person did: maria, or maria@pc7")]
Limit = Annotated[str, Option("--limit", metavar="N", help="at most this many", show_default=False)]
Why = Annotated[str | None, Option("--reason", metavar="TEXT", help="why; kept in clear in the audit log")]
NoPager = Annotated[bool, Option("--no-pager", help="print it all at once")]
CustomEndpoint = Annotated[bool, Option("--allow-custom-endpoint", help="the host is my own server, not the vendor's")]
_ON_CONFLICT = Annotated[
    Literal["fail", "skip", "update"], Option("--on-conflict", help="when the store has another value", show_default=False)
]
_CONTINUE = Annotated[bool, Option("--continue-on-error", help="write the good lines although others are bad")]
_BATCH = Annotated[str, Option("--batch", metavar="N|all", help="lines per transaction", show_default=False)]
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

Root = Annotated[str | None, Option("--root", metavar="DIR", help="the Rails application; else this folder")]
Db = Annotated[str | None, Option("--db", metavar="FILE", help="an SQLite database; it is copied, and the copy is read")]
Dsn = Annotated[str | None, Option("--dsn", metavar="URL", help="a PostgreSQL database, without a password")]
Schema = Annotated[str | None, Option("--schema", metavar="NAME", help="the schema of the tables; else public")]
WebsiteColumn = Annotated[str | None, Option("--website-column", metavar="NAME", help="the column that names the website")]
RailsEnv = Annotated[str, Option("--rails-env", metavar="NAME", help="its environment", show_default=False)]

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
_VERBOSE = Annotated[bool, Option("-v", "--verbose", help="say more")]
_NO_INPUT = Annotated[bool, Option("--no-input", help="never ask")]
_COLOR = Annotated[Literal["auto", "always", "never"], Option("--color", help="colour", show_default=False)]
_ASCII = Annotated[bool, Option("--ascii", help="ASCII symbols only")]
_DEBUG = Annotated[bool, Option("--debug", help="show where an unexpected error came from, without values")]
_HOME = Annotated[str | None, Option("--home", metavar="DIR", help="keep everything under this folder")]
_KEY_FD = Annotated[int | None, Option("--key-fd", metavar="N", help="read the store's key from this descriptor")]


class Options:
    """The values of the shared options, whichever of them the command at hand takes. Raises TypeError for a name it has not."""

    website: str | None = None
    all_websites: bool = False
    format: str | None = None
    json: bool = False
    fields: str | None = None
    no_header: bool = False
    iso: bool = False
    secret_stdin: str | None = None
    secret_file: list[str] | None = None
    secret_env: list[str] | None = None
    yes: bool = False
    confirm: str | None = None
    dry_run: bool = False
    quiet: bool = False
    verbose: bool = False
    no_input: bool = False
    color: str = "auto"
    ascii: bool = False
    debug: bool = False
    home: str | None = None
    key_fd: int | None = None
    # of every `migrate` command
    on_conflict: str = "fail"
    continue_on_error: bool = False
    batch: str = "1000"
    allow_incomplete: bool = False
    unknown_fields: str = "fail"
    only: list[str] | None = None
    include: list[str] | None = None
    mapping: str | None = None
    by_prefix: bool = False
    fan_out: str | None = None
    create_websites: bool = False
    test: str = "none"
    plan_out: str | None = None
    report: str | None = None
    annotate: str = "auto"
    show_ignored: bool = False

    def __init__(self, **given: "Any") -> None:
        if not given.keys() <= self.__annotations__.keys():
            raise TypeError("no such option")
        self.__dict__.update({name: getattr(Options, name) for name in self.__annotations__} | given)


_MARKS: "dict[str, tuple[tuple[str, Any, Any], ...]]" = {
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
        ("batch", _BATCH, "1000"),
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
        ("report", _REPORT, None),
        ("annotate", Annotate, "auto"),
        ("show_ignored", _SHOW_IGNORED, False),
    ),
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


def shared(marks: str) -> "list[tuple[str, Any, Any]]":
    """Name, annotation and default of what the marks of a command bring in, the ones of every command last."""
    return [one for mark in (*marks, "") for one in _MARKS[mark]]


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str | None) -> timedelta | None:
    """`10s`, `15m`, `24h`, `14d`, `2w` as a time span; None stays None. Raises UsageError (2)."""
    if text is None:
        return None
    import re  # noqa: PLC0415  few commands are given a time

    found = re.fullmatch(r"([0-9]{1,5})([smhdw])", text)
    if not found:
        raise UsageError("a time is written like 10s, 15m, 24h or 14d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def one_of(what: str, value: str | None, known: Collection[str]) -> None:
    """Raises UsageError (2) with the known words, and the nearest one, if `value` is not among them."""
    if value is None or value in known:
        return
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    near = get_close_matches(value, known, 1)
    nearest = f"did you mean {near[0]}; " if near else ""
    raise UsageError(f"there is no such {what}", f"{nearest}there are {', '.join(known)}")


def between(option: str, value: int, least: int, most: int) -> None:
    """Raises UsageError (2) for a number outside of its bounds."""
    if not least <= value <= most:
        raise UsageError(f"{option}: a number from {least} to {most}")


def whole(option: str, text: str, least: int, most: int) -> int:
    """A number that was typed. Raises UsageError (2) for anything else, and outside of its bounds."""
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else least - 1
    between(option, value, least, most)
    return value


def expiry(text: str | None) -> str | None:
    """`2027-01-31`, or an ISO time with `Z`, as UTC text; a date means its end. Raises UsageError (2)."""
    if text is None:
        return None
    import re  # noqa: PLC0415  few commands are given a date

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("a date is written like 2027-01-31") from None
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        moment = moment.replace(hour=23, minute=59, second=59)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
