"""Who looks at what is printed, and how much fits on a line."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


def in_ci(environ: Mapping[str, str]) -> bool:
    """True under a continuous-integration runner."""
    if environ.get("CI", "").lower() not in {"", "0", "false"}:
        return True
    return any(environ.get(name) for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "JENKINS_URL"))


def is_terminal(stream: TextIO) -> bool:
    """True if a person looks at it."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def speaks_utf8(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """False where only ASCII symbols can be shown; Python itself writes UTF-8 under LC_ALL=C, which asks for ASCII."""
    if (environ.get("LC_ALL") or environ.get("LC_CTYPE")) in {"C", "POSIX"}:
        return False
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def width(environ: Mapping[str, str], stream: TextIO) -> int:
    """How many cells fit on a line."""
    if environ.get("COLUMNS", "").isdigit() and int(environ["COLUMNS"]):
        return int(environ["COLUMNS"])
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80
