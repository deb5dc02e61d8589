"""What a website may be called."""

import re

from integrations_cli.errors import BadValue
from integrations_cli.pasted import is_like_a_key

STORE = "store"  # what the store's own chain is called
EVERY = "all"  # what stands for all websites
SHORT = 24  # characters of what may be repeated
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
        error, near = BadValue("slug", "1 to 63 of a-z, 0-9 and -, such as acme or casa-sol"), _nearest(slug)
        error.instead = {slug: near} if near else {}
        raise error


def _nearest(text: str) -> str | None:
    """`Acme Realty` as `acme-realty`; None where nothing is left, and for what could be a key."""
    from unicodedata import normalize  # noqa: PLC0415  only after a mistake

    plain = "".join(one for one in normalize("NFKD", text.lower()) if ord(one) not in range(0x300, 0x370))  # without accents
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return found if is_slug(found) and len(found) <= SHORT and not is_like_a_key(text) else None
