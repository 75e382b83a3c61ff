"""Pictures of storage show each cell's value and the indices that lead to it; those are checked with real memory."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
from minitorch import viz
from minitorch.viz.storage import cells_of

SVG = "{http://www.w3.org/2000/svg}"


def hints(picture):
    """The tooltips of the cells."""
    groups = ET.fromstring(picture.svg).iter(f"{SVG}g")
    return [group.find(f"{SVG}title").text for group in groups if group.get("class") == "cell"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=0, max_size=3), st.lists(st.integers(0, 5), min_size=3, max_size=3), st.data()
)
def test_cells_are_those_that_torch_reads(shape, stride, data):
    offset = data.draw(st.integers(0, 5))
    memory = torch.arange(64)
    theirs = memory.as_strided(shape, stride[: len(shape)], offset)
    ours = minitorch.arange(64).as_strided(shape, stride[: len(shape)], offset)
    cells = cells_of(ours, 8)
    for cell, indices in cells.items():
        for index in indices:
            assert theirs[index].item() == cell
    assert sum(map(len, cells.values())) == theirs.numel()


def test_values_indices_and_formula_are_shown():
    x = minitorch.arange(6.0).reshape(2, 3)
    picture = viz.storage(x, x.t(), names=["x", "x.t()"])
    found = hints(picture)
    assert "storage[4] = 4" in found
    assert "storage[4] is x[1, 1]" in found and "storage[2] is x.t()[2, 0]" in found
    assert "x[i, j] = storage[0 + i*3 + j*1]" in picture.svg
    assert "x.t()[i, j] = storage[0 + i*1 + j*3]" in picture.svg
    assert "version 0" in picture.title
    x.add_(1)
    assert "version 1" in viz.storage(x).title


def test_a_contiguous_tensor_has_no_arcs_and_a_transpose_has():
    x = minitorch.arange(6.0).reshape(2, 3)
    assert '<path d="M0,1' in viz.storage(x).svg  # the arrow's head is defined
    assert viz.storage(x).svg.count("marker-end") == 0
    assert viz.storage(x.t()).svg.count("marker-end") == 5


def test_expanded_and_overlapping_views_are_recognisable():
    x = minitorch.arange(4.0)
    expanded = viz.storage(x.expand(3, 4))
    assert "stride 0 in dim 0" in expanded.svg and expanded.svg.count(">3 x<") == 4
    overlapping = viz.storage(x, x.unfold(0, 2, 1))
    assert "overlapping" in overlapping.svg and overlapping.svg.count(">2 x<") == 2


def test_large_storages_are_folded_and_say_so():
    x = minitorch.arange(10_000)
    picture = viz.storage(x, x[5000:5003])
    found = hints(picture)
    assert {"storage[0] = 0", "storage[5001] = 5001", "storage[9999] = 9999"} <= set(found)
    hidden = int(re.search(r"([\d,]+) cells are not shown", picture.title)[1].replace(",", ""))
    assert hidden + sum(" = " in hint for hint in found) == 10_000
    assert len(found) < 120 and ">...<" in picture.svg


@pytest.mark.parametrize("dtype", [minitorch.bool, minitorch.complex64, minitorch.bfloat16, minitorch.uint8])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (1, 2, 1, 2)])
def test_every_dtype_and_shape_is_drawn(dtype, shape):
    root = ET.fromstring(viz.storage(minitorch.ones(shape).to(dtype)).svg)
    assert root.get("role") == "img"


def test_texts_stay_inside_of_their_cells():
    picture = viz.storage(minitorch.tensor([1.23456789e-30, -12345678.9, float("nan")]))
    from minitorch.viz.svg import text_width

    for group in ET.fromstring(picture.svg).iter(f"{SVG}g"):
        text, rect = group.find(f"{SVG}text"), group.find(f"{SVG}rect")
        assert text_width(text.text, float(text.get("font-size"))) <= float(rect.get("width"))


def test_bytes_of_another_dtype_are_placed_in_the_cells_they_are_in():
    x = minitorch.arange(4, dtype=minitorch.int32)
    assert "storage[1] is b[4], b[5], b[6], b[7]" in hints(viz.storage(x, x.view(minitorch.uint8), names="ab"))


def test_strangers_are_refused():
    x = minitorch.ones(3)
    with pytest.raises(ValueError, match="does not lie in the storage"):
        viz.storage(x, x.clone())
    with pytest.raises(TypeError, match="must be a Tensor"):
        viz.storage([1, 2])
    with pytest.raises(ValueError, match="2 tensors need as many names"):
        viz.storage(x, x[1:], names=["x"])
