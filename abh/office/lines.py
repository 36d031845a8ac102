"""Where a value stands in a YAML file, so that every fault names its line."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from abh.configfiles import SafeLoader

Path = tuple[str | int, ...]


class Lines:
    """Maps a path of keys and indexes to the line on which it stands (counted from 1)."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=SafeLoader)

    def of(self, path: Sequence[str | int]) -> int:
        """Return the line of ``path``; for a missing key that of its nearest parent."""
        node = self._root
        line = 1 if node is None else node.start_mark.line + 1
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    return None


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as people read it: ``desks[3].unit``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "(Datei)"
