"""Layers of a state diagram: who stands in which row, in which order, and where (pure).

The usual way to draw a directed graph: turn back edges around, give each node the longest path
from the start as its layer, put dummies where an edge passes a layer, order each layer by the
middle of its neighbours, then move everything towards its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

NODE_WIDTH, NODE_HEIGHT = 172.0, 44.0
DUMMY_WIDTH = 22.0
GAP_X, GAP_Y = 44.0, 74.0
# two directions between the same states keep this far apart on a long way
APART = 14.0
SWEEPS = 12

Edge = tuple[str, str]


@dataclass
class Plan:
    """The drawing plan: centre of every node, and the points an edge passes on its way."""

    centre: dict[str, tuple[float, float]] = field(default_factory=dict)
    routes: dict[Edge, list[tuple[float, float]]] = field(default_factory=dict)
    turned: set[Edge] = field(default_factory=set)
    width: float = 0.0
    height: float = 0.0


def plan(nodes: Sequence[str], edges: Iterable[Edge], start: str) -> Plan:
    """Return where everything stands; the same input gives the same plan.

    ``edges`` without loops; each pair once. ``start`` stands in the first layer.
    """
    wanted = list(dict.fromkeys(edges))
    turned = _back_edges(nodes, wanted, start)
    down = {(b, a) if (a, b) in turned else (a, b): (a, b) for a, b in wanted}
    layer = _layers(nodes, list(down), start)
    rows, chains = _with_dummies(nodes, list(down), layer)
    links = [pair for chain in chains.values() for pair in zip(chain, chain[1:], strict=False)]
    _order(rows, links)
    x = _coordinates(rows, links)
    found = Plan(turned=turned)
    left = min((x[n] - _width(n) / 2 for row in rows for n in row), default=0.0)
    for depth, row in enumerate(rows):
        y = NODE_HEIGHT / 2 + depth * (NODE_HEIGHT + GAP_Y)
        for node in row:
            x[node] -= left
            found.centre[node] = (round(x[node], 1), round(y, 1))
    for pair, chain in chains.items():
        original = down[pair]
        points = [found.centre[node] for node in chain]
        # both directions between two states share a chain; each keeps its own way along it
        found.routes[original] = points[::-1] if original in turned else points
        back = (original[1], original[0])
        if back in wanted and back not in found.routes:
            found.routes[back] = [(x + APART, y) for x, y in found.routes[original][::-1]]
    found.centre = {node: found.centre[node] for node in nodes}
    found.width = max((x[n] + _width(n) / 2 for row in rows for n in row), default=0.0)
    found.height = len(rows) * (NODE_HEIGHT + GAP_Y) - GAP_Y
    return found


def _width(node: str) -> float:
    return DUMMY_WIDTH if node.startswith("·") else NODE_WIDTH


def _back_edges(nodes: Sequence[str], edges: Sequence[Edge], start: str) -> set[Edge]:
    """Return the edges that lead to a node still on the way from the start (depth first)."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        after[source].append(target)
    found: set[Edge] = set()
    done: set[str] = set()
    for root in (start, *nodes):
        if root in done:
            continue
        way, trail = [root], [iter(after[root])]
        while trail:
            following = next(trail[-1], None)
            if following is None:
                trail.pop()
                done.add(way.pop())
            elif following in way:
                found.add((way[-1], following))
            elif following not in done:
                way.append(following)
                trail.append(iter(after[following]))
    return found


def _layers(nodes: Sequence[str], down: Sequence[Edge], start: str) -> dict[str, int]:
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        changed = False
        for source, target in down:
            if layer[target] < layer[source] + 1:
                layer[target] = layer[source] + 1
                changed = True
        if not changed:
            break
    # a node that nothing leads to stands just above what it leads to, not on top of the page
    led = {target for _, target in down}
    for node in nodes:
        following = [layer[target] for source, target in down if source == node]
        if node not in led and node != start and following:
            layer[node] = max(0, min(following) - 1)
    return layer


def _with_dummies(
    nodes: Sequence[str], down: Sequence[Edge], layer: Mapping[str, int]
) -> tuple[list[list[str]], dict[Edge, list[str]]]:
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    chains: dict[Edge, list[str]] = {}
    for number, (source, target) in enumerate(down):
        chain = [source]
        for depth in range(layer[source] + 1, layer[target]):
            dummy = f"·{number}.{depth}"
            rows[depth].append(dummy)
            chain.append(dummy)
        chains[source, target] = [*chain, target]
    return rows, chains


def _neighbours(links: Iterable[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for source, target in links:
        below.setdefault(source, []).append(target)
        above.setdefault(target, []).append(source)
    return above, below


def _order(rows: list[list[str]], links: Sequence[Edge]) -> None:
    above, below = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        near = above if downwards else below
        for index in range(len(rows)) if downwards else reversed(range(len(rows))):
            other = index - 1 if downwards else index + 1
            if not 0 <= other < len(rows):
                continue
            place = {node: float(at) for at, node in enumerate(rows[other])}
            here = {node: float(at) for at, node in enumerate(rows[index])}

            def middle(
                node: str,
                place: Mapping[str, float] = place,
                here: Mapping[str, float] = here,
                near: Mapping[str, list[str]] = near,
            ) -> tuple[float, float]:
                found = [place[n] for n in near.get(node, ()) if n in place]
                return (sum(found) / len(found) if found else here[node], here[node])

            rows[index].sort(key=middle)
        crossed = _crossings(rows, below)
        if crossed < fewest:
            best, fewest = [list(row) for row in rows], crossed
    rows[:] = best


def _crossings(rows: Sequence[Sequence[str]], below: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for upper, lower in zip(rows, rows[1:], strict=False):
        place = {node: at for at, node in enumerate(lower)}
        ends = [place[n] for node in upper for n in sorted(below.get(node, ()), key=place.get)]  # type: ignore[arg-type]
        count += sum(1 for i, one in enumerate(ends) for two in ends[i + 1 :] if one > two)
    return count


def _coordinates(rows: Sequence[Sequence[str]], links: Sequence[Edge]) -> dict[str, float]:
    above, below = _neighbours(links)
    x: dict[str, float] = {}
    for row in rows:
        at = 0.0
        for node in row:
            x[node] = at + _width(node) / 2
            at += _width(node) + GAP_X
        for node in row:
            x[node] -= at / 2
    for sweep in range(SWEEPS * 2):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wished = {
                node: (
                    sum(x[n] for n in near[node]) / len(near[node]) if near.get(node) else x[node]
                )
                for node in row
            }
            _settle(row, wished, x)
    return x


def _settle(row: Sequence[str], wished: Mapping[str, float], x: dict[str, float]) -> None:
    """Move a row to its wishes as far as the order and the widths allow (blocks of equals)."""
    blocks: list[tuple[float, float, list[str], list[float]]] = []
    for node in row:
        # a block: its place, its weight, its nodes and their distances from the first
        weight = 4.0 if node.startswith("·") else 1.0
        block = (wished[node], weight, [node], [0.0])
        while blocks:
            place, before, members, offsets = blocks[-1]
            reach = offsets[-1] + (_width(members[-1]) + _width(block[2][0])) / 2 + GAP_X
            if place + reach <= block[0]:
                break
            blocks.pop()
            total = before + block[1]
            middle = (place * before + (block[0] - reach) * block[1]) / total
            joined = [*offsets, *(reach + offset for offset in block[3])]
            block = (middle, total, [*members, *block[2]], joined)
        blocks.append(block)
    for place, _weight, members, offsets in blocks:
        for node, offset in zip(members, offsets, strict=True):
            x[node] = place + offset
