"""``matmul``, ``linear`` and ``bilinear`` against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, randn

import minitorch


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
        ((5, 2, 3), (3,)), ((5, 2, 3), (3, 4)), ((3,), (5, 3, 4)), ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)),
        ((6, 5, 2, 3), (5, 3, 4)), ((5, 2, 3), (6, 1, 3, 4)), ((6, 5, 2, 3), (3,)), ((3,), (6, 5, 3, 2)),
        ((0, 2, 3), (3, 4)), ((2, 0, 3), (2, 3, 4)), ((2, 3, 0), (2, 0, 4)),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("grad", [True, False])
def test_matmul_of_every_pair_of_ranks(shapes: tuple[tuple[int, ...], tuple[int, ...]], grad: bool) -> None:
    check(lambda torch, x, y: torch.matmul(x, y), randn(*shapes[0]), randn(*shapes[1]), grad=grad, second=grad)


def test_matmul_of_transposed_batches() -> None:
    check(lambda torch, x, y: x.transpose(0, 1) @ y, randn(2, 5, 3), randn(3, 4))
    check(lambda torch, x, y: x.transpose(0, 1) @ y, randn(2, 5, 3), randn(3, 4), grad=False)
    check(lambda torch, x, y: x @ y.transpose(-1, -2), randn(2, 5, 3), randn(2, 4, 3), second=True)


def test_only_the_smaller_factor_requires_grad() -> None:
    check(lambda torch, x, y: x.detach() @ y, randn(5, 2, 3), randn(3, 4))
    check(lambda torch, x, y: x @ y.detach(), randn(2, 3), randn(5, 3, 4))
    check(lambda torch, x, y: x.detach() @ y, randn(2, 3), randn(5, 3, 4))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (2, 1, 3, 4), (0, 4)], ids=str)
def test_linear_for_every_rank(shape: tuple[int, ...], bias: bool) -> None:
    def program(torch, x, w, b):  # type: ignore[no-untyped-def]
        return torch.nn.functional.linear(x, w, b if bias else None)

    check(program, randn(*shape), randn(5, 4), randn(5), second=len(shape) > 1 and 0 not in shape)


def test_linear_of_a_transposed_input_and_with_a_vector_for_a_weight() -> None:
    check(lambda torch, x, w, b: torch.nn.functional.linear(x.transpose(0, 1), w, b),
          randn(3, 2, 4), randn(5, 4), randn(5))  # fmt: skip
    check(lambda torch, x, w: torch.nn.functional.linear(x, w), randn(3, 4), randn(4))


def test_the_gradient_of_a_linear_weight_arrives_contiguous() -> None:
    weight = minitorch.ones(5, 4, requires_grad=True)
    minitorch.nn.functional.linear(minitorch.ones(3, 4), weight, minitorch.ones(5)).sum().backward()
    assert weight.grad.is_contiguous()


def test_outer_bilinear_and_reflected_matmul() -> None:
    check(lambda torch, x, y: torch.outer(x, y), randn(2), randn(3), second=True)
    check(lambda torch, x, y, w, b: torch.nn.functional.bilinear(x, y, w, b),
          randn(2, 3, 4), randn(2, 3, 5), randn(6, 4, 5), randn(6), names=False, second=True)  # fmt: skip
    check(lambda torch, x, y: x.__rmatmul__(y), randn(3, 2), randn(4, 3))
