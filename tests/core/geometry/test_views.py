"""Random chains of views: shape, stride, offset and every refusal must be those of real PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch.core import geometry as geo

sizes = st.lists(st.sampled_from([0, 1, 1, 2, 3, 4, 6]), max_size=4)
dim = st.integers(-5, 4)
small = st.integers(-4, 5)

# Each view as (PyTorch's call, ours, its arguments); arguments may be nonsense, then both must refuse alike.
VIEWS = {
    "transpose": (torch.Tensor.transpose, geo.transpose, st.tuples(dim, dim)),
    "permute": (torch.Tensor.permute, geo.permute, st.tuples(st.permutations(range(4)).flatmap(
        lambda order: st.integers(0, 4).map(lambda n: tuple(d for d in order if d < n))))),
    "permute by any dims": (torch.Tensor.permute, geo.permute, st.tuples(st.lists(dim, max_size=4).map(tuple))),
    "select": (torch.Tensor.select, geo.select, st.tuples(dim, small)),
    "slice": (torch.ops.aten.slice.Tensor, geo.slice_, st.tuples(
        dim, st.none() | small, st.none() | small, st.integers(0, 3))),
    "narrow": (torch.Tensor.narrow, geo.narrow, st.tuples(dim, small, st.integers(-1, 4))),
    "unfold": (torch.Tensor.unfold, geo.unfold, st.tuples(dim, st.integers(-1, 4), st.integers(0, 3))),
    "diagonal": (torch.Tensor.diagonal, geo.diagonal, st.tuples(small, dim, dim)),
    "squeeze": (lambda t, d: t.squeeze() if d is None else t.squeeze(d), geo.squeeze, st.tuples(
        st.none() | st.lists(dim, max_size=3).map(tuple))),
    "unsqueeze": (torch.Tensor.unsqueeze, geo.unsqueeze, st.tuples(dim)),
    "expand": (torch.Tensor.expand, geo.expand, st.tuples(
        st.lists(st.sampled_from([-1, -1, 0, 1, 2, 3, 4]), max_size=5).map(tuple))),
    "view": (torch.Tensor.view, geo.view, st.tuples(
        st.lists(st.sampled_from([-2, -1, 0, 1, 2, 3, 4, 6, 12]), max_size=4).map(tuple))),
}  # fmt: skip

steps = st.lists(
    st.sampled_from(sorted(VIEWS)).flatmap(lambda name: st.tuples(st.just(name), VIEWS[name][2])), max_size=6
)


def described(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tuple(tensor.shape), tensor.stride(), tensor.storage_offset()


def parts(geometry: geo.Geometry) -> tuple[Any, ...]:
    return tuple(geometry.shape), geometry.stride, geometry.offset


def outcome(function: Any, *arguments: Any) -> Any:
    """The result, or the type of the exception."""
    try:
        return function(*arguments)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return type(error)


@settings(max_examples=1500)
@given(sizes, steps)
def test_a_chain_of_views_has_the_geometry_and_the_errors_that_pytorch_has(shape, chain):
    tensor, geometry = torch.empty(shape), geo.contiguous(tuple(shape))
    for name, arguments in chain:
        theirs_call, ours_call, _ = VIEWS[name]
        theirs, ours = outcome(theirs_call, tensor, *arguments), outcome(ours_call, geometry, *arguments)
        if not isinstance(theirs, type) and any(size < 0 for size in theirs.shape):
            theirs = RuntimeError  # PyTorch lets expand make a negative size where another size is 0
        if isinstance(theirs, type) or isinstance(ours, type):
            assert ours == theirs, f"{name}{arguments} of {geometry}"
            continue
        assert parts(ours) == described(theirs), f"{name}{arguments} of {geometry}"
        assert ours.is_contiguous == theirs.is_contiguous()
        assert ours.numel == theirs.numel()
        tensor, geometry = theirs, ours


@st.composite
def factored(draw: Any, numel: int) -> tuple[int, ...]:
    """A shape with exactly ``numel`` elements."""
    shape: list[int] = []
    while numel > 1:
        size = draw(st.sampled_from([n for n in range(1, numel + 1) if numel % n == 0]))
        shape.append(size)
        numel //= size
    return tuple(shape + [1] * draw(st.integers(0, 2)))


@settings(max_examples=600)
@given(st.data())
def test_view_is_possible_for_the_same_strides_as_in_pytorch(data):
    shape = data.draw(st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4))
    order = data.draw(st.permutations(range(len(shape))))
    tensor = torch.empty(shape).permute(order)
    if data.draw(st.booleans()):
        tensor = tensor[::2]
    if data.draw(st.booleans()):
        tensor = tensor.unsqueeze(0).expand(2, *tensor.shape)
    geometry = geo.as_strided(tuple(tensor.shape), tensor.stride(), tensor.storage_offset())
    wanted = data.draw(factored(tensor.numel()))
    theirs = outcome(tensor.view, wanted)
    ours = geo.try_view(geometry, wanted)
    if theirs is RuntimeError:
        assert ours is None
        with pytest.raises(RuntimeError, match="Use .reshape"):
            geo.view(geometry, wanted)
    else:
        assert ours is not None and parts(ours) == described(theirs)


def test_as_strided_refuses_what_no_tensor_may_have():
    for size, stride, offset in [((2, 3), (1,), 0), ((2,), (-1,), 0), ((-2,), (1,), 0), ((2,), (1,), -1)]:
        with pytest.raises(RuntimeError):
            geo.as_strided(size, stride, offset)
        with pytest.raises(RuntimeError):
            torch.empty(100).as_strided(size, stride, offset)


def test_infer_size_fills_in_the_one_unknown_size():
    assert geo.infer_size((2, -1), 6) == (2, 3)
    assert geo.infer_size((-1,), 0) == (0,)
    for wanted, numel in [((-1, -1), 4), ((-1, 0), 0), ((5, -1), 6), ((-2, 3), 6), ((2, 2), 6)]:
        with pytest.raises(RuntimeError):
            geo.infer_size(wanted, numel)
        with pytest.raises(RuntimeError):
            torch.empty(numel).view(wanted)


@given(st.integers(0, 4), st.lists(dim, max_size=3), st.lists(dim, max_size=3))
def test_movedim_order_is_the_permutation_that_pytorch_makes(ndim, source, destination):
    tensor = torch.empty(tuple(range(2, 2 + ndim)))
    theirs = outcome(tensor.movedim, source, destination)
    ours = outcome(geo.movedim_order, ndim, tuple(source), tuple(destination))
    if isinstance(theirs, type):
        assert ours is theirs
    else:
        assert parts(geo.permute(geo.contiguous(tuple(tensor.shape)), ours)) == described(theirs)
