"""Shapes that meet, and the strides of results: held against pointwise operators and `clone` on real tensors."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch.core import geometry as geo

shapes = st.lists(st.sampled_from([0, 1, 1, 2, 3]), max_size=4).map(tuple)


@st.composite
def operand_of(draw: Any, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor that broadcasts to ``shape``, in some order in memory, perhaps with gaps or repeated elements."""
    own = [draw(st.sampled_from([1, size, size])) for size in shape][draw(st.integers(0, max(len(shape) - 1, 0))) :]
    order = draw(st.permutations(range(len(own))))
    gaps = draw(st.sampled_from([1, 1, 2]))
    memory = [own[dim] for dim in order]
    if memory:
        memory[-1] *= gaps
    tensor = torch.zeros(memory)
    if memory:
        tensor = tensor[..., ::gaps]
    tensor = tensor.permute([order.index(dim) for dim in range(len(own))])
    return tensor.expand(shape) if draw(st.integers(0, 4)) == 0 else tensor


def geometry_of(tensor: torch.Tensor) -> geo.Geometry:
    return geo.as_strided(tuple(tensor.shape), tensor.stride(), tensor.storage_offset())


@settings(max_examples=800)
@given(st.data(), shapes, st.integers(1, 3))
def test_a_pointwise_result_gets_the_strides_that_pytorch_gives_it(data, shape, count):
    operands = [data.draw(operand_of(shape)) for _ in range(count)]
    operations = {1: torch.neg, 2: torch.add, 3: torch.addcmul}
    theirs = operations[count](*operands)
    ours = geo.result_geometry(*map(geometry_of, operands))
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert ours.stride == theirs.stride(), f"of {[(tuple(t.shape), t.stride()) for t in operands]}"
    assert ours.offset == 0


@settings(max_examples=300)
@given(st.data(), shapes)
def test_a_copy_keeps_the_strides_that_clone_keeps(data, shape):
    tensor = data.draw(operand_of(shape))
    assert geo.preserving(geometry_of(tensor)).stride == tensor.clone().stride()


@given(st.lists(shapes, min_size=1, max_size=3))
def test_shapes_meet_where_pytorchs_shapes_meet(several):
    try:
        theirs = torch.broadcast_shapes(*several)
    except RuntimeError:
        with pytest.raises(RuntimeError, match="must match the size"):
            geo.broadcast_shapes(*several)
    else:
        assert geo.broadcast_shapes(*several) == tuple(theirs)


@given(shapes, shapes)
def test_broadcasting_is_commutative(a, b):
    def meet(*several: tuple[int, ...]) -> Any:
        try:
            return geo.broadcast_shapes(*several)
        except RuntimeError:
            return RuntimeError

    assert meet(a, b) == meet(b, a)
    assert meet(a, a) == a


def test_the_message_of_a_failed_broadcast_names_sizes_and_dimension():
    with pytest.raises(RuntimeError) as theirs:
        torch.empty(2, 3) + torch.empty(2, 4)
    with pytest.raises(RuntimeError) as ours:
        geo.broadcast_shapes((2, 3), (2, 4))
    assert str(ours.value).startswith(str(theirs.value))
    assert "[2, 3], [2, 4]" in str(ours.value)


def test_a_geometry_dense_in_a_given_order_has_its_innermost_dimension_first():
    assert geo.dense_in_order((2, 3, 4), (0, 2, 1)).stride == (1, 8, 2)
    assert geo.dense_in_order((2, 3, 4), (2, 1, 0)) is geo.contiguous((2, 3, 4))
