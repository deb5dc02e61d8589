"""YAML of other tools as names and texts: nothing is built, aliases are counted, and no error repeats a line."""

from collections.abc import Sequence
from typing import Any

from integrations_cli.errors import Unparsable, Unreadable, UsageError


def tree(text: str, name: str, tries: Sequence[str] = ()) -> dict[str, Any]:
    """Names and values; every scalar is text. Raises Unparsable (11) with `tries`, UsageError (2) with how to get PyYAML."""
    from integrations_cli.sources.rails import document  # noqa: PLC0415  the extra `rails`

    try:
        return document.read(text).tree
    except Unreadable as error:
        raise Unparsable(f"{name}: {error.what}", error.why, tries) from None
    except UsageError as error:
        raise UsageError(f"{name}: {error.what}", error.why, (*tries, *error.tries)) from None
