"""The YAML of a credentials file as text: every scalar stays as written, tags build nothing, aliases are counted."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from integrations_cli.errors import Unreadable, UsageError

MOST_NODES, DEEPEST = 10_000, 20
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BINARY = frozenset({"!binary", "tag:yaml.org,2002:binary"})
_MERGE = "<<"


@dataclass
class Document:
    """`tree` holds text, lists and dictionaries; keys without Ruby's colon; absent values are left out."""

    tree: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    seen: int = 0


def read(text: str) -> Document:
    """The document. Raises Unreadable (`bad_yaml`, `too_large`), UsageError (2) without PyYAML; no error repeats a line."""
    try:
        import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  the extra `rails`
    except ImportError:
        raise UsageError("credentials files of Rails need PyYAML", None, "pip install 'integrations-cli[rails]'") from None

    class Loader(yaml.BaseLoader):  # type: ignore[misc]
        """Stops before a hostile document grows: the parser keeps a list, only composing goes deep."""

        nodes = depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.nodes, self.depth = self.nodes + 1, self.depth + 1
            _bounded(self.nodes, self.depth)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    document = Document({})
    if text.startswith("\ufeff"):
        document.notes.append("byte_order_mark")  # Rails itself sees only the first key of such a file
        text = text[1:]
    try:
        loader = Loader(text)
        node = loader.get_node() if loader.check_node() else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else None
        raise Unreadable("not valid YAML", where, reason="bad_yaml") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable("not valid YAML", reason="bad_yaml") from None
    tree = _value(document, node, 0, "") if node is not None else None
    if tree is not None and not isinstance(tree, dict):
        raise Unreadable(f"a {'list' if isinstance(tree, list) else 'text'} stands where names and values are expected", reason="bad_yaml")
    document.tree = tree or {}
    return document


def _bounded(nodes: int, depth: int) -> None:
    if nodes > MOST_NODES:
        raise Unreadable(f"more than {MOST_NODES:,} values, aliases counted", reason="too_large")
    if depth > DEEPEST:
        raise Unreadable(f"nested more than {DEEPEST} levels deep", reason="too_large")


def _value(document: Document, node: Any, depth: int, path: str) -> Any:
    document.seen += 1
    _bounded(document.seen, depth)
    if node.id == "scalar":
        return _scalar(node)
    if node.id == "sequence":
        return [_value(document, one, depth + 1, path) for one in node.value]
    return _mapping(document, node, depth, path)


def _scalar(node: Any) -> str | None:
    if node.style is None and node.value in _NULLS:
        return None
    if node.tag in _BINARY:
        try:
            return base64.b64decode(node.value).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
    return str(node.value)


def _mapping(document: Document, node: Any, depth: int, path: str) -> dict[str, Any]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, below in node.value:
        if key.id != "scalar":
            continue  # a list as a key has no name that we could know
        if key.value == _MERGE and key.style is None:
            found = _value(document, below, depth + 1, path)
            for one in reversed(found) if isinstance(found, list) else [found]:
                merged |= one if isinstance(one, dict) else {}
            continue
        name = key.value.removeprefix(":")
        place = f"{path}{name}"
        if name in own:
            document.notes.append(f"duplicate_key {place}")
        own[name] = _value(document, below, depth + 1, f"{place}.")
    return merged | own
