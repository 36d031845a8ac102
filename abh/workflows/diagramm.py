"""Draws the state diagram of a Verfahren as SVG from its rows, without any library (pure).

Steps are numbered as in the table beside the drawing, which says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from abh.workflows.definition import SAME_STATE, State, Verfahren
from abh.workflows.describe import is_everywhere
from abh.workflows.diagramm_ebenen import NODE_HEIGHT, NODE_WIDTH, Edge, Plan, plan

EVERYWHERE = "offen"
EVERYWHERE_LABEL = "jeder offene Zustand"
MARGIN = 24.0
LINE = 22  # letters that fit into one line of a node
_PLACES = (0.5, 0.36, 0.64, 0.24, 0.76, 0.14, 0.86)
_LABEL_HEIGHT = 17.0

Point = tuple[float, float]


def numbers(verfahren: Verfahren) -> dict[str, int]:
    """Return the number of each step, as drawing and table show it."""
    return {step.key: number for number, step in enumerate(verfahren.steps, start=1)}


def edges(verfahren: Verfahren) -> dict[Edge, list[int]]:
    """Return the numbers of the steps between each two states; steps that stay are loops.

    A step that leaves from nearly everywhere is drawn once, from ``EVERYWHERE``.
    """
    found: dict[Edge, list[int]] = {}
    for number, step in enumerate(verfahren.steps, start=1):
        sources = (EVERYWHERE,) if is_everywhere(step) else step.source
        for source in sources:
            target = source if step.target == SAME_STATE else step.target
            found.setdefault((source, target), []).append(number)
    return found


def svg(verfahren: Verfahren) -> str:
    """Return the drawing; same input, same bytes. Colours come from the page's style sheet."""
    pairs = edges(verfahren)
    everywhere = any(source == EVERYWHERE for source, _ in pairs)
    nodes = [state.key for state in verfahren.states] + ([EVERYWHERE] if everywhere else [])
    where = plan(nodes, [pair for pair in pairs if pair[0] != pair[1]], verfahren.initial)
    # loops and the arrow into the first state stick out
    width, height = where.width + 2 * MARGIN + 40, where.height + 2 * MARGIN
    title = f"Zustände und Schritte: {verfahren.key} {verfahren.name}"
    body = [
        f'<svg class="abh-diagram" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' aria-labelledby="diagramm-titel diagramm-text" width="{width:.0f}"'
        f' height="{height:.0f}" viewBox="{-MARGIN} {-MARGIN} {width:.0f} {height:.0f}">',
        f'<title id="diagramm-titel">{escape(title)}</title>',
        f'<desc id="diagramm-text">{escape(_words(verfahren))}</desc>',
        '<defs><marker id="pfeil" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"'
        ' class="abh-diagram__head"/></marker></defs>',
        *_lines(where, pairs),
        *(_node(state, where.centre[state.key]) for state in verfahren.states),
    ]
    if everywhere:
        body.append(_box(EVERYWHERE_LABEL, where.centre[EVERYWHERE], "abh-diagram__any"))
    x, y = where.centre[verfahren.initial]
    body.append(
        f'<circle class="abh-diagram__start" cx="{x}" cy="{y - NODE_HEIGHT / 2 - 9}" r="6"/>'
    )
    body += _labels(where, pairs)
    return "\n".join([*body, "</svg>"])


def _words(v: Verfahren) -> str:
    ends = ", ".join(state.label for state in v.states if state.terminal)
    first = v.state(v.initial)
    begin = first.label if first else v.initial
    return (
        f"{len(v.states)} Zustände und {len(v.steps)} Schritte. Der Vorgang beginnt als „{begin}“ "
        f"und endet als: {ends}. Die Tabelle der Schritte sagt dasselbe in Worten; die Zahlen an "
        "den Pfeilen sind ihre Nummern."
    )


def _node(state: State, at: Point) -> str:
    kind = "abh-diagram__end" if state.terminal else "abh-diagram__state"
    return _box(state.label, at, f"{kind} abh-diagram--{state.whose_turn.name.lower()}")


def _box(label: str, at: Point, css: str) -> str:
    x, y = at
    lines = _wrapped(label)
    first = y + 4.5 - 7.5 * (len(lines) - 1)
    text = "".join(
        f'<tspan x="{x}" y="{first + 15 * index:.1f}">{escape(line)}</tspan>'
        for index, line in enumerate(lines)
    )
    return (
        f'<g class="{css}"><title>{escape(label)}</title>'
        f'<rect x="{x - NODE_WIDTH / 2:.1f}" y="{y - NODE_HEIGHT / 2:.1f}" width="{NODE_WIDTH:.0f}"'
        f' height="{NODE_HEIGHT:.0f}" rx="8"/><text text-anchor="middle">{text}</text></g>'
    )


