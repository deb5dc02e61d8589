"""`datetime` as its machinery in C gives it: before Python 3.12 the module of that name takes a tenth of a `list` to import.

The classes are the same ones; where that machinery is not there, `datetime` itself is taken.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import UTC, date, datetime, timedelta
else:
    try:
        from _datetime import UTC, date, datetime, timedelta
    except ImportError:  # another Python
        from datetime import UTC, date, datetime, timedelta

__all__ = ["UTC", "date", "datetime", "timedelta"]
