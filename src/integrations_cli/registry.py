"""The catalogue: names() imports no provider, get(name) imports one, all() imports every one.

Third-party providers come by entry point (group `integrations_cli.providers`, the entry's name is the provider's name) and are off
until the configuration allows them by name. One with the name of a built-in provider is never used.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from integrations_cli.errors import NotFound
from integrations_cli.provider import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_allowed: tuple[str, ...] = ()
_FOLDER = Path(__file__).parent / "providers"


@cache
def built_in() -> tuple[str, ...]:
    """Our own providers: every name is its file's name; sorted; nothing is imported."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.py") if not file.stem.startswith("_")))


def allow(chosen: Sequence[str]) -> None:
    """Let these third-party providers in: what `[providers] allow` of the configuration says, and nothing else."""
    global _allowed
    if tuple(chosen) != _allowed:
        _allowed = tuple(chosen)
        _plug_ins.cache_clear()
        _load.cache_clear()


def names() -> tuple[str, ...]:
    """Every provider's name, sorted; nothing is imported."""
    return tuple(sorted({*built_in(), *_plug_ins()})) if _allowed else built_in()


def get(name: str) -> Provider:
    """The definition called `name`, `category/name`, an alias, or any of them in capitals; raises NotFound (3) with the nearest name."""
    wanted = name.strip().lower().replace("-", "_")
    category, _, last = wanted.rpartition("/")
    found = _load(last) if last in names() else _by_alias(last) or _missing(name)
    if category and category != found.category:
        raise NotFound(f"{found.name} is not in the category {category}", None, f"integrations providers show {found.name}")
    return found


def all() -> Iterator[Provider]:
    """Every definition, by name; a plug-in that cannot be used is left out."""
    for name in names():
        if name in built_in():
            yield _load(name)
        else:
            with suppress(NotFound):
                yield _load(name)


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


@cache
def _load(name: str) -> Provider:
    if name in built_in():
        return cast(Provider, import_module(f"integrations_cli.providers.{name}").provider)
    return _plug_in(name)


@cache
def _plug_ins() -> "Mapping[str, EntryPoint]":
    from importlib.metadata import entry_points  # noqa: PLC0415  only where plug-ins are allowed

    found = {one.name: one for one in entry_points(group="integrations_cli.providers")}
    return {name: found[name] for name in _allowed if name in found and name not in built_in()}


def _plug_in(name: str) -> Provider:
    """A third-party definition, if it can be loaded and is sound. Raises NotFound (3)."""
    from integrations_cli.provider.lint import problems  # noqa: PLC0415  only for plug-ins

    try:
        found = _plug_ins()[name].load()
        found = getattr(found, "provider", found)
        wrong = problems(found, name)
    except (Exception, SystemExit) as error:  # somebody else's code; its text may hold anything
        wrong = [f"{type(error).__name__} while it was loaded"]
    if wrong:
        raise NotFound(f"the plug-in {name} cannot be used", wrong[0], "integrations providers check FILE")
    return cast(Provider, found)


def _by_alias(name: str) -> Provider | None:
    return next((one for one in all() if name in one.aliases), None)


def _missing(name: str) -> Provider:
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    from integrations_cli.masking import safe  # noqa: PLC0415

    near = get_close_matches(name.lower(), names(), 1)
    told = safe(name, 24) if len(name) <= 24 and name.replace("_", "").replace("-", "").replace("/", "").isalnum() else "that name"
    why = f"the closest name is {near[0]}" if near else None
    raise NotFound(f"there is no provider called {told}", why, "integrations providers list")
