"""What stands in the place of a value and is none: a placeholder of a sample file, or a reference to where the value is kept."""

from __future__ import annotations

PLACEHOLDERS = frozenset(
    [
        "changeme",
        "change_me",
        "change-me",
        "todo",
        "tbd",
        "placeholder",
        "replace_me",
        "replace-me",
        "dummy",
        "none",
        "null",
        "nil",
        "undefined",
    ]
)
_PLACEHOLDER_SHAPES = r"your[_-].*|.*_here|<.*>|(.)\1{2,}|.*X{6}.*|.*(\.\.\.|…)"
EXAMPLES = frozenset({"AKIAIOSFODNN7" + "EXAMPLE", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"})

_REFERENCES = (
    r"(op|vault|bw|ssm|secretsmanager|gcpsm|keyvault|doppler|infisical)://.*|vault:.*|arn:aws.*|.*\$\{[^}]*\}.*"
    r"|ref\+[a-z0-9]+://.*|@Microsoft\.KeyVault\(.*\)|ENC\[.*\]|encrypted:[A-Za-z0-9+/=]{16,}"  # vals, Azure, sops, dotenvx
    r"|\{\{.*\}\}|%[A-Z_][A-Z0-9_]*%"  # what a template leaves
)
_MAY_REFER = ("vault:", "arn:aws", "@Microsoft.", "ENC[", "encrypted:", "{{", "%")


def is_reference(text: str) -> bool:
    """True for what names a value kept elsewhere: `op://vault/item/field`, `${NAME}`."""
    if not (text.startswith(_MAY_REFER) or "://" in text or "${" in text):
        return False  # as most are: the expression costs more
    import re  # noqa: PLC0415  only where a value is given

    return re.fullmatch(_REFERENCES, text, re.DOTALL) is not None


def is_placeholder(text: str) -> bool:
    """True for what stands in sample files instead of a value: `changeme`, `your_key_here`, `<key>`, `xxxxxx`."""
    if text.lower() in PLACEHOLDERS or text in EXAMPLES:
        return True
    if text.isascii() and not _may_be_a_shape(text.lower()):
        return False
    import re  # noqa: PLC0415  only where a value is given

    found = re.fullmatch(_PLACEHOLDER_SHAPES, text, re.DOTALL | re.IGNORECASE)
    # six X in a row only count as capitals: lower-case runs occur in real keys
    return bool(found) and not (re.fullmatch(r".*x{6}.*", text, re.DOTALL) and not re.search("X{6}", text) and len(set(text)) > 1)


def _may_be_a_shape(small: str) -> bool:
    """False for most values, which need no expression then."""
    ends = small.startswith(("your", "<")) or small.endswith(("_here", "..."))
    return ends or "xxxxxx" in small or small == small[:1] * len(small)
