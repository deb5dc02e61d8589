"""One thing that a doctor has looked at, and looking without falling over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from integrations_cli import registry
from integrations_cli.errors import IntegrationsError, NotFound, system_says

ORDER = (
    *(
        "store",
        "file",
        "key",
        "recovery",
        "backup",
        "access",
        "operations",
        "files",
        "settings",
        "credentials",
        "opened",
        "test keys",
        "reuse",
    ),
    *("rotations", "checks", "audit", "legacy", "completion", "network"),
)
OK, WARNING, PROBLEM, SKIPPED = "ok", "warning", "problem", "skipped"


@dataclass(frozen=True, slots=True)
class Note:
    """`state` is ok, warning, problem or skipped; `code` a fixed word for programs; `fix` what to type (or to do).

    `website` and `provider` say whose it is, where it is somebody's; `page` is where the vendor's keys are made and revoked; `compared`
    says of a legacy value whether it is the stored one: same, differs or not_compared.
    """

    about: str
    state: str
    code: str
    text: str
    fix: str | None = None
    website: str | None = None
    provider: str | None = None
    page: str | None = None
    compared: str | None = None


def in_order(notes: Iterable[Note]) -> list[Note]:
    """What belongs together stands together."""
    return sorted(notes, key=lambda one: ORDER.index(one.about) if one.about in ORDER else len(ORDER))


def ok(about: str, text: str, code: str = "ok") -> Note:
    """All is well."""
    return Note(about, OK, code, text)


def skipped(about: str, text: str, fix: str | None = None, code: str = "not_looked_at") -> Note:
    """It was not looked at."""
    return Note(about, SKIPPED, code, text, fix)


def warning(about: str, code: str, text: str, fix: str | None = None) -> Note:
    """Something to think about; it does not change the exit code."""
    return Note(about, WARNING, code, text, fix)


def problem(about: str, code: str, text: str, fix: str | None = None) -> Note:
    """Something is wrong."""
    return Note(about, PROBLEM, code, text, fix)


def of(website: str, provider: str, about: str, state: str, code: str, text: str, fix: str | None, page: bool = False) -> Note:
    """A note about one integration; with `page` the place where its keys are revoked stands beside the fix."""
    return Note(about, state, code, text, fix, website, provider, keys_page(provider) if page else None)


def keys_page(provider: str) -> str | None:
    """The vendor's page where its keys are made and revoked; None for a provider we no longer know."""
    try:
        return registry.get(provider).keys_url or None
    except NotFound:
        return None


def carefully(about: str, asked: Callable[[], Iterable[Note]]) -> list[Note]:
    """What was found; a question that fails becomes a note itself. Texts that are not ours are never shown."""
    try:
        return list(asked())
    except IntegrationsError as error:
        text = f"{error.what}: {error.why}" if error.why else error.what
        return [problem(about, error.code, text, error.tries[0] if error.tries else None)]
    except OSError as error:
        return [problem(about, "not_readable", f"could not be looked at: {system_says(error)}", "integrations store status -v")]
    except Exception as error:  # a doctor looks at the rest as well
        return [problem(about, "unexpected", f"could not be looked at ({type(error).__name__})", "integrations doctor --bundle FILE")]
