"""httpx without its own command line, which brings Click, Rich and Pygments: more than all the rest of a first request."""

import sys

_THEIRS = "httpx._main"
_ours = _THEIRS not in sys.modules
if _ours:
    sys.modules[_THEIRS] = None  # type: ignore[assignment]  # httpx takes it that they are not installed
try:
    import httpx
finally:
    if _ours:
        del sys.modules[_THEIRS]

__all__ = ["httpx"]
