"""Matrix products against PyTorch: values, strides, names, gradients and second derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import awkward, check, check_raises, integers, randn

import minitorch


@pytest.mark.parametrize("a", awkward(randn(3, 4)), ids=["plain", "transposed", "gaps"])
@pytest.mark.parametrize("b", awkward(randn(4, 5)), ids=["plain", "transposed", "gaps"])
def test_mm_agrees_in_every_memory_layout(a: np.ndarray, b: np.ndarray) -> None:
    check(lambda torch, x, y: torch.mm(x, y), a, b, second=True)


@pytest.mark.parametrize("shapes", [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 1), (1, 1))])
def test_mm_of_empty_and_single_matrices(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    check(lambda torch, x, y: x.mm(y), randn(*shapes[0]), randn(*shapes[1]))


def test_complex_gradients_are_conjugated() -> None:
    a, b = randn(2, 3) + 1j * randn(2, 3, seed=1), randn(3, 2) + 1j * randn(3, 2, seed=1)
    check(lambda torch, x, y: x @ y, a, b, second=True)
    check(lambda torch, x, y: torch.bmm(x[None], y[None]), a, b)
    check(lambda torch, x, y: torch.mv(x, y), a, b[:, 0].copy())
    check(lambda torch, x, y: torch.dot(x, y), a[0], b[:, 0].copy())
    check(lambda torch, x, y, z: torch.addmm(z, x, y, beta=0.5 + 1j, alpha=2 - 1j), a, b, a[:, :2].copy())


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_products_of_integers_are_exact(dtype: type) -> None:
    check(lambda torch, x, y: x @ y, integers(3, 4, dtype=dtype), integers(4, 2, dtype=dtype))
    check(lambda torch, x, y: torch.dot(x, y), integers(4, dtype=dtype), integers(4, dtype=dtype, seed=1))
    check(lambda torch, x, y, z: torch.addmm(z, x, y, beta=2, alpha=3),
          integers(3, 4, dtype=dtype), integers(4, 2, dtype=dtype), integers(2, dtype=dtype))  # fmt: skip


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_precision_products_are_summed_in_float32(name: str) -> None:
    def program(torch, x, y):  # type: ignore[no-untyped-def]
        half = getattr(torch, name)
        return (x.to(half) @ y.to(half)).to(torch.float32)

    ones = np.full((1, 4096), 1.0, np.float32)
    check(program, ones, ones.T.copy(), grad=False)  # 4096 ones: a sum in half precision would stop at 256 or 2048


@pytest.mark.parametrize("beta, alpha", [(1, 1), (0.5, 2.0), (0, 1), (1, 0)])
@pytest.mark.parametrize("shape", [(5,), (3, 5), (1, 5), (3, 1), ()])
def test_addmm_scales_and_broadcasts(beta: float, alpha: float, shape: tuple[int, ...]) -> None:
    check(lambda torch, z, x, y: torch.addmm(z, x, y, beta=beta, alpha=alpha),
          randn(*shape, seed=3), randn(3, 4), randn(4, 5), second=True)  # fmt: skip


def test_fractions_of_beta_and_alpha_are_dropped_for_integers() -> None:
    check(lambda torch, z, x: torch.addmm(z, x, x, beta=0.9, alpha=2.5), integers(3), integers(3, 3))


def test_addmm_with_beta_0_ignores_nans_of_its_input() -> None:
    check(lambda torch, z, x, y: torch.addmm(z, x, y, beta=0), np.full((2, 2), np.nan), randn(2, 3), randn(3, 2))


def test_addmm_in_place_writes_the_input_and_rebases_its_history() -> None:
    def program(torch, z, x, y):  # type: ignore[no-untyped-def]
        total = z * 2
        view = total[:, 1:]
        total.addmm_(x, y, beta=0.5, alpha=3)
        return total, view, total._version

    check(program, randn(2, 3), randn(2, 4), randn(4, 3), names=False)


def test_baddbmm_addmv_and_their_gradients() -> None:
    check(lambda torch, z, x, y: torch.baddbmm(z, x, y, beta=0.5, alpha=2),
          randn(4), randn(2, 3, 5), randn(2, 5, 4), second=True)  # fmt: skip
    check(lambda torch, z, x, y: torch.addmv(z, x, y, beta=0.5, alpha=2), randn(3), randn(3, 4), randn(4), second=True)
    check(lambda torch, z, x, y: (z * 1).baddbmm_(x, y), randn(2, 3, 4), randn(2, 3, 5), randn(2, 5, 4))


def test_out_receives_the_product_and_is_resized() -> None:
    def program(torch, x, y):  # type: ignore[no-untyped-def]
        out = torch.empty(0, dtype=x.dtype)
        return torch.mm(x, y, out=out), out, torch.matmul(x, y, out=out) is out

    check(program, randn(2, 3), randn(3, 4), grad=False)


def test_saved_tensors_have_pytorchs_names() -> None:
    def program(torch, x, y):  # type: ignore[no-untyped-def]
        node = (x @ y).grad_fn
        return node._saved_self.detach(), node._saved_mat2.detach()

    check(program, randn(2, 3), randn(3, 4), grad=True)


WRONG_CALLS = [
    (lambda torch, x: torch.mm(x, x), [(2, 3)], "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
    (lambda torch, x: torch.mm(x, x), [(3,)], "self must be a matrix"),
    (lambda torch, x: torch.mm(x, x.to(torch.float32)), [(3, 3)], "expected m1 and m2 to have the same dtype"),
    (lambda torch, x: torch.mm(x, 1), [(3, 3)], "must be Tensor, not int"),
    (lambda torch, x: torch.mm(x.to(torch.bool), x.to(torch.bool)), [(3, 3)], "not implemented for 'Bool'"),
    (lambda torch, x: torch.bmm(x, x), [(2, 3, 4)], "Expected size for first two dimensions of batch2 tensor to be"),
    (lambda torch, x: torch.bmm(x, x), [(2, 3)], "batch1 must be a 3D tensor"),
    (lambda torch, x, y: torch.mv(x, y), [(2, 3), (4,)], "size mismatch, got input (2), mat (2x3), vec (4)"),
    (lambda torch, x: torch.mv(x, x), [(2, 2)], "vector + matrix @ vector expected"),
    (lambda torch, x, y: torch.dot(x, y), [(2,), (3,)], "inconsistent tensor size"),
    (lambda torch, x, y: torch.dot(x, y), [(2, 1), (3,)], "1D tensors expected, but got 2D and 1D tensors"),
    (lambda torch, z, x: torch.addmm(z, x, x), [(5,), (3, 3)], "The expanded size of the tensor (3) must match"),
    (lambda torch, z, x: torch.addmm(z, x, x), [(3, 1, 1), (3, 3)], ""),
    (lambda torch, z, x: torch.addmm(z, z, x), [(3,), (3, 3)], "mat1 must be a matrix, got 1-D tensor"),
    (lambda torch, z, x: torch.addmm(z.to(torch.float32), x, x), [(3,), (3, 3)], "same dtype, but got Float"),
    (lambda torch, z, x: z.addmm_(x, x), [(3,), (3, 3)], "Bad in-place call"),
    (lambda torch, z, x, y: torch.addmv(z, x, y), [(3,), (2, 3), (3,)], "size mismatch, got input (3)"),
    (lambda torch, x: torch.outer(x, x), [(2, 2)], "outer: Expected 1-D argument self, but got 2-D"),
    (lambda torch, x, y: torch.matmul(x, y), [(), (3,)], "both arguments to matmul need to be at least 1D"),
    (lambda torch, x, y: torch.matmul(x, y), [(3, 2, 3), (2, 3, 2)], "must match the size of tensor b (2)"),
    (lambda torch, x, y: torch.matmul(x, y), [(2, 2, 3), (4, 2)], "cannot be multiplied (4x3 and 4x2)"),
    (lambda torch, x: x @ 3, [(2, 3)], "unsupported operand type(s) for @"),
    (lambda torch, x: 3 @ x, [(2, 3)], "unsupported operand type(s) for @"),
    (lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), [(2, 3), (5, 4), (5,)], "(2x3 and 4x5)"),
    (lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), [(2, 3), (5, 3), (4,)], "The expanded size"),
    (lambda torch, x, w: torch.nn.functional.linear(x, w), [(), (5, 3)], "need to be at least 1D"),
    (lambda torch, x, w: torch.nn.functional.linear(x, w), [(2, 3), (2, 5, 3)], "t() expects a tensor with <= 2"),
]


@pytest.mark.parametrize("call, shapes, message", WRONG_CALLS, ids=[str(i) for i in range(len(WRONG_CALLS))])
def test_wrong_operands_are_refused_in_pytorchs_words(call, shapes, message) -> None:  # type: ignore[no-untyped-def]
    check_raises(call, *[randn(*shape) for shape in shapes], match=message)


def test_out_that_would_need_a_gradient_is_refused() -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        return torch.mm(x, x, out=torch.empty(2, 2, dtype=torch.float64))

    check_raises(program, randn(2, 2), grad=True, match="don't support automatic differentiation")


def test_mixed_error_texts_are_the_same_as_pytorchs() -> None:
    for program in (
        lambda t: t.mm(t.zeros(2, 3), t.zeros(4, 5)),
        lambda t: t.dot(t.zeros(2), t.zeros(2, dtype=t.float64)),
        lambda t: t.matmul(t.zeros(3), t.zeros(2, 4, 2)),
        lambda t: t.mv(t.zeros(2, 3), t.zeros(3, dtype=t.float64)),
        lambda t: t.bmm(t.zeros(2, 3, 4), t.zeros(3, 4, 4)),
    ):
        messages = []
        for engine in (torch, minitorch):
            with pytest.raises(RuntimeError) as caught:
                program(engine)
            messages.append(str(caught.value).split("\n")[0])
        assert messages[1].startswith(messages[0])  # a hint may follow
