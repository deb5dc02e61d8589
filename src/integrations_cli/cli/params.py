"""Arguments and options of several commands, and what was given for those that marks.py brings in."""

from __future__ import annotations

from integrations_cli.cli.notes import Annotated, Literal
from integrations_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta
    from typing import Any


class Argument:
    """Declares an argument in an annotation, as `typer.Argument` does; app.py turns it into one. The front door pays for neither."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts


class Option(Argument):
    """Declares an option, as `typer.Option` does."""

    def __init__(self, *names: str, **facts: Any) -> None:
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
Limit = Annotated[str, Option("--limit", metavar="N", help="at most this many; else 50", show_default=False)]
Why = Annotated[str | None, Option("--reason", metavar="TEXT", help="why; kept in clear in the audit log")]
NoPager = Annotated[bool, Option("--no-pager", help="print it all at once")]
CustomEndpoint = Annotated[bool, Option("--allow-custom-endpoint", help="the host is my own server, not the vendor's")]

Root = Annotated[str | None, Option("--root", metavar="DIR", help="the Rails application; else this folder")]
Db = Annotated[str | None, Option("--db", metavar="FILE", help="an SQLite database; it is copied, and the copy is read")]
Dsn = Annotated[str | None, Option("--dsn", metavar="URL", help="a PostgreSQL database, without a password")]
Schema = Annotated[str | None, Option("--schema", metavar="NAME", help="the schema of the tables; else the search path decides")]
WebsiteColumn = Annotated[str | None, Option("--website-column", metavar="NAME", help="the column that names the website")]
RailsEnv = Annotated[str, Option("--rails-env", metavar="NAME", help="its environment", show_default=False)]
Under = Annotated[str | None, Option("--under", metavar="NAME", help="only what stands below this name")]
RailsTable = Annotated[str | None, Option("--table", metavar="NAME", help="the integrations table, if it is not found")]
WebsitesTable = Annotated[str | None, Option("--websites-table", metavar="NAME", help="the websites table")]
NoLegacyColumns = Annotated[bool, Option("--no-legacy-columns", help="leave maps_api_key and its like alone")]
AllowUnencryptedRows = Annotated[bool, Option("--allow-unencrypted-rows", help="take JSON that was never encrypted")]
TryPublished = Annotated[bool, Option("--try-published", "--try-public-keys", help="try the development keys that anybody may know")]


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
    batch: str = ""  # as many as suits the run
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

    def __init__(self, **given: Any) -> None:
        if not given.keys() <= self.__annotations__.keys():
            raise TypeError("no such option")
        self.__dict__.update({name: getattr(Options, name) for name in self.__annotations__} | given)


def is_nothing(text: object, many: bool) -> bool:
    """True for the value of an option that holds none; of one that takes `many`, also for commas alone."""
    return isinstance(text, str) and not (text.strip(", ") if many else text)


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(text: str | None) -> timedelta | None:
    """As `duration`, of an option that may not have been given."""
    return None if text is None else duration(text)


def duration(text: str) -> timedelta:
    """`10s`, `15m`, `24h`, `14d`, `2w` as a time span, which may be nothing. Raises UsageError (2)."""
    count, unit = text[:-1], text[-1:]
    if not (count.isascii() and count.isdigit() and len(count) <= 5 and unit in _UNITS):
        raise UsageError("this is no length of time", "a time is written like 10s, 15m, 24h or 14d")
    from integrations_cli.quicktime import timedelta  # noqa: PLC0415

    return timedelta(**{_UNITS[unit]: int(count)})


def one_of(what: str, value: str | None, known: Collection[str]) -> None:
    """Raises UsageError (2) with the known words, and the nearest one, if `value` is not among them."""
    if value is None or value in known:
        return
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    near = get_close_matches(value, known, 1)
    nearest = f"did you mean {near[0]}; " if near else ""
    error = UsageError(f"there is no such {what}", f"{nearest}there are {', '.join(known)}")
    error.instead = {value: near[0]} if near else {}
    raise error


def between(option: str, value: int, least: int, most: int) -> None:
    """Raises UsageError (2) for a number outside of its bounds."""
    if not least <= value <= most:
        raise UsageError(f"{option}: not a number it takes", f"a number from {least} to {most}")


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

    from integrations_cli.quicktime import UTC, datetime  # noqa: PLC0415

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("this is no date", "a date is written like 2027-01-31") from None
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        moment = moment.replace(hour=23, minute=59, second=59)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
