"""The standard library's SQLite without what it brings along, which costs a quarter of a `list`.

`sqlite3` is `_sqlite3` with converters that nobody here uses, for which it imports `datetime`. And `_sqlite3` takes one thing of
`functools`, which is written in C, while importing all of that brings `collections`. Both are left out where nothing has
imported them yet and this Python is made like that; the classes are those of `sqlite3`, so whoever imports that later gets the same ones.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
else:

    def _alone():
        """`_sqlite3`, with a stand-in for `functools` while it is imported; none is left behind."""
        from _functools import _lru_cache_wrapper  # noqa: PLC0415

        def lru_cache(size):
            return lambda function: _lru_cache_wrapper(function, size, False, tuple)

        stand_in = type(sys)("functools")
        stand_in.lru_cache = lru_cache
        found = sys.modules.setdefault("functools", stand_in)
        try:
            import _sqlite3  # noqa: PLC0415
        finally:
            if found is stand_in:
                del sys.modules["functools"]
        return _sqlite3

    try:
        sqlite3 = sys.modules.get("sqlite3") or _alone()
    except (ImportError, AttributeError, TypeError):  # another Python
        import sqlite3

__all__ = ["sqlite3"]
