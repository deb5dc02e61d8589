"""What was written into the database by hand still reads as the type of its column: a damaged row is refused, it never crashes.

SQLite keeps any type in any column. What does not fit reads as empty, so that it opens nothing: every seal covers the real values.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Dialect, Integer, LargeBinary, String
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import TypeDecorator

from integrations_cli.store.forgiving import mapping, number, octets, words


class _Forgiving(TypeDecorator[Any]):
    read: Callable[[Any], Any]

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """From the database: None stays None, the rest goes through `read`."""
        read = type(self).read
        return lambda value: None if value is None else read(value)


class Bytes(_Forgiving):
    """Ids, keys and seals."""

    impl, cache_ok = LargeBinary, True
    read = staticmethod(octets)


class Text(_Forgiving):
    """Words, names and times."""

    impl, cache_ok = String, True
    read = staticmethod(words)


class Number(_Forgiving):
    """Counters, from 0."""

    impl, cache_ok = Integer, True
    read = staticmethod(number)


class Object(_Forgiving):
    """A JSON object."""

    impl, cache_ok = JSON, True
    read = staticmethod(mapping)


def forgiving(plain: TypeEngine[Any]) -> TypeEngine[Any]:
    """The same column type, reading whatever stands there."""
    for kind, own in ((LargeBinary, Bytes), (JSON, Object), (String, Text), (Integer, Number)):
        if isinstance(plain, kind) or isinstance(getattr(plain, "impl", None), kind):
            return own()
    return plain
