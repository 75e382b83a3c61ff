"""What follows from shape and stride, held against real tensors with the same shape and stride."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minitorch.core import geometry as geo
from minitorch.core.geometry import Size

shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@st.composite
def strided(draw: Any) -> torch.Tensor:
    """A real tensor of some shape and order in memory, perhaps with gaps, perhaps with repeated elements."""
    tensor = torch.empty(draw(st.lists(st.sampled_from([0, 1, 1, 2, 3, 4]), max_size=5)))
    tensor = tensor.permute(draw(st.permutations(range(tensor.dim()))))
    for _ in range(draw(st.integers(0, 2)) if tensor.dim() else 0):
        dim = draw(st.integers(0, tensor.dim() - 1))
        change = draw(st.sampled_from(["gaps", "shift", "repeat", "insert"]))
        if change == "gaps":
            tensor = torch.ops.aten.slice(tensor, dim, None, None, 2)
        elif change == "shift":
            tensor = torch.ops.aten.slice(tensor, dim, 1)
        elif change == "repeat":
            tensor = tensor.narrow(dim, 0, 1).expand(tensor.shape) if tensor.shape[dim] else tensor
        else:
            tensor = tensor.unsqueeze(dim)
    return tensor


def geometry_of(tensor: torch.Tensor) -> geo.Geometry:
    return geo.as_strided(tuple(tensor.shape), tensor.stride(), tensor.storage_offset())


@given(shapes)
def test_a_new_tensor_has_the_strides_of_contiguous(shape):
    geometry = geo.contiguous(shape)
    assert geometry.stride == torch.empty(shape).stride() == geo.contiguous_stride(shape)
    assert geometry.is_plain and geometry.is_contiguous and geometry.offset == 0


@given(strided())
def test_the_facts_about_a_geometry_are_those_pytorch_tells(tensor):
    geometry = geometry_of(tensor)
    assert geometry.numel == tensor.numel() and geometry.ndim == tensor.dim()
    assert geometry.is_contiguous == tensor.is_contiguous()
    assert geo.is_dense(geometry) == torch.ops.aten.is_non_overlapping_and_dense(tensor)
    if tensor.dim() == 4 and tensor.numel():
        assert geo.is_channels_last(geometry) == tensor.is_contiguous(memory_format=torch.channels_last)


@given(strided())
def test_overlap_is_seen_exactly_where_pytorch_refuses_to_write(tensor):
    refuses = False
    try:
        tensor.add_(1)
    except RuntimeError:
        refuses = True
    assert geo.overlaps_itself(geometry_of(tensor)) == refuses


@given(strided())
def test_extent_is_the_number_of_elements_from_the_first_to_the_last(tensor):
    geometry = geometry_of(tensor)
    whole = torch.arange(100_000)
    read = whole.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
    expected = int(read.max() - read.min()) + 1 if read.numel() else 0
    assert geo.extent(geometry) == expected


def test_channels_last_has_the_strides_of_pytorchs_memory_format():
    for shape in [(2, 3, 4, 5), (1, 1, 1, 1), (2, 1, 3, 3), (0, 3, 2, 2)]:
        theirs = torch.empty(shape).to(memory_format=torch.channels_last)
        assert geo.channels_last(shape).stride == theirs.stride()
    theirs = torch.empty(2, 3, 4, 5, 6).to(memory_format=torch.channels_last_3d)
    assert geo.channels_last((2, 3, 4, 5, 6)).stride == theirs.stride()


def test_equal_geometries_are_one_object():
    x = geo.contiguous((2, 3))
    assert geo.transpose(geo.transpose(x, 0, 1), 0, 1) is x
    assert geo.as_strided((2, 3), (3, 1), 0) is x
    assert geo.as_strided((2, 3), (3, 1), 1) is not x
    assert not geo.as_strided((2, 3), (3, 1), 1).is_plain


def test_a_geometry_prints_its_three_parts():
    assert repr(geo.as_strided((2,), (3,), 1)) == "Geometry(shape=(2,), stride=(3,), offset=1)"


@given(st.integers(-6, 6), st.integers(0, 4))
def test_wrap_dim_counts_from_the_end_and_refuses_as_pytorch_does(dim, ndim):
    tensor = torch.empty((2,) * ndim)
    try:
        expected = [tuple(tensor.unsqueeze(0).transpose(0, d + 1).shape) for d in range(max(ndim, 1)) if ndim]
        theirs = tensor.size(dim) if ndim else tensor.sum(dim)
    except IndexError as error:
        with pytest.raises(IndexError) as ours:
            geo.wrap_dim(dim, ndim)
        assert str(ours.value) == str(error) or ndim == 0
    else:
        del expected, theirs
        assert geo.wrap_dim(dim, ndim) == dim % max(ndim, 1)


def test_wrap_dims_refuses_a_dimension_named_twice():
    assert geo.wrap_dims((-1, 0), 3) == (2, 0)
    with pytest.raises(RuntimeError) as theirs:
        torch.empty(1, 2, 3).sum((-1, 2))
    with pytest.raises(RuntimeError) as ours:
        geo.wrap_dims((-1, 2), 3)
    assert str(ours.value) == str(theirs.value)


SIZE_PROGRAMS = {
    "a tuple behind": lambda T: T.Size([1, 2]) + (3,),
    "a tuple before": lambda T: (3,) + T.Size([1]),
    "a list behind": lambda T: T.Size([1]) + [2],
    "a list before": lambda T: [1] + T.Size([2]),
    "twice": lambda T: T.Size([1, 2]) * 2,
    "twice from the left": lambda T: 2 * T.Size([1, 2]),
    "times a size": lambda T: T.Size([1]) * T.Size([2]),
    "a slice": lambda T: T.Size([1, 2, 3])[1:],
    "an item": lambda T: T.Size([1, 2, 3])[-1],
    "an item too far": lambda T: T.Size([2])[3],
    "of nothing": lambda T: T.Size(),
    "of a bool": lambda T: T.Size([True]),
    "of a float": lambda T: T.Size([1, 2.5]),
    "of a string": lambda T: T.Size("ab"),
    "of a number": lambda T: T.Size(3),
    "of None": lambda T: T.Size([None]),
    "of a tensor": lambda T: T.Size([T.tensor(3)]),
    "of a generator": lambda T: T.Size(n for n in range(3)),
    "its number of elements": lambda T: T.Size([2, 3]).numel(),
    "pickled": lambda T: pickle.loads(pickle.dumps(T.Size([1, 2]))),
    "copied": lambda T: copy.deepcopy(T.Size([1, 2])),
    "compared": lambda T: T.Size([1, 2]) == (1, 2),
    "added a float": lambda T: T.Size([1]) + (2.5,),
}


@pytest.mark.parametrize("name", SIZE_PROGRAMS)
def test_a_size_behaves_as_torch_size_does(name):
    import minitorch

    results = []
    for engine in (torch, minitorch):
        try:
            result = SIZE_PROGRAMS[name](engine)
            results.append((type(result).__name__, repr(result)))
        except (TypeError, IndexError) as error:
            results.append(type(error))
    assert results[0] == results[1]
    assert isinstance(Size([2]), tuple)
