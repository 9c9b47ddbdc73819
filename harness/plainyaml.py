"""YAML as far as settings need it: texts, numbers, truth values, lists and mappings.

Dates and times are texts. What a file may hold is bounded, so that reading one ends soon whatever is in it: its size,
how deep it is nested, and how much it grows to when its aliases are followed. A key that is there twice is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode

DEEPEST = 40
"""Levels that lists and mappings may be nested in each other."""
MOST_VALUES = 10_000
"""Values of a file, also with its aliases followed; the files that come with the project have up to 150."""
BITS = 64
LONGEST_NUMBER, SHOWN = 100, 60
"""Characters of a number, and of a faulty text in an error."""
TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """PyYAML's, with these bounds."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        start = event.start_mark
        self._depth += 1
        if self._depth > DEEPEST:
            raise _error(f"nested more than {DEEPEST} levels deep", start)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if not isinstance(event, yaml.AliasEvent):
            self._sizes[id(node)] = self._size(node)
            if len(self._sizes) > MOST_VALUES:
                raise _error(f"more than {MOST_VALUES:,} values", start)
        elif id(node) not in self._sizes:
            raise _error("an alias stands within what it stands for", start)
        return node

    def _size(self, node: Node | None) -> int:
        """Values in a node whose parts are composed already."""
        if node is None or isinstance(node, ScalarNode):
            return 1
        parts = node.value
        if isinstance(node, MappingNode):
            _refuse_twice(node)
            parts = [part for pair in node.value for part in pair]
        size = 1 + sum(self._sizes[id(part)] for part in parts)
        if size > MOST_VALUES:
            raise _error(f"more than {MOST_VALUES:,} values, aliases followed", node.start_mark)
        return size


def load(text: str) -> Any:
    """What the text holds. Raises `yaml.YAMLError`, and nothing else."""
    return yaml.load(text, _Loader)


def _refuse_twice(node: MappingNode) -> None:
    seen: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if isinstance(key, ScalarNode):
            first = seen.setdefault((key.tag, key.value), key.start_mark.index)
            if first != key.start_mark.index:
                raise _error(f"the key {key.value[:SHOWN]!r} is there twice", key.start_mark)


def _refuse_tag(loader: _Loader, node: Node) -> Any:
    raise _error(f"values of the tag {node.tag!r} are not used here; leave the tag out", node.start_mark)


def _error(problem: str, mark: yaml.Mark) -> ConstructorError:
    return ConstructorError(None, None, problem, mark)


def _scalar(read: Callable[[_Loader, Any], Any], kind: str) -> Callable[[_Loader, Node], Any]:
    """PyYAML's reader of a scalar, which raises almost anything where a tag is of another kind than its text."""

    def construct(loader: _Loader, node: Node) -> Any:
        if len(node.value) > LONGEST_NUMBER:
            raise _error(f"{kind} of {len(node.value):,} characters", node.start_mark)
        try:
            value = read(loader, node)
        except (ValueError, KeyError, IndexError, OverflowError) as error:
            raise _error(f"{str(node.value)[:SHOWN]!r} is not {kind}", node.start_mark) from error
        if isinstance(value, int) and value.bit_length() >= BITS:
            raise _error(f"a number of more than {BITS} bits", node.start_mark)
        return value

    return construct


_Loader.yaml_constructors = {
    f"{TAG}null": yaml.SafeLoader.construct_yaml_null,
    f"{TAG}bool": _scalar(yaml.SafeLoader.construct_yaml_bool, "a truth value"),
    f"{TAG}int": _scalar(yaml.SafeLoader.construct_yaml_int, "a whole number"),
    f"{TAG}float": _scalar(yaml.SafeLoader.construct_yaml_float, "a number"),
    f"{TAG}str": yaml.SafeLoader.construct_yaml_str,
    f"{TAG}seq": yaml.SafeLoader.construct_yaml_seq,
    f"{TAG}map": yaml.SafeLoader.construct_yaml_map,
    None: _refuse_tag,
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != f"{TAG}timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
