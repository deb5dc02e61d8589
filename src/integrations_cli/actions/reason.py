"""The reason a person gives with `--reason`: kept in clear in the audit log, so it is text, and no credential stands in it."""

from __future__ import annotations

from integrations_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from integrations_cli.masking import Secret


def must_be_recordable(reason: str | None, values: Iterable[Secret]) -> None:
    """Raises UsageError (2) for a reason that was typed in another encoding, or that repeats one of these credentials."""
    if not reason:
        return
    if any("\ud800" <= character <= "\udfff" for character in reason):
        raise UsageError("--reason is not accepted", "it holds bytes that are not text (UTF-8)")
    if any(value.reveal() in reason for value in values):
        raise UsageError("--reason: a credential is in it", "the reason is kept in clear in the audit log")
