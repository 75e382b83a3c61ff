"""Index expressions: the same part, the same view or copy, the same gradient and the same refusal as in PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from compare import awkward, check, check_raises, integers, randn, tensors_in
from hypothesis import given
from hypothesis import strategies as st

import minitorch

# ---- random expressions ------------------------------------------------------------------------------------------
# An expression is described without tensors, so that both engines can build their own: ("long", nested list) etc.


def build(engine: Any, part: Any) -> Any:
    """The part of an index expression that ``part`` describes, with tensors of ``engine``."""
    if isinstance(part, tuple):
        kind, value = part
        if kind == "list":
            return value.tolist()
        if kind == "numpy":
            return value
        return engine.from_numpy(value.copy())
    return part


@st.composite
def expressions(draw: Any, shape: tuple[int, ...]) -> list[Any]:
    """A list of parts that fit ``shape``: ints, slices, None, Ellipsis, index tensors that broadcast, masks."""
    parts: list[Any] = []
    common = draw(st.sampled_from([(2,), (3,), (2, 2), (1,), (0,)]))
    dim = 0
    while dim < len(shape) and draw(st.integers(0, 5)):
        size = shape[dim]
        kind = draw(st.sampled_from(["int", "slice", "none", "long", "list", "scalar", "mask", "mask2", "slice"]))
        if kind == "none":
            parts.append(None)
            continue
        if kind == "int" and size:
            parts.append(draw(st.integers(-size, size - 1)))
        elif kind == "scalar" and size:
            parts.append(("tensor", np.array(draw(st.integers(-size, size - 1)))))
        elif kind in ("long", "list") and size:
            index = draw(st.sampled_from([common, common[-1:], (1,)]))
            values = [draw(st.integers(-size, size - 1)) for _ in range(int(np.prod(index)))]
            array = np.array(values, np.int64).reshape(index)
            parts.append((("list" if kind == "list" and array.ndim == 1 and array.size else "tensor"), array))
        elif kind == "mask" and common == (2,) and size >= 2:
            mask = np.zeros(size, bool)
            mask[draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))] = True
            parts.append(("tensor", mask))
        elif kind == "mask2" and common == (3,) and dim + 1 < len(shape) and size * shape[dim + 1] >= 3:
            mask = np.zeros(size * shape[dim + 1], bool)
            places = draw(st.lists(st.integers(0, mask.size - 1), min_size=3, max_size=3, unique=True))
            mask[places] = True
            parts.append(("tensor", mask.reshape(size, shape[dim + 1])))
            dim += 1
        else:
            bounds = st.one_of(st.none(), st.integers(-size - 2, size + 2))
            parts.append(slice(draw(bounds), draw(bounds), draw(st.sampled_from([None, 1, 2, 3]))))
        dim += 1
    if draw(st.booleans()) and not any(isinstance(p, tuple) and p[1].dtype == bool and p[1].ndim > 1 for p in parts):
        parts.insert(draw(st.integers(0, len(parts))), Ellipsis)
        tail = parts.index(Ellipsis)
        if tail < len(parts) - 1:  # what stands behind the ellipsis indexes other dimensions, of other sizes
            del parts[tail + 1 :]
    return parts


SHAPES = st.sampled_from([(3, 4, 5), (4, 3), (5,), (2, 3, 2, 3), (1, 3), (0, 3), (3, 0, 2)])


def layouts(shape: tuple[int, ...]) -> list[np.ndarray]:
    """The memory orders in which a base of that shape is tried."""
    return awkward(randn(*shape)) if np.prod(shape) else [randn(*shape)]


@given(st.data())
def test_any_expression_reads_the_same_part_with_the_same_strides_and_gradient(data):
    shape = data.draw(SHAPES)
    parts = data.draw(expressions(shape))
    base = data.draw(st.sampled_from(layouts(shape)))
    single = len(parts) == 1 and data.draw(st.booleans())

    def program(engine, x):
        key = build(engine, parts[0]) if single else tuple(build(engine, part) for part in parts)
        part = (x * 1)[key]
        return part, part * part, part._is_view()  # the square has a second derivative

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(program, base, second=True)


@given(st.data())
def test_any_expression_shares_memory_exactly_where_pytorch_does(data):
    shape = data.draw(SHAPES)
    parts = data.draw(expressions(shape))
    found = []
    for engine in (torch, minitorch):
        (x,) = tensors_in(engine, (randn(*shape),), False)
        part = x[tuple(build(engine, p) for p in parts)]
        shares = part.numel() > 0 and part.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
        places = [s for s, n in zip(part.stride(), part.shape) if n > 1] if part.numel() else []
        found.append((shares, part._is_view(), part.storage_offset(), places))
    assert found[0] == found[1]


@given(st.data())
def test_any_expression_writes_the_same_part_and_sends_the_same_gradients(data):
    shape = data.draw(SHAPES)
    parts = data.draw(expressions(shape))
    base = data.draw(st.sampled_from(layouts(shape)))
    key = tuple(build(torch, part) for part in parts)
    target = torch.zeros(shape)[key].shape
    # Elements named twice: which write wins is nobody's promise.
    named = torch.arange(int(np.prod(shape))).reshape(shape)[key]
    if named.unique().numel() != named.numel():
        return
    keep = data.draw(st.integers(0, len(target)))
    value_shape = [1 if data.draw(st.booleans()) else n for n in target[keep:]]
    value = data.draw(st.sampled_from([randn(*value_shape, seed=5), 2.5, 3, True]))

    def program(engine, x, *values):
        y = x * 1
        y[tuple(build(engine, part) for part in parts)] = values[0] if values else value
        return y, y * y

    arguments = (value,) if isinstance(value, np.ndarray) else ()
    check(program, base, *arguments, second=True)


@given(st.data())
def test_too_many_or_too_large_indices_are_refused_and_nothing_is_written(data):
    shape = data.draw(st.sampled_from([(3, 4), (5,), (2, 3, 2)]))
    parts: list[Any] = [data.draw(st.sampled_from([slice(None), 0, -1, None])) for _ in shape]
    if data.draw(st.booleans()):
        parts += [0] * (1 + parts.count(None))
    else:
        place = data.draw(st.integers(0, len(parts) - 1))
        parts[place] = data.draw(st.sampled_from([9, -9, ("tensor", np.array([0, 9])), ("tensor", np.array([-9]))]))
    key = lambda engine: tuple(build(engine, part) for part in parts)
    check_raises(lambda engine, x: x[key(engine)], randn(*shape))
    check_raises(lambda engine, x: x.__setitem__(key(engine), 1.0), randn(*shape))


# ---- single expressions ------------------------------------------------------------------------------------------

EXPRESSIONS = [
    "x[0]", "x[-1]", "x[1:3]", "x[:]", "x[::2]", "x[...]", "x[()]", "x[None]", "x[0, 1]", "x[:, 1:, 2]", "x[..., 0]",
    "x[None, ..., None]", "x[:, :]", "x[0:3, :]", "x[3:1]", "x[10:20]", "x[-100:100]", "x[0, ...]", "x[..., ...]",
    "x[True]", "x[False]", "x[True, 0]", "x[0, True]", "x[:, True]", "x[True, True]", "x[True, [0, 1]]",
    "x[[0, 1], True]", "x[torch.tensor(True)]", "x[torch.tensor(1)]", "x[:, torch.tensor(1)]", "x[[0, 2]]", "x[[]]",
    "x[range(2)]", "x[(0, 1), (1, 2)]", "x[(0, 1),]", "x[np.int64(1)]", "x[np.array([0, 2])]", "x[np.array(1)]",
    "x[np.array([True, False, True])]", "x[torch.tensor(0) : torch.tensor(2)]", "x[[0.5]]", "x[[0, True]]",
    "x[:, [0, 1], :, None]", "x[[0, 1], :, [0, 1]]", "x[0, :, [0, 1]]", "x[[0, 1], 0]", "x[[0, 1], None, :, [0, 1]]",
    "x[torch.tensor([0, 1], dtype=torch.int32)]", "x[x > 0]", "x[x[:, :, 0] > 0]", "x[x[:, :, 0] > 0, 0]",
    "x[x[:, :, 0] > 0, None]", "x[:, x[0] > 0]", "x[x[:, 0, 0] > -9, [0, 1, 2]]", "x[..., [True] * 5]",
    "x[torch.tensor([[0, 1], [2, 0]]).t()]", "x[:, torch.tensor([[0, 1], [2, 0]]).t()]",
    "x[torch.tensor([[0], [1]]), torch.tensor([[0, 1], [2, 0]]).t()]", "x[torch.empty(0, dtype=torch.int64)]",
    "x.permute(2, 0, 1)[[[0], [1]], :, [0, 1]]", "x.transpose(0, 2)[[0, 1]]", "x.permute(2, 0, 1)[:, [0, 1]]",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_kind_of_expression(expression):
    def program(torch, x):
        part = eval(expression, {"torch": torch, "np": np, "x": x})
        return part, part._is_view()

    check(program, randn(3, 4, 5), second=True)


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("key", [[[0, 1], [1, 0]], [slice(0, 1), 0], [0, None], [[[0, 1]]], [(0, 1), (1, 2)]])
def test_a_list_of_sequences_or_slices_is_a_tuple(key):
    check(lambda torch, x: x[key], randn(3, 4, 5))


def test_a_list_that_is_taken_for_a_tuple_is_warned_of():
    with pytest.warns(UserWarning, match="non-tuple sequence"):
        minitorch.zeros(3, 4)[[slice(0, 1), 0]]


def test_a_uint8_tensor_is_a_mask_with_a_warning():
    mask = np.array([1, 0, 1], np.uint8)
    with pytest.warns(UserWarning, match="uint8 is now deprecated"):
        check(lambda torch, x, mask: x[mask], randn(3, 4), mask)


def test_a_zero_dim_tensor_has_few_indices():
    check(lambda torch, x: (x[()], x[...], x[None], x[True], x[False]), randn())


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32, np.float16, np.complex128])
def test_every_dtype_is_indexed_and_written(dtype):
    def program(torch, x):
        y = x.clone()
        y[[0, 2], 1] = 1
        y[0] = y[1]
        return x[[2, 0]], x[1], y

    check(program, integers(3, 4).astype(dtype), grad=False)


INDEX_ERRORS = [
    "x[3]", "x[-4]", "x[0, 7]", "x[0, 0, 0, 0]", "x[..., 0, 0, 0, 0]", "x[::-1]", "x[::0]", "x[0:1.5]", "x[1.0]",
    "x['a']", "x[{}]", "x[object()]", "x[np.bool_(True)]", "x[torch.tensor([5])]", "x[torch.tensor([-5])]",
    "x[torch.tensor([1.0])]", "x[torch.tensor([0, 1]), torch.tensor([0, 1, 2])]", "x[torch.tensor([True, False])]",
    "x[:, torch.tensor([True, False])]", "x[x[:2, :, 0] > 0]", "x[[True]]", "x[['a']]", "x[0, 0, 0][0]",
    "x[0, 0, 0][:]",
    "x[0, 0, 0][0, 0]", "x[torch.tensor([0], dtype=torch.int8)]", "torch.zeros(0, 3)[torch.tensor([0])]",
    "x[torch.tensor([])]", "x[:, :, :, None, 0]",
]  # fmt: skip


@pytest.mark.parametrize("expression", INDEX_ERRORS)
def test_what_is_no_index_is_refused(expression):
    check_raises(lambda torch, x: eval(expression, {"torch": torch, "np": np, "x": x}), randn(3, 4, 5))


def test_errors_name_the_dimension_and_the_size():
    with pytest.raises(IndexError, match="index 7 is out of bounds for dimension 1 with size 4"):
        minitorch.zeros(3, 4)[0, 7]
    with pytest.raises(IndexError, match="index 9 is out of bounds for dimension 1 with size 4"):
        minitorch.zeros(3, 4)[:, [0, 9]]
    with pytest.raises(IndexError, match="too many indices for tensor of dimension 2"):
        minitorch.zeros(3, 4)[0, 0, 0]
    with pytest.raises(IndexError, match=r"shapes \[2\], \[3\]"):
        minitorch.zeros(3, 4)[[0, 1], [0, 1, 2]]


# ---- assignment --------------------------------------------------------------------------------------------------

ASSIGNMENTS = [
    "y[0] = v", "y[0] = 5", "y[0] = v[0]", "y[:, 0] = v[0]", "y[:] = v", "y[...] = v[0]", "y[:, :] = v", "y[None] = v",
    "y[True] = v", "y[False] = 1", "y[()] = 1", "y[y > 0] = 0.0", "y[y > 0] = v[0, 0]", "y[[0, 1]] = v",
    "y[[0, 1]] = v[0]", "y[[0, 2], 1] = v[0]", "y[0, :, [0, 1]] = v[:, :2]", "y[0] = v[None, None]",
    "y[[0, 1]] = v[None, None]", "y[torch.tensor(1)] = 2", "y[1:, 0] = v[0]", "y[0, 0, 0] = v[0, 0]", "y[:, True] = 1",
    "y[[0, 1]] += v", "y[0] *= 2", "y[1:] -= v", "y[0] = y[1]", "y[:, [0, 1]] = y[:, [2, 3]]",
    "y[[True, False, True]] = v",
    "y.t()[0] = 1", "y[0][1] = v[1, 1]",
]  # fmt: skip


@pytest.mark.parametrize("statement", [s.replace("y.t()", "y.transpose(0, 2)") for s in ASSIGNMENTS])
def test_each_kind_of_assignment(statement):
    def program(torch, x, v):
        y = x * 1
        exec(statement, {"torch": torch, "y": y, "v": v})
        return y, y._version

    check(program, randn(3, 4, 5), randn(4, 5, seed=1), second=True)


def test_a_view_that_was_written_reads_the_new_history():
    def program(torch, x, v):
        y = x * 1
        row, column = y[0], y[:, 1]
        y[0, 1:3] = v
        return row * 2, column * 3, y[1]

    check(program, randn(3, 4), randn(2, seed=1), second=True)


def test_numbers_are_converted_as_c_does():
    def program(torch, x):
        x[0], x[1], x[[2]] = 1.7, -3, 2.9
        return x

    check(program, np.zeros(4, np.int64))
    check(program, np.zeros(4, np.int32))


def test_tensors_are_converted_only_by_views():
    def program(torch, x):
        x[0] = torch.tensor(1.7)
        x[1:] = torch.tensor([2.5, 3.5, 4.5])
        return x

    check(program, np.zeros(4, np.int64))
    check_raises(lambda torch, x: x.__setitem__([0], torch.tensor(1.7)), np.zeros(4, np.int64))


SETTING_ERRORS = [
    "x[0] = torch.ones(3)", "x[0] = torch.ones(2, 4, 5)", "x[[0, 1]] = torch.ones(2)", "x[x > 0] = torch.ones(2)",
    "x[[0, 9]] = 1", "x[9] = 1", "x[0, 0, 0, 0] = 1", "x[0] = 'a'", "x[0] = [1, 2, 3, 4, 5]", "x[0] = None",
    "x[[0]] = 1j", "x[0] = 1j", "x[[0]] = torch.ones(5, dtype=torch.float32)", "x[[0, 1], [0, 1, 2]] = 1",
    "x.expand(2, 3, 4, 5)[:, 0] = 1", "x.to(torch.uint8)[0] = 300",
]  # fmt: skip


@pytest.mark.parametrize("statement", SETTING_ERRORS)
def test_what_can_not_be_assigned_is_refused_and_nothing_is_written(statement):
    check_raises(lambda torch, x: exec(statement, {"torch": torch, "x": x}), randn(3, 4, 5))


@pytest.mark.parametrize("statement", ["x[0] = 1", "x[[0]] = 1", "x[...] = 1", "x[:, 0] = 1"])
def test_a_leaf_that_requires_grad_is_not_written(statement):
    check_raises(lambda torch, x: exec(statement, {"x": x}), randn(3, 4), grad=True)


def test_a_leaf_is_written_without_grad():
    def program(torch, x):
        with torch.no_grad():
            x[0] = 1
            x[[1, 2], 0] = 2
        return x * 2

    check(program, randn(3, 4))


def test_elements_named_twice_get_their_gradients_added_up():
    check(lambda torch, x: x[[0, 0, 2, 0]], randn(3, 4), second=True)
    check(lambda torch, x: x[:, [1, 1]], randn(3, 4), second=True)
    check(lambda torch, x: x[[0, 0], [1, 1]], randn(3, 4), second=True)
