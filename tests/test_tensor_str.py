"""Printing, held against real PyTorch: both sides print the same numbers under the same options."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minitorch
from minitorch import _tensor_str as printing
from minitorch.core import dtypes
from minitorch.core.device import device as device_named

NATIVE = [d for d in dtypes.ALL if d._ml_name is None]
INTEGERS = [d for d in NATIVE if d.category == dtypes.INTEGER]
EXOTIC = [d for d in dtypes.ALL if d._ml_name is not None]


class Tensor:
    """What printing asks of a tensor and no more, for devices and classes that are not here."""

    __module__ = "minitorch._tensor"
    requires_grad = False
    grad_fn: Any = None

    def __init__(self, array: np.ndarray, device: str = "cpu") -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = dtypes.from_numpy_dtype(array.dtype)
        self.device = device_named(device)

    def numel(self) -> int:
        return self.array.size


def ours(array: Any) -> str:
    return repr(minitorch.from_numpy(np.array(array)))


def theirs(array: Any) -> str:
    return repr(torch.from_numpy(np.array(array)))


def check(array: Any) -> str:
    expected = theirs(array)
    assert ours(array) == expected
    return expected


@contextlib.contextmanager
def options(**chosen: Any) -> Iterator[None]:
    with printing.printoptions(**chosen), torch._tensor_str.printoptions(**chosen):
        yield


# ---- numbers -----------------------------------------------------------------------------------

INTERESTING = [
    0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -1.5, 3.14159265, 1e-4, 9.99e-5, 1e-5, 1000.0, 1001.0,
    999.99994, 1e8, 1.00001e8, -1e8, 123456.0, 0.1, 100.05, 99999.5, 0.99995, 0.00005,
    float("inf"), float("-inf"), float("nan"),
]  # fmt: skip


@pytest.mark.parametrize("dtype", NATIVE, ids=str)
def test_a_scalar_of_every_dtype_prints_as_in_torch(dtype: dtypes.dtype) -> None:
    values = INTERESTING if dtype.category >= dtypes.FLOATING else [0, 1, 5, 100]
    for value in values:
        with np.errstate(over="ignore"):
            check(np.array(value).astype(dtype.np))


@pytest.mark.parametrize("dtype", NATIVE, ids=str)
@pytest.mark.parametrize("shape", [(1,), (7,), (40,), (3, 4), (2, 3, 4), (2, 1, 2, 3), (1, 1, 1)])
def test_small_tensors_of_every_dtype_and_rank_print_as_in_torch(dtype: dtypes.dtype, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape))
    for scale in (1, 30, 120):
        check((rng.standard_normal(shape) * scale).astype(dtype.np, casting="unsafe"))
    if dtype.is_complex:
        parts = rng.standard_normal((2, *shape)) * 10
        check((parts[0] + 1j * parts[1]).astype(dtype.np))


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_the_largest_and_smallest_integers_print_in_full(dtype: dtypes.dtype) -> None:
    limits = np.iinfo(dtype.np)
    check(np.array([limits.min, limits.max, 0, 7], dtype.np))


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([1.0, 1000.0], "tensor([   1., 1000.])"),  # ratio 1000 exactly: still fixed
        ([1.0, 1001.0], "tensor([1.0000e+00, 1.0010e+03])"),
        ([1e8, 1e8], "tensor([100000000., 100000000.])"),
        ([0.5, 0.25], "tensor([0.5000, 0.2500])"),
        ([1.0, -0.0], "tensor([1., -0.])"),
        ([1.0, float("nan")], "tensor([1., nan])"),
        ([0.0, 0.0], "tensor([0., 0.])"),
        ([1e-5], "tensor([1.0000e-05])"),
    ],
)
def test_the_notation_is_chosen_from_the_finite_nonzero_values(values: list[float], line: str) -> None:
    assert check(np.array(values, np.float32)) == line


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("edge", [1000.0, 1e8, 1e-4])
def test_values_one_ulp_around_a_limit_of_scientific_notation_agree(dtype: Any, edge: float) -> None:
    at = dtype(edge)
    for value in (np.nextafter(at, dtype(0)), at, np.nextafter(at, dtype(np.inf))):
        check(np.array([value]))
        check(np.array([1, value], dtype))


def test_the_ratio_may_overflow_without_a_warning() -> None:
    with np.errstate(all="raise"):
        check(np.array([1e308, 1e-308, -5e-324]))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_mixture_of_floats_prints_as_in_torch(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.float16, np.float32, np.float64]))
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, max_side=7))
    width = np.dtype(dtype).itemsize * 8
    common = st.sampled_from([v for v in INTERESTING if not 6e4 < abs(v) < 1e9])
    exact = common.map(lambda v: float(dtype(v)))
    elements = st.one_of(exact, st.floats(width=width), st.integers(-2000, 2000).map(float))
    check(data.draw(hnp.arrays(dtype, shape, elements=elements)))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_complex_tensor_prints_as_in_torch(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.complex64, np.complex128]))
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, max_side=6))
    part = np.float32 if dtype is np.complex64 else np.float64
    elements = st.one_of(
        st.sampled_from(INTERESTING).map(lambda v: float(part(v))),
        st.integers(-99, 99).map(float),
        st.floats(width=32),
    )
    array = np.empty(shape, dtype)
    array.real = data.draw(hnp.arrays(part, shape, elements=elements))
    array.imag = data.draw(hnp.arrays(part, shape, elements=elements))
    check(array)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_integer_or_bool_tensor_prints_as_in_torch(data: st.DataObject) -> None:
    kinds = [d.np for d in NATIVE if d.category < dtypes.FLOATING]
    shape = hnp.array_shapes(min_dims=0, max_dims=4, max_side=6)
    check(data.draw(hnp.arrays(data.draw(st.sampled_from(kinds)), shape)))


@pytest.mark.parametrize("dtype", EXOTIC, ids=str)
def test_the_narrow_floats_print_their_values_widened(dtype: dtypes.dtype) -> None:
    pytest.importorskip("ml_dtypes")
    rng = np.random.default_rng(0)
    for shape in [(), (5,), (3, 4), (40, 40)]:
        for scale in (0.01, 1, 100, 1e6):
            twin = torch.from_numpy(np.array(rng.standard_normal(shape) * scale, np.float32))
            twin = twin.to(getattr(torch, dtype.name))
            bits = twin.view(torch.int16 if dtype.itemsize == 2 else torch.uint8).numpy()
            assert repr(minitorch.from_numpy(bits.view(dtype.np))) == repr(twin)


# ---- layout ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape",
    [
        (1000,), (1001,), (10_000,), (7, 200), (6, 200), (200, 6), (200, 7), (1001, 1), (1, 1001),
        (20, 20, 20), (6, 6, 6, 6), (7, 6, 7, 6), (2, 3, 400), (400, 3, 2), (1100, 2, 1, 1),
        (1,) * 9,
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [np.float32, np.int64, np.bool_, np.complex64])
def test_beyond_the_threshold_only_the_edges_print(shape: tuple[int, ...], kind: Any) -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(shape)
    check((values * 50).astype(kind) if kind is not np.complex64 else (values + 2j).astype(kind))


def test_values_in_the_cut_middle_do_not_choose_the_notation() -> None:
    array = np.ones((50, 50), np.float32)
    array[25, 25] = 1e-20
    array[0, 25] = 0.123
    assert "1., 1., 1.,  ..., 1., 1., 1." in check(array)


def test_a_strided_view_prints_its_own_elements() -> None:
    def view(library: Any, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> str:
        return repr(library.arange(4000).as_strided(size, stride, offset))

    for size, stride in [((3, 4), (1, 9)), ((60, 60), (1, 60)), ((2000, 3), (0, 7)), ((), ())]:
        assert view(minitorch, size, stride, 5) == view(torch, size, stride, 5)


def test_printing_a_large_tensor_touches_only_the_part_that_prints() -> None:
    untouched = np.zeros((10, 1000, 10, 1000), np.float32)  # 400 MB that are never paged in
    wide = np.broadcast_to(np.float32(1.5), (6, 10**6, 4, 10**6))  # 24e12 elements, one in memory
    tracemalloc.start()
    first, second = printing.tensor_repr(Tensor(untouched)), printing.tensor_repr(Tensor(wide))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
    assert first == repr(torch.zeros(1).expand(untouched.shape))
    assert second == repr(torch.tensor(1.5).expand(wide.shape))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4), (0, 0), (1, 0)])
@pytest.mark.parametrize("dtype", NATIVE, ids=str)
def test_an_empty_tensor_prints_the_size_and_dtype_that_cannot_be_inferred(
    shape: tuple[int, ...], dtype: dtypes.dtype
) -> None:
    check(np.empty(shape, dtype.np))


# ---- options -----------------------------------------------------------------------------------

CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 12),
        "threshold": st.sampled_from([0, 1, 5, 20, 1000, float("inf")]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.sampled_from([1, 10, 17, 40, 79, 80, 81, 200]),
        "profile": st.sampled_from(["default", "short", "full", "no such profile"]),
        "sci_mode": st.sampled_from([None, True, False]),
    },
)


@settings(max_examples=400, deadline=None)
@given(st.data(), CHOICES)
def test_every_option_has_the_effect_it_has_in_torch(data: st.DataObject, chosen: dict[str, Any]) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=10))
    kind = data.draw(st.sampled_from([np.float32, np.float64, np.int64, np.bool_, np.complex64]))
    seed = data.draw(st.integers(0, 2**32 - 1))
    scale = data.draw(st.sampled_from([1e-6, 0.01, 1, 100, 1e5]))
    array = (np.random.default_rng(seed).standard_normal(shape) * scale).astype(kind)
    with options(**chosen):
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
        check(array)


@pytest.mark.parametrize("shape", [(), (3,), (9,), (2, 9), (9, 2), (9, 9, 9)])
@pytest.mark.parametrize("threshold", [0, 5, 1000])
def test_without_edge_items_the_dots_stand_alone(shape: tuple[int, ...], threshold: int) -> None:
    with options(edgeitems=0, threshold=threshold):
        check(np.full(shape, 2.5, np.float32))


def test_print_options_come_back_after_the_block_even_when_it_fails() -> None:
    before = printing.get_printoptions()
    assert before == torch._tensor_str.get_printoptions()
    with pytest.raises(KeyError), printing.printoptions(precision=1, sci_mode=True):
        assert ours(np.array([1.5])) == "tensor([1.5e+00], dtype=torch.float64)"
        raise KeyError
    assert printing.get_printoptions() == before


def test_a_call_without_sci_mode_returns_the_choice_to_the_values() -> None:
    with options(sci_mode=True):
        printing.set_printoptions(precision=2)
        torch.set_printoptions(precision=2)
        assert check(np.array([1.5], np.float32)) == "tensor([1.50])"


def test_the_full_profile_prints_every_element() -> None:
    with options(profile="full"):
        assert "..." not in check(np.arange(1500))


# ---- suffixes ----------------------------------------------------------------------------------


def leaf(library: Any) -> Any:
    return library.ones(2, 3, requires_grad=True)


def written_in_place(library: Any) -> Any:
    x = leaf(library).clone()
    x.narrow(0, 0, 1).mul_(2)
    return x


def made_in_inference_mode(library: Any) -> Any:
    with library.inference_mode():
        return library.ones(2, 3)


@pytest.mark.parametrize(
    "program",
    [
        leaf,
        written_in_place,  # its node is called torch::autograd::CopySlices
        made_in_inference_mode,
        lambda library: leaf(library) * 3,
        lambda library: leaf(library).sum(),
        lambda library: leaf(library).t(),
        lambda library: leaf(library).detach(),
    ],
)
def test_the_place_in_the_graph_prints_as_in_torch(program: Any) -> None:
    assert repr(program(minitorch)) == repr(program(torch))


def test_a_node_prints_without_its_namespace() -> None:
    class Node:
        def name(self) -> str:
            return "torch::autograd::CopySlices"

    written = Tensor(np.array([2, 1, 1], np.float32))
    written.grad_fn = Node()
    assert printing.tensor_repr(written) == "tensor([2., 1., 1.], grad_fn=<CopySlices>)"


def test_a_tensor_whose_history_is_invalid_still_prints() -> None:
    class Broken(Tensor):
        @property
        def grad_fn(self) -> Any:
            raise RuntimeError("a view was created in no_grad mode and modified in place")

    x = torch.ones(2, requires_grad=True).clone()
    with torch.no_grad():
        view = x[:]
    x.mul_(2)
    printed = printing.tensor_repr(Broken(np.full(2, 2, np.float32)))
    assert printed.replace("Broken(", "tensor(") == repr(view)


@pytest.mark.parametrize("columns", range(1, 40))
def test_a_suffix_that_does_not_fit_starts_a_new_line(columns: int) -> None:
    def printed(library: Any) -> tuple[str, str]:
        x = library.full((2, columns), 1.5, dtype=library.float64, requires_grad=True)
        return repr(x), repr(x * 1)

    assert printed(minitorch) == printed(torch)


@pytest.mark.parametrize("linewidth", range(1, 100))
def test_several_suffixes_share_the_lines_they_fit_on(linewidth: int) -> None:
    def printed(library: Any) -> str:
        return repr(library.full((2, 3), 1.5, dtype=library.float64, requires_grad=True))

    with options(linewidth=linewidth, edgeitems=0):  # no edge items: the size prints as well
        assert printed(minitorch) == printed(torch)


@pytest.mark.parametrize("default", ["float16", "float32", "float64"])
def test_the_default_dtype_and_its_complex_partner_are_not_printed(default: str) -> None:
    torch.set_default_dtype(getattr(torch, default))
    dtypes.set_default_dtype(getattr(dtypes, default))
    try:
        for dtype in NATIVE:
            check(np.ones(2, dtype.np))
            check(np.ones((0, 2), dtype.np))
    finally:
        torch.set_default_dtype(torch.float32)
        dtypes.set_default_dtype(dtypes.float32)


def test_a_device_other_than_the_cpu_is_named() -> None:
    for device in ("cuda", "cuda:0", "cuda:1", "mps:0"):
        printed = printing.tensor_repr(Tensor(np.ones(2), device))
        assert printed == f"tensor([1., 1.], device='{device}', dtype=torch.float64)"


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3)])
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.int64, dtypes.complex64], ids=str)
def test_a_meta_tensor_prints_dots_and_its_size(shape: tuple[int, ...], dtype: dtypes.dtype) -> None:
    twin = torch.empty(shape, dtype=getattr(torch, dtype.name), device="meta")
    assert printing.tensor_repr(Tensor(np.empty(shape, dtype.np), "meta")) == repr(twin)


def test_given_contents_replace_the_numbers() -> None:
    t = torch.ones(2, dtype=torch.float64)
    expected = t.__repr__(tensor_contents="anything")
    printed = printing.tensor_repr(Tensor(np.ones(2)), tensor_contents="anything")
    assert printed == expected


def test_a_subclass_prints_under_its_own_name_and_breaks_lines_accordingly() -> None:
    class LongNamedTensor(Tensor):
        pass

    twin = type("LongNamedTensor", (torch.Tensor,), {})
    array = np.random.default_rng(0).standard_normal((2, 30)).astype(np.float32)
    expected = repr(torch.from_numpy(array).as_subclass(twin))
    assert printing.tensor_repr(LongNamedTensor(array)) == expected


def test_a_subclass_of_parameter_is_wrapped_once_more() -> None:
    class Parameter(Tensor):
        __module__ = "minitorch.nn.parameter"
        requires_grad = True

        def __repr__(self) -> str:
            return "Parameter containing:\n" + printing.tensor_repr(self)

    class Special(Parameter):
        __module__ = __name__

    twin = type("Special", (torch.nn.Parameter,), {})
    assert repr(Parameter(np.ones(2, np.float32))) == repr(torch.nn.Parameter(torch.ones(2)))
    assert repr(Special(np.ones(2, np.float32))) == repr(twin(torch.ones(2)))


def test_a_tensor_flagged_as_a_parameter_is_wrapped_too() -> None:
    class Custom(Tensor):
        requires_grad = True
        _is_param = True  # what Parameter(custom_tensor) leaves behind

    twin = torch.ones(2).as_subclass(type("Custom", (torch.Tensor,), {}))
    printed = printing.tensor_repr(Custom(np.ones(2, np.float32)))
    assert printed == repr(torch.nn.Parameter(twin))
