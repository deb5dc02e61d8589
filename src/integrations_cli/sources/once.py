"""Sources that can be read only once, such as the FIFO that `<(…)` of a shell stands for. A run reads its source twice."""

import stat
from pathlib import Path

from integrations_cli import pasted
from integrations_cli.errors import NotFound, system_says

MOST = 64 * 1024 * 1024  # bytes that are kept


def named(path: Path) -> str:
    """How it is called in a plan: by all of its path, for `63` says nothing."""
    return "standard input" if str(path) == "-" else str(path)


def read(path: Path) -> bytes | None:
    """What a FIFO or a device has, at most one byte more than is kept; None for all else, also where nothing is. Raises NotFound (3)."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            return None
        with path.open("rb") as file:
            return file.read(MOST + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        says = system_says(error) if isinstance(error, OSError) else "that is no name of a file"
        raise NotFound(f"{pasted.path(path)}: cannot be read", says) from None
