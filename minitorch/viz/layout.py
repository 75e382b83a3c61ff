"""Places for the boxes of a directed graph, and ways for its edges: a layered drawing.

The method is Sugiyama's, Tagawa's and Toda's (1981), in four steps:

1. *layers*: a box stands one layer above the highest of its users, so every edge points downwards (``_layers``);
2. *long edges* get a bend in every layer that they pass. All edges that leave one box share their bends: it is one
   value that goes to several users (``_with_bends``);
3. *order within layers*: each layer is sorted by the mean place of its neighbours in the layer above, then below, again
   and again; the order with the fewest crossings is kept (``_ordered``);
4. *coordinates*: each layer is moved as near to the neighbours' mean as the widths of its boxes allow. This is a
   least-squares problem with an order to keep, which pooling adjacent violators solves (``_as_near_as_possible``).

A bend takes up room in its layer like a thin box, from the top of the layer to its bottom. So edges cross layers only
where there is no box, and never run through one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

BESIDE = 22.0  # between boxes of a layer
BETWEEN = 34.0  # from a layer to the next
_BEND = 4.0  # width of a bend
_SWEEPS = 12
_STIFF = 4.0  # what a bend counts against a box that pushes it aside

Point = tuple[float, float]


class Box(NamedTuple):
    """Where a box lies."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """A box for each size, a way for each edge, and the size of the whole."""

    boxes: list[Box]
    ways: list[list[Point]]
    width: float
    height: float


def layered(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Place boxes of these sizes so that each edge ``(from, to)`` points downwards. There must be no cycle."""
    if not sizes:
        return Layout([], [], 0.0, 0.0)
    layer = _layers(len(sizes), edges)
    layer, pieces, routes = _with_bends(layer, edges)
    widths = [width for width, _ in sizes] + [_BEND] * (len(layer) - len(sizes))
    rows = _ordered(layer, pieces)
    centres = _centres(rows, pieces, widths, _pulls(len(sizes), edges))
    left = min(centre - width / 2 for centre, width in zip(centres, widths))
    centres = [centre - left for centre in centres]
    tops, heights = _bands(rows, sizes)
    boxes = [
        Box(centre - width / 2, tops[at] + (heights[at] - height) / 2, width, height)
        for (width, height), centre, at in zip(sizes, centres, layer)
    ]
    ways = _ways(boxes, routes, centres, layer, tops, heights)
    return Layout(boxes, ways, max(c + w / 2 for c, w in zip(centres, widths)), tops[-1] + heights[-1])


# ---- layers and bends -----------------------------------------------------------------------------------------------


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box, 0 at the top: as low as its users allow, the last users at the bottom."""
    inputs: list[list[int]] = [[] for _ in range(count)]
    users_left = [0] * count
    for source, target in edges:
        inputs[target].append(source)
        users_left[source] += 1
    above = [0] * count  # the bottom
    ready = [box for box in range(count) if not users_left[box]]
    done = 0
    while ready:
        box = ready.pop()
        done += 1
        for source in inputs[box]:
            above[source] = max(above[source], above[box] + 1)
            users_left[source] -= 1
            if not users_left[source]:
                ready.append(source)
    if done < count:
        raise ValueError("a graph with a cycle has no layers")
    top = max(above)
    return [top - height for height in above]


def _with_bends(
    layer: list[int], edges: Sequence[tuple[int, int]]
) -> tuple[list[int], list[tuple[int, int]], list[list[int]]]:
    """Layers with a bend for each that an edge passes, the pieces from one layer to the next, and each edge's stops."""
    layer = list(layer)
    bends: dict[tuple[int, int], int] = {}  # source and layer: one for all edges of the source
    pieces: dict[tuple[int, int], None] = {}
    routes = []
    for source, target in edges:
        route = [source]
        for between in range(layer[source] + 1, layer[target]):
            bend = bends.get((source, between))
            if bend is None:
                bend = bends[source, between] = len(layer)
                layer.append(between)
            pieces[route[-1], bend] = None
            route.append(bend)
        pieces[route[-1], target] = None
        routes.append([*route, target])
    return layer, list(pieces), routes


# ---- order within layers --------------------------------------------------------------------------------------------


