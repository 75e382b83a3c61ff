"""Laws of the layered layout, over random graphs: boxes lie apart, edges point down and run through no box."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch.viz.layout import layered


@st.composite
def graphs(draw, most=60):
    count = draw(st.integers(1, most))
    random = draw(st.randoms(use_true_random=False))
    sizes = [(random.uniform(20, 200), random.uniform(15, 80)) for _ in range(count)]
    edges = {(random.randrange(b), b) for b in range(1, count) for _ in range(random.choice((0, 1, 1, 2, 4)))}
    return sizes, sorted(edges)


def assert_lawful(sizes, edges):
    layout = layered(sizes, edges)
    boxes = layout.boxes
    assert [(box.width, box.height) for box in boxes] == sizes
    by_top = sorted(boxes, key=lambda box: box.y)
    for place, a in enumerate(by_top):
        assert a.x >= -1e-6 and a.x + a.width <= layout.width + 1e-6 and a.y + a.height <= layout.height + 1e-6
        for b in by_top[place + 1 :]:
            if b.y >= a.y + a.height:
                continue
            assert a.x + a.width <= b.x + 1e-6 or b.x + b.width <= a.x + 1e-6, "two boxes overlap"
    for (source, target), way in zip(edges, layout.ways, strict=True):
        upper, lower = boxes[source], boxes[target]
        (x0, y0), (x1, y1) = way[0], way[-1]
        assert y0 == pytest.approx(upper.y + upper.height) and upper.x <= x0 <= upper.x + upper.width
        assert y1 == pytest.approx(lower.y) and lower.x <= x1 <= lower.x + lower.width
        assert all(a[1] <= b[1] + 1e-6 for a, b in zip(way, way[1:])), "an edge goes upwards"
    return layout


def crosses(a, b, box):
    """Whether the piece from ``a`` to ``b`` has a point inside the box, by clipping it at the box's borders."""
    low, high = 0.0, 1.0
    for start, end, near, far in (
        (a[0], b[0], box.x + 0.5, box.x + box.width - 0.5),
        (a[1], b[1], box.y + 0.5, box.y + box.height - 0.5),
    ):
        if abs(end - start) < 1e-9:
            if not near < start < far:
                return False
            continue
        one, two = sorted(((near - start) / (end - start), (far - start) / (end - start)))
        low, high = max(low, one), min(high, two)
    return low < high


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_boxes_lie_apart_and_edges_run_through_none(graph):
    sizes, edges = graph
    layout = assert_lawful(sizes, edges)
    for way in layout.ways:
        for a, b in zip(way, way[1:]):
            assert not any(crosses(a, b, box) for box in layout.boxes)


@settings(max_examples=4, deadline=None)
@given(graphs(most=300))
def test_the_same_holds_for_three_hundred_boxes(graph):
    assert_lawful(*graph)


def test_a_chain_is_a_straight_column():
    layout = layered([(50, 20)] * 8, [(i, i + 1) for i in range(7)])
    assert len({box.x for box in layout.boxes}) == 1
    assert [box.y for box in layout.boxes] == sorted(box.y for box in layout.boxes)


def test_a_ladder_is_drawn_without_crossings():
    layout = layered([(30, 20)] * 6, [(0, 3), (1, 2), (2, 5), (3, 4)])
    x = [box.x for box in layout.boxes]
    assert (x[0] < x[1]) == (x[3] < x[2]) == (x[4] < x[5])


def test_no_boxes_and_cycles():
    assert layered([], []).boxes == []
    with pytest.raises(ValueError, match="cycle"):
        layered([(1, 1)] * 2, [(0, 1), (1, 0)])
