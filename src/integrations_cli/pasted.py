"""A key that was pasted where a name belongs: what looks like one is not repeated, not even to say that there is no such file."""

from __future__ import annotations

import os
import re

SECRET_LIKE = re.compile(
    r"(sk|rk|pk)[-_](live|test|ant|proj|or)[-_].+|xox[abp]-.+|SG\..+\..+|whsec_.+|AKIA[A-Z0-9]{12,}|-----BEGIN.*"
    r"|((sk|pk|tk)\.)?eyJ[\w-]+\..+",
    re.DOTALL,
)
"""A text that begins as the keys of a vendor do."""
_WORD = re.compile(r"[A-Za-z]{0,20}[0-9]{0,4}|[0-9]{1,14}")
LONG = 32  # characters from which on a name that is not made of words is taken for a key


def is_like_a_key(name: str) -> bool:
    """True for what begins like a key, and for what is long, has digits, and is neither made of words nor of a name and its ending."""
    if SECRET_LIKE.fullmatch(name):
        return True
    long = len(name) >= LONG and "." not in name and re.search(r"[0-9]", name) is not None
    return long and not all(_WORD.fullmatch(word) for word in re.split(r"[-_ /]", name))


def path(text: object) -> str:
    """The name of a file as it may be shown: `…` for a part that could be a key.

    Of what does not lie here, in the folder where the command was typed, or below it only what begins like a key is left out.
    """
    here = _here()
    typed = str(text)
    begin = here if here and typed.startswith(here) else ""
    below = typed[len(begin) :]
    if not begin and below.startswith(("/", "~")):
        return "/".join("…" if SECRET_LIKE.fullmatch(one) else one for one in typed.split("/"))
    if is_like_a_key(below):  # some have a slash inside
        return f"{begin}…"
    return begin + "/".join("…" if is_like_a_key(one) else one for one in below.split("/"))


def _here() -> str:
    try:
        return os.path.join(os.getcwd(), "")
    except OSError:  # it is gone
        return ""
