"""The first document of a YAML text as nodes; nothing is built. By libyaml, the parser of Ruby itself, where PyYAML brings it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from integrations_cli.errors import Unreadable, UsageError

MOST_NODES, DEEPEST = 10_000, 20


@dataclass(slots=True)
class Node:
    """`kind` is scalar, list, map or alias. `plain`: without quotes. `below` are elements; keys and values by turns; or what is meant."""

    kind: str
    text: str = ""
    tag: str | None = None
    plain: bool = False
    below: "list[Node]" = field(default_factory=list)

    def pairs(self) -> "Iterator[tuple[Node, Node]]":
        """Keys and values of a map."""
        return zip(self.below[::2], self.below[1::2], strict=True)

    def meant(self) -> "Node":
        """Itself, or what the alias stands for."""
        return self.below[0].meant() if self.kind == "alias" else self


def compose(text: str) -> Node | None:
    """The root; None for an empty text. Raises Unreadable (`bad_yaml`, `too_large`), UsageError (2) without PyYAML."""
    try:
        import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  the extra `rails`
    except ImportError:
        raise UsageError("YAML cannot be read without PyYAML", None, "pip install 'integrations-cli[rails]'") from None

    try:
        return _root(yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)), yaml)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else None
        raise Unreadable("not valid YAML", where, reason="bad_yaml") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable("not valid YAML", reason="bad_yaml") from None


def bounded(nodes: int, depth: int) -> None:
    """Raises Unreadable (`too_large`)."""
    if nodes > MOST_NODES:
        raise Unreadable(f"more than {MOST_NODES:,} values, aliases counted", reason="too_large")
    if depth > DEEPEST:
        raise Unreadable(f"nested more than {DEEPEST} levels deep", reason="too_large")


def _root(events: Iterator[Any], yaml: Any) -> Node | None:
    """Stops before a hostile document grows."""
    anchors: dict[str, Node] = {}
    root = Node("list")
    open_ones, seen = [root], 0
    for event in events:
        if isinstance(event, yaml.DocumentEndEvent):
            break
        if isinstance(event, yaml.CollectionEndEvent):
            open_ones.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, anchors, yaml)
            open_ones[-1].below.append(node)
            if isinstance(event, yaml.CollectionStartEvent):
                open_ones.append(node)
            seen += 1
            bounded(seen, len(open_ones) - 1)
    return root.below[0] if root.below else None


def _node(event: Any, anchors: dict[str, Node], yaml: Any) -> Node:
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise Unreadable("not valid YAML", "an alias without its anchor", reason="bad_yaml")
        return Node("alias", below=[anchors[event.anchor]])
    if isinstance(event, yaml.ScalarEvent):
        node = Node("scalar", event.value, event.tag, plain=not event.style)
    else:
        node = Node("map" if isinstance(event, yaml.MappingStartEvent) else "list", tag=event.tag)
    if event.anchor is not None:
        anchors[event.anchor] = node  # the latest counts, as in Ruby
    return node
