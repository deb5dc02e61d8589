"""What a check would send, without sending it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from integrations_cli.masking import Secret
from integrations_cli.provider import Answer, Given, NoAnswer, Provider


@dataclass(frozen=True, slots=True)
class Line:
    """A request that would be sent: no value of a credential is in it."""

    method: str
    host: str
    path: str
    sends: tuple[str, ...]


def explain(definition: Provider, given: Given) -> list[Line]:
    """The request a check begins with; nothing is sent, no name is looked up."""
    shapes = {one.name: Secret(one.stand_in) for one in definition.credentials if one.stand_in and given[one.name]}
    given = {**given, **shapes}
    dry = _Dry(given)
    with suppress(NoAnswer):
        definition.check(dry, given)
    return dry.lines


class _Dry:
    def __init__(self, given: Given) -> None:
        self._given = given
        self.lines: list[Line] = []

    def get(self, url: str, **options: Any) -> Answer:
        return self._note("GET", url, options)

    def post(self, url: str, **options: Any) -> Answer:
        return self._note("POST", url, options)

    def _note(self, method: str, url: str, options: Mapping[str, Any]) -> Answer:
        parsed = urlsplit(url)
        sent = [name for name in self._given if any(_holds(options.get(where), self._given[name]) for where in _WHERE)]
        self.lines.append(Line(method, parsed.netloc, parsed.path, tuple(sent)))
        raise NoAnswer("connect", "nothing was sent")


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
