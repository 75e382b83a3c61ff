"""Tests for `minitorch/ops/shapes/view_copies.py`."""

import pytest
from compare import awkward, check, check_raises, randn
from engines import same

CALLS = {
    "view_copy": ((4, 3),), "transpose_copy": (0, 1), "t_copy": (), "permute_copy": ((1, 0),),
    "expand_copy": ((2, 3, 4),), "squeeze_copy": (), "unsqueeze_copy": (0,), "diagonal_copy": (), "select_copy": (0, 1),
    "slice_copy": (1, 0, 4, 2), "unfold_copy": (1, 2, 1), "as_strided_copy": ((2, 2), (4, 1)), "alias_copy": (),
    "narrow_copy": (0, 1, 2), "split_copy": (2,), "split_with_sizes_copy": ([1, 2],), "unbind_copy": (),
    "unsafe_chunk": (2,), "unsafe_split": (2,), "unsafe_split_with_sizes": ([1, 2],),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_copies_have_the_values_and_gradients_of_the_view(name):
    for x in awkward(randn(3, 4))[: 1 if name in ("view_copy", "as_strided_copy") else 3]:
        check(lambda torch, x: getattr(torch, name)(x, *CALLS[name]), x, second=True)


@pytest.mark.parametrize("name", CALLS)
def test_none_of_them_is_known_as_a_view(name):
    def program(engine):
        result = getattr(engine, name)(x := engine.ones(3, 4), *CALLS[name])
        first = result[0] if isinstance(result, tuple) else result
        return first._is_view(), first.data_ptr() == x.data_ptr(), first._version

    same(program)


def test_copies_of_complex_views_and_of_other_dtypes():
    check(lambda torch, z: torch.view_as_real_copy(z), randn(3) + 1j)
    check(lambda torch, x: torch.view_as_complex_copy(x), randn(3, 2), grad=False)
    check(lambda torch, x: torch.view_copy(x, torch.int64), randn(3), grad=False)


def test_detach_copy_stays_in_the_graph_without_a_derivative():
    check(lambda torch, x: torch.detach_copy(x).detach(), randn(3))
    check_raises(lambda torch, x: torch.detach_copy(x).sum().backward(), randn(3), grad=True)


@pytest.mark.parametrize("call", [
    lambda torch, x: torch.view_copy(x, (5,)), lambda torch, x: torch.narrow_copy(x, 0, 2, 5),
    lambda torch, x: torch.narrow_copy(x, 5, 0, 1), lambda torch, x: torch.unsafe_split(x, 0),
    lambda torch, x: torch.transpose_copy(x, 0, 5),
])  # fmt: skip
def test_what_is_refused(call):
    check_raises(call, randn(3, 4))
