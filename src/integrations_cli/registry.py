"""The catalogue: names() imports no provider, get(name) imports one, all() imports every one."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from integrations_cli.errors import NotFound
from integrations_cli.provider import Provider

_FOLDER = Path(__file__).parent / "providers"


@cache
def names() -> tuple[str, ...]:
    """Every provider's name, which is its file's name; sorted; nothing is imported."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.py") if not file.stem.startswith("_")))


def get(name: str) -> Provider:
    """The definition called `name`, `category/name`, an alias, or any of them in capitals; raises NotFound (3) with the nearest name."""
    wanted = name.strip().lower().replace("-", "_")
    category, _, last = wanted.rpartition("/")
    found = _load(last) if last in names() else _by_alias(last) or _missing(name)
    if category and category != found.category:
        raise NotFound(f"{found.name} is not in the category {category}", None, f"integrations providers show {found.name}")
    return found


def all() -> Iterator[Provider]:
    """Every definition, by name."""
    return (_load(name) for name in names())


def _load(name: str) -> Provider:
    return cast(Provider, import_module(f"integrations_cli.providers.{name}").provider)


def _by_alias(name: str) -> Provider | None:
    return next((one for one in all() if name in one.aliases), None)


def _missing(name: str) -> Provider:
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    from integrations_cli.masking import safe  # noqa: PLC0415

    near = get_close_matches(name.lower(), names(), 1)
    told = safe(name, 24) if len(name) <= 24 and name.replace("_", "").replace("-", "").replace("/", "").isalnum() else "that name"
    why = f"the closest name is {near[0]}" if near else None
    raise NotFound(f"there is no provider called {told}", why, "integrations providers list")
