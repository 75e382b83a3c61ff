"""Pictures of real graphs are valid SVG with every node in it, every text inside its box, and every box by itself."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

import minitorch
from minitorch import viz
from minitorch.viz.folding import MOST
from minitorch.viz.svg import text_width
from parity.models.cnn import build

SVG = "{http://www.w3.org/2000/svg}"


def cnn():
    minitorch.manual_seed(0)
    model = build(minitorch)
    scores = model(minitorch.rand(4, 1, 8, 8))
    return minitorch.nn.functional.cross_entropy(scores, minitorch.tensor([1, 2, 3, 4])), model


def unrolled(steps):
    w, u = (minitorch.randn(3, 3, requires_grad=True) for _ in range(2))
    state = minitorch.zeros(2, 3)
    for _ in range(steps):
        state = minitorch.tanh(minitorch.randn(2, 3) @ w + state @ u)
    return state.sum(), {"w": w, "u": u}


def transformer_block():
    nn, F = minitorch.nn, minitorch.nn.functional
    model = nn.ModuleDict({"qkv": nn.Linear(8, 24), "out": nn.Linear(8, 8), "norm": nn.LayerNorm(8)})
    x = minitorch.randn(2, 5, 8)
    query, key, value = model["qkv"](model["norm"](x)).chunk(3, dim=-1)
    attention = F.softmax(query @ key.transpose(-1, -2) / 8**0.5, dim=-1)
    return (x + model["out"](attention @ value)).pow(2).mean(), model


def nodes_of(picture):
    """For each box its texts, its rectangle (x, y, width, height) and its tooltip."""
    found = []
    for group in ET.fromstring(picture.svg).iter(f"{SVG}g"):
        if group.get("class") == "node":
            rect = group.find(f"{SVG}rect")
            place = tuple(float(rect.get(name)) for name in ("x", "y", "width", "height"))
            found.append((group.findall(f"{SVG}text"), place, group.find(f"{SVG}title").text))
    return found


def assert_legible(picture):
    nodes = nodes_of(picture)
    root = ET.fromstring(picture.svg)
    width, height = float(root.get("width")), float(root.get("height"))
    for texts, (x, y, w, h), _ in nodes:
        assert x >= 0 and y >= 0 and x + w <= width + 0.2 and y + h <= height + 0.2
        for text in texts:
            size = float(text.get("font-size"))
            assert text_width(text.text, size) <= w + 0.2
            assert y + 0.7 * size <= float(text.get("y")) <= y + h
    for place, (_, (x, y, w, h), _) in enumerate(nodes):
        for _, (x1, y1, w1, h1), _ in nodes[place + 1 :]:
            assert x + w <= x1 + 0.2 or x1 + w1 <= x + 0.2 or y + h <= y1 + 0.2 or y1 + h1 <= y + 0.2
    return nodes


@pytest.mark.parametrize("make", [cnn, lambda: unrolled(5), transformer_block], ids=["cnn", "rnn", "transformer"])
@pytest.mark.parametrize("show_saved", [False, True])
def test_models_are_drawn_whole_and_legible(make, show_saved):
    loss, params = make()
    nodes = assert_legible(viz.graph(loss, params, show_saved=show_saved))
    texts = [text.text for group, _, _ in nodes for text in group]
    names = params if isinstance(params, dict) else dict(params.named_parameters())
    assert set(names) <= set(texts), "a parameter is missing"
    reached, stack = set(), [loss.grad_fn]
    while stack:
        node = stack.pop()
        if node is not None and node not in reached:
            reached.add(node)
            stack.extend(following for following, _ in node.next_functions)
    assert len(nodes) == len(reached)


def test_edges_are_those_of_the_graph():
    x = minitorch.ones(2, requires_grad=True)
    picture = viz.graph((x.exp() * x).sum(), {"x": x})
    assert len(ET.fromstring(picture.svg).findall(f"{SVG}polyline")) == 4  # x-exp, x-mul, exp-mul, mul-sum


def test_tooltips_list_what_is_saved_and_show_saved_writes_it():
    x = minitorch.ones(2, 3, requires_grad=True)
    picture = viz.graph(x.exp())
    assert any("result: float32 [2, 3], version 0, now 0" in hint for _, _, hint in nodes_of(picture))
    assert "saved result: float32 [2, 3]" not in picture.svg
    assert "saved result: float32 [2, 3]" in viz.graph(x.exp(), show_saved=True).svg


def test_overwritten_saved_tensors_and_writes_through_views_stand_out():
    x = minitorch.ones(2, 3, requires_grad=True)
    y = x.exp()
    y[0].mul_(2)
    svg = viz.graph(y.sum()).svg
    assert "overwritten: result" in svg and "CopySlices" in svg and "write through a view" in svg


@pytest.mark.parametrize("steps", [80, 1000])
def test_long_loops_are_folded_and_the_picture_says_so(steps):
    picture = viz.graph(*unrolled(steps))
    nodes = assert_legible(picture)
    total = 4 * steps + 3
    folded = int(re.search(r"([\d,]+) nodes are folded into 1 box", picture.title)[1].replace(",", ""))
    assert folded + len(nodes) - 1 == total
    assert f"{folded:,} nodes folded" in picture.svg


def test_wide_graphs_are_cut_to_what_can_be_read():
    x = minitorch.ones(2, requires_grad=True)
    total = sum((x * i).exp() * x.sin() for i in range(200)).sum()
    picture = viz.graph(total)
    assert len(nodes_of(picture)) <= MOST and "folded" in picture.title


def test_a_chain_of_a_hundred_thousand_is_drawn():
    y = minitorch.ones(2, requires_grad=True)
    for _ in range(100_000):
        y = y * 2
    assert len(nodes_of(viz.graph(y))) <= 10


def test_names_are_escaped_and_the_file_is_ascii(tmp_path):
    x = minitorch.ones(2, requires_grad=True)
    picture = viz.graph(x * 2, {'<b>&"\x07\u00e9\u6f22': x})
    assert ET.fromstring(picture.svg) is not None and picture.svg.isascii()
    assert any(text.text == '<b>&"?\u00e9\u6f22' for group, _, _ in nodes_of(picture) for text in group)
    picture.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text().strip() == picture._repr_svg_() == str(picture)


def test_it_can_be_read_aloud():
    root = ET.fromstring(viz.graph(cnn()[0]).svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text.startswith("graph of float32 []: 26 nodes")
    assert "NllLossBackward0" in root.find(f"{SVG}desc").text


def test_what_has_no_graph_is_refused():
    with pytest.raises(ValueError, match="does not require grad"):
        viz.graph(minitorch.ones(2))
    with pytest.raises(ValueError, match="it is a leaf"):
        viz.graph(minitorch.ones(2, requires_grad=True))
    with pytest.raises(TypeError, match="must be a Tensor or a node"):
        viz.graph(3)


def test_a_loop_is_a_column_and_does_not_wander_off():
    assert viz.graph(*unrolled(60)).width < 1400


def test_of_a_bush_that_has_no_chains_the_far_part_is_one_box():
    layer = [minitorch.ones(1, requires_grad=True) for _ in range(512)]
    while len(layer) > 1:
        layer = [a * b for a, b in zip(layer[::2], layer[1::2])]
    picture = viz.graph(layer[0])
    nodes = nodes_of(picture)
    folded = int(re.search(r"([\d,]+) nodes are folded", picture.title)[1].replace(",", ""))
    assert len(nodes) <= MOST and folded + len(nodes) - 1 == 1023
