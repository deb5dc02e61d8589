"""The YAML of a credentials file as text: every scalar stays as written, tags build nothing, aliases are counted.

Names, merges and repeated names are read as Ruby reads them: what comes later wins, also over what `<<` brought in.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from integrations_cli.errors import Unreadable
from integrations_cli.sources.rails.nodes import Node, bounded, compose
from integrations_cli.sources.showing import shown

_NULL = re.compile(r"|~|null", re.IGNORECASE)
_TEXT, _BINARY = "tag:yaml.org,2002:str", frozenset({"!binary", "tag:yaml.org,2002:binary"})
_AS_IT_STANDS = re.compile(r"!(?:str|ruby/string)(?::.*)?|tag:yaml\.org,2002:str")
_SYMBOL_TAG = re.compile(r"!ruby/sym(?:bol)?:?.*")
_SYMBOL = re.compile(r""":(?:(["'])(?P<quoted>.*)\1.*|(?P<bare>.+))""", re.DOTALL)
_MERGE = "<<"
_Name = tuple[bool, str]
"""True for a symbol. Ruby keeps `:a` and `a` apart until it has read everything; then the one that came up later counts."""


@dataclass
class Document:
    """`tree` holds text (bytes where it is none), lists and dictionaries; keys without Ruby's colon; None is absent."""

    tree: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    seen: int = 0


def read(text: str) -> Document:
    """The document. Raises Unreadable (`bad_yaml`, `too_large`), UsageError (2) without PyYAML; no error repeats a line."""
    document = Document({})
    if text.startswith("\ufeff"):
        document.notes.append("byte_order_mark")  # Rails itself sees only the first key of such a file
        text = text[1:]
    root = compose(text)
    tree = _value(document, root, 0, "") if root is not None else None
    if tree and not isinstance(tree, dict) and not (isinstance(tree, str) and not tree.strip()):
        raise Unreadable(f"a {'list' if isinstance(tree, list) else 'text'} stands where names and values are expected", reason="bad_yaml")
    document.tree = _named(tree) if isinstance(tree, dict) else {}
    return document


def _named(value: Any) -> Any:
    """Without the difference between a symbol and a text."""
    if isinstance(value, dict):
        return {name: _named(below) for (_, name), below in value.items()}
    return [_named(one) for one in value] if isinstance(value, list) else value


def _value(document: Document, node: Node, depth: int, path: str) -> Any:
    node = node.meant()
    document.seen += 1
    bounded(document.seen, depth)
    if node.kind == "scalar":
        return _scalar(node)
    if node.kind == "list":
        return [_value(document, one, depth + 1, path) for one in node.below]
    return _mapping(document, node, depth, path)


def _looked_into(node: Node) -> bool:
    """False where Ruby takes a text as it stands, whatever it looks like."""
    return node.plain if node.tag is None else not _AS_IT_STANDS.fullmatch(node.tag)


def _scalar(node: Node) -> str | bytes | None:
    """Its text; bytes where it is none."""
    if _looked_into(node) and not _SYMBOL_TAG.fullmatch(node.tag or "") and _NULL.fullmatch(node.text):
        return None
    if node.tag in _BINARY:
        try:
            data = base64.b64decode(node.text)
        except (binascii.Error, ValueError):
            return b""
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data
    return node.text


def _mapping(document: Document, node: Node, depth: int, path: str) -> dict[_Name, Any]:
    found: dict[_Name, Any] = {}
    own: set[str] = set()
    for key, below in node.pairs():
        key = key.meant()
        if key.kind != "scalar":
            continue  # a list as a key has no name that we could know
        symbol, name = _name(key)
        value = _value(document, below, depth + 1, f"{path}{name}.")
        merged = _merged(below, value) if name == _MERGE and not symbol and key.tag != _TEXT else None
        if merged is not None:
            found |= merged
            continue
        if name in own:
            document.notes.append(f"duplicate_key {shown(path + name)}")
        own.add(name)
        found[symbol, name] = value
    return found


def _name(key: Node) -> _Name:
    """A symbol is `:name`, `:"name"` or tagged as one."""
    if _SYMBOL_TAG.fullmatch(key.tag or ""):
        return True, key.text
    symbol = _SYMBOL.fullmatch(key.text) if _looked_into(key) else None
    if symbol is None:
        return False, key.text
    return True, symbol["bare"] or symbol["quoted"].removeprefix(":")


def _merged(node: Node, value: Any) -> dict[_Name, Any] | None:
    """What `<<` brings in: a map, or a list of maps whose first counts most; None where Ruby takes it for a name."""
    if isinstance(value, dict):
        return value
    if node.kind != "list" or not all(isinstance(one, dict) for one in value):
        return None
    merged: dict[_Name, Any] = {}
    for one in reversed(value):
        merged |= one
    return merged
