"""Names out of a source, as they may be shown: what does not look like a name could be a value in its place."""

import re

from integrations_cli import registry
from integrations_cli.masking import safe
from integrations_cli.pasted import SECRET_LIKE

_NAME = re.compile(r"[A-Za-z][a-z0-9]{0,15}(_[a-z0-9]{1,12}){0,5}|[A-Z][A-Z0-9]{0,15}(_[A-Z0-9]{1,12}){0,5}")


def shown(text: str) -> str:
    """A name, or names with points between; `…` for a piece that does not look like one."""
    return ".".join(one if _NAME.fullmatch(one) else "…" for one in text.split("."))


def fields() -> frozenset[str]:
    """The names of the fields of every provider: these need no look."""
    return frozenset(one.name for definition in registry.all() for one in definition.fields)


def website(text: str) -> str:
    """The name of a website that is not here, as it may be shown: the wrong column could stand in its place."""
    long = any(len(one) >= 16 and re.search(r"[0-9]", one) for one in re.split(r"[.-]", text))
    return "…" if long or SECRET_LIKE.fullmatch(text) or len(text) > 253 else safe(text)
