"""What a command needs, as its file says in `NEEDS`: one word, or words by option, the first option that is given deciding.

A word is an action of access.py, asked of every website the command touches; `store` is what only owners of the whole store may;
"" touches nothing that is kept. A command that says nothing needs the most: forgotten is denied.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STORE = "store"


def of(module: Any, given: Mapping[str, Any]) -> str:
    """For this command line; `given` are all options and arguments by name."""
    declared = getattr(module, "NEEDS", STORE)
    if isinstance(declared, str):
        return declared
    return next((str(need) for option, need in declared.items() if option == "" or given.get(option)), STORE)
