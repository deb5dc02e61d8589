"""Everything a person can act on: what, why, what to type next, and the exit code (published, never renumbered)."""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which the front door does without
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, ClassVar


INTERRUPTED = 130
"""The exit code after Ctrl-C, SIGTERM and SIGHUP: no error of ours stands behind it."""


def system_says(error: OSError) -> str:
    """What the system says about a file or a socket, as the reason of an error: `no such file or directory`."""
    text = error.strerror if isinstance(error.strerror, str) and error.strerror else "input or output failed"
    return text[0].lower() + text[1:] if text[1:2].islower() else text


class IntegrationsError(Exception):
    """A refusal or a failure, told in three parts.

    Args:
        what: the error itself; lower case first, no full stop, never a secret.
        why: the cause, one fact.
        tries: commands to paste, the best one first.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "unexpected"

    def __init__(self, what: str, why: str | None = None, tries: str | Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.tries: tuple[str, ...] = (tries,) if isinstance(tries, str) else tuple(tries)
        self.instead: Mapping[str, str] = {}  # what was mistyped → what was probably meant: the corrected line is the first to try
        self.denied: tuple[str, bytes | None] | None = None  # action and website of a permission that was refused: the log is told

    def as_data(self) -> dict[str, Any]:
        """The error as it stands in JSON mode, under the key `error`."""
        hint = self.tries[0].partition("    ")[0] if self.tries else None  # behind it, a remark for people
        return {"code": self.code, "exit": self.exit_code, "message": self.what, "why": self.why, "hint": hint}


class UsageError(IntegrationsError):
    """What was typed cannot be understood or accepted."""

    exit_code = 2
    code = "usage"


class BadValue(UsageError):
    """A value that a field refuses. The value itself is never repeated."""

    def __init__(self, field: str, why: str, tries: str | Sequence[str] = ()) -> None:
        super().__init__(f"{field} is not accepted", why, tries)
        self.field = field
        self.reason = why


class Unparsable(UsageError):
    """A source is not what its name says: broken text, JSON, YAML or CSV. It counts as a plan with errors, as one bad line of it does."""

    exit_code = 11
    code = "plan_errors"


class MissingInput(UsageError):
    """Something is needed and nobody can be asked. `missing` has one dict per field: field, secret, options."""

    code = "missing_input"

    def __init__(self, what: str, why: str | None, tries: str | Sequence[str], missing: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(what, why, tries)
        self.missing = tuple(missing)

    def as_data(self) -> dict[str, Any]:
        """As every error, with what is missing, and what answers for each."""
        return {**super().as_data(), "missing": list(self.missing)}


class NotFound(IntegrationsError):
    """No such website, provider, integration, field, file, table."""

    exit_code = 3
    code = "not_found"


class Conflict(IntegrationsError):
    """It exists already, or somebody else is at it."""

    exit_code = 4
    code = "conflict"


class Aborted(IntegrationsError):
    """The person said no."""

    exit_code = 5
    code = "aborted"


class Locked(IntegrationsError):
    """No usable key: nothing that needs the vault can be done."""

    exit_code = 6
    code = "locked"


class Unreadable(IntegrationsError):
    """Tampered with, moved, cut, or sealed with another key. `reason` is a fixed word."""

    exit_code = 7
    code = "unreadable"

    def __init__(self, what: str, why: str | None = None, tries: str | Sequence[str] = (), reason: str = "altered_or_moved") -> None:
        super().__init__(what, why, tries)
        self.reason = reason


class Refused(IntegrationsError):
    """Policy or permission says no."""

    exit_code = 8
    code = "refused"


class PlanErrors(IntegrationsError):
    """A plan has lines that must not be written."""

    exit_code = 11
    code = "plan_errors"


class PartlyApplied(IntegrationsError):
    """12: stopped after some of it was kept."""

    exit_code = 12
    code = "partly_applied"


class CheckFailed(IntegrationsError):
    """The provider says the credentials or a setting are wrong."""

    exit_code = 20
    code = "check_failed"


class NotChecked(IntegrationsError):
    """The provider could not be asked; this says nothing about the credentials."""

    exit_code = 21
    code = "not_checked"


class NotWritten(IntegrationsError):
    """The store, the audit log or a result could not be written."""

    exit_code = 74
    code = "not_written"