def _neighbours(count: int, pieces: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in pieces:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _ordered(layer: Sequence[int], pieces: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The boxes and bends of each layer from left to right."""
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for item, at in enumerate(layer):
        rows[at].append(item)
    above, below = _neighbours(len(layer), pieces)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        for at in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
            place = {item: index for index, item in enumerate(rows[at - 1 if downwards else at + 1])}
            own = {item: index for index, item in enumerate(rows[at])}
            rows[at].sort(key=lambda item: _mean([place[n] for n in neighbours[item]], own[item]))
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> int:
    """How many pairs of pieces cross: inversions among the lower ends, the upper ends being in order."""
    crossings = 0
    for upper, lower in zip(rows, rows[1:]):
        place = {item: index for index, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(place[n] for n in below[item])
            crossings += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings


# ---- coordinates ----------------------------------------------------------------------------------------------------


def _centres(
    rows: Sequence[Sequence[int]], pieces: Sequence[tuple[int, int]], widths: Sequence[float], pulls: Sequence[float]
) -> list[float]:
    """The middle of each box and bend. ``pulls``: how much each box counts. Bends follow each other and pull no box."""
    boxes = len(pulls)
    above, below = _neighbours(len(widths), pieces)
    centres = [0.0] * len(widths)
    for row in rows:
        x = 0.0
        for item in row:
            centres[item] = x + widths[item] / 2
            x += widths[item] + BESIDE
    for sweep in range(_SWEEPS):
        neighbours = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = []
            for item in row:
                beside = neighbours[item]
                of_bend, of_box = (0.2, 1.0) if item < boxes else (10.0, 0.1)
                shares = [of_box * pulls[n] if n < boxes else of_bend for n in beside]
                total = sum(share * centres[n] for share, n in zip(shares, beside))
                wanted.append(total / sum(shares) if shares else centres[item])
            weights = [pulls[item] if item < boxes else _STIFF for item in row]
            placed = _as_near_as_possible(wanted, weights, [widths[item] for item in row])
            for item, x in zip(row, placed):
                centres[item] = x
    return centres


def _pulls(count: int, edges: Sequence[tuple[int, int]]) -> list[float]:
    """What a box counts: more, the longer the way that leads to it. So what a loop leaves behind is a straight column,
    and what is fed into it from leaves stands beside."""
    depth = [0] * count
    height = _layers(count, edges)
    for source, target in sorted(edges, key=lambda edge: height[edge[0]]):
        depth[target] = max(depth[target], depth[source] + 1)
    return [float((1 + min(steps, 9)) ** 2) for steps in depth]


def _as_near_as_possible(wanted: Sequence[float], weights: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The x that minimise sum(weight * (x - wanted)**2) while neighbours keep their distance.

    With the distances taken off, what is left must only not decrease: where it would, neighbours are pooled and all get
    their weighted mean.
    """
    shifts = [0.0]
    for left, right in zip(widths, widths[1:]):
        shifts.append(shifts[-1] + (left + right) / 2 + BESIDE)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for x, weight, shift in zip(wanted, weights, shifts):
        mean, count = x - shift, 1
        while pools and pools[-1][0] > mean:
            other, other_weight, other_count = pools.pop()
            mean = (mean * weight + other * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, shifts)]


def _bands(rows: Sequence[Sequence[int]], sizes: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Top and height of each layer. Where many lines run to and fro there is more room between layers."""
    tops, heights, y = [], [], 0.0
    for row in rows:
        height = max((sizes[item][1] for item in row if item < len(sizes)), default=0.0)
        tops.append(y)
        heights.append(height)
        y += height + BETWEEN + min(1.5 * len(row), 60.0)
    return tops, heights


def _ways(
    boxes: Sequence[Box],
    routes: Sequence[Sequence[int]],
    centres: Sequence[float],
    layer: Sequence[int],
    tops: Sequence[float],
    heights: Sequence[float],
) -> list[list[Point]]:
    """Each edge from the lower border of a box to the upper border of another, straight down where it passes a layer.

    Edges that end at one box arrive beside each other, in the order of where they come from.
    """
    arrivals: dict[int, list[int]] = {}
    for edge, route in enumerate(routes):
        arrivals.setdefault(route[-1], []).append(edge)
    end_x: dict[int, float] = {}
    for target, coming in arrivals.items():
        coming.sort(key=lambda edge: centres[routes[edge][-2]])
        box = boxes[target]
        for place, edge in enumerate(coming):
            end_x[edge] = box.x + box.width * (0.5 + 0.6 * ((place + 1) / (len(coming) + 1) - 0.5))
    ways = []
    for edge, route in enumerate(routes):
        source, goal = boxes[route[0]], boxes[route[-1]]
        bottom = tops[layer[route[0]]] + heights[layer[route[0]]]
        x = centres[route[0]]
        way = [(x, source.y + source.height)]
        if bottom > way[0][1]:
            way.append((x, bottom))
        for bend in route[1:-1]:
            at = layer[bend]
            way += [(centres[bend], tops[at]), (centres[bend], tops[at] + heights[at])]
        if goal.y > tops[layer[route[-1]]]:
            way.append((end_x[edge], tops[layer[route[-1]]]))
        ways.append([*way, (end_x[edge], goal.y)])
    return ways
