"""Many values of one credential at once: whether each is simply taken. Asking each by itself takes seven times as long.

A property test holds it against `Field.accept_credential`.
"""

import re
from collections.abc import Sequence

from integrations_cli.provider.field import Field
from integrations_cli.provider.placeholder import EXAMPLES, PLACEHOLDERS

# among lines in small letters: what may be a placeholder or a mask, and what may be a reference
_SHAPES = ("\nyour", "\n<", "_here\n", "...\n", "xxxxxx", "\nx", "***")
_REFERENCES = ("://", "${", "\nvault:", "\narn:", "\nenc[", "\nencrypted:", "\n{{", "\n%", "\n@")
_ONE_LETTER = re.compile(r"^(.)\1*$", re.MULTILINE)


def all_taken(field: Field, texts: Sequence[str]) -> bool:
    """True if `accept_credential` takes each of these as it stands; False also where somebody has to look closer."""
    if field.multiline or field.aliases or field.type != "string" or (field.choices and not field.open):
        return False
    lines = "\n".join(texts)
    joined = lines.replace("\n", "")
    if not (all(texts) and lines.count("\n") == len(texts) - 1 and joined.isascii() and joined.isprintable() and " " not in joined):
        return False
    small = f"\n{lines.lower()}\n"
    if any(shape in small for shape in (*_SHAPES, *_REFERENCES)) or _ONE_LETTER.search(small, 1, len(small) - 1):
        return False
    return PLACEHOLDERS.isdisjoint(small.split("\n")) and EXAMPLES.isdisjoint(texts) and field.fits_all(texts)
