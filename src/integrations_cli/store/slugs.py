"""What a website may be called."""

import re

from integrations_cli.errors import BadValue

STORE = "store"  # what the store's own chain is called
EVERY = "all"  # what stands for all websites
_TAKEN = {STORE: "what the store's own part of the audit log is called", EVERY: "what stands for all websites"}
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_slug(text: str) -> bool:
    """True for what a website may be called."""
    return _SLUG.fullmatch(text) is not None and text not in _TAKEN


def must_be_slug(slug: str) -> None:
    """Raises BadValue (2) for what no website may be called."""
    if slug in _TAKEN:
        raise BadValue("slug", f"{slug} is {_TAKEN[slug]}")
    if not is_slug(slug):
        raise BadValue("slug", "1 to 63 of a-z, 0-9 and -, such as acme or casa-sol")
