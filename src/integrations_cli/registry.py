"""The catalogue: names() imports no provider, get(name) imports one, all() imports every one.

Third-party providers come by entry point (group `integrations_cli.providers`, the entry's name is the provider's name) and are off
until the configuration allows them by name. One with the name of a built-in provider is never used.

outline(name) is what a listing needs of a definition; for a built-in provider it imports none.
"""

from __future__ import annotations

import os
import sys

from integrations_cli.errors import NotFound
from integrations_cli.outlines import OUTLINES
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from importlib.metadata import EntryPoint

    from integrations_cli.provider import Provider

_allowed: tuple[str, ...] = ()
_FOLDER = os.path.join(os.path.dirname(__file__), "providers")


class Outline(Record):
    """A definition as listings need it: credentials as (name, required) in order, and the fields that have to be filled in."""

    category: str
    title: str
    credentials: tuple[tuple[str, bool], ...]
    needs: tuple[str, ...]

    def missing(self, names: Collection[str]) -> tuple[str, ...]:
        """The required credentials and settings that are not among `names`; as `Provider.missing`."""
        return tuple(name for name in self.needs if name not in names)


_built_in: tuple[str, ...] = ()
_loaded: dict[str, Provider] = {}
_outlines: dict[str, Outline | None] = {}


def built_in() -> tuple[str, ...]:
    """Our own providers: every name is its file's name; sorted; nothing is imported."""
    global _built_in
    _built_in = _built_in or tuple(sorted(name[:-3] for name in os.listdir(_FOLDER) if name.endswith(".py") and not name.startswith("_")))
    return _built_in


def allow(chosen: Sequence[str]) -> None:
    """Let these third-party providers in: what `[providers] allow` of the configuration says, and nothing else."""
    global _allowed, _found
    if tuple(chosen) != _allowed:
        _allowed, _found = tuple(chosen), None
        _loaded.clear()
        _outlines.clear()


def names() -> tuple[str, ...]:
    """Every provider's name, sorted; nothing is imported."""
    return tuple(sorted({*built_in(), *_plug_ins()})) if _allowed else built_in()


def get(name: str) -> Provider:
    """The definition called `name`, `category/name`, an alias, or any of them in capitals; raises NotFound (3) with the nearest name."""
    if name in _loaded:
        return _loaded[name]  # as nearly always where there are many
    wanted = name.strip().lower().replace("-", "_")
    category, _, last = wanted.rpartition("/")
    found = _load(last) if last in names() else _by_alias(last) or _missing(name)
    if category and category != found.category:
        raise NotFound(
            f"{found.name} is not in the category {category}",
            f"its category is {found.category}",
            f"integrations providers show {found.name}",
        )
    return found


def outline(name: str) -> Outline | None:
    """The outline of the provider with exactly this name; None for one that we do not know."""
    if name not in _outlines:
        _outlines[name] = Outline(*OUTLINES[name]) if name in OUTLINES else _of_plug_in(name)
    return _outlines[name]


def _of_plug_in(name: str) -> Outline | None:
    try:
        return outlined(_load(name)) if name in names() else None
    except NotFound:
        return None


def outlined(definition: Provider) -> Outline:
    """What `outlines.py` holds of a definition: generated from it, compared by a test."""
    return Outline(
        definition.category, definition.title, tuple((one.name, one.required) for one in definition.credentials), definition.missing(set())
    )


def all() -> Iterator[Provider]:
    """Every definition, by name; a plug-in that cannot be used is left out."""
    for name in names():
        if name in built_in():
            yield _load(name)
        else:
            try:
                yield _load(name)
            except NotFound:
                continue


def faults() -> dict[str, str]:
    """Why plug-ins that are allowed cannot be used, by name."""
    found = {}
    for name in _allowed:
        if name in built_in():
            found[name] = "a built-in provider has this name"
        elif name not in _plug_ins():
            found[name] = "no installed package brings it"
        else:
            try:
                _load(name)
            except NotFound as error:
                found[name] = error.why or error.what
    return found


def _load(name: str) -> Provider:
    if name not in _loaded:
        module = f"integrations_cli.providers.{name}"
        if name in built_in():
            __import__(module)  # importlib itself costs more
        _loaded[name] = sys.modules[module].provider if name in built_in() else _plug_in(name)
    return _loaded[name]


_found: Mapping[str, EntryPoint] | None = None


def _plug_ins() -> Mapping[str, EntryPoint]:
    global _found
    if _found is None:
        from importlib.metadata import entry_points  # noqa: PLC0415  only where plug-ins are allowed

        there = {one.name: one for one in entry_points(group="integrations_cli.providers")}
        _found = {name: there[name] for name in _allowed if name in there and name not in built_in()}
    return _found


def _plug_in(name: str) -> Provider:
    """A third-party definition, if it can be loaded and is sound. Raises NotFound (3)."""
    from integrations_cli.provider.lint import problems  # noqa: PLC0415  only for plug-ins

    try:
        loaded = _plug_ins()[name].load()
        found: Provider = getattr(loaded, "provider", loaded)
        wrong = problems(found, name)
    except (Exception, SystemExit) as error:  # somebody else's code; its text may hold anything
        wrong = [f"{type(error).__name__} while it was loaded"]
    if wrong:
        raise NotFound(f"the plug-in {name} cannot be used", wrong[0], "integrations providers check FILE")
    return found


def _by_alias(name: str) -> Provider | None:
    return next((one for one in all() if name in one.aliases), None)


def _missing(name: str) -> Provider:
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    from integrations_cli.masking import safe  # noqa: PLC0415

    near = get_close_matches(name.lower(), names(), 1, 0.7)
    told = safe(name, 24) if len(name) <= 24 and name.replace("_", "").replace("-", "").replace("/", "").isalnum() else None
    why = f"the closest name is {near[0]}" if near else "the catalogue has no name like it"
    error = NotFound(f"there is no provider {f'called {told}' if told else 'of that name'}", why, "integrations providers list")
    error.instead = {name: near[0]} if near else {}
    raise error
