"""Frozen records for what every command imports: `dataclasses` alone costs more than a whole `list`."""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would be half of a `list`
if TYPE_CHECKING:
    from functools import cached_property
    from typing import Any, Self, dataclass_transform

    once = cached_property
else:

    def dataclass_transform(**_):
        return lambda one: one

    class once:
        """`functools.cached_property`, without the rest of `functools`."""

        def __init__(self, function):
            self._function, self.__doc__ = function, function.__doc__

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self._function.__name__] = self._function(instance)
            return value


class _Fields:
    """What `dataclasses.replace`, `fields` and `asdict` look for; made when one of them first does: it takes a millisecond."""

    def __init__(self) -> None:
        self._made: dict[type[Record], dict[str, Any]] = {}

    def __get__(self, instance: object, owner: type[Record]) -> dict[str, Any]:
        if owner not in self._made:
            from dataclasses import make_dataclass  # noqa: PLC0415  whoever asks has imported it

            self._made[owner] = make_dataclass(owner.__name__, owner._names).__dataclass_fields__  # type: ignore[attr-defined]
        return self._made[owner]


@dataclass_transform(frozen_default=True)
class Record:
    """A class whose annotations are its fields, in that order; those with a value in the class have it as their default.

    Equal to another of its class with equal fields, never changed after it was made. Names in `hidden` stay out of `repr`.
    """

    _names: tuple[str, ...] = ()
    _defaults: dict[str, Any] = {}  # noqa: RUF012  made anew for each class, changed by none
    _known: frozenset[str] = frozenset()
    _hidden: frozenset[str] = frozenset()

    __dataclass_fields__ = _Fields()

    def __init_subclass__(cls, hidden: tuple[str, ...] = ()) -> None:
        own = [name for name in cls.__annotations__ if name not in cls._names]
        cls._names = (*cls._names, *own)  # behind those of the class that is refined
        cls._known = frozenset(cls._names)
        cls._defaults = cls._defaults | {name: cls.__dict__[name] for name in cls._names if name in cls.__dict__}
        cls._hidden = cls._hidden | frozenset(hidden)

    if not TYPE_CHECKING:

        def __init__(self, *values, **named):
            own = self.__dict__
            own.update(self._defaults)
            own.update(zip(self._names, values, strict=False))
            own.update(named)
            if own.keys() != self._known or len(values) > len(self._names):
                raise TypeError(f"{type(self).__name__} takes {', '.join(self._names)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is never changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is never changed")

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Record) and type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple[object, ...]:
        """Those of the fields; what was worked out `once` stands beside them."""
        return tuple([self.__dict__[name] for name in self._names])

    def __repr__(self) -> str:
        shown = (f"{name}={self.__dict__[name]!r}" for name in self._names if name not in self._hidden)
        return f"{type(self).__name__}({', '.join(shown)})"

    def but(self, **changed: Any) -> Self:
        """The same with other values in these fields, as `dataclasses.replace` gives it."""
        return type(self)(**{**dict(zip(self._names, self._values(), strict=True)), **changed})