def _wrapped(label: str) -> list[str]:
    """Break a label into at most two lines; what does not fit ends with an ellipsis."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > LINE and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [line if len(line) <= LINE + 2 else line[: LINE + 1].rstrip() + "…" for line in lines]


def _ports(where: Plan, pairs: Iterable[Edge]) -> dict[tuple[Edge, int], Point]:
    """Return the points at which each edge leaves (0) and arrives (1), spread along the node."""
    sides: dict[tuple[str, float], list[tuple[float, Edge, int]]] = {}
    for pair in pairs:
        route = where.routes[pair]
        for end, (node, following) in enumerate(((pair[0], route[1]), (pair[1], route[-2]))):
            x, y = where.centre[node]
            side = 1.0 if following[1] > y else -1.0
            # two edges between the same two states keep apart
            slant = following[0] + (0.1 if pair in where.turned else 0.0)
            sides.setdefault((node, side), []).append((slant, pair, end))
    found: dict[tuple[Edge, int], Point] = {}
    for (node, side), members in sides.items():
        x, y = where.centre[node]
        step = min(26.0, (NODE_WIDTH - 24) / max(1, len(members)))
        for place, (_, pair, end) in enumerate(sorted(members)):
            offset = (place - (len(members) - 1) / 2) * step
            found[pair, end] = (round(x + offset, 1), y + side * NODE_HEIGHT / 2)
    return found


def _curve(where: Plan, pair: Edge, ports: Mapping[tuple[Edge, int], Point]) -> list[Point]:
    return [ports[pair, 0], *where.routes[pair][1:-1], ports[pair, 1]]


def _lines(where: Plan, pairs: Mapping[Edge, list[int]]) -> list[str]:
    straight = [pair for pair in pairs if pair[0] != pair[1]]
    ports = _ports(where, straight)
    out = []
    for pair in straight:
        css = "abh-diagram__line" + (" abh-diagram__back" if pair in where.turned else "")
        way = _path(_curve(where, pair, ports))
        out.append(f'<path class="{css}" d="{way}" marker-end="url(#pfeil)"/>')
    for source, target in pairs:
        if source == target:
            x, y = where.centre[source]
            right = x + NODE_WIDTH / 2
            out.append(
                f'<path class="abh-diagram__line" d="M{right:.1f} {y - 10:.1f}c22 -8 22 28 0 20"'
                ' marker-end="url(#pfeil)"/>'
            )
    return out


def _path(points: list[Point]) -> str:
    """A smooth line that leaves and arrives upright, through all points."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
        half = (y2 - y1) / 2
        parts.append(f"C{x1:.1f} {y1 + half:.1f} {x2:.1f} {y2 - half:.1f} {x2:.1f} {y2:.1f}")
    return "".join(parts)


def _along(points: list[Point], share: float) -> Point:
    """Return the point at a share of the way, on the smooth line."""
    at = share * (len(points) - 1)
    index = min(int(at), len(points) - 2)
    t = at - index
    (x1, y1), (x2, y2) = points[index], points[index + 1]
    half = (y2 - y1) / 2
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
    return (
        a * x1 + b * x1 + c * x2 + d * x2,
        a * y1 + b * (y1 + half) + c * (y2 - half) + d * y2,
    )


def _labels(where: Plan, pairs: Mapping[Edge, list[int]]) -> list[str]:
    straight = [pair for pair in pairs if pair[0] != pair[1]]
    ports = _ports(where, straight)
    taken = [
        (x - NODE_WIDTH / 2, y - NODE_HEIGHT / 2, x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2)
        for x, y in where.centre.values()
    ]
    out = []
    for pair, steps in pairs.items():
        text = ", ".join(map(str, steps))
        wide = 7.0 * len(text) + 8
        if pair[0] == pair[1]:
            x, y = where.centre[pair[0]]
            spots = [(x + NODE_WIDTH / 2 + 14 + wide / 2, y)]
        else:
            points = _curve(where, pair, ports)
            spots = [_along(points, share) for share in _PLACES]
        boxes = [_around(spot, wide) for spot in spots]
        free = [n for n, box in enumerate(boxes) if not any(_meet(box, other) for other in taken)]
        chosen = free[0] if free else 0
        taken.append(boxes[chosen])
        (x, y), left = spots[chosen], boxes[chosen]
        out.append(
            f'<g class="abh-diagram__number"><rect x="{left[0]:.1f}" y="{left[1]:.1f}"'
            f' width="{wide:.0f}" height="{_LABEL_HEIGHT:.0f}" rx="5"/>'
            f'<text x="{x:.1f}" y="{y + 4.2:.1f}" text-anchor="middle">{text}</text></g>'
        )
    return out


Box = tuple[float, float, float, float]


def _around(spot: Point, wide: float) -> Box:
    x, y = spot
    return (x - wide / 2, y - _LABEL_HEIGHT / 2, x + wide / 2, y + _LABEL_HEIGHT / 2)


def _meet(one: Box, two: Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
