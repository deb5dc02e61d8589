"""What a check would send, without sending it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from integrations_cli.masking import Secret
from integrations_cli.provider import Answer, Given, NoAnswer, Provider

STATUSES = (200, 401, 403, 404)  # after which a check may ask once more


@dataclass(frozen=True, slots=True)
class Line:
    """A request that would be sent: no value of a credential is in it. `always` is False for one that depends on an answer."""

    method: str
    host: str
    path: str
    sends: tuple[str, ...]
    always: bool = True


def explain(definition: Provider, given: Given) -> list[Line]:
    """The request a check begins with; nothing is sent, no name is looked up."""
    return _asked(definition, _shaped(definition, given), ())


def every_request(definition: Provider, given: Given) -> list[Line]:
    """All requests that a check may send: the one it begins with, then those that follow from what is answered. Nothing is sent.

    They are found by playing the vendor: each request is answered in every way that checks look at, and what is asked next is noted.
    """
    given, found = _shaped(definition, given), dict[Line, None]()
    ahead: list[_Script] = [()]
    for script in ahead:
        for line in _asked(definition, given, script)[len(script) :]:
            if (line := replace(line, always=not script)) not in found and replace(line, always=True) not in found:
                found[line] = None
                ahead += [(*script, answer) for answer in _ANSWERS]
    return list(found)


def _shaped(definition: Provider, given: Given) -> Given:
    shapes = {one.name: Secret(one.stand_in) for one in definition.credentials if one.stand_in and given[one.name]}
    return {**given, **shapes}


def _asked(definition: Provider, given: Given, script: "_Script") -> list[Line]:
    """The requests of one run that is answered by the script, and the one after it."""
    dry = _Dry(given, script)
    with suppress(Exception):  # also of a definition that does not expect such an answer: it asks nothing more
        definition.check(dry, given)
    return dry.lines


class _Agreeing(str):
    """A text that is equal to whatever it is compared with."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    def __ne__(self, other: object) -> bool:
        return not self == other


_YES = _Agreeing("answered")
_SAID: tuple[Any, ...] = (_YES, [], True, {}, None)
_ANSWERS = [(status, said, once) for status in STATUSES for said in _SAID for once in (False, True)]
"""Status, what is said wherever one looks, and whether it is said only where one looks first."""
_Script = tuple[tuple[int, Any, bool], ...]


class _Played(Answer):
    """An answer of a vendor that is played."""

    said: Any = None
    once: bool = False

    @property
    def json(self) -> Any:
        return None if self.said is None else {}

    def at(self, path: str) -> Any:
        first = self.__dict__.setdefault("first", path)
        return None if self.once and path != first else self.said

    def tag(self, name: str) -> str | None:
        return self.said if isinstance(self.said, str) else None

    def says(self, *words: str) -> bool:
        return bool(self.said)


class _Dry:
    def __init__(self, given: Given, script: _Script) -> None:
        self._given, self._script = given, script
        self.lines: list[Line] = []

    def get(self, url: str, **options: Any) -> Answer:
        return self._note("GET", url, options)

    def post(self, url: str, **options: Any) -> Answer:
        return self._note("POST", url, options)

    def _note(self, method: str, url: str, options: Mapping[str, Any]) -> Answer:
        parsed = urlsplit(url)
        sent = [name for name in self._given if any(_holds(options.get(where), self._given[name]) for where in _WHERE)]
        self.lines.append(Line(method, parsed.netloc, parsed.path, tuple(sent)))
        if len(self.lines) > len(self._script):
            raise NoAnswer("connect", "nothing was sent")
        status, said, once = self._script[len(self.lines) - 1]
        return _Played(status, said=said, once=once)


_WHERE = ("params", "headers", "bearer", "basic", "aws", "form", "jwt", "json")


def _holds(place: Any, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(place, Mapping):
        return any(_holds(one, value) for one in place.values())
    if isinstance(place, list | tuple):
        return any(_holds(one, value) for one in place)
    if isinstance(value, Secret):
        return place is value or (isinstance(place, str) and (value.reveal() in place or (len(place) > 8 and place in value.reveal())))
    return place is value or (isinstance(value, str) and place == value)
